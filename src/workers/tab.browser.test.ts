import wasmUrl from '@sqlite.org/sqlite-wasm/sqlite3.wasm?url';
import { proxy, wrap, type Remote } from 'comlink';
import { afterEach, describe, expect, it } from 'vitest';
import { lifeOver } from '../lib/client/life-lock.ts';
import type { Call, TabRole, TabWorker } from '../lib/client/tab-protocol.ts';
import type { PeerState } from '../lib/peer/api.ts';
import { ok } from '../lib/peer/result.ts';

interface OpenTab {
	readonly remote: Remote<TabWorker>;
	role: TabRole;
	state: PeerState | undefined;
	/** Whether the page was told that the worker is gone. */
	isOver: boolean;
	close(): void;
}

const open: OpenTab[] = [];
let browsers = 0;

afterEach(async () => {
	for (const tab of open.splice(0)) tab.close();
	const root = await navigator.storage.getDirectory();
	for await (const name of root.keys()) await root.removeEntry(name, { recursive: true }).catch(() => {});
});

/** One browser profile: what its tabs share has a name of its own. */
const createProfile = (): (() => Promise<OpenTab>) => {
	const name = `tabs-${Date.now()}-${browsers++}`;
	return async () => {
		const worker = new Worker(new URL('./tab.test-worker.ts', import.meta.url), { type: 'module' });
		const remote = wrap<TabWorker>(worker);
		const life = `life-${name}-${open.length}`;
		const tab: OpenTab = {
			remote,
			role: 'waiting',
			state: undefined,
			isOver: false,
			close: () => worker.terminate()
		};
		open.push(tab);
		await remote.start(
			{ name, life, wasmUrl: new URL(wasmUrl, location.href).href, discoveryUrl: '' },
			proxy((update) => {
				tab.role = update.tab;
				tab.state = update.state;
			})
		);
		void lifeOver(life).then(() => {
			tab.isOver = true;
		});
		await until(() => tab.state !== undefined);
		return tab;
	};
};

const until = async (isSo: () => boolean): Promise<void> => {
	const deadline = performance.now() + 10_000;
	while (!isSo()) {
		if (performance.now() > deadline) expect.fail('it did not happen within ten seconds');
		await new Promise((resolve) => setTimeout(resolve, 5));
	}
};

const publish = (content: string): Call => ({
	id: crypto.randomUUID(),
	method: 'publish',
	args: [{ content }]
});
const feed = (): Call => ({ id: crypto.randomUUID(), method: 'feed', args: [{ limit: 10 }] });

describe('tabs of one browser', () => {
	it('share one database through the first', async () => {
		const openTab = createProfile();
		const [first, second] = [await openTab(), await openTab()];
		expect([first.role, second.role]).toEqual(['leader', 'follower']);
		expect(second.state?.storage.kind).toBe('opfs');
		expect(await second.remote.call(publish('from the second'))).toEqual({ returned: ok('from the second') });
		expect(await first.remote.call(feed())).toEqual({ returned: ['from the second'] });
	});

	it('go on when the leading tab is closed, on the same database', async () => {
		const openTab = createProfile();
		const [first, second] = [await openTab(), await openTab()];
		await second.remote.call(publish('before'));
		first.close();
		expect(await second.remote.call(publish('after'))).toEqual({ returned: ok('after') });
		expect(second.role).toBe('leader');
		expect(await second.remote.call(feed())).toEqual({ returned: ['before', 'after'] });
	});

	it('learn of a worker that was ended without a word, and of no other', async () => {
		const openTab = createProfile();
		const [first, second] = [await openTab(), await openTab()];
		first.close();
		await until(() => first.isOver);
		await until(() => second.role === 'leader');
		expect(second.isOver).toBe(false);
	});

	it('do nothing twice that a dying leader left unanswered', async () => {
		const openTab = createProfile();
		const [first, second] = [await openTab(), await openTab()];
		const answer = second.remote.call(publish('hang'));
		await expect.poll(() => first.remote.call(feed())).toEqual({ returned: ['hang'] });
		first.close();
		expect(await answer).toMatchObject({ failed: { type: 'Internal' } });
		expect(await second.remote.call(feed())).toEqual({ returned: ['hang'] });
	});
});
