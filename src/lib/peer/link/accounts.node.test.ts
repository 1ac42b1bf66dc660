import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createNodeSql } from '../../../../server/akash-peer/node-sql.ts';
import { checkLinks } from '../audit/link-checks.ts';
import type { Channel } from '../channel/channel.ts';
import { createChannels, type Promised } from '../channel/channels.ts';
import { createLedger } from '../ledger/sqlite-ledger.ts';
import { LIMITS } from '../limits.ts';
import { migrate } from '../storage/migrations.ts';
import { insertBooked, sampleChannel } from '../testing/booked-channel.ts';
import { createLinkAccounts } from './accounts.ts';
import { createPackets } from './packets.ts';

const PEER = 'ab'.repeat(32);
const ID = { in: `0x${'0a'.repeat(32)}`, out: `0x${'0b'.repeat(32)}` } as const;
/** Link units in one unit of a token of 6 decimals. */
const TOKEN = 1_000n;
const W = 20_000n * TOKEN;
const DEPOSIT = 1_000_000n;

const open = (window = W) => {
	const sql = createNodeSql(':memory:');
	migrate(sql);
	const ledger = createLedger(sql);
	const channels = createChannels(sql, ledger, 6);
	const packets = createPackets(sql);
	const accounts = createLinkAccounts(sql, ledger, channels, packets);
	accounts.meet(PEER, { owner: PEER, role: 'peer', credit: 0n, window, at: 0 });
	return { sql, ledger, channels, accounts, packets };
};
type World = ReturnType<typeof open>;

const channel = (direction: 'in' | 'out', change: Partial<Channel> = {}): Channel =>
	sampleChannel({ id: ID[direction], peer: PEER, direction, deposited: DEPOSIT, ...change });

const fulfil = ({ ledger, accounts }: World, by: 'me' | 'peer', amount: bigint, group: string): void => {
	const link = `link/${PEER}`;
	ledger.record({
		...(by === 'me'
			? { kind: 'sell', from: 'income/notes', to: link }
			: { kind: 'buy', from: link, to: 'expense/notes' }),
		amount,
		at: 1,
		group
	});
	accounts.fulfilled(PEER, by, amount);
};

const accept = ({ channels }: World, cumulative: bigint): void => {
	const claim = { cumulative, signature: new Uint8Array(65), isChecked: true, trust: 0n } as const;
	channels.apply(ID.in, 0, [{ type: 'claim', ...claim }], 1);
};

const step = fc.oneof(
	fc.record({
		do: fc.constantFrom('fulfil by me', 'fulfil by peer', 'cover', 'claim'),
		amount: fc.bigInt(1n, W)
	}),
	fc.record({
		do: fc.constantFrom('freeze', 'thaw', 'end in', 'end out', 'adopt', 'payout', 'archive'),
		amount: fc.bigInt(1n, 30_000n)
	})
);

