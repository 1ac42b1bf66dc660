/** Builds the workers of `npm run bench -- browser`, serves them, and opens them in one page of a Chromium. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright';
import { build } from 'vite';
import { chromiumFlags, findChromium } from '../../../scripts/browsers.ts';
import { ROOT } from '../../../scripts/child.ts';

const SHIMS = join(import.meta.dirname, 'shims');

/** What the reference's packages import of Node, and what stands for it here. */
const ALIASES = {
	buffer: join(SHIMS, 'buffer.js'),
	events: join(SHIMS, 'events.js'),
	assert: join(SHIMS, 'assert.js'),
	// The streams that Node itself is made of, as a package.
	stream: 'readable-stream'
};

export type WorkerName = 'ours' | 'reference';

export interface BrowserWorkers {
	call<T>(worker: WorkerName, method: string, ...args: readonly unknown[]): Promise<T>;
	readonly version: string;
	close(): Promise<void>;
}

export const openWorkers = async (names: readonly WorkerName[]): Promise<BrowserWorkers> => {
	const folder = mkdtempSync(join(tmpdir(), 'tributary-bench-workers-'));
	for (const name of names) await buildWorker(name, folder);
	const server = createServer(({ url = '/' }, response) => {
		const name = names.find((known) => url === `/${known}.js`);
		response.setHeader('content-type', name === undefined ? 'text/html' : 'text/javascript');
		response.end(
			name === undefined ? '<!doctype html><title>bench</title>' : readFileSync(join(folder, `${name}.js`))
		);
	}).listen(0, '127.0.0.1');
	await once(server, 'listening');
	const executablePath = findChromium();
	const browser = await chromium.launch({
		...(executablePath === undefined ? {} : { executablePath }),
		args: chromiumFlags()
	});
	const page = await browser.newPage();
	page.on('console', (message) => console.error('browser:', message.text()));
	await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
	await page.evaluate(IN_PAGE);
	for (const name of names) await page.evaluate(`start(${JSON.stringify(name)})`);
	return {
		call: (worker, method, ...args) => page.evaluate(`call(${JSON.stringify([worker, method, ...args])})`),
		version: browser.version(),
		close: async () => {
			await browser.close();
			server.close();
			rmSync(folder, { recursive: true, force: true });
		}
	};
};

const buildWorker = (name: WorkerName, outDir: string): Promise<unknown> =>
	build({
		configFile: false,
		logLevel: 'error',
		root: ROOT,
		publicDir: false,
		resolve: name === 'reference' ? { alias: ALIASES } : {},
		build: {
			outDir,
			emptyOutDir: false,
			target: 'es2023',
			lib: { entry: join(import.meta.dirname, `${name}.js`), formats: ['es'], fileName: () => `${name}.js` },
			rolldownOptions: { output: { codeSplitting: false } }
		}
	});

/** `call` waits for the answer of the worker that `start` made. */
const IN_PAGE = `
	const workers = {};
	const open = new Map();
	globalThis.start = (name) => {
		workers[name] = new Worker('/' + name + '.js', { type: 'module' });
		workers[name].onerror = ({ message }) => console.error(name, message);
		workers[name].onmessage = ({ data }) => {
			const { resolve, reject } = open.get(data.id);
			open.delete(data.id);
			if ('failed' in data) reject(new Error(data.failed));
			else resolve(data.returned);
		};
	};
	globalThis.call = ([name, method, ...args]) =>
		new Promise((resolve, reject) => {
			const id = open.size === 0 ? 1 : Math.max(...open.keys()) + 1;
			open.set(id, { resolve, reject });
			workers[name].postMessage({ id, method, args });
		});
`;
