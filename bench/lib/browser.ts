/** Chromium for the bench: the built app, a worker of the bench beside it, and a wallet that signs by itself. */
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium, type BrowserContext, type Page } from 'playwright';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { build } from 'vite';
import { findChromium, chromiumFlags } from '../../scripts/browsers.ts';
import { ROOT } from '../../scripts/child.ts';
import { fundWallets } from '../../scripts/local-chain.ts';
import type { LocalNetwork } from '../../scripts/network.ts';
import { hexToBytesStrict } from '../../src/lib/peer/bytes.ts';
import type { Answer, FundingRequest, PeerState } from '../../src/lib/peer/api.ts';
import type { PeerStatus } from '../../src/lib/peer/index.ts';
import { APP_DIR, buildApp } from '../../scripts/build-app.ts';
import type { Reader } from './readers.ts';

const IN_PAGE = join(import.meta.dirname, 'in-page.js');
const WORKER = join(import.meta.dirname, 'reader-worker.js');
const WORKER_FILE = 'bench-reader.js';
/** A document of the app's origin that starts nothing by itself. */
const BLANK = '/.well-known/tributary.json';
/** Token units in the reader's channel: two dollars. */
const DEPOSIT = 2_000_000n;
const PATIENCE_MS = 30_000;

/** Copies the built app into a folder and adds the bench's worker. The copy does not change under a running bench. */
export const appWithBench = async (folder: string): Promise<string> => {
	await buildApp();
	const app = join(folder, 'app');
	cpSync(APP_DIR, app, { recursive: true });
	await build({
		configFile: false,
		logLevel: 'error',
		root: ROOT,
		publicDir: false,
		build: {
			outDir: app,
			emptyOutDir: false,
			target: 'es2023',
			lib: { entry: WORKER, formats: ['es'], fileName: () => WORKER_FILE },
			rolldownOptions: { output: { codeSplitting: false } }
		}
	});
	return app;
};

let profilesFolder: string | undefined;
/** Removed when the bench ends: Chromium goes on writing for a moment after it says that it is gone. */
const profiles = (): string => {
	if (profilesFolder !== undefined) return profilesFolder;
	const folder = mkdtempSync(join(tmpdir(), 'tributary-bench-profiles-'));
	process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
	return (profilesFolder = folder);
};

/**
 * A person's profile on a disk, empty at first. Playwright's ordinary contexts are private windows: their
 * files are in another process's memory, and a database in them is several times slower than on a disk.
 */
const openProfile = async (): Promise<BrowserContext> => {
	const executablePath = findChromium();
	return chromium.launchPersistentContext(mkdtempSync(join(profiles(), 'profile-')), {
		...(executablePath === undefined ? {} : { executablePath }),
		args: chromiumFlags()
	});
};

/** What a reader of the bench needs of a network: the node whose app it opens, and the chain of its wallet. */
export interface Origin {
	readonly chain: Pick<LocalNetwork['chain'], 'rpcUrl' | 'token'>;
	readonly nodes: { readonly hub: { readonly http: string } };
}

const urlOf = (network: Origin, app: string, pattern: string): string => {
	const [file] = globSync(pattern, { cwd: app });
	if (file === undefined) throw new Error(`the built app has no ${pattern}`);
	return `${network.nodes.hub.http}/${file}`;
};
const wasmUrl = (network: Origin, app: string): string => urlOf(network, app, 'sqlite3-*.wasm');

type Call = <T>(method: string, ...args: readonly unknown[]) => Promise<T>;
const callOf =
	(page: Page): Call =>
	<T>(method: string, ...args: readonly unknown[]): Promise<T> =>
		page.evaluate(`bench.call(${[JSON.stringify(method), ...args.map(source)].join(', ')})`) as Promise<T>;

/** A plain value as JavaScript source; unlike JSON it has bigints and leaves out what is undefined. */
const source = (value: unknown): string => {
	if (typeof value === 'bigint') return `${value}n`;
	if (value instanceof Uint8Array) return `new Uint8Array([${[...value].join(',')}])`;
	if (Array.isArray(value)) return `[${value.map(source).join(',')}]`;
	if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined';
	return `({${Object.entries(value)
		.map(([key, entry]) => `${JSON.stringify(key)}:${source(entry)}`)
		.join(',')}})`;
};

export interface OwnReader extends Reader {
	/** How many events its store holds, and whether its books agree. */
	status(): Promise<{ readonly events: number; readonly isBalanced: boolean }>;
}

/** A reader that is the bench's own worker on a page that shows nothing. */
export const openOwnReader = async (
	network: Origin,
	app: string,
	maxIdsPerGet?: number
): Promise<OwnReader> => {
	const context = await openProfile();
	const page = await context.newPage();
	await page.goto(network.nodes.hub.http + BLANK);
	await page.evaluate(readFileSync(IN_PAGE, 'utf8'));
	const options = { wasmUrl: wasmUrl(network, app), ...(maxIdsPerGet === undefined ? {} : { maxIdsPerGet }) };
	await page.evaluate(`bench.own(${source(`${network.nodes.hub.http}/${WORKER_FILE}`)}, ${source(options)})`);
	const call = callOf(page);
	await fund(network, call);
	return {
		...readerOf(call),
		status: async () => {
			const { events, audit } = await call<PeerStatus>('status');
			return { events, isBalanced: audit.sum === 0n && audit.differences === 0 };
		},
		end: () => context.close()
	};
};