describe('the account of a link', () => {
	it('computed from its totals is minus its ledger account after anything that can happen', () => {
		fc.assert(
			fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
				const world = open();
				const { accounts, channels, ledger, sql } = world;
				insertBooked(world, channel('in'));
				insertBooked(world, channel('out'));
				steps.forEach(({ do: what, amount }, at) => {
					const incoming = channels.get(ID.in) as Channel;
					const outgoing = channels.get(ID.out) as Channel;
					const within = (low: bigint, high: bigint): bigint => low + (amount % (high - low + 1n));
					if (what === 'fulfil by me') fulfil(world, 'me', amount, `${at}`);
					if (what === 'fulfil by peer') fulfil(world, 'peer', amount, `${at}`);
					if (what === 'cover') accounts.cover(PEER, amount, at);
					if (what === 'claim') accept(world, within(0n, DEPOSIT));
					if (what === 'adopt') channels.adopt(ID.out, 0, within(0n, DEPOSIT), at);
					if (what === 'freeze') channels.freeze(ID.in, 0, within(0n, incoming.claimed), at);
					if (what === 'thaw') channels.thaw(ID.in, 0, at);
					// The chain may have captured less than is held, or more.
					if (what === 'end in') channels.end(ID.in, 0, within(0n, DEPOSIT), 'closed', at);
					if (what === 'end out') channels.end(ID.out, 0, within(0n, outgoing.deposited), 'closed', at);
					if (what === 'payout') {
						ledger.record({
							kind: 'payout',
							from: 'wallet',
							to: `link/${PEER}`,
							amount,
							at,
							group: `p${at}`
						});
						accounts.paidOut(PEER, 'me', amount);
					}
					if (what === 'archive' && at % 3 === 0) {
						for (const { id } of channels.all())
							channels.end(id, 0, (channels.get(id) as Channel).claimed, 'archived', at);
						accounts.reset(PEER, at);
					}
					expect(accounts.audit(PEER)).toBe(0n);
					expect(ledger.audit()).toEqual({ sum: 0n, differences: [] });
				});
				sql.close();
			}),
			{ numRuns: 150 }
		);
	});

	it('takes a prepare only for what claims, deliveries and credit cover, less what is under way', () => {
		const world = open();
		const { accounts, packets } = world;
		insertBooked(world, channel('in'));
		expect(accounts.available(PEER)).toBe(0n);
		accept(world, 100n);
		expect(accounts.available(PEER)).toBe(100n * TOKEN);
		fulfil(world, 'me', 30n * TOKEN, 'a');
		fulfil(world, 'peer', 5n * TOKEN, 'b');
		expect(accounts.available(PEER)).toBe(75n * TOKEN);
		packets.insert({
			link: PEER,
			direction: 'in',
			hash: new Uint8Array(32),
			amount: 10n * TOKEN,
			expiresAt: 9,
			condition: new Uint8Array(32),
			group: 'c',
			inLink: undefined,
			inHash: undefined
		});
		expect(accounts.available(PEER)).toBe(65n * TOKEN);
		accounts.meet(PEER, { owner: PEER, role: 'child', credit: 7n, window: W, at: 2 });
		expect(accounts.available(PEER)).toBe(65n * TOKEN + 7n);
	});

	it('forgets strangers with whom no money moved, and nobody else', () => {
		const world = open();
		world.accounts.meet('cd'.repeat(32), { owner: PEER, role: 'child', credit: 0n, window: W, at: 0 });
		fulfil(world, 'me', 1n, 'a');
		expect(world.accounts.forget(1)).toBe(1);
		expect(world.accounts.all().map(({ peer }) => peer)).toEqual([PEER]);
		expect(world.accounts.get('cd'.repeat(32))).toBeUndefined();
	});

	it('forgets nobody who has been here ever since: what it earns first must be counted', () => {
		const world = open();
		expect(world.accounts.forget(1, [PEER])).toBe(0);
		fulfil(world, 'peer', 1n, 'a');
		expect(world.accounts.get(PEER)?.fulfilledByPeer).toBe(1n);
		expect(world.accounts.audit(PEER)).toBe(0n);
	});

	it('remembers so many guests who never paid, and those who are here, and whoever paid', () => {
		const { accounts } = open();
		const guest = (n: number): string => n.toString(16).padStart(64, '0');
		for (let n = 1; n <= 10; n++)
			accounts.meet(guest(n), { owner: PEER, role: 'child', credit: 0n, window: W, at: n });
		accounts.meet('ilp:bob', { owner: 'ilp:bob', role: 'child', credit: 0n, window: W, at: 0 });
		accounts.meet(PEER, { owner: PEER, role: 'child', credit: 0n, window: W, at: 0 });
		accounts.fulfilled(PEER, 'me', 1n);
		const gone = accounts.forgetCrowd(4, [guest(2)]);
		expect([...gone].sort()).toEqual([1, 3, 4, 5, 6].map(guest));
		expect(accounts.get(guest(3))).toBeUndefined();
		expect(
			accounts
				.all()
				.map(({ peer }) => peer)
				.sort()
		).toEqual([...[2, 7, 8, 9, 10].map(guest), PEER, 'ilp:bob'].sort());
		expect(accounts.forgetCrowd(10, [])).toEqual([]);
	});

	it.each(['pending', 'rejected'] as const)(
		'forgets nobody of whom a packet is remembered that is %s',
		(state) => {
			const world = open();
			const hash = new Uint8Array(32);
			world.packets.insert({
				link: PEER,
				direction: 'in',
				hash,
				amount: 1n,
				expiresAt: 1,
				condition: hash,
				group: 'a',
				inLink: undefined,
				inHash: undefined
			});
			if (state === 'rejected') world.packets.settle(PEER, 'in', hash, state, 2);
			expect(world.accounts.forget(1)).toBe(0);
		}
	);

	it('books what an older copy forgot from the totals of a hello, and the account stays explained', () => {
		const world = open();
		const { sql, ledger, accounts } = world;
		const told = { fulfilledByMe: 900n, fulfilledByYou: 0n };
		// A guest that earned since, and lets its hub owe it so much.
		accounts.meet(PEER, { owner: PEER, role: 'child', credit: 0n, window: W, at: 0 });
		accounts.learn(PEER, {
			payee: undefined,
			peerCredit: 1_000n,
			peerWindow: 0n,
			peerMaxPacket: 0n,
			payoutFee: undefined,
			payoutThreshold: undefined
		});
		fulfil(world, 'peer', 500n, 'before the copy');
		// A guest's word alone moves nothing.
		expect(accounts.recover(PEER, told, 1)).toEqual({ got: 0n, gave: 0n });
		accounts.markOlder(PEER);
		expect(accounts.recover(PEER, told, 1)).toEqual({ got: 400n, gave: 0n });
		expect(ledger.balance(`link/${PEER}`)).toBe(-900n);
		expect(accounts.held(PEER, 'me')).toBe(900n);
		expect(accounts.audit(PEER)).toBe(0n);
		expect(accounts.recover(PEER, told, 2)).toEqual({ got: 0n, gave: 0n });
		// Proof of an older copy is kept until the totals agree.
		accounts.markOlder(PEER);
		accounts.recover(PEER, { ...told, fulfilledByMe: 1_500n }, 3);
		expect(accounts.get(PEER)?.isOlder).toBe(true);
		accounts.recover(PEER, told, 4);
		expect(accounts.get(PEER)?.isOlder).toBe(false);
		// Totals that no column holds are only wrong.
		const most = 2n ** 64n - 1n;
		expect(accounts.recover(PEER, { fulfilledByMe: most, fulfilledByYou: most }, 5)).toEqual({
			got: 0n,
			gave: 0n
		});
		expect(checkLinks({ sql, tokenScale: 6, now: 5 }).flatMap(({ wrong }) => wrong)).toEqual([]);
		sql.close();
	});

	it('lets a neighbour of an older copy count what it did not deliver once, not again for each claim', () => {
		const world = open();
		const { accounts, ledger } = world;
		insertBooked(world, channel('out'));
		accounts.meet(PEER, { owner: PEER, role: 'parent', credit: 0n, window: W, at: 0 });
		fulfil(world, 'me', 10n, 'a note of mine');
		accounts.markOlder(PEER);
		let counted = 0n;
		// It keeps the claims, rejects what came with them, and counts it in its next hello; its other total never agrees.
		for (let at = 1; at <= 20; at++) {
			accounts.cover(PEER, W, at);
			counted += W;
			accounts.recover(PEER, { fulfilledByMe: counted, fulfilledByYou: 9n }, at);
		}
		// Once as an older copy, and once within the day as anybody.
		expect(ledger.balance('forgotten')).toBeLessThanOrEqual(2n * W);
	});

	it("cuts a hello's terms to what can be meant", () => {
		const { accounts } = open();
		const huge = 1n << 200n;
		accounts.learn(PEER, {
			payee: undefined,
			peerCredit: huge,
			peerWindow: huge,
			peerMaxPacket: huge,
			payoutFee: huge,
			payoutThreshold: huge
		});
		expect(accounts.get(PEER)?.peerCredit).toBe(LIMITS.linkTermsMost);
		expect(accounts.get(PEER)?.payoutFee).toBe(LIMITS.linkTermsMost);
	});
});

