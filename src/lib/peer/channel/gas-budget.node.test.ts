/** Somebody has a node pay for its acts on the chain, again and again: a day's budget, and what it stops and does not. */
import { describe, expect, it } from 'vitest';
import { createNodeSql } from '../../../../server/akash-peer/node-sql.ts';
import type { Hex } from '../bytes.ts';
import { LIMITS } from '../limits.ts';
import type { SettleAnswer } from '../link/messages.ts';
import { PAYOUT_FEE } from '../testing/settling-end.ts';
import {
	addressOf,
	CLAIM,
	createSimulatedEnd,
	DOLLAR,
	GUEST_DEVICE,
	HUB,
	HUB_DEVICE,
	openSettlingWorld,
	START_MS,
	TOKEN,
	WALLET,
	type SettlingWorld
} from '../testing/settling-world.ts';
import { createSimulatedChain } from '../testing/simulated-chain.ts';
import { createSimulatedClock } from '../testing/simulated-clock.ts';

const DAY = 24 * 3_600_000;
const MINUTE = 60_000;
/** Link units that one act costs on this chain. */
const ACT = 800_000n;
const ONES_ACTS = 6;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A hub that does so many acts a day for one guest. */
const open = (acts = ONES_ACTS): SettlingWorld =>
	openSettlingWorld({
		turn,
		openSql: () => createNodeSql(':memory:'),
		gasPerDay: BigInt(acts) * ACT * LIMITS.gasNeighbourParts
	});

/** Acts of the hub's account, whatever became of them. */
const actsOf = ({ hub }: SettlingWorld): number => hub.sql.all('SELECT 1 FROM chain_transaction').length;
const codeOf = (answer: SettleAnswer): string => (answer.op === 'refused' ? answer.code : answer.op);

/** A stranger, or the guest, has the hub open a channel of a dollar. */
const askToOpen = async (world: SettlingWorld, peer = GUEST_DEVICE) => {
	const { hub, guest } = world;
	if (!hub.accounts.get(peer))
		await world.wait(
			hub.commits.run(() => {
				hub.accounts.meet(peer, {
					owner: peer,
					role: 'child',
					credit: 0n,
					window: LIMITS.windowGuest,
					at: 0
				});
			})
		);
	const prepared = world.value(
		await world.wait(guest.settler.prepareFunding(HUB_DEVICE, addressOf(WALLET), DOLLAR))
	);
	const request = { op: 'fund', funding: world.sign(prepared.funding), epoch: 0 } as const;
	const answer = await world.wait(hub.settler.answer(peer, request));
	return { id: prepared.channel, key: prepared.funding.key, code: codeOf(answer) };
};
const askToClose = async (world: SettlingWorld, id: Hex, peer = GUEST_DEVICE): Promise<string> =>
	codeOf(await world.wait(world.hub.settler.answer(peer, { op: 'close', channel: id, epoch: 0 })));

describe('a guest that has its hub open and close channels all day', () => {
	const useUp = async (world: SettlingWorld): Promise<void> => {
		await world.start();
		for (let code = 'done', tries = 0; code !== 'GasBudgetReached' && tries < 20; tries += 1) {
			const opened = await askToOpen(world);
			code = opened.code === 'done' ? await askToClose(world, opened.id) : opened.code;
		}
	};

	it('costs it a few acts, also when its program begins again, and then the guest pays its own', async () => {
		const world = open();
		await useUp(world);
		expect(actsOf(world)).toBe(ONES_ACTS);
		expect(world.balance(WALLET)).toBe(10n * DOLLAR);
		await world.restartHub();
		expect((await askToOpen(world)).code).toBe('GasBudgetReached');
		// It opens by itself, reads, and leaves by itself.
		const prepared = world.value(
			await world.wait(world.guest.settler.prepareFunding(HUB_DEVICE, addressOf(WALLET), DOLLAR))
		);
		const { key } = prepared.funding;
		world.value(await world.wait(world.acts(WALLET).open(key, DOLLAR)));
		expect(await world.wait(world.hub.settler.importChannel(GUEST_DEVICE, key, 0))).toMatchObject({
			ok: true
		});
		expect(world.hub.channels.get(prepared.channel)).toMatchObject({ status: 'open', deposited: DOLLAR });
		expect(await askToClose(world, prepared.channel)).toBe('GasBudgetReached');
		expect(world.hub.channels.get(prepared.channel)).toMatchObject({ status: 'open' });
		expect(actsOf(world)).toBe(ONES_ACTS);
		world.value(await world.wait(world.acts(WALLET).requestClose(key)));
		world.chain.skip(LIMITS.graceSeconds + 1);
		world.value(await world.wait(world.acts(WALLET).withdraw(key)));
		expect(world.balance(WALLET)).toBe(10n * DOLLAR);
	});

	it('is served again tomorrow', async () => {
		const world = open();
		await useUp(world);
		await world.clock.advance(DAY);
		expect((await askToOpen(world)).code).toBe('done');
	});

	it('keeps nobody from what is owed: claims are redeemed, in danger or not', async () => {
		const world = open(2);
		const { id, key } = await world.fund();
		await world.spend(id, 900_000_000n, 400_000_000n);
		await useUp(world);
		expect(await askToClose(world, id)).toBe('GasBudgetReached');
		expect(world.hub.channels.get(id)).toMatchObject({ status: 'open', claimed: 900_000n });
		await world.wait(world.acts(WALLET).requestClose(key));
		await world.clock.advance(MINUTE);
		expect(world.hub.channels.get(id)).toMatchObject({ status: 'closing', settled: 900_000n });
		expect(world.balance(HUB)).toBe(10n * DOLLAR + 900_000n);
		world.audit();
	});

	it('counts what dear gas costs, and what is offered on top', async () => {
		const world = open();
		await world.start();
		expect((await askToOpen(world)).code).toBe('done');
		world.chain.setGasPrice(400);
		expect((await askToOpen(world)).code).toBe('done');
		expect((await askToOpen(world)).code).toBe('GasBudgetReached');
		const cost = () =>
			world.hub.sql
				.all('SELECT sum(cost) AS cost FROM chain_gas')
				.map((row) => BigInt(row['cost'] as bigint))[0];
		expect(cost()).toBe(5n * ACT);
		world.chain.setGasPrice(100);
		const isSigned = () => cost() === 6n * ACT;
		void askToOpen(world);
		await world.clock.runWhile(() => !isSigned(), world.clock.now() + MINUTE);
		world.chain.setGasPrice(150);
		await world.clock.advance(3 * MINUTE);
		expect(cost()).toBeGreaterThan(6n * ACT);
		expect(world.hub.sql.all(`SELECT 1 FROM chain_transaction WHERE state = 'sent'`)).toEqual([]);
	});
});