/** The app on screen, and a second tab's worker beside it that the bench speaks to. */
export interface AppReader extends Reader {
	readonly page: Page;
	/** When each note of the document was painted, Unix ms by event id. */
	seen(): Promise<Readonly<Record<string, number>>>;
}

export const openApp = async (network: LocalNetwork, app: string): Promise<AppReader> => {
	const context = await openProfile();
	const page = await context.newPage();
	await page.goto(network.nodes.hub.http);
	await page.waitForSelector('[data-testid="note"]', { timeout: PATIENCE_MS });
	const comlink = createRequire(import.meta.url)
		.resolve('comlink')
		.replace(/[^/\\]+$/, 'comlink.min.js');
	await page.evaluate(readFileSync(comlink.replace(/([/\\])esm[/\\]/, '$1umd$1'), 'utf8'));
	await page.evaluate(readFileSync(IN_PAGE, 'utf8'));
	const options = {
		discoveryUrl: network.nodes.hub.http + BLANK,
		wasmUrl: wasmUrl(network, app),
		name: 'tributary'
	};
	const worker = urlOf(network, app, '_app/immutable/workers/peer.worker-*.js');
	await page.evaluate(`bench.app(${source(worker)}, ${source(options)})`);
	const call = callOf(page);
	await fund(network, call);
	await page.evaluate('bench.watchNotes()');
	return {
		...readerOf(call),
		page,
		seen: () => page.evaluate('bench.seen') as Promise<Readonly<Record<string, number>>>,
		end: () => context.close()
	};
};

const readerOf = (call: Call): Omit<Reader, 'end'> => ({
	state: () => call<PeerState>('state'),
	follow: async (pubkey, maxPrice) => {
		valueOf(await call<Answer<null>>('follow', pubkey, { maxPrice, dailyLimit: 1_000_000_000n }));
	},
	notesOf: (author) => call('feed', { limit: 200, author })
});

/** One signature, relayed by the hub, as the app does it; the key is the bench's. */
const fund = async (network: Origin, call: Call): Promise<void> => {
	const account = privateKeyToAccount(generatePrivateKey());
	await fundWallets(network.chain.rpcUrl, network.chain.token, [account.address]);
	await until('the link', async () =>
		(await call<PeerState | undefined>('state'))?.link.status === 'online' ? true : undefined
	);
	const payer = account.address.toLowerCase();
	const request = await until('terms for a channel', async () => {
		const answer = await call<Answer<FundingRequest>>('prepareFunding', { payer, amount: DEPOSIT });
		return answer.ok ? answer.value : undefined;
	});
	const signature = hexToBytesStrict((await account.signTypedData(request.typedData)).slice(2));
	valueOf(await call<Answer<unknown>>('fund', { ...request.funding, signature }));
};

const valueOf = <T>(answer: Answer<T>): T => {
	if (!answer.ok) throw new Error(JSON.stringify(answer.error));
	return answer.value;
};

/** Asks until there is an answer. */
export const until = async <T>(
	what: string,
	look: () => Promise<T | undefined>,
	withinMs = PATIENCE_MS
): Promise<T> => {
	const deadline = Date.now() + withinMs;
	for (;;) {
		const found = await look();
		if (found !== undefined) return found;
		if (Date.now() > deadline) throw new Error(`${what} did not come within ${withinMs / 1_000} s`);
		await new Promise((resolve) => setTimeout(resolve, 25));
	}
};

export interface ColdStart {
	/** From the navigation's start until a first event was on disk and on screen (ms). */
	readonly toFirstNote: number;
	readonly toFirstPaint: number;
}

/** A fresh profile: nothing cached, nothing stored. */
export const measureColdStart = async (network: LocalNetwork): Promise<ColdStart> => {
	const context = await openProfile();
	try {
		const page = await context.newPage();
		await page.addInitScript(`(${WAIT_FOR_NOTE})()`);
		await page.goto(network.nodes.hub.http, { waitUntil: 'commit' });
		const toFirstNote = await until(
			'a first note',
			async () => (await page.evaluate('globalThis.benchFirstNote')) as number | undefined
		);
		const toFirstPaint = (await page.evaluate(
			`performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN`
		)) as number;
		return { toFirstNote, toFirstPaint };
	} finally {
		await context.close();
	}
};

/** The app shows only what its store gave it, so a note on screen is a note on disk. */
const WAIT_FOR_NOTE = `() => {
	const look = () => {
		if (!document.querySelector('[data-testid="note"]')) return requestAnimationFrame(look);
		globalThis.benchFirstNote = performance.now();
	};
	requestAnimationFrame(look);
}`;
