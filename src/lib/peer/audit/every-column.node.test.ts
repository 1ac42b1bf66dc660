/**
 * Every column of every table, in the books of a small network that has lived a little: one row is changed by one
 * unit, one byte or one letter, taken out, or written a second time, and the audit says so. What it cannot notice is
 * listed below with the reason, and the list is exact: a column that is neither noticed nor listed fails this test, and so
 * does one that is listed and noticed. The same once more with packets under way.
 */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createNodeSql } from '../../../../server/akash-peer/node-sql.ts';
import { nobleCrypto } from '../crypto/noble-crypto.ts';
import { ok, unwrap } from '../result.ts';
import type { ChannelState } from '../settlement/chain.ts';
import { createEvmScheme } from '../settlement/evm/scheme.ts';
import type { SqlDriver, SqlRow, SqlValue } from '../storage/sql.ts';
import {
	follow,
	fundChannel,
	hasBought,
	nodesReady,
	online,
	publishNotes,
	redeem,
	rest
} from '../testing/scenario-steps.ts';
import { createWorld, type SimulatedHost, type World } from '../testing/simulation.ts';
import { auditNode, checkEnds, wrongIn, type AuditedChain, type Check, type End } from './audit.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Of one table, what is not noticed and why; `*`: whatever is changed in it. docs/ledger.md says the same in short. */
const UNNOTICED: readonly (readonly [table: string, changes: string, why: string])[] = [
	['schema_version', '*', 'looked at before there is an audit: of another release, and nothing is read'],
	['setting', '*', 'settings and places to go on from; the keys are looked at first of all'],
	['author', 'pubkey', 'of an author of whom nothing was bought'],
	['tag', '*', 'made from events, for filters'],
	['event', 'seq|size', 'the order in which events came, and how long they are'],
	['auth_seen', '*', 'tokens that were used'],
	['session', '*', 'keys and windows of sessions: they say who may ask, not what was paid'],
	[
		'session_packet',
		'*',
		'numbers that were used in sessions; what was paid is in the packet and its transfers'
	],
	['offer', '*', 'what was told to readers; what they paid is what counts'],
	['follow', '*', "the person's own wishes"],
	['node_record', '*', 'how an author answered so far, and how much of what was sent arrived'],
	['link', 'owner|role = parent|role = child|role = peer|payee|seen_at', 'who a neighbour is'],
	[
		'link',
		'credit|window|peer_credit|peer_window|peer_max_packet|payout_fee|payout_threshold',
		'what is agreed, not what is owed'
	],
	[
		'link',
		'counted_from|is_older',
		'since when totals are counted, and whether more may have been forgotten'
	],
	[
		'channel',
		'status = opening|status = frozen|status = closing',
		'what may be done next: the chain and the peer tell'
	],
	['channel', 'status = archived', 'of one that nothing was claimed on: it stands for nothing'],
	['channel', 'fundings|opened_at', 'numbers and times of signatures'],
	[
		'channel',
		'checked|signature|checked_signature',
		'of what the chain has paid already, or of a channel that is mine'
	],
	['channel_deposit', 'safe|since', 'how much may count early, and since when it waits: caution, not money'],
	[
		'payout',
		'payee|at|state = archived',
		'to whom is in the signed transaction; archived: its chain is gone'
	],
	['payout_taken', 'peer|at', 'the postings name the neighbour'],
	['chain_transaction', '*', 'what was sent, of redemptions and fundings: the chain says what became of it'],
	['chain_attempt', '*', 'bytes that the chain has or has not'],
	[
		'chain_gas',
		'*',
		'what may still be spent today on gas for others: caution, and no account is kept in ether'
	],
	[
		'transfer_ended',
		'id|at|settled_at|group_name|memo',
		'order, times and words; what days and receipts need of them is noticed'
	],
	['packet_ended', 'id|expires_at|settled_at|route', 'order and times, and the route it left by'],
	[
		'packet_ended',
		'hash|condition|link|state = late',
		'of one that came back, or was passed on: only the neighbour knows the packet'
	],
	['packet_ended', 'a row gone', 'they are forgotten after a while'],
	['purchase_ended', 'prices|at', 'shares of one sum, and a time'],
	[
		'purchase_ended',
		'state = asked|state = answered|state = failed|money = open|a row gone',
		'not known yet, looked up again; failed: paid for nothing; gone: forgotten after a while'
	],
	[
		'sale_receipt',
		'id|receipt|at|a row gone',
		'the number is chosen by the reader, who alone knows it; forgotten after a while'
	],
	['transfer_begun', 'id|entries: id|entries: at', 'order and times'],
	['packet_begun', 'id|entries: expires_at', 'order and times'],
	[
		'packet_begun',
		'entries: link|entries: hash|entries: condition',
		'of one that came in: only the neighbour knows the packet, and no money is promised by it alone'
	],
	['purchase_begun', 'id|entries: id|entries: prices|entries: at', 'shares of one sum, order and times'],
	['earning', 'readers|at', 'how often and when, not how much'],
	['bought', 'event_id|node|author|created_at|expires|at|a row gone', 'of one that was free'],
	['bought', 'receipt', 'of an event that came alone: its payment is found by the event']
];

