import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
	NOTHING_CLAIMED,
	exposed,
	isOver,
	step,
	unredeemed,
	type Channel,
	type ChannelInput,
	type ChannelStatus,
	type ChannelStep,
	type Place
} from './channel.ts';

const ADDRESS = `0x${'11'.repeat(20)}` as const;
const ID = `0x${'0a'.repeat(32)}` as const;
const MOST = 1_000n;

const blank = (direction: 'in' | 'out'): Channel => ({
	id: ID,
	epoch: 0,
	peer: 'ab'.repeat(32),
	direction,
	key: { payer: ADDRESS, payee: ADDRESS, token: ADDRESS, signer: ADDRESS, grace: 1, expiry: 2, salt: ID },
	status: 'opening',
	deposited: 0n,
	...NOTHING_CLAIMED,
	fundings: 0,
	closeAt: 0,
	openedAt: 0
});

/** Stands for a signature over one amount, so that those of different amounts differ. */
const signatureOf = (amount: bigint): Uint8Array =>
	new Uint8Array([Number(amount % 256n), Number(amount / 256n)]);

const amount = fc.bigInt(0n, MOST);
const anyInput: fc.Arbitrary<ChannelInput> = fc.oneof(
	fc.record({ type: fc.constant('promise' as const), cumulative: amount }),
	fc
		.record({ cumulative: amount, isChecked: fc.boolean(), trust: fc.bigInt(0n, 200n) })
		.map((claim) => ({ type: 'claim' as const, ...claim, signature: signatureOf(claim.cumulative) })),
	fc
		.record({ type: fc.constantFrom('verified' as const, 'forged' as const), cumulative: amount })
		.map(({ type, cumulative }) => ({ type, signature: signatureOf(cumulative) })),
	fc.record({ type: fc.constant('adopt' as const), cumulative: amount }),
	fc.record({ type: fc.constant('signedFunding' as const), index: fc.nat(5) }),
	fc.record({
		type: fc.constant('seen' as const),
		deposited: amount,
		settled: amount,
		closeAt: fc.constantFrom(0, 0, 99),
		isEnding: fc.constantFrom(false, false, false, true),
		mayFall: fc.constantFrom(false, false, false, true)
	}),
	fc.record({ type: fc.constant('resume' as const), settled: amount, closeAt: fc.constantFrom(0, 99) }),
	fc.record({ type: fc.constant('freeze' as const), capture: amount }),
	fc.constant({ type: 'thaw' as const }),
	fc.record({
		type: fc.constant('end' as const),
		captured: amount,
		as: fc.constantFrom('closed' as const, 'archived' as const)
	})
);
/** What is about the claim in hand comes often enough to matter. */
const aboutHeld = fc.constantFrom('verified' as const, 'forged' as const);
const history = fc.array(fc.oneof({ weight: 5, arbitrary: anyInput }, { weight: 1, arbitrary: aboutHeld }), {
	maxLength: 30
});

const resolved = (channel: Channel, input: ChannelInput | 'verified' | 'forged'): ChannelInput =>
	typeof input === 'string' ? { type: input, signature: channel.signature ?? new Uint8Array(1) } : input;

const LEGAL: Readonly<Record<ChannelStatus, readonly ChannelStatus[]>> = {
	opening: ['opening', 'open', 'closing', 'closed', 'archived'],
	open: ['opening', 'open', 'frozen', 'closing', 'closed', 'archived'],
	frozen: ['frozen', 'open', 'closing', 'closed', 'archived'],
	closing: ['opening', 'closing', 'open', 'closed', 'archived'],
	closed: ['closed'],
	archived: ['archived']
};

