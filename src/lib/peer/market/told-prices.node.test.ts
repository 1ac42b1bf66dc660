/** What a reader was told, a reader may count on: also when what was told before it came to nothing. */
import { expect, it } from 'vitest';
import { createNodeSql } from '../../../../server/akash-peer/node-sql.ts';
import type { VerifiedEvent } from '../codec/nostr-event.ts';
import { LIMITS } from '../limits.ts';
import { migrate } from '../storage/migrations.ts';
import { createToldPrices } from './told-prices.ts';

const NOTE = { id: 'ab'.repeat(32) } as VerifiedEvent;
const NOW = 1_700_000_000_000;

const open = () => {
	const sql = createNodeSql(':memory:');
	migrate(sql);
	const asked = { price: 100n };
	const prices = createToldPrices(sql, () => asked.price);
	const tell = (now: number): bigint => sql.transaction(() => prices.tell(NOTE, now));
	return { sql, asked, prices, tell };
};

it('a price holds for as long as promised, and not after', () => {
	const { asked, prices, tell } = open();
	expect(tell(NOW)).toBe(100n);
	asked.price = 300n;
	expect(prices.honoured(NOTE, NOW + LIMITS.priceHonouredMs)).toBe(100n);
	expect(prices.honoured(NOTE, NOW + 2 * LIMITS.priceHonouredMs)).toBe(300n);
});

it('who buys pays the lowest that anybody was told, and less when it has become less', () => {
	const { asked, prices, tell } = open();
	tell(NOW);
	asked.price = 300n;
	expect(tell(NOW)).toBe(300n);
	expect(prices.honoured(NOTE, NOW)).toBe(100n);
	asked.price = 20n;
	expect(prices.honoured(NOTE, NOW)).toBe(20n);
});

it('a price whose transaction failed is noted when it is told again', () => {
	const { sql, asked, prices, tell } = open();
	expect(() =>
		sql.transaction(() => {
			prices.tell(NOTE, NOW);
			throw new Error('the disk is full');
		})
	).toThrow('the disk is full');
	expect(tell(NOW + 1)).toBe(100n);
	asked.price = 300n;
	expect(prices.honoured(NOTE, NOW + 2)).toBe(100n);
});
