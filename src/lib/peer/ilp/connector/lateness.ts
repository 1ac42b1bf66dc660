/**
 * Fulfilments of mine that a neighbour does not count, because they came too late for it.
 *
 * Believed within a day up to W when it is likely (it left close to the packet's expiry, or was told by a
 * hello), else for {@link LIMITS.lateUnlikely}. Who says it more often is refused, and beyond W of refused ones cut:
 * its books and mine would differ for ever.
 */
import { LIMITS } from '../../limits.ts';
import type { PacketRow } from '../../link/packets.ts';
import { minOf } from '../../money.ts';
import type { Agreement } from './agreement.ts';
import type { ConnectorDeps } from './deps.ts';
import { packetKey } from './packet-key.ts';

export interface Lateness {
	/** A fulfilment told by a hello: it may honestly have come too late. */
	toldByHello(peer: string, hash: Uint8Array): void;
	/** The neighbour does not count these fulfilments of mine; `cut`: it says so too often. */
	take(peer: string, hashes: readonly Uint8Array[]): Promise<'taken' | 'refused' | 'cut'>;
	/** Forgets what hellos told long ago. */
	sweep(): void;
}

const DAY_MS = 24 * 3_600_000;

export const createLateness = (
	{
		platform: { clock, log },
		commits,
		ledger,
		accounts,
		packets
	}: Pick<ConnectorDeps, 'platform' | 'commits' | 'ledger' | 'accounts' | 'packets'>,
	agreement: Pick<Agreement, 'doubted' | 'explained'>
): Lateness => {
	/** By link and hash, until their row is forgotten. */
	const byHello = new Map<string, number>();
	/** What neighbours said came late and cannot have, link units. */
	const refused = new Map<string, bigint>();

	/** Inside a transaction. */
	const takeOne = (
		peer: string,
		hash: Uint8Array,
		row: PacketRow | undefined
	): 'known' | 'taken' | 'refused' | 'cut' => {
		const at = clock.now();
		if (row?.state !== 'fulfilled') return 'known';
		const window = accounts.get(peer)?.window ?? 0n;
		const believed = ledger.total({ kind: 'late', account: `link/${peer}`, since: at - DAY_MS });
		const doubted = refused.get(peer) ?? 0n;
		const isCredible =
			(row.settledAt ?? 0) >= row.expiresAt - LIMITS.lateSlackMs || byHello.has(packetKey(peer, hash));
		// On a slow network it may be true without looking so: believed for little, or the books would differ for ever.
		const most = isCredible ? window : minOf(window, LIMITS.lateUnlikely);
		if (believed + row.amount > most) {
			refused.set(peer, doubted + row.amount);
			log('warn', 'a neighbour calls late what was not', { peer, amount: row.amount });
			if (believed + doubted + row.amount <= window) return 'refused';
			agreement.doubted(peer, 'it does not pay for what was delivered');
			return 'cut';
		}
		packets.markLate(row);
		accounts.fulfilled(peer, 'me', -row.amount);
		ledger.record({
			kind: 'late',
			from: `link/${peer}`,
			to: 'expense/late',
			amount: row.amount,
			at,
			group: `late/${row.group}`
		});
		log('warn', 'a fulfilment of mine came too late to be paid', { peer, amount: row.amount });
		return 'taken';
	};

	return {
		toldByHello: (peer, hash) => {
			byHello.set(packetKey(peer, hash), clock.now() + LIMITS.packetMemoryMs);
		},
		take: async (peer, hashes) => {
			const verdicts = await commits.run(() => {
				const named = [...new Map(hashes.map((hash) => [packetKey(peer, hash), hash])).values()];
				const rows = packets.findAll(peer, 'in', named);
				const found: ReturnType<typeof takeOne>[] = [];
				for (const [at, hash] of named.entries()) {
					const verdict = takeOne(peer, hash, rows[at]);
					found.push(verdict);
					if (verdict === 'cut') break;
				}
				return found;
			});
			if (verdicts.includes('taken')) agreement.explained(peer);
			return verdicts.includes('cut') ? 'cut' : verdicts.includes('refused') ? 'refused' : 'taken';
		},
		sweep: () => {
			const now = clock.now();
			for (const [key, until] of byHello) if (until < now) byHello.delete(key);
		}
	};
};
