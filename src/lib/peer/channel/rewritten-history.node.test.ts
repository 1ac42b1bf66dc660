/** Blocks are undone, and what was in them comes back in another order, later, or never. */
import { describe, expect, it } from 'vitest';
import { createNodeSql } from '../../../../server/akash-peer/node-sql.ts';
import type { Hex } from '../bytes.ts';
import { LIMITS } from '../limits.ts';
import type { ChainAct } from '../settlement/chain.ts';
import {
	addressOf,
	DOLLAR,
	HUB,
	HUB_DEVICE,
	openSettlingWorld,
	STRANGER,
	TOKEN,
	WALLET,
	type SettlingWorld
} from '../testing/settling-world.ts';
import { step, type Channel } from './channel.ts';

const open = (changes: Partial<Parameters<typeof openSettlingWorld>[0]> = {}): SettlingWorld =>
	openSettlingWorld({
		turn: () => new Promise((resolve) => setImmediate(resolve)),
		openSql: () => createNodeSql(':memory:'),
		// Nothing is redeemed by itself but what is in danger.
		redeemThreshold: 100n * DOLLAR * TOKEN,
		etherPrice: 1_000n * LIMITS.etherPrice,
		...changes
	});

const MINUTE = 60_000;

/** Books that add up, and wallets that hold what the books say. */
const agree = (world: SettlingWorld): void => {
	world.audit();
	for (const [owner, end] of [
		[WALLET, world.guest],
		[HUB, world.hub]
	] as const)
		expect((world.balance(owner) - 10n * DOLLAR) * TOKEN).toBe(end.ledger.balance('wallet'));
};

/** Why the payee would not take a claim over that much whose signature holds. */
const refusalOf = (world: SettlingWorld, id: Hex, cumulative: bigint): string | undefined => {
	const claim = {
		type: 'claim',
		cumulative,
		signature: new Uint8Array(65),
		isChecked: true,
		trust: 0n
	} as const;
	const { effects } = step(world.hub.channels.get(id) as Channel, claim);
	return effects.flatMap((effect) => (effect.type === 'refuse' ? [effect.reason] : []))[0];
};

/** A funded channel on which a dollar is claimed and forty cents are delivered. */
const begin = async (changes = {}) => {
	const world = open(changes);
	world.chain.mint(addressOf(STRANGER), 1n);
	const { id, key } = await world.fund(2n * DOLLAR);
	await world.spend(id, 1_000_000_000n, 400_000_000n);
	const rows = () =>
		[world.guest.channels.get(id), world.hub.channels.get(id)].map((row) => ({
			status: row?.status,
			deposited: row?.deposited,
			claimed: row?.claimed,
			settled: row?.settled
		}));
	return { world, id, key, rows };
};

type Story = Awaited<ReturnType<typeof begin>>;

interface Happening {
	/** Answers how many of the newest blocks it is about; more would move its dates. */
	(story: Story): Promise<number | void>;
}

/** Everything that can happen to a channel. */
const HAPPENINGS: readonly (readonly [string, Happening])[] = [
	[
		'a top-up',
		async ({ world, id }) => {
			const { guest } = world;
			const prepared = world.value(
				await world.wait(guest.settler.prepareFunding(HUB_DEVICE, addressOf(WALLET), DOLLAR, id))
			);
			world.value(await world.wait(guest.settler.fund(HUB_DEVICE, world.sign(prepared.funding))));
		}
	],
	['a redemption', async ({ world }) => void world.value(await world.wait(world.hub.settler.redeemAll()))],
	[
		'a request to close and what the payee redeems upon it',
		async ({ world, key }) => {
			await world.wait(world.acts(WALLET).requestClose(key));
			await world.clock.advance(5_000);
		}
	],
	[
		'a close by both',
		async ({ world, id }) =>
			void world.value(await world.wait(world.guest.settler.requestCooperativeClose(id)))
	],
	[
		'a withdrawal',
		async ({ world, key }) => {
			await world.wait(world.acts(WALLET).requestClose(key));
			await world.clock.advance(5_000);
			world.chain.skip(LIMITS.graceSeconds + 1);
			await world.wait(world.acts(WALLET).withdraw(key));
			await world.clock.advance(5_000);
			return 1;
		}
	]
];

