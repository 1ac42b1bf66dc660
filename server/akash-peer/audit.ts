/**
 * The audit of node databases from outside: beside the running nodes or after they ended in whatever way. Files
 * are opened for reading only, and everything of one file is read in one transaction, so that what a running
 * node writes meanwhile tears nothing.
 *
 *   const { wrong, behind } = await auditDatabases([{ name: 'hub', database: 'hub/node.sqlite', chain }]);
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { auditNode, checkEnds, wrongIn, type Check, type NodeAudit } from '../../src/lib/peer/audit/audit.ts';
import { count } from '../../src/lib/peer/audit/check.ts';
import { createEvmScheme } from '../../src/lib/peer/settlement/evm/scheme.ts';
import { createViemChain } from '../../src/lib/peer/settlement/evm/viem-chain.ts';
import { releaseOf } from '../../src/lib/peer/storage/migrations.ts';
import { SqlError, type SqlDriver } from '../../src/lib/peer/storage/sql.ts';
import type { ChainConfig } from './config.ts';
import { nodeClock } from './node-clock.ts';
import { nodeCrypto } from './node-crypto.ts';
import { createNodeSql } from './node-sql.ts';

export interface AuditedDatabase {
	/** For the report. */
	readonly name: string;
	/** SQLite file of a node. */
	readonly database: string;
	/** Without it, what needs the chain or the name of its contract is skipped. */
	readonly chain?: Pick<ChainConfig, 'rpcUrl' | 'chainId' | 'contract' | 'token' | 'tokenScale'>;
}

export interface AuditOptions {
	/**
	 * Running nodes do not stand still: what is wrong or behind is looked at again until it is not, for so long.
	 * What is wrong within one database stays so. Milliseconds, none unless given.
	 */
	readonly patienceMs?: number;
}

export interface NetworkAudit {
	readonly nodes: readonly NodeAudit[];
	/** Both ends of the links between them. */
	readonly ends: readonly Check[];
	/** Sentences that name the account or channel and both figures; empty when all is well. */
	readonly wrong: readonly string[];
	/** True on the chain or at a neighbour, and not taken in yet. */
	readonly behind: readonly string[];
}

/** Tokens of local and public chains alike, where nobody says otherwise. */
const USUAL_TOKEN_SCALE = 6;
const LOOK_AGAIN_MS = 250;
const CHAIN_ANSWER_MS = 3_000;

/** @throws SqlError when a file cannot be opened; Error when its tables are not of this release */
export const auditDatabases = async (
	databases: readonly AuditedDatabase[],
	{ patienceMs = 0 }: AuditOptions = {}
): Promise<NetworkAudit> => {
	const until = Date.now() + patienceMs;
	for (;;) {
		const found = await auditOnce(databases);
		const isQuiet = found.wrong.length === 0 && found.behind.length === 0;
		if (isQuiet || Date.now() >= until) return found;
		await sleep(LOOK_AGAIN_MS);
	}
};

const auditOnce = async (databases: readonly AuditedDatabase[]): Promise<NetworkAudit> => {
	const nodes = await Promise.all(databases.map(auditDatabase));
	const ends = databases.length > 1 ? checkEnds(nodes.flatMap(({ end }) => (end ? [end] : []))) : [];
	const of = (name: string, checks: readonly Check[]): readonly Check[] =>
		checks.map((check) => ({ ...check, name: `${name}: ${check.name}` }));
	const all = [...nodes.flatMap(({ name, checks }) => of(name, checks)), ...ends];
	return {
		nodes,
		ends,
		wrong: wrongIn(all),
		behind: wrongIn(all.map((check) => ({ ...check, wrong: check.behind })))
	};
};

const NOT_READABLE = {
	none: 'holds no books of a node.',
	older: 'is of an older release: start the node once, or take the audit of that release.',
	newer: 'is of a newer release: take the audit of that one.'
} as const;

/** What SQLite says of a file, with its name: of several it must be known which. */
const named = <T>(database: string, work: () => T): T => {
	try {
		return work();
	} catch (error) {
		if (error instanceof SqlError) throw new SqlError(error.kind, `${database}: ${error.message}`);
		throw new Error(`${database}: ${error instanceof Error ? error.message : String(error)}`, {
			cause: error
		});
	}
};

/** @throws SqlError when it cannot be opened; Error when its tables are not of this release */
export const openToRead = (database: string): SqlDriver => {
	const sql = named(database, () => createNodeSql(database, { readOnly: true }));
	let release: ReturnType<typeof releaseOf>;
	try {
		release = named(database, () => releaseOf(sql));
	} catch (error) {
		sql.close();
		throw error;
	}
	if (release === 'this') return sql;
	sql.close();
	throw new Error(`${database} ${NOT_READABLE[release]}`);
};

/** Each is a sentence of SQLite's; more of them say nothing new. */
const DAMAGES_TOLD = 5;

/** Pages that were damaged, and indexes that do not say what their tables do: what is read by them may be anything. */
const checkFile = (sql: SqlDriver): Check => {
	const wrong = sql
		.all(`PRAGMA integrity_check(${DAMAGES_TOLD})`)
		.map(({ integrity_check: what }) => String(what))
		.filter((what) => what !== 'ok')
		.map((what) => ({ where: 'the file', what }));
	return { name: 'the file is whole', figures: count(sql.size().bytes, 'byte'), wrong, behind: [] };
};

const auditDatabase = async ({ name, database, chain: facts }: AuditedDatabase): Promise<NodeAudit> => {
	const sql = openToRead(database);
	try {
		const file = named(database, () => checkFile(sql));
		if (file.wrong.length > 0) return { name, checks: [file], end: undefined };
		const chain = facts && createViemChain({ ...facts, clock: nodeClock, requestTimeoutMs: CHAIN_ANSWER_MS });
		const books = { sql, tokenScale: facts?.tokenScale ?? USUAL_TOKEN_SCALE, now: Date.now() };
		const scheme = chain && createEvmScheme(chain, nodeCrypto);
		const audited = await auditNode({ name, books, crypto: nodeCrypto, scheme, chain }, (work) =>
			named(database, () => atOneMoment(sql, work))
		);
		return { ...audited, checks: [file, ...audited.checks] };
	} finally {
		sql.close();
	}
};

/** A read transaction: SQLite keeps showing what was so at its first read. */
const atOneMoment = <T>(sql: SqlDriver, work: () => T): T => {
	sql.script('BEGIN');
	try {
		return work();
	} finally {
		sql.script('COMMIT');
	}
};
