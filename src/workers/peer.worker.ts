/**
 * A tab's worker: composition root of the peer in a browser. It wires; who leads is decided in
 * tab.ts, what the leader does in leader.ts, which parts the peer gets in browser-peer.ts.
 */
import { expose } from 'comlink';
import type { TabMessage, TabOptions, TabWorker } from '../lib/client/tab-protocol.ts';
import { browserClock } from '../lib/host/browser-clock.ts';
import { runBrowserPeer } from './browser-peer.ts';
import { openStorage } from './browser-storage.ts';
import { fetchDiscovery, lead } from './leader.ts';
import { createTab, type Tab, type TabPorts } from './tab.ts';

let begin: (tab: Tab) => void;
const started = new Promise<Tab>((resolve) => (begin = resolve));

const worker: TabWorker = {
	start: async (options, onUpdate) => {
		begin(createTab(browserTabPorts(options), (update) => void onUpdate(update)));
	},
	call: async (call) => (await started).call(call)
};

function browserTabPorts(options: TabOptions): TabPorts {
	const channel = new BroadcastChannel(options.name);
	return {
		withLock: (whileHeld) => {
			navigator.locks.request(options.name, whileHeld).catch(crash);
		},
		send: (message) => channel.postMessage(message),
		receive: (onMessage) => {
			channel.onmessage = ({ data }: MessageEvent<TabMessage>) => onMessage(data);
		},
		lead: (onUpdate) =>
			lead(
				{
					clock: browserClock,
					openStorage: () => openStorage(options),
					runPeer: runBrowserPeer,
					fetchDiscovery: () => fetchDiscovery(options.discoveryUrl)
				},
				onUpdate
			)
	};
}

/** Lets the page know through its `onerror`: it then starts another worker. */
function crash(error: unknown): void {
	setTimeout(() => {
		throw error;
	});
}

expose(worker);
