import type { SqlDriver } from '../storage/sql.ts';

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
	const kept = (): Map<string, bigint> | undefined =>
		sql.current()?.keep(OWNER, () => new Map<string, bigint>());
	const read = (link: string, direction: 'in' | 'out'): bigint => {
		const row = sql.all(
			`SELECT sum(amount) AS total FROM packet WHERE link = ? AND direction = ? AND state = 'pending'`,
			[link, direction]
		)[0];
		return BigInt((row?.['total'] as number | bigint | null) ?? 0);
	};
	const put = (sums: Map<string, bigint>, key: string, sum: bigint): void => {
		const before = sums.get(key);
		sums.set(key, sum);
		sql.current()?.undo(() => {
			if (before === undefined) sums.delete(key);
			else sums.set(key, before);
		});
	};
	const of: PendingSums['of'] = (link, direction) => {
		const sums = kept();
		const key = `${direction}/${link}`;
		const known = sums?.get(key);
		if (known !== undefined) return known;
		const sum = read(link, direction);
		if (sums) put(sums, key, sum);
		return sum;
	};
	return {
		of,
		add: (link, direction, amount) => {
			const sums = kept();
			// Read before the change, which may be written later than the next question.
			if (sums) put(sums, `${direction}/${link}`, of(link, direction) + amount);
		}
	};
};
