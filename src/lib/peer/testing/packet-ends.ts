/**
 * How packets ended: a prepare is known on a link by its hash, and both ends keep what became of it until well
 * after it expires. In books at rest the two say the same, paid and delivered or neither; and so do the two sides
 * of a hop. Only databases are looked at, of a simulated world or of real processes.
 *
 * One may come too late to be paid: its presenter's loss, bounded by W, and known to both: `late` there, `rejected`
 * here. It takes somebody who is away, or as slow, for as long as a packet lives.
 */
import type { SqlDriver } from '../storage/sql.ts';

export interface PacketBooks {
	readonly name: string;
	/** The device key, hex: what neighbours call it. */
	readonly device: string;
	readonly sql: Pick<SqlDriver, 'all'>;
}

export interface PacketEnds {
	/** One sentence per packet that ended in two ways; neighbours whose books are not here are no trouble. */
	readonly wrong: readonly string[];
	/** Of each packet that was fulfilled too late to be paid. */
	readonly late: readonly string[];
}

/** `since`, Unix ms: what expired before may be forgotten at one end already, and is not looked at. */
export const auditPacketEnds = (all: readonly PacketBooks[], since = 0): PacketEnds => {
	const wrong: string[] = [];
	const late: string[] = [];
	const byDevice = new Map(all.map((books) => [books.device, books]));
	const endAt = ({ sql }: PacketBooks, link: string, hash: string): string =>
		String(
			sql.all(`SELECT state FROM packet WHERE link = ? AND direction = 'in' AND hash = unhex(?)`, [
				link,
				hash
			])[0]?.['state'] ?? 'unknown'
		);
	for (const books of all)
		for (const row of books.sql.all(
			`SELECT link, lower(hex(hash)) AS hash, state, in_link, lower(hex(in_hash)) AS in_hash FROM packet
			WHERE direction = 'out' AND expires_at >= ? ORDER BY link, hash`,
			[since]
		)) {
			const [link, hash, state] = [String(row['link']), String(row['hash']), String(row['state'])];
			const what = `packet ${hash.slice(0, 8)} left ${books.name} and is ${state}`;
			const other = byDevice.get(link);
			if (other) {
				const there = endAt(other, books.device, hash);
				if ((there === 'fulfilled') !== (state === 'fulfilled'))
					wrong.push(`${what}, at ${other.name} ${there}`);
				else if (there === 'late') late.push(`${what}: ${other.name} fulfilled it too late`);
			}
			if (row['in_link'] === null) continue;
			const came = endAt(books, String(row['in_link']), String(row['in_hash']));
			// Of a late one the hop's own loss is told by the link it came in by.
			if (came !== 'late' && (came === 'fulfilled') !== (state === 'fulfilled'))
				wrong.push(`${what}, where it came in ${came}`);
		}
	return { wrong, late };
};
