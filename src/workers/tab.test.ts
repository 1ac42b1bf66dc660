import { describe, expect, it } from 'vitest';
import type { Call, Outcome, TabMessage, TabRole, Update } from '../lib/client/tab-protocol.ts';
import { peerError } from '../lib/peer/errors.ts';
import { createTab, type Tab } from './tab.ts';

/** A browser with one lock and one channel; tabs can be closed, and one can be made to never answer. */
const createBrowser = () => {
	interface Open {
		readonly tab: Tab;
		readonly shown: (Update & { readonly tab: TabRole })[];
		receive: (message: TabMessage) => void;
		wantsLock: (() => Promise<void>) | undefined;
		/** Calls that reached this tab's peer. */
		readonly done: Call[];
		update: (update: Update) => void;
		stuck: boolean;
	}
	const tabs = new Set<Open>();
	let holder: Open | undefined;

	const grantLock = (): void => {
		if (holder !== undefined) return;
		const next = [...tabs].find((tab) => tab.wantsLock !== undefined);
		if (next === undefined) return;
		holder = next;
		void next.wantsLock?.();
	};

	return {
		open: (): Open => {
			const open: Open = {
				shown: [],
				done: [],
				stuck: false,
				receive: () => {},
				wantsLock: undefined,
				update: () => {},
				tab: undefined as unknown as Tab
			};
			tabs.add(open);
			const tab = createTab(
				{
					withLock: (whileHeld) => {
						open.wantsLock = whileHeld;
						setTimeout(grantLock);
					},
					send: (message) => {
						for (const other of [...tabs]) {
							if (other !== open)
								setTimeout(() => tabs.has(other) && other.receive(structuredClone(message)));
						}
					},
					receive: (onMessage) => (open.receive = onMessage),
					lead: async (onUpdate) => {
						open.update = onUpdate;
						onUpdate(saying('led'));
						return {
							answer: (call) => {
								open.done.push(call);
								return open.stuck
									? new Promise<Outcome>(() => {})
									: Promise.resolve({ returned: call.args[0] });
							}
						};
					}
				},
				(update) => open.shown.push(update)
			);
			return Object.assign(open, { tab });
		},
		close: (open: Open): void => {
			tabs.delete(open);
			if (holder === open) holder = undefined;
			setTimeout(grantLock);
		}
	};
};

/** An update that can be told from others. */
const saying = (reason: string): Update => ({
	state: undefined,
	discovery: undefined,
	trouble: peerError('Internal', reason)
});
const call = (id: string): Call => ({ id, method: 'setPrice', args: [id] });
const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10));

describe('several tabs', () => {
	it('has the first lead and answers the others through it', async () => {
		const browser = createBrowser();
		const [first, second] = [browser.open(), browser.open()];
		await soon();
		expect([first.shown.at(-1)?.tab, second.shown.at(-1)?.tab]).toEqual(['leader', 'follower']);
		expect(await first.tab.call(call('a'))).toEqual({ returned: 'a' });
		expect(await second.tab.call(call('b'))).toEqual({ returned: 'b' });
		expect([first.done.map(({ id }) => id), second.done]).toEqual([['a', 'b'], []]);
	});

	it('keeps what is asked before anybody leads', async () => {
		const browser = createBrowser();
		const only = browser.open();
		expect(await only.tab.call(call('early'))).toEqual({ returned: 'early' });
		const second = browser.open();
		expect(await second.tab.call(call('early too'))).toEqual({ returned: 'early too' });
	});

	it('shows every tab what the leader knows, newcomers too', async () => {
		const browser = createBrowser();
		const [first, second] = [browser.open(), browser.open()];
		await soon();
		first.update(saying('news'));
		await soon();
		expect(second.shown.at(-1)).toEqual({ ...saying('news'), tab: 'follower' });
		const third = browser.open();
		await soon();
		expect(third.shown.at(-1)).toEqual({ ...saying('news'), tab: 'follower' });
	});

	it('asks the next leader what the last one left unanswered, under the same id', async () => {
		const browser = createBrowser();
		const [first, second, third] = [browser.open(), browser.open(), browser.open()];
		await soon();
		first.stuck = true;
		const answers = Promise.all([second.tab.call(call('mine')), third.tab.call(call('theirs'))]);
		await soon();
		browser.close(first);
		expect(await answers).toEqual([{ returned: 'mine' }, { returned: 'theirs' }]);
		expect(second.done.map(({ id }) => id)).toEqual(['mine', 'theirs']);
		expect(second.shown.at(-1)?.tab).toBe('leader');
	});

	it('keeps the last state on screen while the next leader opens', async () => {
		const browser = createBrowser();
		const [first, second] = [browser.open(), browser.open()];
		await soon();
		first.update(saying('before'));
		await soon();
		browser.close(first);
		await soon();
		expect(second.shown.every(({ trouble }) => trouble?.reason !== undefined)).toBe(true);
	});
});
