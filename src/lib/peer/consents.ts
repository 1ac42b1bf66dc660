/**
 * The questions a person is asked when a limit would be passed (budgets.ts), and the answers, on disk: a question
 * is asked once a day, however often the limit is met, and whatever was restarted in between.
 *
 * | answer | what follows until the end of the day |
 * |---|---|
 * | none yet | nothing moves beyond the limit |
 * | `allow` | what was asked for may go on top of what was used then, not a unit more |
 * | `deny` | nothing moves, and nobody asks |
 * | the limit is changed | the question is gone, and asked anew if the new limit is met |
 *
 * A limit of 0 is a no of its own: nothing is asked.
 */
import type { Consent } from './api.ts';
import { decideCommitment, type BeyondLimit, type BudgetLimit, type CommitFacts } from './budgets.ts';
import type { Hex } from './bytes.ts';
import { peerError, type PeerError } from './errors.ts';
import { maxOf } from './money.ts';
import type { Clock } from './platform.ts';
import { err, ok, type Result } from './result.ts';
import type { Commits } from './storage/commit.ts';
import type { SqlDriver, SqlRow } from './storage/sql.ts';

export const CONSENT_MIGRATIONS: readonly string[] = [
	`
	CREATE TABLE consent (
		id TEXT PRIMARY KEY,                -- what is asked, and for which day
		at INTEGER NOT NULL,                -- Unix ms
		act TEXT NOT NULL CHECK (act IN ('spend', 'commit')),
		limit_name TEXT NOT NULL CHECK (limit_name IN ('day', 'peer', 'channel')),
		peer TEXT,                          -- Nostr key, hex
		channel TEXT,                       -- 0x hex
		most INTEGER NOT NULL,              -- link units, as the three of BeyondLimit
		used INTEGER NOT NULL,
		wanted INTEGER NOT NULL,
		until INTEGER NOT NULL,             -- Unix ms
		answer TEXT CHECK (answer IN ('allow', 'deny'))
	) STRICT, WITHOUT ROWID;
	`
];

/** What a question is about. `peer`: the author (spend) or the other end of the channel (commit). */
export interface Asked extends BeyondLimit {
	readonly act: Consent['act'];
	readonly peer?: string;
	readonly channel?: Hex;
}

export interface Consents {
	/** Open questions, oldest first. */
	open(): readonly Consent[];
	/** Puts the question, unless it was put today already. */
	ask(asked: Asked): void;
	/** Link units that were allowed today beyond a limit; `subject`: the author or the channel it is about. */
	allowed(act: Consent['act'], limit: BudgetLimit, subject?: string): bigint;
	/** May this much be locked in the channel without a signature by the person? If not, the person is asked. */
	mayCommit(
		facts: CommitFacts,
		amount: bigint,
		where: { readonly peer: string; readonly channel?: Hex }
	): boolean;
	/** Error: ConsentGone. */
	answer(id: string, answer: 'allow' | 'deny'): Promise<Result<null, PeerError>>;
	/** A limit was changed: what was asked and answered about it today counts no more. */
	forget(limit: BudgetLimit, subject?: string): Promise<void>;
}

const DAY_MS = 86_400_000;

const toConsent = (row: SqlRow): Consent => ({
	id: row['id'] as string,
	at: Number(row['at']),
	act: row['act'] as Consent['act'],
	limit: row['limit_name'] as BudgetLimit,
	peer: (row['peer'] as string | null) ?? undefined,
	channel: (row['channel'] as Hex | null) ?? undefined,
	most: BigInt(row['most'] as bigint),
	used: BigInt(row['used'] as bigint),
	wanted: BigInt(row['wanted'] as bigint),
	until: Number(row['until'])
});

/** Whom or what a limit is about; nothing for that of the day. */
const subjectOf = ({ limit, peer, channel }: Pick<Asked, 'limit' | 'peer' | 'channel'>): string =>
	limit === 'peer' ? (peer ?? '') : limit === 'channel' ? (channel ?? peer ?? '') : '';

