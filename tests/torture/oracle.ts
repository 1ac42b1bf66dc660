/**
 * Is all as if nothing had happened? Asked of every book when the world has come to rest after a kill:
 *
 * | what | how |
 * |---|---|
 * | each book adds up, both ends of each link and the chain tell one story | {@link auditDatabases} |
 * | each packet ended the same at both ends | {@link auditPacketEnds} |
 * | nothing acknowledged is lost | each event its author was told of, each note and claim that was there before |
 *
 * Outcomes that were learned only after the packet had expired are counted: they cost somebody up to W. Where the
 * victim was back in time, none may be (torture.ts).
 */
import { auditDatabases, type AuditedDatabase } from '../../server/akash-peer/audit.ts';
import { LIMITS } from '../../src/lib/peer/limits.ts';
import { auditPacketEnds } from '../../src/lib/peer/testing/packet-ends.ts';
import type { Books } from './books.ts';
import type { Load } from './load.ts';

export interface Verdict {
	/** One sentence per broken rule. */
	readonly wrong: readonly string[];
	/** Since the last look, packets whose outcome was learned only after they had expired; see {@link auditPacketEnds}. */
	readonly late: number;
}

export interface Oracle {
	audit(books: readonly Books[], chain: NonNullable<AuditedDatabase['chain']>): Promise<Verdict>;
}

/** Whether nobody waits for anything: no packet under way, no purchase open. */
export const isAtRest = ({ sql }: Pick<Books, 'sql'>): boolean =>
	sql.all(
		`SELECT 1 FROM packet_open UNION ALL SELECT 1 FROM packet_ended WHERE state = 'late' AND direction = 'out' LIMIT 1`
	).length === 0 &&
	sql.all(`SELECT 1 FROM purchase WHERE state IN ('asked', 'answered') LIMIT 1`).length === 0;

/** Packets are forgotten after {@link LIMITS.packetMemoryMs}, at each end by a clock of its own. Each was looked at after its kill. */
const LOOK_BACK_MS = LIMITS.packetMemoryMs / 2;
/** One cause may break a rule a thousand times. */
const TOLD = 8;

export const createOracle = (load: Load): Oracle => {
	/** Of each peer: what it had at the last look. */
	const bought = new Map<string, ReadonlySet<string>>();
	const claims = new Map<string, bigint>();

	const auditMemory = ({ name, sql }: Books): readonly string[] => {
		const wrong: string[] = [];
		const now = new Set(sql.all('SELECT event_id FROM bought').map((row) => String(row['event_id'])));
		for (const id of bought.get(name) ?? [])
			if (!now.has(id)) wrong.push(`${name} had bought ${id} and lost it`);
		bought.set(name, now);
		for (const row of sql.all(`SELECT id, epoch, promised FROM channel WHERE direction = 'in'`)) {
			const key = `${name} ${String(row['id'])} ${String(row['epoch'])}`;
			const held = BigInt(row['promised'] as number | bigint);
			if (held < (claims.get(key) ?? 0n)) wrong.push(`${name} lost a claim of ${String(row['id'])}`);
			claims.set(key, held);
		}
		return wrong;
	};

	const auditEvents = (books: Books): readonly string[] => {
		const acknowledged = load.acknowledged[books.name as keyof Load['acknowledged']] ?? [];
		if (acknowledged.length === 0) return [];
		const kept = new Set(
			books.sql.all('SELECT lower(hex(id)) AS id FROM event').map((row) => String(row['id']))
		);
		return acknowledged
			.filter((id) => !kept.has(id))
			.map((id) => `${books.name} was told that ${id} is kept`);
	};

	/** Each is counted once. */
	const late = new Set<string>();
	const auditTimes = ({ name, sql }: Books): number => {
		const before = late.size;
		for (const { direction, hash } of sql.all(
			`SELECT direction, hex(hash) AS hash FROM packet WHERE settled_at > expires_at OR state = 'late'`
		))
			late.add(`${name} ${String(direction)} ${String(hash)}`);
		return late.size - before;
	};

	return {
		audit: async (books, chain) => {
			const { wrong: unbalanced, behind } = await auditDatabases(
				books.map(({ name, file }) => ({ name, database: file, chain }))
			);
			const wrong = [
				...unbalanced,
				...behind,
				...books.flatMap((one) => [...auditMemory(one), ...auditEvents(one)]),
				...auditPacketEnds(books, Date.now() - LOOK_BACK_MS).wrong
			];
			return {
				wrong: wrong.length > TOLD ? [...wrong.slice(0, TOLD), `and ${wrong.length - TOLD} more`] : wrong,
				late: books.reduce((sum, one) => sum + auditTimes(one), 0)
			};
		}
	};
};
