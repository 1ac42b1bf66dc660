/**
 * `npm run audit [-- DATABASE …] [--rpc URL] [--state FOLDER]`: does the money add up, to the unit? Without a
 * database: all nodes of the local network. Reads only, also beside running nodes. The chain is that of the
 * config file beside a node's folder (`hub.json` for `hub/node.sqlite`); `--rpc` names another node of it.
 *
 * One line per check; exit code 1 when one unit is off, and the line says in which account or channel.
 */
import './watch-parent.ts';
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { auditDatabases, type AuditedDatabase } from '../server/akash-peer/audit.ts';
import { readNodeConfig } from '../server/akash-peer/config.ts';
import type { Check } from '../src/lib/peer/audit/audit.ts';
import { SqlError } from '../src/lib/peer/storage/sql.ts';
import { ROOT } from './child.ts';

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
	const { values, positionals } = parseArgs({
		allowPositionals: true,
		options: { rpc: { type: 'string' }, state: { type: 'string' } }
	});
	// npm changes into the project; what was typed is relative to where it was typed.
	const here = process.env['INIT_CWD'] ?? process.cwd();
	const state = values.state === undefined ? join(ROOT, '.tributary') : resolve(here, values.state);
	const files = positionals.length > 0 ? positionals.map((file) => resolve(here, file)) : databasesIn(state);
	if (files.length === 0)
		throw new Error(`There is no node in ${state}. Name a database, or start the network once.`);

	const databases = files.map((file) => subjectOf(file, values.rpc));
	const { nodes, ends, wrong, behind } = await auditDatabases(databases, { patienceMs: PATIENCE_MS });
	for (const { name, checks } of nodes) print(name, checks);
	if (ends.length > 0) print('the network', ends);
	console.log(
		wrong.length === 0
			? `Everything adds up${behind.length === 0 ? '' : `; ${behind.length} not taken in yet`}.`
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
	if (error instanceof SqlError && error.kind === 'corrupt')
		return `The database cannot be read: ${error.message}`;
	return error instanceof Error ? error.message : String(error);
}