/** Rows that say nothing about money any more, or never did. */
const OVER: Readonly<Record<string, string>> = {
	event: 'id NOT IN (SELECT unhex(event_id) FROM bought WHERE sent > 0)',
	purchase_ended: `state = 'refused'`,
	transfer_begun: 'id NOT IN (SELECT begun FROM transfer_open)',
	packet_begun: 'id NOT IN (SELECT begun FROM packet_open)',
	purchase_begun: 'id NOT IN (SELECT begun FROM purchase_open)'
};
/** What one entry of such a list is made of. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
	transfer_begun: 'id kind source target amount at group memo'.split(' '),
	packet_begun: 'link direction expires_at hash amount condition group in_link in_hash route'.split(' '),
	purchase_begun: 'id receipt node ids part prices amount day at'.split(' ')
};
/** By these, rows of one table are of different kinds, and one of each is changed. */
const KINDS: Readonly<Record<string, string>> = {
	channel: `direction || ' ' || (claimed > 0)`,
	packet_ended: `direction || ' ' || state || ' ' || (in_link IS NULL)`,
	payout: 'state',
	purchase_ended: 'state',
	bought: 'sent > 0',
	transfer_ended: `kind || ' ' || state`,
	account: `CASE WHEN name LIKE '%/%' THEN substr(name, 1, 6) ELSE name END`,
	link: 'role',
	setting: 'key'
};
/** Of a kind, the row with the most money. */
const MONEY = ['claimed', 'amount', 'posted', 'sent', 'total', 'paid', 'fulfilled_by_me'];

let world: World;

beforeAll(async () => {
	world = await createWorld({
		seed: 'columns',
		turn,
		crypto: 'sync',
		openSql: () => createNodeSql(':memory:')
	});
	const { bob, carol } = world.nodes;
	await nodesReady(world);
	const notes = [...(await publishNotes(world, bob, 4)), ...(await publishNotes(world, carol, 3))];
	const reader = await world.addGuest('reader');
	await online(world, reader);
	await fundChannel(world, reader);
	await follow(world, reader, bob);
	await follow(world, reader, carol);
	await world.until('reading', hasBought(reader, notes));
	const written: string[] = [];
	for (let i = 0; i < 8; i++)
		written.push(
			unwrap(await world.settle('writing', reader.peer.api.publish({ content: `thought ${i}` }))).id
		);
	const second = await world.addGuest('second');
	await online(world, second);
	await fundChannel(world, second);
	await follow(world, second, reader);
	await world.until('being read', hasBought(second, written));
	unwrap(await world.settle('cashing out', reader.peer.api.payout()));
	await redeem(world, [bob]);
	// Links break, and packets come back.
	world.trouble(60);
	const more = await publishNotes(world, bob, 6);
	await world.until('reading on', hasBought(reader, more));
	world.trouble(0);
	await online(world, reader);
	await rest(world);
});
afterAll(() => world.close());

