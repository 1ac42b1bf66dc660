/**
 * How many bytes the Interledger part is to somebody who wants nothing else: bundled for a browser, minified and
 * gzipped. The libraries of @noble are not counted: whoever has keys has them.
 *
 *   node scripts/ilp-bundle.ts    prints, fails above the budget
 */
import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { ILP_GZIP_BYTES } from '../tests/budgets.ts';
import { ROOT } from './child.ts';

/**
 * What an application imports to pay and be paid over Interledger and nothing else: every packet format, STREAM's
 * client and server, BTP, addresses, routes and their exchange. What these import comes along.
 */
const INTERLEDGER = [
	'codec/{oer,ilp,ildcp,ccp,stream,btp}.ts',
	'ilp/{address,routes,shares,allowance}.ts',
	'stream/keys.ts',
	'stream/connection/*.ts',
	'link/btp-connection.ts'
];

/** The same with what this project puts on top: connector and accounts on a ledger, links with claims, Nostr sessions. */
const WHOLE = ['codec/*.ts', 'ilp/*.ts', 'stream/*.ts', 'stream/connection/*.ts', 'link/*.ts'];

export interface IlpBundle {
	readonly gzipBytes: number;
	/** Modules that went in and gzip bytes each takes by itself, largest first. */
	readonly modules: readonly { readonly module: string; readonly bytes: number }[];
}

/** @throws Error when the bundle needs what only Node has */
export async function measureIlpBundle(parts: readonly string[] = INTERLEDGER): Promise<IlpBundle> {
	const folder = mkdtempSync(join(ROOT, 'node_modules/.cache-ilp-'));
	try {
		const files = parts.flatMap((part) =>
			globSync(`src/lib/peer/${part}`, { cwd: ROOT }).filter((file) => !file.includes('.test.'))
		);
		const entry = join(folder, 'entry.ts');
		writeFileSync(
			entry,
			files.map((file, index) => `export * as part${index} from '${join(ROOT, file)}';`).join('\n')
		);
		const built = await build({
			configFile: false,
			root: ROOT,
			logLevel: 'error',
			build: {
				write: false,
				lib: { entry, formats: ['es'] },
				// Vite leaves the white space of a library in place; a page that is built from it does not.
				rolldownOptions: { external: [/^@noble\//], output: { minify: true } }
			}
		});
		const outputs = (Array.isArray(built) ? built : [built]).flatMap((one) =>
			'output' in one ? one.output : []
		);
		const chunks = outputs.flatMap((one) => (one.type === 'chunk' ? [one] : []));
		const code = chunks.map((chunk) => chunk.code).join('\n');
		if (/\bBuffer\b|\bprocess\./.test(code)) throw new Error('the bundle asks for what only Node has');
		const modules = chunks.flatMap((chunk) =>
			Object.entries(chunk.modules).map(([id, { code: text }]) => ({
				module: id.replace(`${ROOT}/`, ''),
				bytes: gzipSync(text ?? '').length
			}))
		);
		return {
			gzipBytes: gzipSync(code, { level: 9 }).length,
			modules: modules.sort((a, b) => b.bytes - a.bytes)
		};
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

if (process.argv[1] === import.meta.filename) {
	const { gzipBytes, modules } = await measureIlpBundle();
	for (const { module, bytes } of modules) console.log(`  ${`${bytes}`.padStart(7)}  ${module}`);
	const isOver = gzipBytes > ILP_GZIP_BYTES;
	if (isOver) process.exitCode = 1;
	console.log(
		`${isOver ? '✗' : '✓'} the Interledger part: ${(gzipBytes / 1000).toFixed(1)} kB, at most ${ILP_GZIP_BYTES / 1000}, gzip`
	);
	const whole = await measureIlpBundle(WHOLE);
	console.log(`  with connector, ledger, links and sessions: ${(whole.gzipBytes / 1000).toFixed(1)} kB`);
}