export const createConsents = (deps: {
	readonly sql: SqlDriver;
	readonly commits: Commits;
	readonly clock: Clock;
	/** A question was put: the person should hear of it. */
	readonly onAsked: (error: PeerError) => void;
	/** None of that act is open any more. */
	readonly onSettled: (type: PeerError['type']) => void;
	readonly onError: (error: unknown) => void;
}): Consents => {
	const { sql, commits, clock } = deps;
	/** Put by this run already; the disk knows the others. */
	const put = new Set<string>();
	const today = (): number => clock.now() - (clock.now() % DAY_MS);
	const errorOf = (act: Consent['act']): PeerError['type'] =>
		act === 'spend' ? 'DailyLimitReached' : 'CommitLimitReached';

	const open = (): readonly Consent[] =>
		sql
			.all('SELECT * FROM consent WHERE answer IS NULL AND until > ? ORDER BY at, id', [clock.now()])
			.map(toConsent);

	const settled = (): void => {
		const left = new Set(open().map(({ act }) => act));
		for (const act of ['spend', 'commit'] as const) if (!left.has(act)) deps.onSettled(errorOf(act));
	};

	const ask = (asked: Asked): void => {
		const { act, limit, peer, channel, most, used, wanted } = asked;
		if (most === 0n) return;
		const day = today();
		const id = [act, limit, subjectOf(asked), day].join('/');
		if (put.has(id)) return;
		put.add(id);
		commits
			.run(() => {
				sql.run('DELETE FROM consent WHERE until <= ?', [clock.now()]);
				return sql.run(
					`INSERT INTO consent (id, at, act, limit_name, peer, channel, most, used, wanted, until)
					VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
					[id, clock.now(), act, limit, peer ?? null, channel ?? null, most, used, wanted, day + DAY_MS]
				);
			})
			.then(
				(isNew) => {
					if (isNew > 0) deps.onAsked(peerError(errorOf(act), `${used} of ${most} used, ${wanted} wanted`));
				},
				(error: unknown) => {
					put.delete(id);
					deps.onError(error);
				}
			);
	};

	const allowed: Consents['allowed'] = (act, limit, subject = '') => {
		const row = sql.all(`SELECT * FROM consent WHERE id = ? AND answer = 'allow'`, [
			[act, limit, subject, today()].join('/')
		])[0];
		if (!row) return 0n;
		const { most, used, wanted } = toConsent(row);
		return maxOf(0n, used + wanted - most);
	};

	return {
		open,
		ask,
		allowed,

		mayCommit: (facts, amount, { peer, channel }) => {
			const decision = decideCommitment(
				{
					...facts,
					perChannel: facts.perChannel + allowed('commit', 'channel', channel ?? peer),
					perDay: facts.perDay + allowed('commit', 'day')
				},
				amount
			);
			if (!decision.isWithin)
				ask({ ...decision, act: 'commit', peer, ...(channel === undefined ? {} : { channel }) });
			return decision.isWithin;
		},

		answer: async (id, answer) => {
			const isAnswered = await commits.run(
				() =>
					sql.run('UPDATE consent SET answer = ? WHERE id = ? AND answer IS NULL AND until > ?', [
						answer,
						id,
						clock.now()
					]) === 1
			);
			if (!isAnswered) return err(peerError('ConsentGone', id));
			settled();
			return ok(null);
		},

		forget: async (limit, subject) => {
			const gone = await commits.run(() =>
				sql
					.all(
						`DELETE FROM consent WHERE limit_name = ?1 AND (?2 IS NULL OR peer = ?2 OR channel = ?2) RETURNING id`,
						[limit, subject ?? null]
					)
					.map(({ id }) => id as string)
			);
			for (const id of gone) put.delete(id);
			settled();
		}
	};
};
