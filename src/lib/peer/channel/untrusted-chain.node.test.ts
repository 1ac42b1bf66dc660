/** Whoever tells about the chain lies, is behind, or leaves things out. */
import { describe, expect, it } from 'vitest';
import { createNodeSql } from '../../../../server/akash-peer/node-sql.ts';
import type { Hex } from '../bytes.ts';
import { LIMITS } from '../limits.ts';
import { err, ok } from '../result.ts';
import type { ChainEvent, ChainPort, TransactionFate } from '../settlement/chain.ts';
import { PAYOUT_FEE } from '../testing/settling-end.ts';
import {
	addressOf,
	DOLLAR,
	GUEST_DEVICE,
	HUB,
	HUB_DEVICE,
	openSettlingWorld,
	TOKEN,
	WALLET,
	type SettlingWorld
} from '../testing/settling-world.ts';

const MINUTE = 60_000;

/** A hub whose way to the chain can be changed under way. */
const open = (chainId = 31337, changes: Partial<Parameters<typeof openSettlingWorld>[0]> = {}) => {
	type Lies = (port: ChainPort) => Partial<ChainPort>;
	let lies: Lies = () => ({});
	let liesToGuest: Lies = () => ({});
	const through = (port: ChainPort, told: () => Lies): ChainPort =>
		new Proxy(port, { get: (target, name: keyof ChainPort) => told()(target)[name] ?? target[name] });
	const world: SettlingWorld = openSettlingWorld({
		...changes,
		chainId,
		turn: () => new Promise((resolve) => setImmediate(resolve)),
		openSql: () => createNodeSql(':memory:'),
		through: (port) => through(port, () => lies),
		throughOfGuest: (port) => through(port, () => liesToGuest)
	});
	return {
		...world,
		/** From now on, until another or none is given. */
		lie: (next: Lies = () => ({})) => (lies = next),
		lieToGuest: (next: Lies = () => ({})) => (liesToGuest = next)
	};
};

const begin = async (chainId?: number, changes?: Parameters<typeof open>[1]) => {
	const world = open(chainId, changes);
	const { id, key } = await world.fund(2n * DOLLAR);
	await world.spend(id, 1_000_000_000n, 400_000_000n);
	await world.clock.advance(MINUTE);
	return { world, id, key };
};

describe('a service that answers for another chain', () => {
	it.each([
		[
			'by its id',
			(): Partial<ChainPort> => ({
				genesisHash: () => Promise.resolve(err({ type: 'ChainMistaken', reason: 'chain 1 answers' }))
			})
		],
		[
			'by its first block',
			(): Partial<ChainPort> => ({ genesisHash: () => Promise.resolve(ok<Hex>(`0x${'77'.repeat(32)}`)) })
		]
	] as const)('%s is told, signs nothing away, and costs nobody a channel', async (_, lie) => {
		const { world, id } = await begin(10);
		world.lie(lie);
		await world.clock.advance(MINUTE);
		expect(world.hub.troubles).toContain('ChainMistaken');
		expect(world.hub.settler.status()).toBe('down');
		expect(world.hub.channels.get(id)).toMatchObject({ status: 'open', claimed: DOLLAR });
		const { block } = world.chain.snapshot();
		await world.earn(1_000_000n);
		expect(await world.wait(world.guest.settler.payout('48'.repeat(32)))).toMatchObject({ ok: false });
		expect(await world.wait(world.hub.settler.redeemAll())).toMatchObject({
			error: { type: 'ChainMistaken' }
		});
		expect(world.chain.snapshot().block).toBe(block);
		world.lie();
		await world.clock.advance(MINUTE);
		expect(world.hub.reliefs).toContain('ChainMistaken');
		expect(world.hub.settler.status()).toBe('ok');
		world.value(await world.wait(world.hub.settler.redeemAll()));
		expect(world.hub.channels.get(id)?.settled).toBe(DOLLAR);
		world.audit();
	});
});

