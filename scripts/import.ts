/**
 * `npm run import -- FILE.jsonl [--node hub] [--state .tributary]`: events into the store of a local
 * node, with nothing running or beside it. Reasons for what was not kept come line by line; the last
 * line is the sum.
 */
import './watch-parent.ts';
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { importFile } from '../server/akash-peer/import.ts';
import { SqlError } from '../src/lib/peer/storage/sql.ts';
import { ROOT } from './child.ts';
import { readCommand, refuse } from './options.ts';

const USAGE = 'Usage: npm run import -- FILE.jsonl [--node hub|bob|carol] [--state FOLDER]';
const DATABASE = 'node.sqlite';
/** Of the local network: these may get events before they ever ran. */
const LOCAL_NODES = ['hub', 'bob', 'carol'];

try {
	await main();
} catch (error) {
	console.error(sentence(error));
	process.exitCode = 1;
}

async function main(): Promise<void> {
	const { options, words } = readCommand('FILE.jsonl', { node: 'hub', state: undefined });
	const [given, ...more] = words;
	if (given === undefined || more.length > 0) refuse(USAGE);
	// npm changes into the project; what was typed is relative to where it was typed.
	const here = process.env['INIT_CWD'] ?? process.cwd();
	const file = resolve(here, given);
	if (!statSync(file).isFile()) throw new Error(`${file} is no file.`);
	const state = options.state === undefined ? join(ROOT, '.tributary') : resolve(here, options.state);
	const nodes = nodesIn(state);
	// A typing error must not become the store of a node that nobody runs.
	if (!nodes.includes(options.node))
		refuse(`There is no node ${options.node}. There are: ${nodes.join(', ')}`);
	const database = join(state, options.node, DATABASE);
	mkdirSync(dirname(database), { recursive: true });

	const { stored, replaced, duplicate, invalid } = await importFile({
		file,
		database,
		onReason: (line, reason) => console.log(`line ${line}: ${reason}`),
		onProgress: (lines, totals) => console.error(`  ${lines} lines, ${totals.stored} stored …`)
	});
	console.log(`${stored} stored, ${replaced} replaced, ${duplicate} duplicate, ${invalid} invalid`);
}

function nodesIn(state: string): readonly string[] {
	const found = existsSync(state)
		? readdirSync(state).filter((name) => existsSync(join(state, name, DATABASE)))
		: [];
	return [...new Set([...LOCAL_NODES, ...found])];
}

function sentence(error: unknown): string {
	if (error instanceof SqlError && error.kind === 'full')
		return 'The disk is full. What was imported up to here is kept; run the command again when there is room.';
	if (error instanceof SqlError && error.kind === 'corrupt')
		return `The node's database cannot be read: ${error.message}`;
	if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
		return `There is no file ${'path' in error ? String(error.path) : ''}. ${USAGE}`;
	return error instanceof Error ? error.message : String(error);
}
