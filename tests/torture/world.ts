/**
 * What is tortured: the local network of real processes, a reader in Node, and a reader in a real Chromium who
 * also writes and is read.
 *
 * ```
 *   Chromium ──┐
 *              hub ── bob ── carol          the reader buys from bob, carol and the browser's person,
 *   reader  ───┘                            the browser from bob and carol
 * ```
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { APP_DIR, buildApp } from '../../scripts/build-app.ts';
import { fundWallets } from '../../scripts/local-chain.ts';
import { startNetwork, type LocalNetwork, type NodeName } from '../../scripts/network.ts';
import { fromHex } from '../../src/lib/peer/bytes.ts';
import { control, eventually, startReader, statusOf } from '../process/nodes.ts';
import { copyBrowserBooks, lookInto, openBooks, type Books, type OpenBooks } from './books.ts';
import { startBrowserPeer, yes, type BrowserPeer } from './browser-peer.ts';

export type PeerName = NodeName | 'reader' | 'browser';
export const PROCESSES = ['hub', 'bob', 'carol', 'reader'] as const;
export type ProcessName = (typeof PROCESSES)[number];

export interface TortureWorld {
	readonly network: LocalNetwork;
	readonly browser: BrowserPeer;
	/** Device and Nostr keys, hex. */
	readonly keys: Readonly<Record<PeerName, { readonly device: string; readonly pubkey: string }>>;
	httpOf(name: ProcessName): string;
	pidOf(name: ProcessName): number;
	kill(name: ProcessName): Promise<void>;
	start(name: ProcessName): Promise<void>;
	/** One look into a node's file. */
	look<T>(name: ProcessName, into: (sql: Books['sql']) => T): T;
	/** All books at once; the browser's are a copy. */
	withBooks<T>(look: (books: readonly Books[]) => Promise<T> | T): Promise<T>;
	stop(): Promise<void>;
}

/** Token units in each reader's channel: more than any torture spends. */
const DEPOSIT = 50_000_000n;
const TERMS = { maxPrice: 1_000_000n, dailyLimit: 1_000_000_000_000n };

export const startTortureWorld = async (
	onProgress: (line: string) => void = () => undefined
): Promise<TortureWorld> => {
	await buildApp();
	const folder = mkdtempSync(join(tmpdir(), 'tributary-torture-'));
	const ends: (() => Promise<unknown>)[] = [];
	const stop = async (): Promise<void> => {
		for (const end of ends.splice(0).reverse()) await end().catch(() => undefined);
		rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
	};
	try {
		const network = await startNetwork({
			stateDir: folder,
			ports: 'free',
			app: APP_DIR,
			control: true,
			onTrouble: onProgress
		});
		ends.push(network.stop);
		const reader = await startReader(network, folder, 'reader', String(DEPOSIT));
		ends.push(() => reader.stop());
		onProgress('four nodes and a chain are up');
		const profile = join(folder, 'chromium');
		mkdirSync(profile);
		const browser = await startBrowserPeer({
			url: network.nodes.hub.http,
			profile,
			logFile: join(folder, 'chromium.log')
		});
		ends.push(browser.stop);
		const person = await joinIn(network, browser);
		onProgress('the browser has a channel');

		const { hub, bob, carol } = network.nodes;
		const processes = { hub, bob, carol, reader };
		const statuses = await Promise.all(
			PROCESSES.map(async (name) => [name, await statusOf(processes[name].http)] as const)
		);
		const [guest] = lookInto(join(folder, 'hub', 'node.sqlite'), ({ all }) =>
			all('SELECT peer FROM link WHERE owner = ?', [person])
		);
		const keys = {
			...(Object.fromEntries(
				statuses.map(([name, { device, pubkey }]) => [name, { device, pubkey }])
			) as Record<ProcessName, { device: string; pubkey: string }>),
			browser: { device: String(guest?.['peer']), pubkey: person }
		};
		// A person's own limit for a day is a dollar: some 130 kills on a machine with nothing else to do.
		await control(reader.http, 'budget', { perDay: `${TERMS.dailyLimit}` });
		yes('a limit', await browser.call('setBudgets', { perDay: TERMS.dailyLimit }));
		for (const author of [bob.pubkey, carol.pubkey]) {
			await control(reader.http, 'follow', {
				pubkey: author,
				maxPrice: `${TERMS.maxPrice}`,
				dailyLimit: `${TERMS.dailyLimit}`
			});
			yes('following', await browser.call('follow', author, TERMS));
		}
		yes('a first note', await browser.call('publish', { content: 'I am here' }));
		await control(reader.http, 'follow', {
			pubkey: person,
			maxPrice: `${TERMS.maxPrice}`,
			dailyLimit: `${TERMS.dailyLimit}`
		});

		const fileOf = (name: ProcessName): string => join(folder, name, 'node.sqlite');
		return {
			network,
			browser,
			keys,
			httpOf: (name) => processes[name].http,
			pidOf: (name) => processes[name].pid,
			kill: (name) => processes[name].kill(),
			start: (name) => processes[name].start(),
			look: (name, into) => lookInto(fileOf(name), into),
			withBooks: async (look) => {
				const copy = await copyBrowserBooks(profile);
				const open: OpenBooks[] = [];
				try {
					const files = [
						...PROCESSES.map((name) => [name, fileOf(name)] as const),
						['browser', copy.file] as const
					];
					return await look(
						files.map(([name, file]): Books => {
							const books = openBooks(file);
							open.push(books);
							return { name, file, device: keys[name].device, sql: books.sql };
						})
					);
				} finally {
					for (const books of open) books.close();
					copy.remove();
				}
			},
			stop
		};
	} catch (error) {
		await stop();
		throw error;
	}
};

/** Funds a channel as the app's screens do, with a wallet that signs once. Answers the person's key. */
const joinIn = async (network: LocalNetwork, browser: BrowserPeer): Promise<string> => {
	const wallet = privateKeyToAccount(generatePrivateKey());
	const payer = wallet.address.toLowerCase() as `0x${string}`;
	await fundWallets(network.chain.rpcUrl, network.chain.token, [wallet.address]);
	const online = (): Promise<string> =>
		eventually(async () => {
			const state = await browser.state();
			if (state?.link.status !== 'online') throw new Error('the browser is not online');
			return state.me.pubkey;
		});
	await online();
	yes('naming a wallet', await browser.call('setPayoutAddress', payer));
	await online();
	const request = yes('preparing', await browser.call('prepareFunding', { payer, amount: DEPOSIT }));
	const signature = await wallet.signTypedData(
		request.typedData as Parameters<typeof wallet.signTypedData>[0]
	);
	yes('funding', await browser.call('fund', { ...request.funding, signature: fromHex(signature.slice(2)) }));
	return online();
};