const expectLegal = (before: Channel, input: ChannelInput, { channel, effects }: ChannelStep): void => {
	const isRewritten = input.type === 'resume' || (input.type === 'seen' && input.mayFall === true);
	if (input.type === 'resume' && before.status === 'closed')
		expect(channel.status).toBe(input.closeAt > 0 ? 'closing' : 'frozen');
	else expect(LEGAL[before.status]).toContain(channel.status);
	// Only a rewritten history takes a deposit away.
	if (channel.status === 'opening') expect(before.status === 'opening' || isRewritten).toBe(true);
	expect(0n <= channel.settled && channel.settled <= channel.claimed).toBe(true);
	expect(channel.claimed <= channel.promised && channel.checked <= channel.promised).toBe(true);
	// Only a Close under way and the end of an epoch count less than was promised.
	if (channel.status !== 'frozen' && !isOver(channel)) expect(channel.claimed).toBe(channel.promised);

	if (!isRewritten) expect(channel.deposited).toBeGreaterThanOrEqual(before.deposited);
	expect(channel.checked).toBeGreaterThanOrEqual(before.checked);
	expect(channel.fundings).toBeGreaterThanOrEqual(before.fundings);
	if (input.type !== 'end' && !isRewritten) expect(channel.settled).toBeGreaterThanOrEqual(before.settled);
	if (input.type !== 'forged') expect(channel.promised).toBeGreaterThanOrEqual(before.promised);
	else expect(channel.promised).toBeGreaterThanOrEqual(before.checked);

	for (const effect of effects) {
		if (effect.type === 'move') expect(effect.amount).toBeGreaterThan(0n);
		// Whatever is signed is on disk, is within the deposit and is more than anything signed before.
		if (effect.type === 'sign') {
			expect(channel.direction).toBe('out');
			expect(effect.cumulative).toBe(channel.promised);
			expect(effect.cumulative > before.promised && effect.cumulative <= channel.deposited).toBe(true);
		}
		if (effect.type === 'check' || effect.type === 'refuse') expect(channel.claimed).toBe(before.claimed);
	}
	if (input.type === 'claim') {
		if (!input.isChecked && channel.claimed > before.claimed) {
			expect(before.checked).toBeGreaterThan(0n);
			expect(exposed(channel) <= input.trust).toBe(true);
			expect(exposed(channel) <= (before.checked > before.settled ? before.checked : before.settled)).toBe(
				true
			);
		}
		if (channel.claimed > before.claimed) expect(before.status).toBe('open');
	}
};

/** The channel's accounts, from what moved alone. */
const createBooks = () => {
	const balances: Record<Place, bigint> = { channel: 0n, claims: 0n, link: 0n, wallet: 0n, outside: 0n };
	return {
		balances,
		take: ({ effects }: ChannelStep): void => {
			for (const effect of effects)
				if (effect.type === 'move') {
					balances[effect.from] -= effect.amount;
					balances[effect.to] += effect.amount;
				}
		}
	};
};

describe.each(['in', 'out'] as const)('a channel (%s), whatever comes in whatever order', (direction) => {
	const run = (visit: (before: Channel, input: ChannelInput, after: ChannelStep) => void): void => {
		fc.assert(
			fc.property(history, (inputs) => {
				let channel = blank(direction);
				for (const given of inputs) {
					const input = resolved(channel, given);
					const after = step(channel, input);
					visit(channel, input, after);
					({ channel } = after);
				}
			}),
			{ numRuns: 1_500 }
		);
	};

	it('is always legal, and what must only rise only rises', () => {
		run(expectLegal);
	});

	it('changes nothing when the same comes a second time', () => {
		run((_, input, { channel }) => {
			const again = step(channel, input);
			expect(again.channel).toBe(channel);
			expect(again.effects.filter(({ type }) => type === 'move' || type === 'sign')).toEqual([]);
		});
	});

	it('moves exactly what its amounts say', () => {
		fc.assert(
			fc.property(history, (inputs) => {
				const books = createBooks();
				let channel = blank(direction);
				for (const given of inputs) {
					const after = step(channel, resolved(channel, given));
					books.take(after);
					({ channel } = after);
				}
				const { balances } = books;
				const live = !isOver(channel);
				expect(balances.link).toBe(direction === 'out' ? channel.claimed : -channel.claimed);
				expect(balances.claims).toBe(direction === 'in' && live ? unredeemed(channel) : 0n);
				expect(balances.channel).toBe(direction === 'out' && live ? channel.deposited - channel.claimed : 0n);
				expect(Object.values(balances).reduce((sum, balance) => sum + balance, 0n)).toBe(0n);
			}),
			{ numRuns: 1_500 }
		);
	});

	it('is the same for everybody once the chain has ended it, and stays so', () => {
		fc.assert(
			fc.property(history, amount, history, (inputs, captured, later) => {
				let channel = blank(direction);
				for (const input of inputs) ({ channel } = step(channel, resolved(channel, input)));
				const wasOver = isOver(channel);
				({ channel } = step(channel, { type: 'end', captured, as: 'closed' }));
				if (wasOver) return;
				expect([channel.claimed, channel.settled]).toEqual([captured, captured]);
				for (const given of later) {
					const input = resolved(channel, given);
					if (input.type !== 'resume') expect(step(channel, input).channel).toBe(channel);
				}
			}),
			{ numRuns: 300 }
		);
	});
});