describe('a crowd of strangers', () => {
	const nameOf = (n: number): string => n.toString(16).padStart(64, '0');

	it('together gets half of what guests get, its operator is told, and who has paid is not kept out', async () => {
		// One gets one act; all guests forty.
		const world = open(1);
		world.chain.mint(addressOf(WALLET), 100n * DOLLAR);
		await world.start();
		const codes: string[] = [];
		for (let n = 1; n <= 30; n += 1) codes.push((await askToOpen(world, nameOf(n))).code);
		const most = Number(LIMITS.gasNeighbourParts / LIMITS.gasStrangersParts);
		expect(codes).toEqual(codes.map((_, n) => (n < most ? 'done' : 'GasBudgetReached')));
		expect(world.hub.troubles).toContain('GasBudgetReached');
		expect((await askToOpen(world)).code).toBe('GasBudgetReached');
		await world.earn(1n);
		world.hub.reliefs.length = 0;
		expect((await askToOpen(world)).code).toBe('done');
		expect(world.hub.reliefs).toContain('GasBudgetReached');
	});
});

describe('payouts', () => {
	it('asked for below the threshold are counted less their fee; at the threshold they are what was announced', async () => {
		const world = openSettlingWorld({
			turn,
			openSql: () => createNodeSql(':memory:'),
			gasPerDay: LIMITS.gasNeighbourParts * (2n * (ACT - PAYOUT_FEE)),
			threshold: 5_000_000n
		});
		await world.start();
		const pay = async (earned: bigint) => {
			await world.wait(
				world.hub.commits.run(() => {
					world.hub.ledger.record({
						kind: 'buy',
						from: `link/${GUEST_DEVICE}`,
						to: 'expense/notes',
						amount: earned,
						at: 1,
						group: `earned${world.clock.now()}`
					});
					world.hub.accounts.fulfilled(GUEST_DEVICE, 'peer', earned);
				})
			);
			return codeOf(await world.wait(world.hub.settler.answer(GUEST_DEVICE, { op: 'payout' })));
		};
		expect([await pay(100_000n), await pay(100_000n), await pay(100_000n)]).toEqual([
			'paidOut',
			'paidOut',
			'PayoutFailed'
		]);
		// It stays owed, and is paid with what comes.
		const before = world.balance(WALLET);
		expect(await pay(5_000_000n)).toBe('paidOut');
		expect(world.balance(WALLET) - before).toBe((5_100_000n - PAYOUT_FEE) / TOKEN);
	});
});

it('dear gas keeps no node from opening a channel of its own: that is bounded by what it may lock', async () => {
	const clock = createSimulatedClock(START_MS, turn);
	const chain = createSimulatedChain({ clock });
	chain.mint(addressOf(WALLET), 10n * DOLLAR);
	const node = createSimulatedEnd(
		{ clock, chain, openSql: () => createNodeSql(':memory:') },
		{
			role: 'peer',
			neighbour: HUB_DEVICE,
			neighbourPayee: addressOf(HUB),
			claimSecret: CLAIM,
			account: addressOf(WALLET),
			payee: addressOf(WALLET),
			gasPerDay: 1n
		}
	);
	const kept = node.settler.keepFunded(HUB_DEVICE, DOLLAR);
	await clock.advance(MINUTE);
	await kept;
	expect(node.channels.all()).toMatchObject([{ status: 'open', deposited: DOLLAR }]);
});
