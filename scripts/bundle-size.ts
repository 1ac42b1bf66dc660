/**
 * How much JavaScript a first visit waits for, per page: the gzip bytes of Kit's start, the page's
 * layouts and the page, with everything these import statically. What is imported on demand (wallet
 * code, the demo wallet) and what runs beside the page (the worker) is not waited for; the worker is
 * told apart.
 *
 *   node scripts/bundle-size.ts    builds if needed, prints, fails above the budget
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ILP_GZIP_BYTES, INITIAL_JS_GZIP_BYTES } from '../tests/budgets.ts';
import { buildApp } from './build-app.ts';
import { ROOT } from './child.ts';
import { measureIlpBundle } from './ilp-bundle.ts';

const CLIENT = join(ROOT, '.svelte-kit/output/client');
const KIT_NODE = (number: number) => `.svelte-kit/generated/client-optimized/nodes/${number}.js`;

interface Chunk {
	file: string;
	isEntry?: boolean;
	imports?: string[];
}

export interface BundleSizes {
	/** Gzip bytes by route. */
	readonly pages: Readonly<Record<string, number>>;
	/** Gzip bytes of the peer's worker. */
	readonly worker: number;
}

/** Measures the last build. */
export function measureBundle(): BundleSizes {
	const manifest = JSON.parse(readFileSync(join(CLIENT, '.vite/manifest.json'), 'utf8')) as Record<
		string,
		Chunk
	>;
	const start = Object.keys(manifest).filter((key) => manifest[key]?.isEntry && !key.includes('/nodes/'));
	const pages = Object.fromEntries(
		Object.entries(routes()).map(([route, nodes]) => [
			route,
			gzipBytes(closure(manifest, [...start, ...nodes.map(KIT_NODE)]))
		])
	);
	const worker = globSync('_app/immutable/workers/peer.worker-*.js', { cwd: CLIENT });
	return { pages, worker: gzipBytes(worker) };
}

/** The numbers of Kit's nodes by route: the root layout, further layouts, the page. */
function routes(): Record<string, number[]> {
	const app = readFileSync(join(ROOT, '.svelte-kit/generated/client-optimized/app.js'), 'utf8');
	const dictionary = /dictionary = \{([^}]*)\}/.exec(app)?.[1] ?? '';
	const found = [...dictionary.matchAll(/"([^"]+)": \[~?(\d+)(?:,\[([\d,]*)\])?/g)];
	if (found.length === 0)
		throw new Error('Kit names its routes in another way now: see .svelte-kit/generated');
	return Object.fromEntries(
		found.map(([, route = '', page, layouts = '']) => [
			route,
			[0, ...layouts.split(',').filter(Boolean).map(Number), Number(page)]
		])
	);
}

/** The files of these chunks and of all they import statically. */
function closure(manifest: Record<string, Chunk>, keys: readonly string[]): string[] {
	const seen = new Set<string>();
	const visit = (key: string) => {
		if (seen.has(key)) return;
		seen.add(key);
		manifest[key]?.imports?.forEach(visit);
	};
	keys.forEach(visit);
	return [...seen].flatMap((key) => manifest[key]?.file ?? []);
}

function gzipBytes(files: readonly string[]): number {
	return files.reduce((sum, file) => sum + gzipSync(readFileSync(join(CLIENT, file))).length, 0);
}

if (process.argv[1] === import.meta.filename) {
	await buildApp();
	const { pages, worker } = measureBundle();
	for (const [route, bytes] of Object.entries(pages)) {
		const isOver = bytes > INITIAL_JS_GZIP_BYTES;
		if (isOver) process.exitCode = 1;
		console.log(`${isOver ? '✗' : '✓'} ${route}: ${(bytes / 1000).toFixed(1)} kB`);
	}
	console.log(`  the worker, beside the page: ${(worker / 1000).toFixed(1)} kB`);
	console.log(`  at most ${INITIAL_JS_GZIP_BYTES / 1000} kB a page, gzip`);
	const { gzipBytes: ilp } = await measureIlpBundle();
	if (ilp > ILP_GZIP_BYTES) process.exitCode = 1;
	console.log(
		`${ilp > ILP_GZIP_BYTES ? '✗' : '✓'} Interledger alone: ${(ilp / 1000).toFixed(1)} kB, at most ${ILP_GZIP_BYTES / 1000}`
	);
}