describe('a channel', () => {
	const opened = (direction: 'in' | 'out'): Channel =>
		step(blank(direction), { type: 'seen', deposited: MOST, settled: 0n, closeAt: 0 }).channel;
	const claim = (cumulative: bigint, isChecked = false, trust = 100n): ChannelInput => ({
		type: 'claim',
		cumulative,
		signature: signatureOf(cumulative),
		isChecked,
		trust
	});
	const kinds = ({ effects }: ChannelStep): readonly string[] =>
		effects.map((effect) => (effect.type === 'refuse' ? effect.reason : effect.type));

	it('takes no first claim unchecked, and none by which more would be exposed than was proven or is trusted', () => {
		const first = step(opened('in'), claim(50n));
		expect([kinds(first), first.channel.claimed]).toEqual([['check'], 0n]);
		const { channel } = step(first.channel, claim(50n, true));
		expect(kinds(step(channel, claim(101n)))).toEqual(['check']);
		expect(kinds(step(channel, claim(100n, false, 49n)))).toEqual(['check']);
		expect(step(channel, claim(100n)).channel).toMatchObject({ claimed: 100n, checked: 50n });
	});

	it('falls back to what was checked when the newest claim is forged, and to no other', () => {
		const checked = step(opened('in'), claim(50n, true)).channel;
		const held = step(checked, claim(90n)).channel;
		expect(step(held, { type: 'forged', signature: signatureOf(80n) }).channel).toBe(held);
		const { channel, effects } = step(held, { type: 'forged', signature: signatureOf(90n) });
		expect(channel).toMatchObject({ claimed: 50n, promised: 50n, signature: signatureOf(50n) });
		expect(effects).toEqual([{ type: 'move', kind: 'claim', from: 'claims', to: 'link', amount: 40n }]);
	});

	it('keeps a lower claim that was checked for the day the newest turns out forged', () => {
		let channel = step(opened('in'), claim(50n, true)).channel;
		({ channel } = step(channel, claim(90n)));
		const lower = step(channel, claim(70n, true));
		expect([kinds(lower), lower.channel.claimed]).toEqual([['ClaimNotIncreasing'], 90n]);
		expect(step(lower.channel, { type: 'forged', signature: signatureOf(90n) }).channel.claimed).toBe(70n);
	});

	it('wants to be redeemed at once when its payer asks to close, however little it is', () => {
		const { channel } = step(opened('in'), claim(1n, true));
		const leaving = step(channel, { type: 'seen', deposited: MOST, settled: 0n, closeAt: 99 });
		expect([kinds(leaving), leaving.channel.status]).toEqual([['redeem'], 'closing']);
		expect(kinds(step(leaving.channel, claim(2n)))).toEqual(['ChannelClosed']);
	});

	it('promises nothing while a close is asked for or under way, at the payer’s end', () => {
		const promise = { type: 'promise', cumulative: 10n } as const;
		const frozen = step(opened('out'), { type: 'freeze', capture: 0n }).channel;
		expect(step(frozen, promise)).toEqual({ channel: frozen, effects: [] });
		const closing = step(opened('out'), { type: 'seen', deposited: MOST, settled: 0n, closeAt: 99 }).channel;
		expect(step(closing, promise)).toEqual({ channel: closing, effects: [] });
		const thawed = step(frozen, { type: 'thaw' }).channel;
		expect(kinds(step(thawed, promise))).toEqual(['move', 'sign']);
	});

	it('is as it was before its end when the block that ended it is undone', () => {
		const spent = step(opened('in'), claim(80n, true)).channel;
		const ended = step(spent, { type: 'end', captured: 80n, as: 'closed' });
		const back = step(ended.channel, { type: 'resume', settled: 0n, closeAt: 99 });
		expect(back.channel).toMatchObject({ status: 'closing', claimed: 80n, settled: 0n });
		expect(back.effects).toEqual([
			{ type: 'move', kind: 'redeem', from: 'wallet', to: 'claims', amount: 80n }
		]);
	});

	it('adopts what its own newer signature says, and then promises only more', () => {
		const { channel } = step(opened('out'), { type: 'adopt', cumulative: 500n });
		expect(step(channel, { type: 'promise', cumulative: 500n }).effects).toEqual([]);
		expect(step(channel, { type: 'promise', cumulative: 501n }).channel.promised).toBe(501n);
	});
});

