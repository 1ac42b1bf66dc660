/**
 * `npm run audit [-- DATABASE …] [--rpc URL] [--state FOLDER]`: does the money add up, to the unit? Without a
 * database: all nodes of the local network. Reads only, also beside running nodes. The chain is that of the
 * config file beside a node's folder (`hub.json` for `hub/node.sqlite`); `--rpc` names another node of it.
 *
 * One line per check; exit code 1 when one unit is off or the file is damaged, and the line says where; 2 when there
 * are no books that could be read.
 *
 * `npm run audit -- DATABASE --export FILE.csv|FILE.json [--from 2026-01-01] [--to 2026-02-01]`: its ledger as a
 * statement instead, of transfers begun on or after the one day and before the other (UTC).
 */
import './watch-parent.ts';
import { closeSync, existsSync, openSync, readdirSync, writeSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { auditDatabases, openToRead, type AuditedDatabase } from '../server/akash-peer/audit.ts';
import { readNodeConfig } from '../server/akash-peer/config.ts';
import type { Check } from '../src/lib/peer/audit/audit.ts';
import { createStatements } from '../src/lib/peer/ledger/statement.ts';
import { SqlError } from '../src/lib/peer/storage/sql.ts';
import { strings } from '../src/lib/strings/en.ts';
import { ROOT } from './child.ts';
import { readCommand } from './options.ts';

const DATABASE = 'node.sqlite';
/** Nodes that run agree again within a moment. */
const PATIENCE_MS = 3_000;

try {
	process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
	console.error(sentence(error));
	process.exitCode = 2;
}

async function main(): Promise<boolean> {
	const { options, words } = readCommand('DATABASE …', {
		rpc: undefined,
		state: undefined,
		export: undefined,
		from: undefined,
		to: undefined
	});
	// npm changes into the project; what was typed is relative to where it was typed.
	const here = process.env['INIT_CWD'] ?? process.cwd();
	const state = options.state === undefined ? join(ROOT, '.tributary') : resolve(here, options.state);
	const files = words.length > 0 ? words.map((file) => resolve(here, file)) : databasesIn(state);
	if (files.length === 0)
		throw new Error(`There is no node in ${state}. Name a database, or start the network once.`);

	if (options.export !== undefined) {
		const [file, ...more] = files;
		if (file === undefined || more.length > 0) throw new Error('A statement is of one database: name it.');
		writeStatement(file, resolve(here, options.export), dayOf(options.from), dayOf(options.to));
		return true;
	}
	const databases = files.map((file) => subjectOf(file, options.rpc));
	const { nodes, ends, wrong, behind } = await auditDatabases(databases, { patienceMs: PATIENCE_MS });
	for (const { name, checks } of nodes) print(name, checks);
	if (ends.length > 0) print('the network', ends);
	const notMade = [...nodes.flatMap(({ checks }) => checks), ...ends].filter(
		({ skipped }) => skipped !== undefined
	).length;
	const adds =
		notMade === 0 ? 'Everything adds up' : `What was looked at adds up; ${notMade} not looked at (–)`;
	console.log(
		wrong.length === 0
			? `${adds}${behind.length === 0 ? '' : `; ${behind.length} not taken in yet`}.`
			: `${wrong.length} wrong.`
	);
	return wrong.length === 0;
}

function databasesIn(state: string): readonly string[] {
	if (!existsSync(state)) return [];
	return readdirSync(state)
		.map((name) => join(state, name, DATABASE))
		.filter((file) => existsSync(file))
		.sort();
}

function subjectOf(database: string, rpcUrl: string | undefined): AuditedDatabase {
	if (!existsSync(database)) throw new Error(`There is no file ${database}.`);
	const folder = dirname(database);
	const config = `${folder}.json`;
	const name = basename(database) === DATABASE ? basename(folder) : basename(database);
	if (!existsSync(config)) {
		if (rpcUrl !== undefined)
			throw new Error(`--rpc needs the node's config file, ${config}: it names the contract.`);
		return { name, database };
	}
	const { chain } = readNodeConfig(config);
	if (!chain) return { name, database };
	return { name, database, chain: rpcUrl === undefined ? chain : { ...chain, rpcUrl } };
}

function dayOf(text: string | undefined): number | undefined {
	if (text === undefined) return undefined;
	const time = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : Number.NaN;
	if (Number.isNaN(time)) throw new Error(`${text} is no day: write it as 2026-01-31.`);
	return time;
}

/** Page by page, so that it does not matter how many transfers there are. */
function writeStatement(
	database: string,
	file: string,
	from: number | undefined,
	to: number | undefined
): void {
	const format = file.endsWith('.json') ? 'json' : 'csv';
	const sql = openToRead(database);
	const out = openSync(file, 'w');
	try {
		const statement = createStatements(sql, (id) => id.slice(0, 10));
		let cursor: string | undefined;
		do {
			const page = statement({
				format,
				words: strings.statement,
				...(from === undefined ? {} : { from }),
				...(to === undefined ? {} : { to }),
				...(cursor === undefined ? {} : { cursor })
			});
			writeSync(out, page.text);
			cursor = page.next;
		} while (cursor !== undefined);
	} finally {
		closeSync(out);
		sql.close();
	}
	console.log(`Written: ${file}`);
}

function print(name: string, checks: readonly Check[]): void {
	console.log(name);
	const width = Math.max(...checks.map((check) => check.name.length));
	for (const check of checks) {
		const verdict = check.wrong.length > 0 ? 'WRONG' : check.skipped === undefined ? 'ok' : '–';
		console.log(`  ${verdict.padEnd(5)}  ${check.name.padEnd(width)}  ${check.skipped ?? check.figures}`);
		for (const { where, what } of check.wrong) console.log(`         ${where}: ${what}`);
		for (const { where, what } of check.behind) console.log(`         not taken in yet: ${where}: ${what}`);
	}
}

function sentence(error: unknown): string {
	if (error instanceof SqlError) return `The database cannot be read: ${error.message}`;
	return error instanceof Error ? error.message : String(error);
}