describe('a service that is behind', () => {
	it('is told after a minute and waited for; nothing is paid out on its word, and claims are still redeemed', async () => {
		const { world, id } = await begin();
		await world.earn(1_000_000n);
		world.lie(() => ({ head: () => Promise.resolve(ok({ block: 0n, time: 1 })) }));
		await world.clock.advance(30_000);
		expect(world.hub.troubles).not.toContain('ChainBehind');
		await world.clock.advance(2 * MINUTE);
		expect(world.hub.troubles).toContain('ChainBehind');
		const answer = await world.wait(world.hub.settler.answer(GUEST_DEVICE, { op: 'payout' }));
		expect(answer).toMatchObject({ op: 'refused', code: 'ChainBehind' });
		// Too late would cost the claim, and a word too early costs gas at most.
		world.value(await world.wait(world.hub.settler.redeemAll()));
		expect(world.hub.channels.get(id)?.settled).toBe(DOLLAR);
		world.lie();
		await world.clock.advance(MINUTE);
		expect(world.hub.reliefs).toContain('ChainBehind');
		expect(await world.wait(world.hub.settler.answer(GUEST_DEVICE, { op: 'payout' }))).toMatchObject({
			op: 'paidOut'
		});
		world.audit();
	});

	it('does not take back what it does not know yet', async () => {
		const { world, id } = await begin();
		world.value(await world.wait(world.hub.settler.redeemAll()));
		await world.clock.advance(LIMITS.depositSettleMs);
		const old = { deposited: 0n, claimed: 0n, closeAt: 0, epoch: 0 };
		world.lie(() => ({
			channel: () => Promise.resolve(ok(old)),
			channels: (ids) => Promise.resolve(ok(ids.map(() => old)))
		}));
		await world.clock.advance(LIMITS.surveyMs + MINUTE);
		expect(world.hub.channels.get(id)).toMatchObject({ deposited: 2n * DOLLAR, settled: DOLLAR });
		world.audit();
	});
});

