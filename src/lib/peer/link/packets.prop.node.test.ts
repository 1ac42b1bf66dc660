/**
 * Histories of packets against a model that nobody can get wrong: a list of rows. Whatever begins, ends, comes late,
 * is undone with its part or its transaction, swept, or read again by another program, both say the same, and so does the
 * database to whoever looks.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createNodeSql } from '../../../../server/akash-peer/node-sql.ts';
import { createModelStep } from '../../../../tests/model-step.ts';
import { bytesToHex } from '../bytes.ts';
import { LIMITS } from '../limits.ts';
import type { SqlDriver } from '../storage/sql.ts';
import { migrate } from '../storage/migrations.ts';
import {
	createPackets,
	PACKET_QUERIES,
	type PacketDirection,
	type PacketRow,
	type Packets,
	type PacketState
} from './packets.ts';

const LINKS = ['a', 'b'] as const;
const DIRECTIONS: readonly PacketDirection[] = ['in', 'out'];

interface Real {
	readonly sql: SqlDriver;
	packets: Packets;
}
type Row = { -readonly [K in keyof PacketRow]: PacketRow[K] };
interface Model {
	rows: Row[];
}

const hashOf = (n: number): Uint8Array => new Uint8Array(32).fill(n);
const isOf =
	(link: string, direction: PacketDirection, hash?: Uint8Array) =>
	(row: PacketRow): boolean =>
		row.link === link &&
		row.direction === direction &&
		(hash === undefined || bytesToHex(row.hash) === bytesToHex(hash));
const named = (row: PacketRow): string =>
	`${row.direction}/${row.link}/${row.expiresAt}/${bytesToHex(row.hash)}`;
const sorted = (rows: readonly PacketRow[]): readonly PacketRow[] =>
	[...rows].sort((a, b) => (named(a) < named(b) ? -1 : 1));

const storedIn = ({ sql }: Real): readonly PacketRow[] =>
	sql.all('SELECT * FROM packet').map((row) => ({
		link: row['link'] as string,
		direction: row['direction'] as PacketDirection,
		hash: new Uint8Array(row['hash'] as Uint8Array),
		amount: BigInt(row['amount'] as number),
		expiresAt: row['expires_at'] as number,
		condition: new Uint8Array(row['condition'] as Uint8Array),
		state: row['state'] as PacketState,
		fulfillment: row['fulfillment'] === null ? undefined : new Uint8Array(row['fulfillment'] as Uint8Array),
		group: row['ledger_group'] as string,
		inLink: (row['in_link'] as string | null) ?? undefined,
		inHash: row['in_hash'] === null ? undefined : new Uint8Array(row['in_hash'] as Uint8Array),
		route: (row['route'] as string | null) ?? undefined,
		settledAt: (row['settled_at'] as number | null) ?? undefined
	}));

const compare = (model: Model, real: Real): void => {
	expect(sorted(storedIn(real))).toEqual(sorted(model.rows));
	const { packets } = real;
	for (const link of LINKS) {
		expect(sorted(packets.late(link))).toEqual(
			sorted(model.rows.filter((row) => row.state === 'late' && isOf(link, 'out')(row)))
		);
		for (const direction of DIRECTIONS) {
			const pending = model.rows.filter((row) => row.state === 'pending' && isOf(link, direction)(row));
			expect(sorted(packets.pending(link, direction))).toEqual(sorted(pending));
			expect(packets.underWay(link, direction)).toBe(pending.reduce((sum, { amount }) => sum + amount, 0n));
		}
	}
	for (const row of model.rows) {
		const found = packets.find(row.link, row.direction, row.hash, row.expiresAt);
		expect(found?.state).toBe(row.state);
		expect(packets.findAll(row.link, row.direction, [row.hash])[0]?.state).toBe(row.state);
	}
	expect(packets.forwarded()).toHaveLength(
		model.rows.filter((row) => row.direction === 'out' && row.inLink !== undefined).length
	);
};

/** One decision; answers how the model changes. */
type Act = (model: Model, packets: Packets) => void;

