/**
 * The same packet again on the same link gets the same answer, and moves no money twice (PROTOCOL section 6).
 *
 * | what is known | what it hears |
 * |---|---|
 * | it is under way, or was answered a moment ago | that answer, data and all (kept-answers.ts) |
 * | its row on disk says fulfilled | the fulfilment, without the data |
 * | its row says anything else | F99 |
 *
 * Answers are kept in memory until the packet has expired, at most {@link LIMITS.answersKeptBytes} of them; the row
 * on disk remembers longer. A refusal that left no row may be asked again unchanged and is not kept: a flood
 * of them must not fill the memory.
 */
import type { IlpPrepare, IlpReply } from '../../codec/ilp.ts';
import { LIMITS } from '../../limits.ts';
import type { Packets } from '../../link/packets.ts';
import type { Commits } from '../../storage/commit.ts';
import type { Rejects } from '../rejects.ts';
import { createKeptAnswers } from './kept-answers.ts';

export interface Answers {
	/** The answer to a packet that was seen before. `key`: {@link packetKey} of neighbour and hash. */
	find(
		key: string,
		peer: string,
		prepare: IlpPrepare,
		hash: Uint8Array
	): Promise<IlpReply> | IlpReply | undefined;
	/** From now on the packet hears `reply`. Unix ms. */
	begin(key: string, prepare: IlpPrepare, reply: Promise<IlpReply>, now: number): void;
	/** That answer is known. */
	keep(key: string, answer: IlpReply, peer: string, hash: Uint8Array): void;
}

interface UnderWay {
	readonly until: number;
	readonly reply: Promise<IlpReply>;
}

const EMPTY = new Uint8Array(0);

export const createAnswers = (
	packets: Pick<Packets, 'find'>,
	commits: Pick<Commits, 'run'>,
	{ reject }: Rejects
): Answers => {
	/** By link and hash. */
	const underWay = new Map<string, UnderWay>();
	const kept = createKeptAnswers();
	let sweptAt = 0;

	return {
		find: (key, peer, prepare, hash) => {
			const known = underWay.get(key)?.reply ?? kept.find(peer, hash);
			if (known) return known;
			const stored = prepare.amount > 0n ? packets.find(peer, 'in', hash, prepare.expiresAt) : undefined;
			const { state, fulfillment } = stored ?? {};
			// A row that can be read may not be on the disk yet; behind this it is.
			if (state === 'fulfilled' && fulfillment)
				return commits.run((): IlpReply => ({ type: 'fulfill', fulfillment, data: EMPTY }));
			return stored && reject('F99', 'this packet was answered before');
		},
		begin: (key, prepare, reply, now) => {
			underWay.set(key, { until: Math.min(prepare.expiresAt, now + LIMITS.maxHoldMs), reply });
			if (now - sweptAt <= LIMITS.expiryMarginMs) return;
			sweptAt = now;
			kept.sweep(now);
		},
		keep: (key, answer, peer, hash) => {
			const entry = underWay.get(key);
			if (!entry) return;
			underWay.delete(key);
			if (answer.type === 'reject' && answer.code !== 'F99' && !packets.find(peer, 'in', hash)) return;
			kept.add(peer, hash, answer, entry.until);
		}
	};
};