describe('what a payer promises', () => {
	const promised = (covered: ReturnType<World['accounts']['cover']>): Promised | undefined =>
		covered.covered ? covered.promised : undefined;

	it('rises by half of W at a time, and only when what is promised does not reach', () => {
		const world = open();
		insertBooked(world, channel('out'));
		expect(promised(world.accounts.cover(PEER, 10n, 1))?.cumulative).toBe(W / 2n / TOKEN);
		expect(world.accounts.cover(PEER, W / 2n, 1)).toEqual({ covered: true, promised: undefined });
	});

	it('never leaves more than W unfulfilled', () => {
		const world = open();
		insertBooked(world, channel('out'));
		world.accounts.cover(PEER, W / 2n, 1);
		expect(world.accounts.cover(PEER, W + 1n, 1)).toEqual({ covered: false });
		expect(promised(world.accounts.cover(PEER, W, 1))?.cumulative).toBe(W / TOKEN);
		expect(world.accounts.cover(PEER, W + 1n, 1)).toEqual({ covered: false });
		// Half is delivered: half may be promised again.
		fulfil(world, 'peer', W / 2n, 'a');
		expect(promised(world.accounts.cover(PEER, W, 1))?.cumulative).toBe(W / TOKEN + W / 2n / TOKEN);
	});

	it('rises by half of W, or by exactly what a dearer packet needs, and stays within W and one token unit', () => {
		fc.assert(
			fc.property(fc.array(fc.tuple(fc.bigInt(1n, W), fc.boolean()), { maxLength: 30 }), (packets) => {
				const world = open();
				insertBooked(world, channel('out'));
				packets.forEach(([amount, delivered], at) => {
					const before = (world.channels.get(ID.out) as Channel).claimed;
					const ahead = world.ledger.balance(`link/${PEER}`);
					if (world.accounts.cover(PEER, amount, at).covered && delivered)
						fulfil(world, 'peer', amount, `${at}`);
					const raised = ((world.channels.get(ID.out) as Channel).claimed - before) * TOKEN;
					const needed = amount - ahead;
					const step = needed > W / 2n ? needed : W / 2n;
					expect(raised).toBeLessThan(step + TOKEN);
					// No smaller than the rule says while W leaves room for it.
					if (raised > 0n && ahead + step <= W) expect(raised).toBeGreaterThan(step - TOKEN);
					expect(world.ledger.balance(`link/${PEER}`)).toBeLessThan(W + TOKEN);
				});
				world.sql.close();
			}),
			{ numRuns: 40 }
		);
	});

	it('is rounded up to whole token units, and the rest stays the payer’s', () => {
		const world = open(2n * TOKEN);
		insertBooked(world, channel('out'));
		expect(promised(world.accounts.cover(PEER, TOKEN + 1n, 1))?.cumulative).toBe(2n);
		fulfil(world, 'peer', TOKEN + 1n, 'a');
		expect(world.accounts.prepaid(PEER)).toBe(TOKEN - 1n);
		expect(world.accounts.cover(PEER, TOKEN - 1n, 1)).toEqual({ covered: true, promised: undefined });
	});

	it('never goes beyond the deposit, and its room says so', () => {
		const world = open();
		insertBooked(world, channel('out', { deposited: 5n }));
		expect(world.accounts.room(PEER)).toBe(5n * TOKEN);
		expect(world.accounts.cover(PEER, 5n * TOKEN + 1n, 1)).toEqual({ covered: false });
		expect(promised(world.accounts.cover(PEER, 1n, 1))?.cumulative).toBe(5n);
	});

	it.each(['opening', 'frozen', 'closing', 'closed', 'archived'] as const)(
		'uses no channel that is %s',
		(status) => {
			const world = open();
			insertBooked(world, channel('out', { status }));
			expect(world.accounts.cover(PEER, 1n, 1)).toEqual({ covered: false });
		}
	);

	it('is not raised for somebody who may be promised nothing more', () => {
		const world = open();
		insertBooked(world, channel('out'));
		expect(world.accounts.cover(PEER, 1n, 1, false)).toEqual({ covered: false });
		expect((world.channels.get(ID.out) as Channel).claimed).toBe(0n);
	});
});

