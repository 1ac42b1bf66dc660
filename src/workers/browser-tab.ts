/** A tab among the tabs of one browser: a Web Lock says who leads, a BroadcastChannel carries the rest. */
import type { TabMessage, TabOptions } from '../lib/client/tab-protocol.ts';
import { lead, type LeaderPorts } from './leader.ts';
import type { TabPorts } from './tab.ts';

export const browserTabPorts = ({ name }: Pick<TabOptions, 'name'>, leader: LeaderPorts): TabPorts => {
	const channel = new BroadcastChannel(name);
	return {
		withLock: (whileHeld) => {
			navigator.locks.request(name, whileHeld).catch(crash);
		},
		send: (message) => channel.postMessage(message),
		receive: (onMessage) => {
			channel.onmessage = ({ data }: MessageEvent<TabMessage>) => onMessage(data);
		},
		lead: (onUpdate) => lead(leader, onUpdate)
	};
};

/** Lets the page know through its `onerror`: it then starts another worker. */
function crash(error: unknown): void {
	setTimeout(() => {
		throw error;
	});
}