const guest = (): SimulatedHost => {
	const found = world.hosts().find(({ name }) => name === 'reader');
	if (!found) throw new Error('no reader');
	return found;
};

/** As it is now, however often it is asked. */
const stillChain = (host: SimulatedHost): AuditedChain => {
	const answers = new Map<string, unknown>();
	const once = async <T>(question: string, ask: () => Promise<T>): Promise<T> => {
		if (!answers.has(question)) answers.set(question, await world.settle(question, ask()));
		return answers.get(question) as T;
	};
	return {
		genesisHash: () => once('genesis', () => host.chain.genesisHash()),
		channel: (id) => once(id, () => host.chain.channel(id)),
		fate: (of) => once(of.hashes.join(), () => host.chain.fate(of))
	};
};

const told = (checks: readonly Check[]): readonly string[] => [
	...wrongIn(checks),
	...wrongIn(checks.map((check) => ({ ...check, wrong: check.behind })))
];

/** A change of one row, by the name of the column, or of what happens to the row. */
interface Change {
	readonly name: string;
	readonly statement: string;
	readonly parameters: readonly SqlValue[];
}

/** By one unit, one byte, one letter; undefined for what cannot be changed so. */
const changed = (value: unknown): SqlValue | undefined => {
	if (typeof value === 'number' || typeof value === 'bigint') return BigInt(value) + 1n;
	if (value instanceof Uint8Array)
		return value.map((byte, at) => (at === value.length - 1 ? byte ^ 1 : byte));
	if (typeof value !== 'string' || value === '') return undefined;
	if (/^\d{1,18}$/.test(value)) return `${BigInt(value) + 1n}`;
	// Not the last: that may close a bracket.
	const at = value.length > 2 ? value.length - 3 : 0;
	return value.slice(0, at) + (value[at] === '0' ? '1' : '0') + value.slice(at + 1);
};

const changesOf = (
	table: string,
	row: SqlRow,
	columns: readonly string[],
	choices: ReadonlyMap<string, readonly string[]>,
	keys: readonly string[]
): readonly Change[] => {
	const where = keys.map((key) => `"${key}" = ?`).join(' AND ');
	const at = keys.map((key) => row[key] as SqlValue);
	const set = (name: string, column: string, value: SqlValue): Change => ({
		name,
		statement: `UPDATE ${table} SET "${column}" = ? WHERE ${where}`,
		parameters: [value, ...at]
	});
	const changes: Change[] = [];
	for (const column of columns) {
		const value = row[column];
		const fields = FIELDS[table];
		if (column === 'entries' && fields) {
			for (const [i, field] of fields.entries()) {
				const entries = JSON.parse(String(value)) as unknown[][];
				const entry = entries[0] as unknown[];
				const next = changed(entry[i]);
				if (next === undefined) continue;
				entry[i] = typeof entry[i] === 'number' ? Number(next) : next;
				changes.push(set(`${column}: ${field}`, column, JSON.stringify(entries)));
			}
			continue;
		}
		const others = choices.get(column);
		if (others) for (const other of others) changes.push(set(`${column} = ${other}`, column, other));
		else {
			const next = changed(value);
			if (next !== undefined) changes.push(set(column, column, next));
		}
	}
	changes.push({ name: 'a row gone', statement: `DELETE FROM ${table} WHERE ${where}`, parameters: at });
	if (keys[0] === 'rowid') {
		const others = columns.filter((column) => column !== 'id' && column !== 'seq' && column !== 'number');
		const names = others.map((column) => `"${column}"`).join();
		changes.push({
			name: 'a row twice',
			statement: `INSERT INTO ${table} (${names}) SELECT ${names} FROM ${table} WHERE ${where}`,
			parameters: at
		});
	}
	return changes;
};