describe('a service that leaves things out or makes them up', () => {
	const silentWatch: ChainPort['watch'] = () => () => undefined;

	it('that reports nothing cannot hide that a payer leaves', async () => {
		const world = open();
		world.lie(() => ({ watch: silentWatch }));
		const { id, key } = await world.fund(2n * DOLLAR);
		await world.spend(id, 1_000_000_000n, 400_000_000n);
		await world.wait(world.acts(WALLET).requestClose(key));
		await world.clock.advance(LIMITS.surveyMs + MINUTE);
		expect(world.hub.channels.get(id)).toMatchObject({ status: 'closing', settled: DOLLAR });
		expect(world.balance(HUB)).toBe(11n * DOLLAR);
		world.audit();
	});

	it('that reports an end the channel does not show is not believed, and told', async () => {
		const { world, id } = await begin();
		const invented: ChainEvent = { type: 'Closed', id, epoch: 0, captured: 0n, refunded: 2n * DOLLAR };
		world.lie((port) => ({
			watch: (ids, from, onReport) =>
				port.watch(ids, from, (report) => onReport({ ...report, events: [...report.events, invented] }))
		}));
		const hub = await world.restartHub();
		await world.wait(world.acts(WALLET).transfer(addressOf(WALLET), 1n));
		await world.clock.advance(5 * MINUTE);
		expect(hub.channels.get(id)).toMatchObject({ status: 'open', claimed: DOLLAR });
		expect(hub.troubles).toContain('ChainContradicts');
		// It is passed over in the end: what comes after it is still heard.
		world.lie();
		world.value(await world.wait(hub.settler.redeemAll()));
		expect(hub.channels.get(id)?.settled).toBe(DOLLAR);
		world.audit();
	});

	/** It reports that the channel ended at that much, and shows it: one lie in both places. */
	const ending =
		(id: Hex, captured: bigint) =>
		(port: ChainPort): Partial<ChainPort> => {
			const over = { deposited: 0n, claimed: 0n, closeAt: 0, epoch: 1 };
			const event: ChainEvent = { type: 'Closed', id, epoch: 0, captured, refunded: 2n * DOLLAR - captured };
			return {
				channel: (asked) => (asked === id ? Promise.resolve(ok(over)) : port.channel(asked)),
				channels: (ids) => Promise.resolve(ok(ids.map(() => over))),
				watch: (ids, from, onReport) =>
					port.watch(ids, from, (report) => onReport({ ...report, events: [...report.events, event] })),
				// What it says is over cannot be redeemed there.
				prepare: () => Promise.resolve(err({ type: 'TransactionRefused', reason: 'ChannelNotOpen' }))
			};
		};
	/** Only what is in danger is redeemed. */
	const beginUnredeemed = () =>
		begin(undefined, { redeemThreshold: 100n * DOLLAR * TOKEN, etherPrice: 1_000n * LIMITS.etherPrice });
	/** Something happens, of which the end is told along. */
	const tellHub = async (
		world: Awaited<ReturnType<typeof begin>>['world'],
		lie: ReturnType<typeof ending>
	) => {
		world.lie(lie);
		const hub = await world.restartHub();
		await world.wait(world.acts(WALLET).transfer(addressOf(WALLET), 1n));
		await world.clock.advance(1_000);
		return hub;
	};

	it.each([
		['at nothing', 0n],
		['at all that was promised', DOLLAR]
	])('that reports and shows once an end %s gets no payee to write off its claims', async (_, captured) => {
		const { world, id, key } = await beginUnredeemed();
		const hub = await tellHub(world, ending(id, captured));
		// Nothing is served for it and nothing taken on it while nobody knows.
		expect(hub.channels.get(id)).toMatchObject({ status: 'closing', claimed: DOLLAR, settled: 0n });
		expect(hub.accounts.available(GUEST_DEVICE)).toBeLessThanOrEqual(0n);
		world.lie();
		await world.clock.advance(20_000);
		expect(hub.troubles).toContain('ChainContradicts');
		expect(hub.channels.get(id)).toMatchObject({ status: 'open', claimed: DOLLAR });
		expect(hub.accounts.available(GUEST_DEVICE)).toBe(600_000_000n);
		world.audit();
		await world.wait(world.acts(WALLET).requestClose(key));
		await world.clock.advance(MINUTE);
		expect(world.balance(HUB)).toBe(11n * DOLLAR);
		world.audit();
	});

	it('that keeps to an invented end is believed, and found out in time for the claims', async () => {
		const { world, id, key } = await beginUnredeemed();
		const hub = await tellHub(world, ending(id, 0n));
		await world.clock.advance(LIMITS.lostConfirmMs + MINUTE);
		expect(hub.channels.get(id)).toMatchObject({ status: 'closed', settled: 0n });
		await world.wait(world.acts(WALLET).requestClose(key));
		await world.clock.advance(60 * MINUTE);
		world.lie();
		await world.clock.advance(2 * LIMITS.surveyMs + 2 * MINUTE);
		await world.clock.advance(60 * MINUTE);
		expect(hub.channels.get(id)).toMatchObject({ status: 'closing', settled: DOLLAR });
		expect(world.balance(HUB)).toBe(11n * DOLLAR);
		world.audit();
	});

	it('that reports and shows an end once gets no payer to count on its refund', async () => {
		const { world, id } = await begin();
		const before = world.guest.channels.get(id);
		const wallet = world.guest.ledger.balance('wallet');
		world.lieToGuest((port) => ({ ...ending(id, 0n)(port), watch: port.watch }));
		// The guest hears of it by looking itself.
		await world.clock.advance(LIMITS.surveyMs);
		expect(world.guest.channels.get(id)).toEqual({ ...before, status: 'closing' });
		expect(world.guest.ledger.balance('wallet')).toBe(wallet);
		world.lieToGuest();
		await world.clock.advance(LIMITS.surveyMs + MINUTE);
		expect(world.guest.channels.get(id)).toEqual(before);
		world.audit();
	});

	it('that keeps to an invented end until a payer counts on its refund has it booked back', async () => {
		const { world, id } = await begin();
		const before = world.guest.channels.get(id);
		const wallet = world.guest.ledger.balance('wallet');
		world.lieToGuest((port) => ({ ...ending(id, 0n)(port), watch: port.watch }));
		await world.clock.advance(2 * LIMITS.surveyMs + 2 * MINUTE);
		expect(world.guest.channels.get(id)?.status).toBe('closed');
		world.lieToGuest();
		await world.clock.advance(2 * LIMITS.surveyMs + 2 * MINUTE);
		expect(world.guest.channels.get(id)).toEqual(before);
		expect(world.guest.ledger.balance('wallet')).toBe(wallet);
		world.audit();
	});

	it('that says nothing once, in the middle of telling an end, is asked again soon', async () => {
		const { world, id, key } = await begin();
		await world.wait(world.acts(WALLET).requestClose(key));
		await world.clock.advance(MINUTE);
		world.chain.skip(key.grace);
		await world.wait(world.acts(WALLET).withdraw(key));
		let silent = 0;
		world.lieToGuest((port) => ({
			channel: (asked) => {
				if (world.guest.channels.get(id)?.status === 'closed' || silent > 0) return port.channel(asked);
				silent += 1;
				return Promise.resolve(err({ type: 'ChainUnreachable', reason: 'once' }));
			}
		}));
		await world.clock.advance(5_000);
		expect(silent).toBe(1);
		expect(world.guest.channels.get(id)?.status).toBe('closed');
		world.audit();
	});

	it('that invents a deposit is trusted with a little, and found out when it does not show it again', async () => {
		const { world, id } = await begin();
		const real = world.hub.channels.get(id)?.deposited ?? 0n;
		const more = { deposited: 1_000n * DOLLAR, claimed: 0n, closeAt: 0, epoch: 0 };
		world.lie(() => ({ channel: () => Promise.resolve(ok(more)) }));
		await world.wait(world.hub.settler.refresh(id));
		expect(world.hub.channels.get(id)?.deposited).toBeLessThanOrEqual(real + LIMITS.unsafeDeposit / TOKEN);
		world.lie();
		await world.clock.advance(LIMITS.depositSettleMs + MINUTE);
		expect(world.hub.troubles).toContain('ChainContradicts');
		expect(world.hub.channels.get(id)?.deposited).toBe(real);
		world.audit();
	});

	/** The state with another sum that was captured. */
	const capturing =
		(claimed: bigint) =>
		(port: ChainPort): Partial<ChainPort> => ({
			channel: async (id) => {
				const state = await port.channel(id);
				return state.ok ? ok({ ...state.value, claimed }) : state;
			},
			channels: async (ids) => {
				const states = await port.channels(ids);
				return states.ok ? ok(states.value.map((state) => ({ ...state, claimed }))) : states;
			}
		});

	it('that invents what was captured once gets a payer to promise nothing for it', async () => {
		const { world, id } = await begin();
		const before = world.guest.channels.get(id);
		world.lieToGuest(capturing((3n * DOLLAR) / 2n));
		await world.wait(world.guest.settler.refresh(id));
		// Nothing is signed either way while nobody knows.
		expect(world.guest.channels.get(id)).toEqual({ ...before, status: 'closing' });
		world.lieToGuest();
		await world.clock.advance(MINUTE);
		expect(world.guest.channels.get(id)).toEqual(before);
		expect(world.guest.troubles).toContain('ChainContradicts');
		expect(world.guest.accounts.get(HUB_DEVICE)?.isOlder).toBe(false);
		world.audit();
	});

	it('that invents what was captured once gets nobody served for it', async () => {
		const { world, id } = await begin();
		const before = world.hub.accounts.available(GUEST_DEVICE);
		world.lie(capturing(1_000n * DOLLAR));
		await world.wait(world.hub.settler.refresh(id));
		expect(world.hub.accounts.available(GUEST_DEVICE)).toBe(before);
		world.lie();
		await world.clock.advance(MINUTE);
		expect(world.hub.channels.get(id)).toMatchObject({ promised: DOLLAR, status: 'open' });
		world.audit();
	});

	it('that shows it again two minutes later is believed: it may be an older copy that asks', async () => {
		const { world, id } = await begin();
		world.lieToGuest(capturing((3n * DOLLAR) / 2n));
		await world.clock.advance(LIMITS.surveyMs + LIMITS.lostConfirmMs + MINUTE);
		expect(world.guest.channels.get(id)).toMatchObject({
			promised: (3n * DOLLAR) / 2n,
			settled: (3n * DOLLAR) / 2n,
			status: 'open'
		});
		expect(world.guest.accounts.get(HUB_DEVICE)?.isOlder).toBe(true);
	});

	it('that hides the end of a channel makes nobody lose what the chain paid', async () => {
		const world = open();
		const { id, key } = await world.fund(2n * DOLLAR);
		await world.spend(id, 1_000_000_000n, 400_000_000n);
		world.value(await world.wait(world.hub.settler.redeemAll()));
		world.lie(() => ({ watch: silentWatch }));
		const hub = await world.restartHub();
		await world.wait(world.acts(WALLET).requestClose(key));
		world.chain.skip(LIMITS.graceSeconds + 1);
		await world.wait(world.acts(WALLET).withdraw(key));
		await world.clock.advance(LIMITS.surveyMs + MINUTE);
		expect(hub.channels.get(id)?.status).toBe('closing');
		await world.clock.advance(LIMITS.surveyMs + MINUTE);
		expect(hub.channels.get(id)).toMatchObject({ status: 'closed', settled: DOLLAR });
		world.audit();
	});
});

