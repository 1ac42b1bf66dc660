/**
 * The most that a cheat, an outage or a nap can cost, to the unit: the rows of the table of bounds that are about
 * claims and deposits. What a hop or an author can take is told in market/market.node.test.ts.
 */
import { describe, expect, it } from 'vitest';
import { createNodeSql } from '../../../../server/akash-peer/node-sql.ts';
import type { Hex } from '../bytes.ts';
import { LIMITS } from '../limits.ts';
import {
	addressOf,
	CLAIM,
	DOLLAR,
	GUEST_DEVICE,
	HUB,
	HUB_DEVICE,
	openSettlingWorld,
	TOKEN,
	WALLET,
	type SettlingWorld
} from '../testing/settling-world.ts';
import type { ChannelKey } from '../settlement/chain.ts';

const W = LIMITS.windowGuest;
const CENT = 10_000_000n;

const open = (): SettlingWorld =>
	openSettlingWorld({
		turn: () => new Promise((resolve) => setImmediate(resolve)),
		openSql: () => createNodeSql(':memory:'),
		// So dear is gas that nothing but the threshold makes anybody redeem.
		etherPrice: 1_000n * LIMITS.etherPrice
	});

/** The guest wants to send this much; what it promises for that goes to the hub. False when it sends nothing. */
const send = async (world: SettlingWorld, id: Hex, amount: bigint): Promise<boolean> => {
	const { guest, hub } = world;
	const covered = await world.wait(guest.commits.run(() => guest.accounts.cover(HUB_DEVICE, amount, 1)));
	if (!covered.covered) return false;
	if (covered.promised) {
		const { key, epoch, cumulative } = covered.promised;
		const { signature } = await guest.settler.scheme.signClaim(CLAIM, key, epoch, cumulative);
		const claim = { scheme: 0, channel: id, epoch, cumulative, signature };
		expect(await world.wait(hub.heldClaims.take(GUEST_DEVICE, claim))).toBeUndefined();
	}
	return true;
};

/** The payer goes without the payee. */
const leave = async (world: SettlingWorld, key: ChannelKey): Promise<void> => {
	await world.wait(world.acts(WALLET).requestClose(key));
	world.chain.skip(LIMITS.graceSeconds + 1);
	await world.wait(world.acts(WALLET).withdraw(key));
	await world.clock.advance(10_000);
};

const lostBy = (world: SettlingWorld, owner: Uint8Array): bigint =>
	(10n * DOLLAR - world.balance(owner)) * TOKEN;

describe('at most', () => {
	it('W is lost to a payee that keeps claims and rejects everything', async () => {
		const world = open();
		const { id, key } = await world.fund();
		const sent: boolean[] = [];
		for (const amount of [1n, W / 4n, W / 2n, W, W, W + 1n, 2n * W]) sent.push(await send(world, id, amount));
		expect(sent).toEqual([true, true, true, true, true, false, false]);
		world.value(await world.wait(world.hub.settler.redeemAll()));
		await leave(world, key);
		expect(lostBy(world, WALLET)).toBe(W);
		world.audit();
	});

	it.each([
		['claims ahead and then earns', true],
		['earns and then claims ahead', false]
	])('the float and W are lost by a guest that %s when its hub vanishes', async (_, isClaimFirst) => {
		const world = open();
		const { id, key } = await world.fund();
		const float = LIMITS.floatDefault;
		world.guest.accounts.meet(HUB_DEVICE, {
			owner: HUB_DEVICE,
			role: 'parent',
			credit: float,
			window: W,
			at: 1
		});
		let earned = 0n;
		const earn = async (): Promise<void> => {
			earned = world.guest.accounts.available(HUB_DEVICE);
			await world.earn(earned);
			expect(world.guest.accounts.available(HUB_DEVICE)).toBe(0n);
		};
		if (isClaimFirst) await send(world, id, W);
		await earn();
		if (!isClaimFirst) await send(world, id, W);
		// It takes what it was promised along.
		await world.wait(world.hub.settler.redeemAll());
		world.hub.settler.stop();
		world.cutLink();
		await leave(world, key);
		const lost = lostBy(world, WALLET) + earned;
		expect(lost).toBeLessThanOrEqual(float + W);
		expect(lost).toBeGreaterThanOrEqual(float);
		world.audit();
	});

	it('the threshold of redeeming is lost by a payee that sleeps beyond the grace', async () => {
		const world = open();
		const { id, key } = await world.fund(9n * DOLLAR);
		const deliver = async (amount: bigint): Promise<void> => {
			await world.spend(id, amount, amount);
			world.hub.settler.considerRedeeming(id);
			await world.clock.advance(5_000);
		};
		const settled = () => (world.hub.channels.get(id)?.settled ?? 0n) * TOKEN;
		await deliver(60n * CENT);
		expect(settled()).toBe(0n);
		await deliver(61n * CENT);
		expect(settled()).toBe(121n * CENT);
		await deliver(99n * CENT);
		expect(settled()).toBe(121n * CENT);
		world.hub.settler.stop();
		await leave(world, key);
		const hub = await world.restartHub();
		// An end at less than it holds claims for has to be shown twice.
		await world.clock.advance(LIMITS.lostConfirmMs + 60_000);
		expect(hub.channels.get(id)).toMatchObject({ status: 'closed', settled: (121n * CENT) / TOKEN });
		expect(-lostBy(world, HUB)).toBe(121n * CENT);
		expect(99n * CENT).toBeLessThan(LIMITS.redeemThreshold);
		// It is a debt of that neighbour, who gets nothing more for what it claimed.
		expect(hub.accounts.available(GUEST_DEVICE)).toBe(-99n * CENT);
		world.audit();
	});

	it('what counts of a fresh deposit is lost by a payee when that deposit is undone', async () => {
		const world = open();
		const { id } = await world.fund(9n * DOLLAR);
		const most = LIMITS.unsafeDeposit;
		// An honest payer knows what counts, and promises no more.
		await expect(world.spend(id, most + TOKEN, 0n)).rejects.toThrow('not covered');
		const row = world.guest.channels.get(id);
		const claim = async (cumulative: bigint): Promise<string | undefined> => {
			if (!row) throw new Error('no channel');
			const { signature } = await world.guest.settler.scheme.signClaim(CLAIM, row.key, 0, cumulative);
			return world.wait(
				world.hub.heldClaims.take(GUEST_DEVICE, { scheme: 0, channel: id, epoch: 0, cumulative, signature })
			);
		};
		expect(await claim(most / TOKEN + 1n)).toBe('ClaimBeyondDeposit');
		expect(await claim(most / TOKEN)).toBeUndefined();
		expect(world.hub.accounts.available(GUEST_DEVICE)).toBe(most);
		// Nobody hands the opening in again.
		world.hub.sql.run('DELETE FROM chain_attempt');
		world.chain.reorganise(1, { drop: ({ type }) => type === 'fund' });
		await world.wait(world.acts(WALLET).transfer(addressOf(WALLET), 1n));
		await world.clock.advance(60_000);
		expect(world.hub.channels.get(id)?.deposited).toBe(0n);
		expect(await claim(most / TOKEN + 1n)).toBe('ChannelClosed');
		expect(world.hub.accounts.available(GUEST_DEVICE)).toBeLessThanOrEqual(most);
		expect(world.hub.ledger.audit()).toEqual({ sum: 0n, differences: [] });
	});
});