const begin =
	(link: string, direction: PacketDirection, n: number, isFulfilled: boolean): Act =>
	(model, packets) => {
		const hash = hashOf(n);
		if (model.rows.some(isOf(link, direction, hash))) return;
		const isForwarded = direction === 'out' && n % 2 === 0;
		const row = {
			link,
			direction,
			hash,
			amount: BigInt(n) + 2n ** 53n,
			expiresAt: 1_000 * n,
			condition: hashOf(255 - n),
			group: `group ${n} "'`,
			inLink: isForwarded ? 'c' : undefined,
			inHash: isForwarded ? hashOf(100 + n) : undefined,
			...(isForwarded ? { route: 'test.route' } : {})
		};
		const fulfilled = isFulfilled ? { fulfillment: hashOf(200), at: n } : undefined;
		packets.insert({ ...row, ...(fulfilled ? { fulfilled } : {}) });
		model.rows.push({
			...row,
			route: row.route,
			state: isFulfilled ? 'fulfilled' : 'pending',
			fulfillment: fulfilled?.fulfillment,
			settledAt: fulfilled?.at
		});
	};

const settle =
	(link: string, direction: PacketDirection, n: number, state: 'fulfilled' | 'rejected' | 'late'): Act =>
	(model, packets) => {
		if (state === 'late' && direction === 'in') return;
		const row = model.rows.find(isOf(link, direction, hashOf(n)));
		const fulfillment = state === 'fulfilled' ? hashOf(201) : undefined;
		const isFirst = row?.state === 'pending';
		expect(packets.settle(link, direction, hashOf(n), state, 7, fulfillment)).toBe(isFirst);
		if (row && isFirst) Object.assign(row, { state, settledAt: 7, fulfillment });
	};

const becomeLate =
	(link: string, n: number): Act =>
	(model, packets) => {
		const row = model.rows.find(isOf(link, 'in', hashOf(n)));
		const found = packets.findAll(link, 'in', [hashOf(n)])[0];
		expect(found?.state).toBe(row?.state);
		if (found) packets.markLate(found);
		if (row?.state === 'fulfilled') row.state = 'late';
	};

const toldLate =
	(link: string, n: number): Act =>
	(model, packets) => {
		const row = model.rows.find(isOf(link, 'out', hashOf(n)));
		packets.toldLate(link, hashOf(n));
		if (row?.state === 'late') row.state = 'rejected';
	};

type Step = fc.Command<Model, Real>;
const step = createModelStep(compare);

type Fate = 'fine' | 'flushed' | 'fails' | 'fails after a flush';
/** Parts of one transaction, each of some acts, as a group of units is; `whole`: and then all of it fails. */
const transaction = (
	parts: readonly { readonly acts: readonly Act[]; readonly fate: Fate; readonly name: string }[],
	whole: boolean
): Step =>
	step(
		`${whole ? 'undone ' : ''}transaction ${parts.map(({ name, fate }) => `${name} (${fate})`).join('; ')}`,
		(model, { sql, packets }) => {
			const copy = (): Row[] => model.rows.map((row) => ({ ...row }));
			const atFirst = copy();
			try {
				sql.transaction(() => {
					for (const { acts, fate } of parts) {
						const before = copy();
						try {
							sql.current()?.attempt(() => {
								for (const act of acts) act(model, packets);
								if (fate.includes('flush')) sql.current()?.flush();
								if (fate.includes('fails')) throw new Error('the part fails');
							});
						} catch (error) {
							expect(String(error)).toContain('the part fails');
							model.rows = before;
						}
					}
					if (whole) throw new Error('all of it fails');
				});
			} catch (error) {
				expect(String(error)).toContain('all of it fails');
				model.rows = atFirst;
			}
		}
	);

const restart = step('restart', (_, real) => {
	real.packets = createPackets(real.sql);
});

const sweep = (n: number, settled: readonly string[]): Step =>
	step(`sweep ${n}`, (model, { sql, packets }) => {
		const before = 1_000 * n;
		sql.transaction(() => packets.sweep(before, settled));
		// Nothing of a list stays but what is open: the rows that say what has ended are forgotten now.
		const [listed, open] = ['packet_begun, json_each(entries)', 'packet_open'].map(
			(from) => sql.all(`SELECT count(*) AS n FROM ${from}`)[0]?.['n']
		);
		expect(listed).toBe(open);
		expect(LIMITS.packetMemoryAwayMs).toBeGreaterThan(before);
		model.rows = model.rows.filter(
			({ state, direction, link, expiresAt }) =>
				state === 'pending' ||
				expiresAt >= before ||
				(direction === 'out' ? state === 'late' : !settled.includes(link))
		);
	});

