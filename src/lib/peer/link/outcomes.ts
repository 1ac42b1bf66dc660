/** After the hello: each side tells what became of the packets that the other lost sight of. */
import { encodeOutcomes } from '../codec/link.ts';
import type { LinksDeps } from './links-deps.ts';
import { orStartOver, type LiveLink } from './live-link.ts';
import type { Outcome } from './messages.ts';
import type { PacketRow } from './packets.ts';
import { octets } from './protocol-data.ts';
import type { Spawn } from './spawn.ts';

export interface OutcomeExchange {
	/**
	 * Answers what the neighbour lost sight of; what is still under way here is told once it is known. `isAll`: it may have
	 * lost sight of nothing else, so that what is told may be forgotten.
	 */
	tell(link: LiveLink, hashes: readonly Uint8Array[], isAll?: boolean): Promise<void>;
	/** Books what the neighbour told; resolves once it is on disk. */
	take(link: LiveLink, outcomes: readonly Outcome[]): Promise<void>;
}

/** How long to wait before looking again at packets that were undecided when the neighbour asked. */
const OUTCOMES_AGAIN_MS = 1_000;

export const createOutcomes = (
	{
		platform: { clock },
		commits,
		packets,
		connector
	}: Pick<LinksDeps, 'platform' | 'commits' | 'packets' | 'connector'>,
	{ refuseLate, spawn }: { refuseLate: (peer: string, prepares: readonly Uint8Array[]) => void; spawn: Spawn }
): OutcomeExchange => {
	/** Inside a transaction: what is answered here is final. */
	const outcomeOf = (peer: string, hash: Uint8Array, row: PacketRow | undefined): Outcome => {
		// It came by the connection before and nothing is decided yet.
		if (connector().isJudging(peer, hash)) return { prepare: hash, result: 'pending' };
		if (row?.state === 'fulfilled' && row.fulfillment) {
			connector().toldByHello(peer, hash);
			return { prepare: hash, result: 'fulfilled', fulfillment: row.fulfillment, data: new Uint8Array(0) };
		}
		if (row?.state === 'pending') {
			if (row.expiresAt > clock.now()) return { prepare: hash, result: 'pending' };
			packets.settle(peer, 'in', hash, 'rejected', clock.now());
		}
		return { prepare: hash, result: 'rejected' };
	};

	const tell = async (link: LiveLink, hashes: readonly Uint8Array[], isAll = true): Promise<void> => {
		const outcomes =
			hashes.length === 0
				? []
				: await commits.run(() => {
						const rows = packets.findAll(link.peer, 'in', hashes);
						return hashes.map((hash, at) => outcomeOf(link.peer, hash, rows[at]));
					});
		const known = outcomes.filter((outcome) => outcome.result !== 'pending');
		if (known.length > 0) {
			const told = await link.connection.request([octets('link', encodeOutcomes({ outcomes: known }))]);
			if (!told.ok) return;
		}
		const open = outcomes.filter((outcome) => outcome.result === 'pending').map((outcome) => outcome.prepare);
		if (open.length === 0) {
			link.settled = isAll;
			return;
		}
		clock.after(OUTCOMES_AGAIN_MS, () => {
			if (!link.connection.closed) spawn('outcomes', orStartOver(link, tell(link, open, isAll)));
		});
	};

	const take = async (link: LiveLink, outcomes: readonly Outcome[]): Promise<void> => {
		// All at once, so that they are written together.
		const results = await Promise.all(
			outcomes.map(async (outcome) => {
				if (outcome.result === 'pending') return undefined;
				const { resolve } = connector();
				return resolve(link.peer, outcome.prepare, outcome.result === 'fulfilled' ? outcome : 'rejected');
			})
		);
		const late = outcomes.flatMap(({ prepare }, at) => (results[at] === 'late' ? [prepare] : []));
		if (late.length > 0) refuseLate(link.peer, late);
		// Some were known, and may be on their way to the disk.
		await commits.run(() => undefined);
	};

	return { tell, take };
};
