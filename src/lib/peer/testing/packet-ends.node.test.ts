import { describe, expect, it } from 'vitest';
import { createNodeSql } from '../../../../server/akash-peer/node-sql.ts';
import { migrate } from '../storage/migrations.ts';
import type { SqlDriver } from '../storage/sql.ts';
import { createPackets, type PacketState } from '../link/packets.ts';
import { auditPacketEnds } from './packet-ends.ts';

const HASH = new Uint8Array(32).fill(7);
const FURTHER = new Uint8Array(32).fill(8);

/** Alice sends a packet to Bob, who sends it on to Carol: each end keeps what it is told here. */
const books = (states: {
	readonly alice: PacketState;
	readonly bobIn: PacketState;
	readonly bobOut: PacketState;
	readonly carol: PacketState;
}) => {
	const open = (name: string) => {
		const sql = createNodeSql(':memory:');
		migrate(sql);
		return { name, device: name, sql };
	};
	const [alice, bob, carol] = [open('alice'), open('bob'), open('carol')];
	const put = (
		sql: SqlDriver,
		link: string,
		direction: 'in' | 'out',
		hash: Uint8Array,
		state: PacketState,
		cameIn: { readonly inLink?: string; readonly inHash?: Uint8Array } = {}
	): void => {
		const packets = createPackets(sql);
		packets.insert({
			link,
			direction,
			hash,
			amount: 1n,
			expiresAt: 1,
			condition: hash,
			group: link,
			inLink: undefined,
			inHash: undefined,
			...cameIn
		});
		packets.settle(link, direction, hash, state, 1);
	};
	put(alice.sql, 'bob', 'out', HASH, states.alice);
	put(bob.sql, 'alice', 'in', HASH, states.bobIn);
	put(bob.sql, 'carol', 'out', FURTHER, states.bobOut, { inLink: 'alice', inHash: HASH });
	put(carol.sql, 'bob', 'in', FURTHER, states.carol);
	return [alice, bob, carol];
};

describe('how packets ended, at both ends', () => {
	it('is nothing to speak of when all say the same', () => {
		const nothing = { wrong: [], late: [] };
		expect(
			auditPacketEnds(
				books({ alice: 'fulfilled', bobIn: 'fulfilled', bobOut: 'fulfilled', carol: 'fulfilled' })
			)
		).toEqual(nothing);
		expect(
			auditPacketEnds(books({ alice: 'rejected', bobIn: 'rejected', bobOut: 'rejected', carol: 'rejected' }))
		).toEqual(nothing);
	});

	it('is named when one end paid and the other did not deliver, or a hop was paid for nothing', () => {
		const { wrong } = auditPacketEnds(
			books({ alice: 'fulfilled', bobIn: 'rejected', bobOut: 'rejected', carol: 'rejected' })
		);
		expect(wrong).toEqual(['packet 07070707 left alice and is fulfilled, at bob rejected']);
		const hop = auditPacketEnds(
			books({ alice: 'fulfilled', bobIn: 'fulfilled', bobOut: 'rejected', carol: 'rejected' })
		);
		expect(hop.wrong).toEqual(['packet 08080808 left bob and is rejected, where it came in fulfilled']);
	});

	it('is told apart when it was delivered too late to be paid', () => {
		const { wrong, late } = auditPacketEnds(
			books({ alice: 'rejected', bobIn: 'late', bobOut: 'fulfilled', carol: 'fulfilled' })
		);
		expect(wrong).toEqual([]);
		expect(late).toEqual(['packet 07070707 left alice and is rejected: bob fulfilled it too late']);
	});
});