const link = fc.constantFrom(...LINKS);
const direction = fc.constantFrom(...DIRECTIONS);
const number = fc.integer({ min: 1, max: 12 });
const act = fc.oneof(
	{
		weight: 4,
		arbitrary: fc
			.tuple(link, direction, number, fc.boolean())
			.map(([l, d, n, f]) => ({ act: begin(l, d, n, f && d === 'in'), name: `begin ${l} ${d} ${n} ${f}` }))
	},
	{
		weight: 4,
		arbitrary: fc
			.tuple(
				link,
				direction,
				number,
				fc.constantFrom('fulfilled' as const, 'rejected' as const, 'late' as const)
			)
			.map(([l, d, n, s]) => ({ act: settle(l, d, n, s), name: `settle ${l} ${d} ${n} ${s}` }))
	},
	{
		weight: 1,
		arbitrary: fc.tuple(link, number).map(([l, n]) => ({ act: becomeLate(l, n), name: `late ${l} ${n}` }))
	},
	{
		weight: 1,
		arbitrary: fc.tuple(link, number).map(([l, n]) => ({ act: toldLate(l, n), name: `told ${l} ${n}` }))
	}
);
const part = fc
	.tuple(
		fc.array(act, { minLength: 1, maxLength: 4 }),
		fc.constantFrom<Fate>('fine', 'fine', 'fine', 'flushed', 'fails', 'fails after a flush')
	)
	.map(([acts, fate]) => ({
		acts: acts.map((one) => one.act),
		name: acts.map(({ name }) => name).join(', '),
		fate
	}));

it('any history of packets agrees with a list of rows, also after a restart', () => {
	fc.assert(
		fc.property(
			fc.commands(
				[
					fc
						.tuple(fc.array(part, { minLength: 1, maxLength: 4 }), fc.integer({ min: 0, max: 9 }))
						.map(([parts, luck]) => transaction(parts, luck === 0)),
					fc.tuple(number, fc.subarray([...LINKS])).map(([n, settled]) => sweep(n, settled)),
					fc.constant(restart)
				],
				{ maxCommands: 30 }
			),
			(steps) => {
				const sql = createNodeSql(':memory:');
				migrate(sql);
				fc.modelRun(() => ({ model: { rows: [] }, real: { sql, packets: createPackets(sql) } }), steps);
				sql.close();
			}
		),
		{ numRuns: 300 }
	);
}, 60_000);

it('has all that is under way again when a crowd of packets ended and the transaction fails', () => {
	const sql = createNodeSql(':memory:');
	migrate(sql);
	const packets = createPackets(sql);
	const CROWD = 600;
	const hashes = Array.from({ length: CROWD }, (_, n) => {
		const hash = hashOf(1);
		new DataView(hash.buffer).setUint32(4, n);
		return hash;
	});
	const end = (): void => {
		for (const hash of hashes) expect(packets.settle('a', 'in', hash, 'rejected', 7)).toBe(true);
	};
	sql.transaction(() => {
		for (const hash of hashes)
			packets.insert({
				link: 'a',
				direction: 'in',
				hash,
				amount: 1n,
				expiresAt: 1,
				condition: hash,
				group: 'g',
				inLink: undefined,
				inHash: undefined
			});
	});
	expect(() =>
		sql.transaction(() => {
			end();
			sql.current()?.flush();
			throw new Error('mine');
		})
	).toThrow('mine');
	expect([packets.pending('a', 'in').length, packets.underWay('a', 'in')]).toEqual([CROWD, BigInt(CROWD)]);
	sql.transaction(end);
	expect([packets.pending('a', 'in').length, packets.underWay('a', 'in')]).toEqual([0, 0n]);
	expect(sql.all('SELECT count(*) AS n FROM packet_ended')).toEqual([{ n: CROWD }]);
	expect(packets.find('a', 'in', hashes[0] as Uint8Array, 1)?.state).toBe('rejected');
});

it('looks for a packet by its index, and through those of one link alone', () => {
	const sql = createNodeSql(':memory:');
	migrate(sql);
	const planOf = (query: string): string =>
		sql
			.all(`EXPLAIN QUERY PLAN ${query}`)
			.map(({ detail }) => String(detail))
			.join('\n');
	expect(planOf(PACKET_QUERIES.known)).toContain(
		'USING INDEX packet_in_time (link=? AND direction=? AND expires_at=? AND <expr>=?)'
	);
	expect(planOf(PACKET_QUERIES.ofLink)).toContain('USING INDEX packet_in_time (link=? AND direction=?)');
	expect(planOf(PACKET_QUERIES.sweep)).toContain(
		'INDEX packet_in_time (link=? AND direction=? AND expires_at<?)'
	);
	expect(planOf('SELECT * FROM packet WHERE link = ? AND direction = ?')).not.toMatch(/SCAN p\b/);
});
