/** Notes that are written all the time, and what their authors were told: what is acknowledged must never be lost. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SeededRandom } from '../../src/lib/peer/testing/seeded-random.ts';
import type { Answer } from '../../src/lib/peer/api.ts';
import type { NostrEvent } from '../../src/lib/peer/codec/nostr-event.ts';
import { control } from '../process/nodes.ts';
import type { TortureWorld } from './world.ts';

const AUTHORS = ['bob', 'carol', 'browser'] as const;
export type Author = (typeof AUTHORS)[number];

export interface Load {
	/** Ids of events whose author was told that they are kept. */
	readonly acknowledged: Readonly<Record<Author, readonly string[]>>;
	resume(): void;
	/** Several notes at once, so that packets are under way when something happens. */
	burst(): void;
	/** Resolves when nobody is writing any more. */
	pause(): Promise<void>;
	stop(): Promise<void>;
}

const EVERY_MS = 60;
/** Notes an author may have on their way at once: a dead author must not stop the others. */
const AT_ONCE = 3;

export const createLoad = (world: TortureWorld, random: SeededRandom): Load => {
	const acknowledged: Record<Author, string[]> = { bob: [], carol: [], browser: [] };
	const busy: Record<Author, number> = { bob: 0, carol: 0, browser: 0 };
	const writing = new Set<Promise<void>>();
	let isOn = false;
	let isOver = false;
	let count = 0;

	const write = async (author: Author): Promise<void> => {
		const content = `note ${count++}`;
		try {
			const answer =
				author === 'browser'
					? await world.browser.call('publish', { content })
					: await control<Answer<NostrEvent>>(world.httpOf(author), 'publish', { content });
			if (answer?.ok) acknowledged[author].push(answer.value.id);
		} catch {
			// It is dead just now: nothing was acknowledged.
		}
	};

	const begin = (author: Author): void => {
		if (busy[author] >= AT_ONCE) return;
		busy[author] += 1;
		const work = write(author).finally(() => {
			busy[author] -= 1;
			writing.delete(work);
		});
		writing.add(work);
	};
	const running = (async () => {
		while (!isOver) {
			await sleep(EVERY_MS / 2 + random.int(EVERY_MS));
			if (isOn) begin(random.pick(AUTHORS));
		}
	})();

	const pause = async (): Promise<void> => {
		isOn = false;
		await Promise.all(writing);
	};
	return {
		acknowledged,
		resume: () => {
			isOn = true;
		},
		burst: () => {
			for (const author of AUTHORS) for (let n = 0; n < AT_ONCE; n++) begin(author);
		},
		pause,
		stop: async () => {
			isOver = true;
			await pause();
			await running;
		}
	};
};
