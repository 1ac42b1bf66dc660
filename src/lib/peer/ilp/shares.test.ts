import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../limits.ts';
import type { PacketRow, PacketState } from '../link/packets.ts';
import { createShares } from './shares.ts';

const NAME = { ingress: 'alice', egress: 'bob', route: 'test.bob' };

const row = (state: PacketState, amount: bigint): PacketRow => ({
	link: NAME.egress,
	direction: 'out',
	hash: new Uint8Array(32),
	amount,
	expiresAt: 0,
	condition: new Uint8Array(32),
	state,
	fulfillment: undefined,
	group: '',
	inLink: NAME.ingress,
	inHash: new Uint8Array(32),
	route: NAME.route,
	settledAt: state === 'pending' ? undefined : 1
});

describe('a share of a link', () => {
	it('takes a quarter of the room, what it has under way counted in', () => {
		const shares = createShares([]);
		shares.begin(NAME, 20n);
		expect(shares.fits(NAME, 5n, () => 80n)).toBe(true);
		expect(shares.fits(NAME, 6n, () => 80n)).toBe(false);
	});

	it('takes a tenth after six failures in a row, not after five', () => {
		const shares = createShares([]);
		for (let n = 0; n < 5; n++) shares.end(NAME, 0n, false, n);
		expect(shares.percent(NAME)).toBe(LIMITS.shareOfRoom);
		shares.end(NAME, 0n, false, 6);
		expect(shares.percent(NAME)).toBe(LIMITS.shareOfRoomRarely);
	});

	it('is no smaller for packets that never left', () => {
		const shares = createShares([]);
		for (let n = 0; n < 20; n++) {
			shares.begin(NAME, 1n);
			shares.end(NAME, 1n, undefined, n);
		}
		expect([shares.percent(NAME), shares.underWay(NAME)]).toEqual([LIMITS.shareOfRoom, 0n]);
	});

	it('is forgotten when it is idle, and not before', () => {
		const shares = createShares([]);
		for (let n = 0; n < 6; n++) shares.end(NAME, 0n, false, 5);
		shares.sweep(5);
		expect(shares.percent(NAME)).toBe(LIMITS.shareOfRoomRarely);
		shares.sweep(6);
		expect(shares.percent(NAME)).toBe(LIMITS.shareOfRoom);
	});

	it('found again in the rows is the one that was kept', () => {
		const states = fc.constantFrom<PacketState>('pending', 'fulfilled', 'rejected', 'late');
		fc.assert(
			fc.property(fc.array(fc.tuple(states, fc.bigInt(1n, 1_000n)), { maxLength: 40 }), (packets) => {
				const kept = createShares([]);
				for (const [state, amount] of packets) {
					kept.begin(NAME, amount);
					if (state !== 'pending') kept.end(NAME, amount, state === 'fulfilled', 1);
				}
				const found = createShares(packets.map(([state, amount]) => row(state, amount)));
				expect([found.underWay(NAME), found.percent(NAME)]).toEqual([
					kept.underWay(NAME),
					kept.percent(NAME)
				]);
			})
		);
	});
});