describe('a chain that is down', () => {
	it('stops nobody from spending what is funded, and claims go on', async () => {
		const { world, id } = await begin();
		world.hub.chain.setFault({ type: 'down' });
		world.guest.chain.setFault({ type: 'down' });
		await world.clock.advance(MINUTE);
		expect(world.hub.troubles).toContain('ChainUnreachable');
		await world.spend(id, 900_000_000n, 900_000_000n);
		const { claimed = 0n } = world.hub.channels.get(id) ?? {};
		expect(claimed).toBeGreaterThan(DOLLAR);
		world.hub.chain.setFault(undefined);
		world.guest.chain.setFault(undefined);
		await world.clock.advance(MINUTE);
		expect(world.hub.reliefs).toContain('ChainUnreachable');
		world.value(await world.wait(world.hub.settler.redeemAll()));
		expect(world.balance(HUB)).toBe(10n * DOLLAR + claimed);
		world.audit();
	});
});

describe('a service that says of a payout that it came to nothing', () => {
	const HASH: Hex = `0x${'66'.repeat(32)}`;
	const gone: TransactionFate = { type: 'impossible' };
	const failed: TransactionFate = { type: 'reverted', hash: HASH, reason: 'reverted', isFinal: true };
	const owed = 1_000_000_000n;
	/** The hub owes the guest, is asked for a payout, and hears this for so long. */
	const told = async (fate: TransactionFate, ms: number, also: Partial<ChainPort> = {}) => {
		const world = open();
		await world.fund(2n * DOLLAR);
		await world.earn(owed);
		world.lie(() => ({ ...also, fate: () => Promise.resolve(ok(fate)) }));
		await world.wait(world.hub.settler.answer(GUEST_DEVICE, { op: 'payout' }));
		await world.clock.advance(ms);
		return world;
	};
	const states = ({ hub }: SettlingWorld) =>
		hub.sql.all('SELECT state FROM payout ORDER BY number').map(({ state }) => state);

	it.each([
		['gone', gone],
		['failed', failed]
	] as const)('once (%s) is not believed: the guest is paid once', async (_, fate) => {
		const world = await told(fate, LIMITS.lostConfirmMs / 2);
		expect(world.hub.accounts.held(GUEST_DEVICE, 'me')).toBeLessThan(TOKEN);
		world.lie();
		await world.wait(world.hub.settler.answer(GUEST_DEVICE, { op: 'payout' }));
		await world.clock.advance(20 * MINUTE);
		expect(states(world)).toEqual(['done']);
		expect(world.balance(WALLET)).toBe(8n * DOLLAR + (owed - PAYOUT_FEE) / TOKEN);
		world.audit();
	});

	it('again and again, and takes it all the same, is not believed either', async () => {
		const world = await told(gone, 3 * LIMITS.lostConfirmMs, { broadcast: () => Promise.resolve(ok(null)) });
		expect(states(world)).toEqual(['sent']);
		world.lie();
		await world.clock.advance(20 * MINUTE);
		expect(states(world)).toEqual(['done']);
		world.audit();
	});

	it('and is right is believed the second time: it is owed again, and paid', async () => {
		const world = await told(gone, 3 * LIMITS.lostConfirmMs, {
			broadcast: () => Promise.resolve(err({ type: 'NumberTaken' }))
		});
		expect(states(world)).toEqual(['undone']);
		expect(world.hub.accounts.held(GUEST_DEVICE, 'me')).toBe(owed);
		world.lie();
		world.audit();
		await world.wait(world.hub.settler.answer(GUEST_DEVICE, { op: 'payout' }));
		await world.clock.advance(MINUTE);
		expect(states(world)).toEqual(['undone', 'done']);
		expect(world.balance(WALLET)).toBe(8n * DOLLAR + (owed - PAYOUT_FEE) / TOKEN);
		world.audit();
	});
});
