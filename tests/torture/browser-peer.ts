/**
 * The app in a real Chromium, asked the way its own tabs ask each other: calls go over the tabs' BroadcastChannel
 * to whichever worker leads, so no screen is in the way and nothing of the app is another than a person's.
 */
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright';
import { startChild, type Child } from '../../scripts/child.ts';
import { provideBrowser } from '../../scripts/browsers.ts';
import type { Method, Outcome } from '../../src/lib/client/tab-protocol.ts';
import type { Answer, PeerApi, PeerState } from '../../src/lib/peer/api.ts';

export interface BrowserPeer {
	readonly profile: string;
	/** Undefined when nobody answered in time: what was asked may be done or not. */
	call<M extends Method>(
		method: M,
		...args: Parameters<PeerApi[M]>
	): Promise<Awaited<ReturnType<PeerApi[M]>> | undefined>;
	state(): Promise<PeerState | undefined>;
	/** Everything at once: the whole process group. */
	killBrowser(): Promise<void>;
	startBrowser(): Promise<void>;
	/** The renderer, as when memory runs out. */
	crashTab(ended: () => void): Promise<void>;
	/** The worker in the middle of what it does; the page stays. */
	terminateWorker(): Promise<void>;
	/** A second tab comes and the first is closed. */
	changeTab(ended: () => void): Promise<void>;
	stop(): Promise<void>;
}

const CALL_TIMEOUT_MS = 10_000;
const STATE_TIMEOUT_MS = 1_000;

/** Keeps every worker the page starts where `terminateWorker` finds it. */
const KEEP_WORKERS = `{
	const Real = globalThis.Worker;
	globalThis.tortured = [];
	globalThis.Worker = class extends Real {
		constructor(...args) {
			super(...args);
			globalThis.tortured.push(this);
		}
	};
}`;

interface BridgeRequest {
	readonly id: string;
	readonly method: string;
	readonly args: readonly unknown[];
	readonly timeoutMs: number;
}

/** Runs in the page. */
const callFromPage = ({ id, method, args, timeoutMs }: BridgeRequest): Promise<unknown> =>
	new Promise((resolve) => {
		const channel = new BroadcastChannel('tributary');
		const end = (outcome: unknown): void => {
			channel.close();
			resolve(outcome);
		};
		const ask = (): void => channel.postMessage({ type: 'call', call: { id, method, args } });
		channel.onmessage = (event: unknown) => {
			const { data } = event as { data: { type: string; id?: string; outcome?: unknown } };
			if (data.type === 'leads') ask();
			if (data.type === 'answer' && data.id === id) end(data.outcome);
		};
		setTimeout(() => end(undefined), timeoutMs);
		ask();
	});

/** Runs in the page. */
const stateFromPage = (timeoutMs: number): Promise<unknown> =>
	new Promise((resolve) => {
		const channel = new BroadcastChannel('tributary');
		const end = (state: unknown): void => {
			channel.close();
			resolve(state);
		};
		channel.onmessage = (event: unknown) => {
			const { data } = event as { data: { type: string; update?: { state?: unknown } } };
			if (data.type === 'update' && data.update?.state !== undefined) end(data.update.state);
		};
		setTimeout(() => end(undefined), timeoutMs);
		channel.postMessage({ type: 'hello' });
	});

export const startBrowserPeer = async (options: {
	readonly url: string;
	readonly profile: string;
	readonly logFile: string;
}): Promise<BrowserPeer> => {
	const { url, profile, logFile } = options;
	const provided = provideBrowser('chromium');
	if (!('path' in provided)) throw new Error(provided.reason);
	const { path } = provided;
	let child: Child<{ devtools: string }>;
	let browser: Browser;
	let context: BrowserContext;
	let page: Page;

	/** What hangs on a page that is gone must not hang the torture. */
	const patiently = async <T>(work: Promise<T>, withinMs: number): Promise<T | undefined> => {
		let timer: NodeJS.Timeout | undefined;
		const late = new Promise<undefined>((resolve) => {
			timer = setTimeout(() => resolve(undefined), withinMs);
		});
		return Promise.race([work.catch(() => undefined), late]).finally(() => clearTimeout(timer));
	};

	const openPage = async (): Promise<Page> => {
		const opened = await context.newPage();
		await opened.goto(url, { waitUntil: 'commit' });
		return opened;
	};

	const startBrowser = async (): Promise<void> => {
		child = await startChild<{ devtools: string }>({
			name: 'chromium',
			command: ['tests/torture/chromium.ts', '--path', path, '--profile', profile],
			logFile,
			readyWithinMs: 60_000
		});
		browser = await chromium.connectOverCDP(child.ready.devtools);
		const [only] = browser.contexts();
		if (only === undefined) throw new Error('Chromium has no context');
		context = only;
		await context.addInitScript(KEEP_WORKERS);
		page = await openPage();
	};
	await startBrowser();

	return {
		profile,
		call: async (method, ...args) => {
			const request = { id: crypto.randomUUID(), method, args, timeoutMs: CALL_TIMEOUT_MS };
			const outcome = (await patiently(page.evaluate(callFromPage, request), CALL_TIMEOUT_MS + 1_000)) as
				Outcome | undefined;
			if (outcome === undefined) return undefined;
			if ('failed' in outcome) return { ok: false, error: outcome.failed } as never;
			return outcome.returned as never;
		},
		state: async () =>
			(await patiently(page.evaluate(stateFromPage, STATE_TIMEOUT_MS), STATE_TIMEOUT_MS + 500)) as
				PeerState | undefined,
		killBrowser: async () => {
			await child.kill();
			await patiently(browser.close(), 1_000);
		},
		startBrowser,
		crashTab: async (ended) => {
			const crashed = page;
			const devtools = await context.newCDPSession(crashed);
			// It never answers.
			void devtools.send('Page.crash').catch(() => undefined);
			await patiently(crashed.waitForEvent('crash', { timeout: 5_000 }), 5_000);
			ended();
			page = await openPage();
			void patiently(crashed.close(), 5_000);
		},
		terminateWorker: async () => {
			await page.evaluate('for (const worker of globalThis.tortured.splice(0)) worker.terminate()');
		},
		changeTab: async (ended) => {
			const first = page;
			page = await openPage();
			await patiently(first.close(), 5_000);
			ended();
		},
		stop: async () => {
			await patiently(browser.close(), 2_000);
			await child.stop();
		}
	};
};

/** Of an answer that must be yes. */
export const yes = <T>(what: string, answer: Answer<T> | undefined): T => {
	if (answer?.ok) return answer.value;
	throw new Error(`${what}: ${answer === undefined ? 'no answer' : JSON.stringify(answer.error)}`);
};
