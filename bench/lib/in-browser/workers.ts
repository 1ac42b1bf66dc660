/**
 * Builds the workers of `npm run bench -- browser`, serves them, and opens them in one page of a Chromium. The page asks
 * over HTTP what to do: a debugger at the browser (Playwright is one) is told of every WebSocket message, which costs
 * more than the message.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { build } from 'vite';
import { chromiumFlags, findChromium } from '../../../scripts/browsers.ts';
import { ROOT } from '../../../scripts/child.ts';

const SHIMS = join(import.meta.dirname, 'shims');
const PATIENCE_MS = 60_000;

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
	/** What the browser says it is. */
	readonly userAgent: string;
	close(): Promise<void>;
}

/** What the page was told to do, done. */
type Done = { readonly returned: unknown } | { readonly failed: string };

export const openWorkers = async (names: readonly WorkerName[]): Promise<BrowserWorkers> => {
	const executable = findChromium();
	if (executable === undefined) throw new Error('there is no Chromium');
	const folder = mkdtempSync(join(tmpdir(), 'tributary-bench-workers-'));
	for (const name of names) await buildWorker(name, folder);

	let asking: ServerResponse | undefined;
	let onAsking = (): void => undefined;
	let onDone = (_: Done): void => undefined;
	const server = createServer((request, response) => {
		const name = names.find((known) => request.url === `/${known}.js`);
		if (request.url === '/next') {
			asking = response;
			onAsking();
		} else if (request.url === '/done') {
			response.end();
			void text(request).then((body) => onDone(JSON.parse(body) as Done));
		} else if (name !== undefined) {
			response.setHeader('content-type', 'text/javascript');
			response.end(readFileSync(join(folder, `${name}.js`)));
		} else {
			response.setHeader('content-type', 'text/html');
			response.end(`<!doctype html><title>bench</title><script type="module">${IN_PAGE}</script>`);
		}
	}).listen(0, '127.0.0.1');
	await once(server, 'listening');
	const tell = async <T>(...task: readonly unknown[]): Promise<T> => {
		if (asking === undefined) await within('the page', new Promise<void>((resolve) => (onAsking = resolve)));
		const done = new Promise<Done>((resolve) => (onDone = resolve));
		asking?.end(JSON.stringify(task));
		asking = undefined;
		const outcome = await within(task.join(' '), done);
		if ('failed' in outcome) throw new Error(outcome.failed);
		return outcome.returned as T;
	};

	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
	const profile = join(folder, 'profile');
	const browser = spawn(executable, ['--headless', `--user-data-dir=${profile}`, ...chromiumFlags(), url], {
		stdio: 'ignore'
	});
	const ended = once(browser, 'exit');
	const close = async (): Promise<void> => {
		browser.kill();
		await ended;
		server.closeAllConnections();
		server.close();
		rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
	};
	const userAgent = await tell<string>('begin', names);
	return { call: (worker, method, ...args) => tell('call', worker, method, ...args), userAgent, close };
};

const within = async <T>(what: string, promise: Promise<T>): Promise<T> => {
	let timer: ReturnType<typeof setTimeout> | undefined;
	const late = new Promise<never>((_, reject) => {
		timer = setTimeout(() => reject(new Error(`${what}: nothing for ${PATIENCE_MS / 1_000} s`)), PATIENCE_MS);
	});
	return Promise.race([promise, late]).finally(() => clearTimeout(timer));
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

/** Does what it is told, one thing after the other. */
const IN_PAGE = `
	const workers = {};
	const call = (name, method, ...args) =>
		new Promise((resolve, reject) => {
			workers[name].onerror = ({ message }) => reject(new Error(message));
			workers[name].onmessage = ({ data }) =>
				'failed' in data ? reject(new Error(data.failed)) : resolve(data.returned);
			workers[name].postMessage({ method, args });
		});
	const begin = (names) => {
		for (const name of names) workers[name] = new Worker('/' + name + '.js', { type: 'module' });
		return navigator.userAgent;
	};
	for (;;) {
		const [what, ...rest] = await (await fetch('/next')).json();
		const done = await Promise.resolve()
			.then(() => (what === 'begin' ? begin(...rest) : call(...rest)))
			.then((returned) => ({ returned: returned ?? null }), (error) => ({ failed: error.message }));
		await fetch('/done', { method: 'POST', body: JSON.stringify(done) });
	}
`;
