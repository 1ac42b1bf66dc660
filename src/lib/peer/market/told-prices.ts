/**
 * Prices that readers were told. Each holds for {@link LIMITS.priceHonouredMs}: who buys meanwhile pays the lowest that
 * anybody was told, for nobody knows who told whom.
 */
import type { VerifiedEvent } from '../codec/nostr-event.ts';
import { LIMITS } from '../limits.ts';
import { minOf } from '../money.ts';
import type { SqlDriver } from '../storage/sql.ts';

export interface ToldPrices {
	/** Notes that this price is told, and says which; runs in a transaction. `now`: Unix ms. */
	tell(event: VerifiedEvent, now: number): bigint;
	/** The lowest price anybody was told and may still count on. */
	honoured(event: VerifiedEvent, now: number): bigint;
	/** Drops those that ran out; runs in a transaction. */
	sweep(now: number): void;
}

/** A price is noted for this much longer than promised, so that a busy node need not note it each time. */
const SLACK_MS = 5_000;

/** `priceOf`: link units, now. */
export const createToldPrices = (sql: SqlDriver, priceOf: (event: VerifiedEvent) => bigint): ToldPrices => {
	/** Of each event the price it was last noted at, and until when. */
	const noted = new Map<string, { readonly price: bigint; readonly until: number }>();

	return {
		tell: (event, now) => {
			const price = priceOf(event);
			const before = noted.get(event.id);
			if (before?.price === price && before.until >= now + LIMITS.priceHonouredMs) return price;
			const until = now + LIMITS.priceHonouredMs + SLACK_MS;
			sql.run(
				`INSERT INTO offer (event_id, price, honoured_until) VALUES (?, ?, ?)
				ON CONFLICT (event_id, price) DO UPDATE SET honoured_until = excluded.honoured_until`,
				[event.id, price, until]
			);
			noted.set(event.id, { price, until });
			// Nobody was told a price whose transaction failed.
			sql.current()?.undo(() => (before ? noted.set(event.id, before) : noted.delete(event.id)));
			return price;
		},
		honoured: (event, now) => {
			const row = sql.all(
				'SELECT min(price) AS price FROM offer WHERE event_id = ? AND honoured_until >= ?',
				[event.id, now]
			)[0];
			const told = row?.price;
			return told === null || told === undefined
				? priceOf(event)
				: minOf(BigInt(told as number), priceOf(event));
		},
		sweep: (now) => {
			for (const [id, { until }] of noted) if (until < now) noted.delete(id);
			sql.run('DELETE FROM offer WHERE honoured_until < ?', [now]);
		}
	};
};
