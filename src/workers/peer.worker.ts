/**
 * A tab's worker: composition root of the peer in a browser. It wires; who leads is decided in
 * tab.ts, what the leader does in leader.ts, which parts the peer gets in browser-peer.ts.
 */
import { expose } from 'comlink';
import { holdLife } from '../lib/client/life-lock.ts';
import type { TabWorker } from '../lib/client/tab-protocol.ts';
import { browserClock } from '../lib/host/browser-clock.ts';
import { runBrowserPeer } from './browser-peer.ts';
import { openStorage } from './browser-storage.ts';
import { browserTabPorts } from './browser-tab.ts';
import { fetchDiscovery } from './leader.ts';
import { createTab, type Tab } from './tab.ts';

let begin: (tab: Tab) => void;
const started = new Promise<Tab>((resolve) => (begin = resolve));

const worker: TabWorker = {
	start: async (options, onUpdate) => {
		await holdLife(options.life);
		const ports = browserTabPorts(options, {
			clock: browserClock,
			openStorage: () => openStorage(options),
			runPeer: runBrowserPeer,
			fetchDiscovery: () => fetchDiscovery(options.discoveryUrl)
		});
		begin(createTab(ports, (update) => void onUpdate(update)));
	},
	call: async (call) => (await started).call(call)
};

expose(worker);
