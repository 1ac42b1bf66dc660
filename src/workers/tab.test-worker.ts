/**
 * A tab's worker with everything real but the peer: the lock, the channel, the database on OPFS and
 * the table of answered calls. Its "peer" writes what it was asked to publish into the database.
 */
import { expose } from 'comlink';
import { holdLife } from '../lib/client/life-lock.ts';
import type { TabOptions, TabWorker } from '../lib/client/tab-protocol.ts';
import type { PeerApi, PeerState } from '../lib/peer/api.ts';
import { browserClock } from '../lib/host/browser-clock.ts';
import { ok } from '../lib/peer/result.ts';
import { openStorage } from './browser-storage.ts';
import { browserTabPorts } from './browser-tab.ts';
import type { PeerSetup, RunningPeer } from './leader.ts';
import { createTab, type Tab } from './tab.ts';

/** Content that keeps its writer waiting for ever: written down, never answered. */
const HANG = 'hang';

const runTestPeer = ({ sql, storageKind }: PeerSetup): Promise<RunningPeer> => {
	sql.script('CREATE TABLE IF NOT EXISTS note (content TEXT NOT NULL) STRICT');
	const state = (): PeerState =>
		({ storage: { kind: storageKind }, link: { status: 'online' } }) as PeerState;
	const api = {
		state: () => Promise.resolve(state()),
		watch: () => Promise.resolve(1),
		feed: () =>
			Promise.resolve(sql.all('SELECT content FROM note ORDER BY rowid').map((row) => row['content'])),
		publish: ({ content }: { content: string }) => {
			sql.run('INSERT INTO note VALUES (?)', [content]);
			return content === HANG ? new Promise(() => {}) : Promise.resolve(ok(content));
		}
	};
	return Promise.resolve({ api: api as unknown as PeerApi, stop: () => Promise.resolve() });
};

let begin: (tab: Tab) => void;
const started = new Promise<Tab>((resolve) => (begin = resolve));

const worker: TabWorker = {
	start: async (options: TabOptions, onUpdate) => {
		await holdLife(options.life);
		const ports = browserTabPorts(options, {
			clock: browserClock,
			openStorage: () => openStorage(options),
			runPeer: runTestPeer,
			fetchDiscovery: () => Promise.resolve(ok({} as PeerSetup['discovery']))
		});
		begin(createTab(ports, (update) => void onUpdate(update)));
	},
	call: async (call) => (await started).call(call)
};

expose(worker);