describe('channels', () => {
	it('adopt an own newer claim while they live, and none when they are over', () => {
		const world = open();
		const { channels, accounts, ledger } = world;
		insertBooked(world, channel('out'));
		channels.adopt(ID.out, 0, 500n, 1);
		channels.adopt(ID.out, 0, 400n, 1);
		expect(channels.get(ID.out)?.claimed).toBe(500n);
		expect(ledger.balance(`link/${PEER}`)).toBe(500n * TOKEN);
		channels.end(ID.out, 0, 500n, 'closed', 2);
		channels.adopt(ID.out, 0, 900n, 3);
		expect(channels.get(ID.out)?.claimed).toBe(500n);
		expect(accounts.audit(PEER)).toBe(0n);
	});

	it('end at what the chain captured: the payer gets the rest of his promise back', () => {
		const world = open();
		const { channels, ledger } = world;
		insertBooked(world, channel('out'));
		channels.adopt(ID.out, 0, 500n, 1);
		channels.end(ID.out, 0, 200n, 'closed', 2);
		expect(ledger.balance(`link/${PEER}`)).toBe(200n * TOKEN);
		expect(ledger.balance(`channel/${ID.out}`)).toBe(0n);
		expect(ledger.balance('wallet')).toBe(-200n * TOKEN);
	});

	it('end at what the chain captured: a payee who slept is owed what he did not redeem', () => {
		const world = open();
		insertBooked(world, channel('in'));
		accept(world, 500n);
		fulfil(world, 'me', 500n * TOKEN, 'a');
		world.channels.end(ID.in, 0, 200n, 'closed', 2);
		expect(world.ledger.balance(`claims/${ID.in}`)).toBe(0n);
		expect(world.ledger.balance('wallet')).toBe(200n * TOKEN);
		expect(world.ledger.balance(`link/${PEER}`)).toBe(300n * TOKEN);
	});

	it('end once', () => {
		const world = open();
		const { channels, ledger } = world;
		insertBooked(world, channel('out'));
		channels.end(ID.out, 0, 0n, 'closed', 1);
		const before = ledger.balances();
		channels.end(ID.out, 0, 100n, 'archived', 2);
		expect(ledger.balances()).toEqual(before);
		expect(channels.get(ID.out)?.status).toBe('closed');
	});

	it('give up what they will not capture before a close is signed, and take it back when it failed', () => {
		const world = open();
		insertBooked(world, channel('in'));
		accept(world, 500n);
		world.channels.freeze(ID.in, 0, 100n, 1);
		expect(world.accounts.available(PEER)).toBe(100n * TOKEN);
		accept(world, 600n);
		expect(world.accounts.available(PEER)).toBe(100n * TOKEN);
		world.channels.thaw(ID.in, 0, 2);
		expect(world.accounts.available(PEER)).toBe(500n * TOKEN);
		expect(world.channels.get(ID.in)?.status).toBe('open');
	});

	const seen = (closeAt: number, settled = 0n, isEnding = false) =>
		({ type: 'seen', deposited: DEPOSIT, settled, closeAt, isEnding }) as const;

	it('pay for nothing more at the payee from when the payer asks the chain to close until the chain has paid', () => {
		const world = open();
		const { accounts, channels } = world;
		insertBooked(world, channel('in'));
		accept(world, 500n);
		fulfil(world, 'me', 200n * TOKEN, 'sold');
		expect(accounts.available(PEER)).toBe(300n * TOKEN);
		channels.apply(ID.in, 0, [seen(9_000)], 1);
		expect(accounts.available(PEER)).toBeLessThan(0n);
		channels.apply(ID.in, 0, [seen(9_000, 500n)], 2);
		expect(accounts.available(PEER)).toBe(300n * TOKEN);
		expect(accounts.audit(PEER)).toBe(0n);
	});

	it('are counted on no more by a payer that asked for the end, in either way, and again when that came to nothing', () => {
		const world = open();
		const { accounts, channels } = world;
		insertBooked(world, channel('out'));
		accounts.cover(PEER, 500n * TOKEN, 1);
		fulfil(world, 'peer', 200n * TOKEN, 'bought');
		const before = accounts.prepaid(PEER);
		expect(before).toBeGreaterThan(0n);
		channels.freeze(ID.out, 0, 0n, 2);
		expect(accounts.cover(PEER, 1n, 3)).toEqual({ covered: false });
		channels.thaw(ID.out, 0, 4);
		expect(accounts.prepaid(PEER)).toBe(before);
		channels.apply(ID.out, 0, [seen(9_000)], 5);
		expect(accounts.cover(PEER, 1n, 6)).toEqual({ covered: false });
		expect(accounts.audit(PEER)).toBe(0n);
	});

	it('go on paying while a channel comes to its expiry: nobody asked to leave', () => {
		const world = open();
		insertBooked(world, channel('in'));
		accept(world, 500n);
		world.channels.apply(ID.in, 0, [seen(0, 0n, true)], 1);
		expect(world.channels.get(ID.in)?.status).toBe('closing');
		expect(world.accounts.available(PEER)).toBe(500n * TOKEN);
	});

	it('of a channel that ends do not hold back what was earned, nor what another channel carries beyond them', () => {
		const world = open();
		const { accounts, channels } = world;
		const second = { ...channel('in'), id: `0x${'0c'.repeat(32)}` as const };
		insertBooked(world, channel('in'));
		insertBooked(world, second);
		accept(world, 500n);
		fulfil(world, 'peer', 70n * TOKEN, 'earned');
		channels.freeze(ID.in, 0, 0n, 1);
		expect(accounts.available(PEER)).toBe(70n * TOKEN);
		const claim = { cumulative: 40n, signature: new Uint8Array(65), isChecked: true, trust: 0n } as const;
		channels.apply(second.id, 0, [{ type: 'claim', ...claim }], 2);
		expect(accounts.available(PEER)).toBe(110n * TOKEN);
	});
});
