/**
 * The same packet again on the same link gets the same answer, and moves no money twice (PROTOCOL section 6).
 *
 * | what is known | what it hears |
 * |---|---|
 * | it is under way, or was answered a moment ago | that answer, data and all |
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

interface Answer {
	readonly until: number;
	readonly reply: Promise<IlpReply>;
	/** 0 while it is not known. */
	bytes: number;
}

const EMPTY = new Uint8Array(0);
/** What keeping an answer costs beside its data, roughly, in bytes. */
const ANSWER_OVERHEAD = 256;

export const createAnswers = (
	packets: Pick<Packets, 'find'>,
	commits: Pick<Commits, 'run'>,
	{ reject }: Rejects
): Answers => {
	/** By link and hash, the oldest first. */
	const answers = new Map<string, Answer>();
	let keptBytes = 0;
	let sweptAt = 0;

	const forget = (key: string): void => {
		keptBytes -= answers.get(key)?.bytes ?? 0;
		answers.delete(key);
	};

	return {
		find: (key, peer, prepare, hash) => {
			const known = answers.get(key);
			if (known) return known.reply;
			const stored = prepare.amount > 0n ? packets.find(peer, 'in', hash, prepare.expiresAt) : undefined;
			const { state, fulfillment } = stored ?? {};
			// A row that can be read may not be on the disk yet; behind this it is.
			if (state === 'fulfilled' && fulfillment)
				return commits.run((): IlpReply => ({ type: 'fulfill', fulfillment, data: EMPTY }));
			return stored && reject('F99', 'this packet was answered before');
		},
		begin: (key, prepare, reply, now) => {
			answers.set(key, { until: Math.min(prepare.expiresAt, now + LIMITS.maxHoldMs), reply, bytes: 0 });
			if (now - sweptAt <= LIMITS.expiryMarginMs) return;
			sweptAt = now;
			for (const [old, { until, bytes }] of answers) if (until < now && bytes > 0) forget(old);
		},
		keep: (key, answer, peer, hash) => {
			const entry = answers.get(key);
			if (!entry) return;
			if (answer.type === 'reject' && answer.code !== 'F99' && !packets.find(peer, 'in', hash)) {
				answers.delete(key);
				return;
			}
			entry.bytes = answer.data.length + ANSWER_OVERHEAD;
			keptBytes += entry.bytes;
			for (const [old, { bytes }] of answers) {
				if (keptBytes <= LIMITS.answersKeptBytes) break;
				if (bytes > 0) forget(old);
			}
		}
	};
};