describe('two ends of a channel, of which one comes back as an older copy of itself', () => {
	type Act =
		| { readonly do: 'pay'; readonly more: bigint; readonly isLost: boolean; readonly isChecked: boolean }
		| { readonly do: 'copy' | 'restore'; readonly who: 'payer' | 'payee' };
	const act: fc.Arbitrary<Act> = fc.oneof(
		{
			weight: 4,
			arbitrary: fc.record({
				do: fc.constant('pay' as const),
				more: fc.bigInt(1n, 50n),
				isLost: fc.boolean(),
				isChecked: fc.boolean()
			})
		},
		{
			weight: 1,
			arbitrary: fc.record({
				do: fc.constantFrom('copy' as const, 'restore' as const),
				who: fc.constantFrom('payer' as const, 'payee' as const)
			})
		}
	);
	const opened = (direction: 'in' | 'out'): Channel =>
		step(blank(direction), { type: 'seen', deposited: MOST, settled: 0n, closeAt: 0 }).channel;
	const claim = (cumulative: bigint, isChecked: boolean): ChannelInput => ({
		type: 'claim',
		cumulative,
		signature: signatureOf(cumulative),
		isChecked,
		trust: MOST
	});

	it('agree again after the next hello, and the payer signs nothing below what it ever showed', () => {
		fc.assert(
			fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
				const now = { payer: opened('out'), payee: opened('in') };
				const copies = { ...now };
				/** As a hello does: the payee shows what it checked, the payer adopts it and presents its newest. */
				const greet = (): void => {
					const { signature } = now.payee;
					if (signature) now.payee = step(now.payee, { type: 'verified', signature }).channel;
					now.payer = step(now.payer, { type: 'adopt', cumulative: now.payee.checked }).channel;
					now.payee = step(now.payee, claim(now.payer.promised, true)).channel;
					expect(now.payee.promised).toBe(now.payer.promised);
				};
				for (const next of acts) {
					if (next.do === 'copy') copies[next.who] = now[next.who];
					if (next.do === 'restore') {
						now[next.who] = copies[next.who];
						greet();
					}
					if (next.do !== 'pay') continue;
					const held = now.payee.promised;
					const { channel, effects } = step(now.payer, {
						type: 'promise',
						cumulative: now.payer.promised + next.more
					});
					now.payer = channel;
					for (const effect of effects) {
						if (effect.type !== 'sign') continue;
						expect(effect.cumulative).toBeGreaterThan(held);
						if (next.isLost) continue;
						const { isChecked } = next;
						const taken = step(now.payee, claim(effect.cumulative, isChecked));
						// One that must be checked first is handed in again.
						now.payee = taken.effects.some(({ type }) => type === 'check')
							? step(now.payee, claim(effect.cumulative, true)).channel
							: taken.channel;
					}
				}
				greet();
				expect(now.payee.claimed).toBe(now.payer.claimed);
				expect(now.payer.claimed).toBeLessThanOrEqual(MOST);
			}),
			{ numRuns: 1_000 }
		);
	});
});