describe('a rewritten history', () => {
	const height = (world: SettlingWorld): number => Number(world.chain.snapshot().block);

	it.each(HAPPENINGS)('in which %s comes again ends where it would have ended', async (_, happen) => {
		const story = await begin();
		const { world, rows } = story;
		const from = 1;
		const depth = (await happen(story)) ?? height(world) - from;
		await world.clock.advance(MINUTE);
		const before = { rows: rows(), wallet: world.balance(WALLET), hub: world.balance(HUB) };
		for (const isReversed of [false, true]) {
			world.chain.reorganise(depth, { isReversed });
			await world.clock.advance(2 * MINUTE);
			agree(world);
			expect({ rows: rows(), wallet: world.balance(WALLET), hub: world.balance(HUB) }).toEqual(before);
		}
	});

	it.each(HAPPENINGS)('is followed while %s is undone, and when it comes again', async (_, happen) => {
		const story = await begin();
		const { world, rows } = story;
		await world.clock.advance(MINUTE);
		const from = height(world);
		const before = rows();
		const depth = (await happen(story)) ?? height(world) - from;
		await world.clock.advance(MINUTE);
		const after = rows();
		expect(after).not.toEqual(before);
		// What was undone offers too little now, and others fill the blocks.
		world.chain.setGasPrice(1_000);
		world.chain.reorganise(depth);
		for (let i = 0; i < depth; i += 1)
			world.value(await world.wait(world.acts(STRANGER).transfer(addressOf(STRANGER), 1n)));
		await world.clock.advance(500);
		agree(world);
		expect(rows()).not.toEqual(after);
		world.chain.setGasPrice(100);
		await world.clock.advance(3 * MINUTE);
		agree(world);
		expect(rows()).toEqual(after);
	});

	it('without a redemption that was there books it back, and it is redeemed again', async () => {
		const { world, id } = await begin();
		await world.wait(world.hub.settler.redeemAll());
		await world.clock.advance(MINUTE);
		expect(world.hub.ledger.balance('wallet')).toBe(1_000_000_000n);
		const isRedeem = ({ type }: ChainAct): boolean => type === 'redeem';
		world.chain.reorganise(1, { drop: isRedeem });
		await world.wait(world.acts(WALLET).transfer(addressOf(WALLET), 1n));
		await world.clock.advance(1_000);
		expect(world.hub.channels.get(id)?.settled).toBe(0n);
		expect(world.hub.ledger.balance('wallet')).toBe(0n);
		expect(world.hub.ledger.balance(`claims/${id}`)).toBe(1_000_000_000n);
		agree(world);
		// What was signed is on disk, and is handed in again.
		await world.clock.advance(MINUTE);
		expect(world.hub.channels.get(id)?.settled).toBe(DOLLAR);
		agree(world);
	});

	it('without a deposit makes the payee take nothing more on it', async () => {
		const world = open();
		const { id } = await world.fund(2n * DOLLAR);
		await world.clock.advance(MINUTE);
		const relayed = ({ type }: ChainAct): boolean => type === 'fund';
		// The hub's disk is lost with it: nobody hands the opening in again.
		world.hub.sql.run('DELETE FROM chain_attempt');
		world.chain.reorganise(1, { drop: relayed });
		await world.wait(world.acts(WALLET).transfer(addressOf(WALLET), 1n));
		await world.clock.advance(MINUTE);
		expect(world.hub.channels.get(id)).toMatchObject({ status: 'opening', deposited: 0n });
		expect(world.guest.channels.get(id)).toMatchObject({ status: 'opening', deposited: 0n });
		expect(refusalOf(world, id, 1n)).toBe('ChannelClosed');
		agree(world);
	});

	it('in which a channel ended at another amount is booked as it is now', async () => {
		const { world, id, key } = await begin();
		world.hub.settler.stop();
		await world.wait(world.acts(WALLET).requestClose(key));
		world.chain.skip(LIMITS.graceSeconds + 1);
		await world.wait(world.acts(WALLET).withdraw(key));
		await world.clock.advance(5_000);
		expect(world.guest.channels.get(id)).toMatchObject({ status: 'closed', settled: 0n });
		// In the new history the payee was in time.
		const channel = world.hub.channels.get(id);
		world.chain.reorganise(1, { drop: ({ type }) => type === 'withdraw' });
		await world.wait(
			world.acts(HUB).redeem([
				{
					key,
					epoch: 0,
					cumulative: channel?.promised ?? 0n,
					signature: channel?.signature ?? new Uint8Array()
				}
			])
		);
		await world.wait(world.acts(WALLET).withdraw(key));
		await world.clock.advance(MINUTE);
		expect(world.guest.channels.get(id)).toMatchObject({ status: 'closed', settled: DOLLAR });
		expect(world.guest.ledger.balance('wallet')).toBe(-DOLLAR * TOKEN);
		expect(world.guest.ledger.audit()).toEqual({ sum: 0n, differences: [] });
	});

	it('that happened while a node was off is noticed when it is back', async () => {
		const { world, id } = await begin();
		await world.wait(world.hub.settler.redeemAll());
		await world.clock.advance(MINUTE);
		world.hub.settler.stop();
		world.chain.reorganise(1, { drop: ({ type }) => type === 'redeem' });
		await world.wait(world.acts(WALLET).transfer(addressOf(WALLET), 1n));
		const hub = await world.restartHub();
		await world.clock.advance(2 * MINUTE);
		expect(hub.channels.get(id)?.settled).toBe(DOLLAR);
		agree(world);
	});
});

