import type { SqlDriver } from '../storage/sql.ts';
import { createTally } from '../storage/tally.ts';

/** What a link has under way, each direction: asked several times for every packet, so that a group adds it up once. */
export interface PendingSums {
	/** Link units. */
	of(link: string, direction: 'in' | 'out'): bigint;
	/** A packet is about to begin (above zero) or end. */
	add(link: string, direction: 'in' | 'out', amount: bigint): void;
}

/** Those who ask and those who write share the sums of one transaction. */
const OWNER = {};

export const createPendingSums = (sql: SqlDriver): PendingSums => {
	const sums = createTally<bigint>(
		sql,
		{
			read: (key) => {
				const at = key.indexOf('/');
				const row = sql.all(
					`SELECT sum(amount) AS total FROM packet WHERE link = ? AND direction = ? AND state = 'pending'`,
					[key.slice(at + 1), key.slice(0, at)]
				)[0];
				return BigInt((row?.['total'] as number | bigint | null) ?? 0);
			},
			// The rows of the packets say it.
			write: () => undefined
		},
		OWNER
	);
	const keyOf = (link: string, direction: 'in' | 'out'): string => `${direction}/${link}`;
	return {
		of: (link, direction) => sums.get(keyOf(link, direction)),
		add: (link, direction, amount) => {
			const key = keyOf(link, direction);
			// Read before the change, which may be written later than the next question.
			if (sql.current()) sums.set(key, sums.get(key) + amount);
		}
	};
};