/** One row of each kind, that with the most money. */
const rowsOf = (
	sql: SqlDriver,
	table: string,
	columns: readonly string[],
	hasRowid: boolean
): readonly SqlRow[] => {
	const money = MONEY.find((column) => columns.includes(column));
	const rows = sql.all(
		`SELECT ${hasRowid ? 'rowid AS rowid, ' : ''}*, ${KINDS[table] ?? '1'} AS its_kind FROM ${table}
		WHERE NOT (${OVER[table] ?? '0'}) ORDER BY ${money ? `abs("${money}") DESC` : '1 DESC'}`
	);
	return [...new Map([...rows].reverse().map((row) => [row['its_kind'], row])).values()];
};

/** Of each change what it was noticed as, or undefined; by `table.name`. */
const tryAll = async (of: RegExp): Promise<ReadonlyMap<string, string | undefined>> => {
	const { hub, bob } = world.nodes;
	const reader = guest();
	const now = world.clock.now();
	const ends = new Map<string, End>();
	const chains = new Map(world.hosts().map((host) => [host.name, stillChain(host)]));
	const audit = async (host: SimulatedHost) =>
		auditNode({
			name: host.name,
			books: { sql: host.sql, tokenScale: world.chain.tokenScale, now },
			crypto: nobleCrypto,
			scheme: createEvmScheme(host.chain, nobleCrypto),
			chain: chains.get(host.name)
		});
	const before = new Set<string>();
	for (const host of world.hosts()) {
		const { checks, end } = await audit(host);
		expect(wrongIn(checks)).toEqual([]);
		for (const sentence of told(checks)) before.add(sentence);
		if (end) ends.set(host.name, end);
	}
	for (const sentence of told(checkEnds([...ends.values()]))) before.add(sentence);

	const noticed = new Map<string, string | undefined>();
	for (const host of [hub, bob, reader]) {
		const { sql } = host;
		for (const { name, sql: text } of sql.all(
			`SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`
		)) {
			const table = String(name);
			if (!of.test(table)) continue;
			const info = sql.all(`SELECT name, pk FROM pragma_table_info('${table}')`);
			const columns = info.map((column) => String(column['name']));
			const hasRowid = !String(text).includes('WITHOUT ROWID');
			const keys = hasRowid
				? ['rowid']
				: info.filter(({ pk }) => pk !== 0).map((column) => String(column['name']));
			for (const row of rowsOf(sql, table, columns, hasRowid)) {
				const choices = new Map(
					columns.flatMap((column) => {
						const words = new RegExp(`CHECK \\(${column} IN \\(('[^)]*)\\)`).exec(String(text))?.[1];
						const others = words?.split(/[', ]+/).filter((word) => word !== '' && word !== row[column]);
						return others ? [[column, others] as const] : [];
					})
				);
				for (const change of changesOf(table, row, columns, choices, keys)) {
					const key = `${table}.${change.name}`;
					sql.script('BEGIN');
					try {
						try {
							if (sql.run(change.statement, change.parameters) !== 1) continue;
						} catch {
							// The tables refuse it by themselves.
							continue;
						}
						const { checks, end } = await audit(host);
						const all = [...ends.values()].filter((other) => other.name !== host.name);
						const found = [...told(checks), ...told(checkEnds(end ? [...all, end] : all))].find(
							(sentence) => !before.has(sentence)
						);
						if (found === undefined) noticed.set(key, undefined);
						else if (!noticed.has(key)) noticed.set(key, found);
					} finally {
						sql.script('ROLLBACK');
					}
				}
			}
		}
	}
	return noticed;
};

/** Both ways: missed and not listed, listed and noticed. */
const differences = (noticed: ReadonlyMap<string, string | undefined>): readonly string[] => {
	const listed = new Set(
		UNNOTICED.flatMap(([table, changes]) => changes.split('|').map((change) => `${table}.${change}`))
	);
	const isWhole = (change: string): boolean => listed.has(`${change.slice(0, change.indexOf('.'))}.*`);
	return [...noticed].flatMap(([change, found]) => {
		if (found === undefined) return listed.has(change) || isWhole(change) ? [] : [`${change} is not noticed`];
		return listed.has(change) ? [`${change} is listed and noticed: ${found}`] : [];
	});
};

it('notices whatever is changed in books at rest', async () => {
	const noticed = await tryAll(/^/);
	expect(noticed.size).toBeGreaterThan(200);
	expect(differences(noticed)).toEqual([]);
});

it.each([
	['a deposit is one lower', { deposited: -1n }, 'wrong', /deposited \d+ by its row, \d+ on the chain/],
	['a deposit is one higher', { deposited: 1n }, 'behind', /deposited \d+ by its row, \d+ on the chain/],
	['one less was captured', { claimed: -1n }, 'wrong', /settled \d+ by its row, \d+ on the chain/],
	[
		'one more was captured than was promised',
		{ claimed: 1n },
		'behind',
		/captured on the chain, and only \d+ promised by its row/
	],
	['an epoch has ended', { epoch: 1 }, 'behind', /epoch \d+ has ended on the chain/],
	[
		'its payer wants to leave',
		{ closeAt: 1_800_000_000 },
		'behind',
		/to be left from 0 by its row, from 1800000000/
	]
] as const)('notices on the chain that %s', async (_, change, as, named) => {
	const hub = world.nodes.hub;
	const still = stillChain(hub);
	const row = hub.sql.all(
		`SELECT id FROM channel WHERE direction = 'out' AND settled = promised AND settled > 0 LIMIT 1`
	)[0];
	const { deposited = 0n, claimed = 0n, epoch = 0, closeAt = 0 } = change as Partial<ChannelState>;
	const chain: AuditedChain = {
		...still,
		channel: async (id) => {
			const state = await still.channel(id);
			if (!state.ok || id !== row?.['id']) return state;
			const { value } = state;
			return ok({
				deposited: value.deposited + deposited,
				claimed: value.claimed + claimed,
				epoch: value.epoch + epoch,
				closeAt: value.closeAt + closeAt
			});
		}
	};
	const books = { sql: hub.sql, tokenScale: world.chain.tokenScale, now: world.clock.now() };
	const { checks } = await auditNode({ name: 'hub', books, crypto: nobleCrypto, chain });
	const found = checks.flatMap(({ wrong, behind }) => [
		...wrong.map((one) => ({ ...one, as: 'wrong' })),
		...behind.map((one) => ({ ...one, as: 'behind' }))
	]);
	expect(found).toEqual([
		{ where: `channel/${String(row?.['id'])}`, what: expect.stringMatching(named) as string, as }
	]);
});

it('misses the keys of a node', async () => {
	const { sql } = world.nodes.hub;
	for (const change of [
		`DELETE FROM setting WHERE key = 'identity.keys'`,
		`UPDATE setting SET value = CAST('{' AS BLOB) WHERE key = 'identity.keys'`
	]) {
		sql.script('BEGIN');
		sql.script(change);
		const { checks } = await auditNode({
			name: 'hub',
			books: { sql, tokenScale: 6, now: world.clock.now() },
			crypto: nobleCrypto
		});
		sql.script('ROLLBACK');
		expect(wrongIn(checks)).toEqual([expect.stringMatching(/^the keys of this node: they are not here/)]);
	}
});

it('and whatever is changed with packets under way', async () => {
	const { hub, bob } = world.nodes;
	const reader = guest();
	const isUnderWay = (): boolean =>
		[hub, reader].every(({ sql }) => sql.all('SELECT 1 FROM packet_open').length > 0);
	void bob.peer.publish({ kind: 1, content: 'one more' });
	while (!isUnderWay()) await world.advance(1);
	for (const host of world.hosts()) host.crash();
	expect(differences(await tryAll(/_begun$/))).toEqual([]);
});