describe('a deposit that is not safe yet', () => {
	const BIG = 9n * DOLLAR;
	const SMALL = LIMITS.unsafeDeposit / TOKEN;

	it('counts a little at once, and in full when it has been there long enough', async () => {
		const world = open();
		const { id } = await world.fund(BIG);
		expect(world.guest.channels.get(id)?.deposited).toBe(BIG);
		expect(world.hub.channels.get(id)).toMatchObject({ status: 'open', deposited: SMALL });
		expect(refusalOf(world, id, SMALL)).toBeUndefined();
		expect(refusalOf(world, id, SMALL + 1n)).toBe('ClaimBeyondDeposit');
		await world.clock.advance(LIMITS.depositSettleMs + MINUTE);
		expect(world.hub.channels.get(id)?.deposited).toBe(BIG);
		expect(refusalOf(world, id, BIG)).toBeUndefined();
	});

	it('is promised no further by its payer than its payee counts it', async () => {
		const world = open();
		const { id } = await world.fund(BIG);
		const raise = async (need: bigint, wish: bigint): Promise<bigint | undefined> =>
			world.wait(
				world.guest.commits.run(
					() =>
						world.guest.channels.raise(HUB_DEVICE, need * TOKEN, wish * TOKEN, world.clock.now())?.cumulative
				)
			);
		expect(await raise(1n, BIG)).toBe(SMALL);
		expect(refusalOf(world, id, SMALL)).toBeUndefined();
		expect(await raise(1n, BIG)).toBeUndefined();
		await world.clock.advance(LIMITS.freshChannelMs);
		expect(await raise(1n, BIG)).toBe(BIG);
		expect(refusalOf(world, id, BIG)).toBeUndefined();
	});

	it('waits from the beginning after a restart in the middle of it no longer than it had to', async () => {
		const world = open();
		const { id } = await world.fund(BIG);
		await world.clock.advance(MINUTE);
		const hub = await world.restartHub();
		expect(hub.channels.get(id)?.deposited).toBe(SMALL);
		await world.clock.advance(LIMITS.depositSettleMs);
		expect(hub.channels.get(id)?.deposited).toBe(BIG);
	});

	it('begins to wait again when history was rewritten', async () => {
		const world = open();
		const { id } = await world.fund(BIG);
		await world.clock.advance(LIMITS.depositSettleMs - 20_000);
		world.chain.reorganise(1);
		await world.clock.advance(MINUTE);
		expect(world.hub.channels.get(id)?.deposited).toBe(SMALL);
		await world.clock.advance(LIMITS.depositSettleMs);
		expect(world.hub.channels.get(id)?.deposited).toBe(BIG);
	});

	it('and a crowd of them do not add up to more than the node bears, yet each counts a little', async () => {
		const world = open();
		world.chain.mint(addressOf(WALLET), 1_000n * DOLLAR);
		const most = LIMITS.unsafeDeposits / TOKEN;
		const counted = (): readonly bigint[] => world.hub.channels.all().map(({ deposited }) => deposited);
		const together = (): bigint => counted().reduce((sum, amount) => sum + amount, 0n);
		for (let i = 0; i < 20; i += 1) await world.fund(BIG);
		expect(world.guest.channels.all().every(({ deposited }) => deposited === BIG)).toBe(true);
		expect(together()).toBeLessThanOrEqual(most);
		expect(together()).toBeGreaterThan(most - SMALL);
		expect(counted().filter((amount) => amount === SMALL).length).toBeGreaterThan(most / SMALL / 2n);
		expect(counted().every((amount) => amount > 0n)).toBe(true);
		// A history that is rewritten takes nothing from anybody that is still there, and gives nobody more.
		const before = counted();
		world.chain.reorganise(1);
		await world.clock.advance(20_000);
		expect(counted()).toEqual(before);
		await world.clock.advance(LIMITS.depositSettleMs + MINUTE);
		expect(counted().every((amount) => amount === BIG)).toBe(true);
		world.audit();
	});

	it('and top-ups one after the other do not add up to more than a little', async () => {
		const world = open();
		const { id } = await world.fund(3n * DOLLAR);
		for (let i = 0; i < 3; i += 1) {
			const prepared = world.value(
				await world.wait(world.guest.settler.prepareFunding(HUB_DEVICE, addressOf(WALLET), 2n * DOLLAR, id))
			);
			world.value(await world.wait(world.guest.settler.fund(HUB_DEVICE, world.sign(prepared.funding))));
		}
		expect(world.guest.channels.get(id)?.deposited).toBe(BIG);
		expect(world.hub.channels.get(id)?.deposited).toBe(SMALL);
		await world.clock.advance(LIMITS.depositSettleMs + MINUTE);
		expect(world.hub.channels.get(id)?.deposited).toBe(BIG);
	});
});
