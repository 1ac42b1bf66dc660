/**
 * The people who live in the local network: Bob, Carol and the hub. Each has written something before
 * anybody came, and goes on with facts of the network it runs in, so that there is something true to
 * read, to follow and to pay for.
 */
import type { Clock, Log, Peer, Random } from '../../src/lib/peer/index.ts';
import type { ChainPort } from '../../src/lib/peer/settlement/chain.ts';
import { addActivity, NO_ACTIVITY, type BlockFacts, type ChainFacts } from './chain-facts.ts';
import { topicsOf, type Look, type Topic } from './facts.ts';
import { BOB_NOTES } from './notes-bob.ts';
import { CAROL_NOTES } from './notes-carol.ts';
import { HUB_NOTES } from './notes-hub.ts';
import type { PastNote } from './past-note.ts';

export interface AuthorOptions {
	readonly peer: Pick<Peer, 'api' | 'publish' | 'status'>;
	/** `bob`, `carol` or `hub`. */
	readonly name: string;
	/** Whether a store without own notes is given a past. */
	readonly past: boolean;
	/** Whether to go on with facts. */
	readonly facts: boolean;
	readonly chain: Pick<ChainPort, 'contract' | 'tokenScale' | 'tokenBalance' | 'head'>;
	/** Blocks and events; without it there is nothing to tell of them. */
	readonly chainFacts?: ChainFacts;
	readonly clock: Clock;
	readonly random: Random;
	readonly feePpm: bigint;
	readonly log: Log;
}

interface Habits {
	readonly notes: readonly PastNote[];
	/** How long ago the oldest note was written. */
	readonly pastMs: number;
	/** Pause between two facts: at least, and up to this much more. */
	readonly pauseMs: number;
	readonly jitterMs: number;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const HABITS: Readonly<Record<string, Habits>> = {
	bob: { notes: BOB_NOTES, pastMs: 6 * DAY, pauseMs: 20_000, jitterMs: 20_000 },
	carol: { notes: CAROL_NOTES, pastMs: 6 * DAY, pauseMs: 22_000, jitterMs: 22_000 },
	hub: { notes: HUB_NOTES, pastMs: 2 * 60 * MINUTE, pauseMs: 3 * MINUTE, jitterMs: 4 * MINUTE }
};
/** The past ends this long ago, so that what is new now is above it. */
const PAST_ENDS_MS = 2 * MINUTE;
/** What was said so recently is not said in the same words again. */
const REMEMBERED_TEXTS = 60;

/** Answers how to stop. */
export const startAuthor = (options: AuthorOptions): (() => void) => {
	const { clock, random, log } = options;
	const habits = HABITS[options.name] ?? { notes: [], pastMs: 0, pauseMs: 30_000, jitterMs: 30_000 };
	let stopped = false;
	let cancel = (): void => undefined;

	const trouble = (error: unknown): void => {
		if (!stopped) log('warn', 'an author could not write', { name: options.name, error: String(error) });
	};

	const live = async (): Promise<void> => {
		if (options.past) await writePast(options, habits, () => stopped);
		if (!options.facts || stopped) return;
		const speak = createSpeaker(options);
		const again = (): void => {
			if (stopped) return;
			cancel = clock.after(habits.pauseMs + Math.floor(fraction(random) * habits.jitterMs), () => {
				speak().catch(trouble).finally(again);
			});
		};
		again();
	};
	live().catch(trouble);

	return () => {
		stopped = true;
		cancel();
	};
};

/** Writes what is missing of the past, if there is nothing newer: a first start that was broken off goes on. */
const writePast = async (
	{ peer, clock, random }: AuthorOptions,
	{ notes, pastMs }: Habits,
	isStopped: () => boolean
): Promise<void> => {
	const author = peer.status().pubkey;
	const own = await peer.api.feed({ limit: notes.length + 1, author });
	if (own.length >= notes.length) return;
	const idByContent = new Map(own.map(({ event }) => [event.content, event.id]));
	const idByKey = new Map<string, string>();
	const end = clock.now() - PAST_ENDS_MS;
	const step = (pastMs - PAST_ENDS_MS) / notes.length;
	for (const [index, note] of notes.entries()) {
		if (isStopped()) return;
		let id = idByContent.get(note.content);
		if (id === undefined) {
			const answered = note.replyTo === undefined ? undefined : idByKey.get(note.replyTo);
			// Between its neighbours in the list, at no regular hour; an answer follows soon.
			const place = answered === undefined ? fraction(random) * 0.6 : -0.35;
			const event = await peer.publish({
				kind: 1,
				content: note.content,
				tags: [
					...(answered === undefined
						? []
						: [
								['e', answered, '', 'root', author],
								['p', author]
							]),
					...(note.topics ?? []).map((topic) => ['t', topic])
				],
				createdAt: Math.floor((end - (notes.length - 1 - index - place) * step - step) / 1_000)
			});
			id = event.id;
		}
		if (note.key !== undefined) idByKey.set(note.key, id);
	}
};

/** Each call says at most one thing that is new, about something else than the last one if there is a choice. */
const createSpeaker = (options: AuthorOptions): (() => Promise<void>) => {
	const { peer, chain, chainFacts, clock, random, name } = options;
	const topics = topicsOf(name);
	const before = new Map<Topic, Look>();
	const said: string[] = [];
	let start: Look | undefined;
	let lastTopic: Topic | undefined;
	let seen: BlockFacts | undefined;
	let activity = NO_ACTIVITY;

	const look = async (): Promise<Look> => {
		const block = await chainFacts?.newestBlock();
		if (chainFacts && block) {
			const since =
				seen && block.number >= seen.number
					? await chainFacts.activity(seen.number, block.number)
					: undefined;
			if (since) activity = addActivity(activity, since);
			if (since || !seen || block.number < seen.number) seen = block;
		}
		const locked = await chain.tokenBalance(chain.contract);
		const [state, people] = await Promise.all([peer.api.state(), peer.api.people()]);
		return {
			at: clock.now(),
			status: peer.status(),
			earned: state.money.earned,
			price: state.price.perNote,
			feePpm: options.feePpm,
			tokenScale: chain.tokenScale,
			people: people.length,
			block,
			activity,
			locked: locked.ok ? locked.value : undefined
		};
	};

	return async () => {
		const now = await look();
		start ??= now;
		const choices: { readonly topic: Topic; readonly text: string }[] = [];
		for (const topic of topics) {
			const ways = topic(now, before.get(topic), start).filter((text) => !said.includes(text));
			const text = ways[Math.floor(fraction(random) * ways.length)];
			if (text !== undefined) choices.push({ topic, text });
		}
		const fresh = choices.filter(({ topic }) => topic !== lastTopic);
		const pool = fresh.length > 0 ? fresh : choices;
		const choice = pool[Math.floor(fraction(random) * pool.length)];
		if (!choice) return;
		before.set(choice.topic, now);
		lastTopic = choice.topic;
		said.push(choice.text);
		if (said.length > REMEMBERED_TEXTS) said.shift();
		await peer.publish({ kind: 1, content: choice.text });
	};
};

/** 0 ≤ x < 1. */
const fraction = (random: Random): number =>
	random.bytes(4).reduce((value, byte) => value * 256 + byte, 0) / 2 ** 32;
