/**
 * What this node's account sends to the chain: written down before anybody hears of it, followed until it can
 * change no more.
 *
 * | state | what it means | what is done |
 * |---|---|---|
 * | `sent` | signed and on disk, perhaps at the chain | handed in again; after a while more is offered for it |
 * | `mined`, `reverted` | in a block that may still be undone | looked up until the block is final; undone, it is `sent` again |
 * | `done`, `failed` | the same in a final block; `failed` has to be told twice | – |
 * | `gone` | another transaction used its number, in a final block; that too | – |
 * | `archived` | it was for a chain that is gone | – |
 *
 * - **Numbers.** One is given at a time: the next after what is on disk and after what the chain knows. So a
 *   program that begins again goes on where it ended, and more is offered for what was stuck then.
 * - **Offers.** Each raises the price of the same act under the same number, so whichever is mined, it is done
 *   once. The lowest number first: the others wait for it anyway.
 * - **Nothing is believed to be over early.** A receipt is news, not an end; only final blocks end anything. What came to
 *   nothing is done again, so that one wrong answer could pay twice: it must come again after
 *   {@link LIMITS.lostConfirmMs}, and of a number that is said to be used the chain must refuse the transaction as well.
 */
import type { Hex } from '../bytes.ts';
import { peerError, type PeerError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { Cancel, Platform } from '../platform.ts';
import { err, ok, type Result } from '../result.ts';
import type { ChainAct, ChainError, ChainPort, TransactionFate } from '../settlement/chain.ts';
import type { Commits } from '../storage/commit.ts';
import type { SqlDriver, SqlRow } from '../storage/sql.ts';
import type { GasBound, GasBudget, OnBehalf } from './gas-budget.ts';

export type TransactionState = 'sent' | 'mined' | 'reverted' | 'done' | 'failed' | 'gone' | 'archived';

export interface Transaction {
	readonly number: number;
	readonly purpose: string;
	readonly nonce: number;
	readonly state: TransactionState;
	/** Of the attempt that is in a block, or else of the newest. */
	readonly hash: Hex;
	/** Unix ms of the newest attempt. */
	readonly at: number;
}

/**
 * `NotMined`: it is in no block yet, and may be later. `GasBudgetReached`: it is for a neighbour, for whom no more is
 * spent today; nothing was signed away.
 */
export type SendError =
	| ChainError
	| { readonly type: 'NotMined' }
	| { readonly type: 'GasBudgetReached'; readonly bound: GasBound };

export interface SendOptions {
	/** Its gas is counted against what is spent for that neighbour; what is sent without it is never refused for its gas. */
	readonly onBehalf?: OnBehalf | undefined;
}

export interface Transactions {
	start(): void;
	stop(): void;
	/**
	 * Signs, writes down and hands in; does not wait for the block. `note` runs in the transaction that writes it
	 * down, and when it answers false nothing was written or sent.
	 */
	begin(
		act: ChainAct,
		purpose: string,
		options?: SendOptions & { readonly note?: (transaction: Transaction) => boolean }
	): Promise<Result<Transaction, SendError>>;
	/** Waits a while for its block. It is followed all the same, and no refusal is final before its block is. */
	outcome(number: number): Promise<Result<Transaction, SendError>>;
	/** Both, and before them what has to be mined first. */
	send(act: ChainAct, purpose: string, options?: SendOptions): Promise<Result<Transaction, SendError>>;
	/** The newest of this purpose. */
	of(purpose: string): Transaction | undefined;
	/** In no block yet, of all purposes that begin so. */
	underWay(prefix: string): readonly Transaction[];
	/** Called in the database transaction that notes a new state; answers what is to be done once that is on disk. */
	onState(listener: (transaction: Transaction) => (() => void) | undefined): void;
	/** The number after the highest that is written down here. */
	nextKnown(): number;
	/** Whether this one was signed here. */
	isKnown(hash: Hex): boolean;
	/** Hands in again what is in no block, at the program's start. */
	resume(): Promise<void>;
	/** Looks everything up that may still change, and offers more where it was forgotten. */
	tend(): Promise<void>;
	/** Another chain answers than before. Inside a transaction. */
	archive(): void;
}

export interface TransactionsDeps {
	readonly platform: Pick<Platform, 'clock' | 'log'>;
	readonly sql: SqlDriver;
	readonly commits: Commits;
	readonly chain: ChainPort;
	readonly gasBudget: GasBudget;
	readonly onTrouble: (error: PeerError) => void;
	readonly onChange: () => void;
}

const TEND_EVERY_MS = 15_000;
/** A request waits this long for its block. */
const OUTCOME_MS = 45_000;
/** The first blocks of a local chain come at once. */
const LOOKS_MS = [50, 50, 100, 200, 500] as const;
/** How often an act that may be sent twice without harm gets a new number when its own was taken. */
const NUMBER_TRIES = 3;
const OPEN = `('sent', 'mined', 'reverted')`;

/** A second one does nothing on the chain; of a transfer or a top-up it would be the same again. */
const isHarmlessTwice = ({ type }: ChainAct): boolean => type !== 'transfer' && type !== 'topUp';

/** Whether it is time to offer more for a transaction that is in no block. */
export const isForgotten = (at: number, attempts: number, now: number): boolean =>
	now - at >= LIMITS.outbidAfterMs && attempts < LIMITS.outbidMost;

const stateOf = (fate: TransactionFate): TransactionState => {
	switch (fate.type) {
		case 'pending':
			return 'sent';
		case 'mined':
			return fate.isFinal ? 'done' : 'mined';
		case 'reverted':
			return fate.isFinal ? 'failed' : 'reverted';
		case 'impossible':
			return 'gone';
	}
};

const toTransaction = (row: SqlRow): Transaction => ({
	number: Number(row['number']),
	purpose: row['purpose'] as string,
	nonce: Number(row['nonce']),
	state: row['state'] as TransactionState,
	hash: (row['hash'] ?? row['newest']) as Hex,
	at: Number(row['at'])
});

const SELECT = `SELECT t.*, (SELECT hash FROM chain_attempt a WHERE a.number = t.number ORDER BY a.id DESC LIMIT 1) AS newest
	FROM chain_transaction t`;

export const createTransactions = (deps: TransactionsDeps): Transactions => {
	const { platform, sql, commits, chain, gasBudget } = deps;
	const { clock, log } = platform;
	const listeners: ((transaction: Transaction) => (() => void) | undefined)[] = [];
	const wait = (ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));
	let isStopped = false;
	let stopTending: Cancel = () => undefined;
	/** What the chain once called lost for good, and when (Unix ms): not believed yet. */
	const doubted = new Map<number, { readonly state: TransactionState; readonly since: number }>();
	/** Whose stuck transactions the person was told of. */
	const told = new Set<number>();

	const oneAtATime = (): (<T>(work: () => Promise<T>) => Promise<T>) => {
		let last: Promise<unknown> = Promise.resolve();
		return (work) => {
			const mine = last.then(work, work);
			last = mine.catch(() => undefined);
			return mine;
		};
	};
	const numbering = oneAtATime();
	/** An allowance names an amount and no channel, so making way and acting is one errand. */
	const sending = oneAtATime();

	const select = (where: string, parameters: readonly (string | number)[] = []): readonly Transaction[] =>
		sql.all(`${SELECT} WHERE ${where}`, parameters).map(toTransaction);
	const get = (number: number): Transaction | undefined => select('t.number = ?', [number])[0];
	const attemptsOf = (number: number): readonly { readonly hash: Hex; readonly raw: Hex }[] =>
		sql
			.all('SELECT hash, raw FROM chain_attempt WHERE number = ? ORDER BY id', [number])
			.map(({ hash, raw }) => ({ hash: hash as Hex, raw: raw as Hex }));

	const writeAttempt = (number: number, { hash, raw }: { readonly hash: Hex; readonly raw: Hex }): void => {
		sql.run('INSERT INTO chain_attempt (hash, number, raw) VALUES (?, ?, ?)', [hash, number, raw]);
		sql.run('UPDATE chain_transaction SET at = ? WHERE number = ?', [clock.now(), number]);
	};

	/** The number after everything on disk whose number the chain may not know to be used. */
	const nextNonce = (): number =>
		Number(
			sql.all(
				`SELECT coalesce(max(nonce) + 1, 0) AS next FROM chain_transaction WHERE state IN ${OPEN}`
			)[0]?.['next'] ?? 0
		);

	const setState = async (before: Transaction, fate: TransactionFate): Promise<Transaction> => {
		const state = stateOf(fate);
		if (state === before.state) return before;
		const hash = 'hash' in fate ? fate.hash : null;
		const { after, acts } = await commits.run(() => {
			const changed = sql.run(
				'UPDATE chain_transaction SET state = ?, hash = ? WHERE number = ? AND state = ?',
				[state, hash, before.number, before.state]
			);
			const now = get(before.number) as Transaction;
			return { after: now, acts: changed === 1 ? listeners.map((listener) => listener(now)) : [] };
		});
		if (before.state === 'mined' && state === 'sent')
			log('warn', 'a block with a transaction of this node was undone', { purpose: before.purpose });
		for (const act of acts) act?.();
		deps.onChange();
		return after;
	};

	const look = async (transaction: Transaction): Promise<Result<Transaction, ChainError>> => {
		const { number, nonce } = transaction;
		const fate = await chain.fate({ hashes: attemptsOf(number).map(({ hash }) => hash), nonce });
		if (!fate.ok) return fate;
		if (fate.value.type === 'reverted' && transaction.state === 'sent')
			log('warn', 'a transaction came to nothing', {
				purpose: transaction.purpose,
				reason: fate.value.reason
			});
		return ok(await setState(transaction, await believed(transaction, fate.value)));
	};

	/** What is believed of an answer: that all is lost only once it was said before, long enough ago. */
	const believed = async (transaction: Transaction, fate: TransactionFate): Promise<TransactionFate> => {
		const { number } = transaction;
		const state = stateOf(fate);
		if (state !== 'failed' && state !== 'gone') {
			doubted.delete(number);
			return fate;
		}
		const before = doubted.get(number);
		if (before?.state !== state) doubted.set(number, { state, since: clock.now() });
		else if (clock.now() - before.since >= LIMITS.lostConfirmMs) {
			doubted.delete(number);
			if (fate.type !== 'impossible') return fate;
			// Whoever takes it, or does not answer, knows of nothing that used its number.
			const handed = await handInAgain(transaction);
			if (!handed.ok && handed.error.type === 'NumberTaken') return fate;
		}
		return fate.type === 'reverted' ? { ...fate, isFinal: false } : { type: 'pending' };
	};

	const handInAgain = async ({ number }: Transaction): Promise<Result<null, ChainError>> => {
		const raw = attemptsOf(number).at(-1)?.raw;
		return raw === undefined ? ok(null) : chain.broadcast(raw);
	};

	const offerMore = (transaction: Transaction): Promise<void> =>
		numbering(async () => {
			const { number, purpose } = transaction;
			const attempts = attemptsOf(number);
			const last = attempts.at(-1);
			if (!last) return;
			const signed = await chain.outbid(last.raw);
			if (signed.ok) {
				await commits.run(() => {
					writeAttempt(number, signed.value);
					gasBudget.raise(number, signed.value.cost);
				});
				log('info', 'more is offered for a transaction', { purpose, attempts: attempts.length + 1 });
			} else if (signed.error.type === 'GasTooDear') tellStuck(transaction);
			await handInAgain(transaction);
		});

	const tellStuck = ({ number, purpose }: Transaction): void => {
		if (told.has(number)) return;
		told.add(number);
		deps.onTrouble(peerError('TransactionStuck', purpose));
	};

	const tend = async (): Promise<void> => {
		for (const open of select(`t.state IN ${OPEN} ORDER BY t.nonce`)) {
			if (isStopped) return;
			const looked = await look(open);
			// Nobody answers: the others would only hear the same.
			if (!looked.ok) return;
			const { value } = looked;
			if (value.state !== 'sent') continue;
			const attempts = attemptsOf(value.number).length;
			if (attempts >= LIMITS.outbidMost) tellStuck(value);
			if (isForgotten(value.at, attempts, clock.now())) await offerMore(value);
			else await handInAgain(value);
		}
	};

	const keepTending = (): void => {
		stopTending = clock.after(TEND_EVERY_MS, () => {
			tend()
				.catch((error: unknown) => log('error', 'looking after transactions broke', { error: String(error) }))
				.finally(() => {
					if (!isStopped) keepTending();
				});
		});
	};

	interface Begun {
		readonly transaction: Transaction;
		readonly isPreliminary: boolean;
	}

	type Options = NonNullable<Parameters<Transactions['begin']>[2]>;

	const sign = async (
		act: ChainAct,
		purpose: string,
		options: Options,
		triesLeft: number
	): Promise<Result<Begun, SendError>> => {
		const { note = () => true, onBehalf } = options;
		const signed = await chain.prepare(act, nextNonce());
		if (!signed.ok) return signed;
		const { nonce, isPreliminary, cost } = signed.value;
		const transaction = await commits.run((): Transaction | SendError => {
			const [row] = sql.all(
				`INSERT INTO chain_transaction (purpose, nonce, state, at) VALUES (?, ?, 'sent', ?) RETURNING number`,
				[purpose, nonce, clock.now()]
			);
			const number = Number(row?.['number']);
			writeAttempt(number, signed.value);
			const written = get(number) as Transaction;
			const bound = onBehalf && gasBudget.charge(number, onBehalf, cost);
			if (!bound && (isPreliminary || note(written))) return written;
			sql.run('DELETE FROM chain_attempt WHERE number = ?', [number]);
			sql.run('DELETE FROM chain_transaction WHERE number = ?', [number]);
			if (onBehalf) gasBudget.drop(number);
			return bound
				? { type: 'GasBudgetReached', bound }
				: { type: 'TransactionRefused', reason: 'taken back before it was sent' };
		});
		if ('type' in transaction) {
			if (transaction.type === 'GasBudgetReached')
				log('warn', 'no more gas is spent for a neighbour today', { peer: onBehalf?.peer, purpose });
			return err(transaction);
		}
		const handed = await chain.broadcast(signed.value.raw);
		if (!handed.ok && handed.error.type === 'NumberTaken' && isHarmlessTwice(act) && triesLeft > 1) {
			await setState(transaction, { type: 'impossible' });
			return sign(act, purpose, options, triesLeft - 1);
		}
		// Whatever else is answered: from here on the chain decides.
		return ok({ transaction, isPreliminary });
	};

	const beginOne = (
		act: ChainAct,
		purpose: string,
		options: Options = {}
	): Promise<Result<Begun, SendError>> => numbering(() => sign(act, purpose, options, NUMBER_TRIES));

	const begin: Transactions['begin'] = async (act, purpose, options) => {
		const begun = await beginOne(act, purpose, options);
		return begun.ok ? ok(begun.value.transaction) : begun;
	};

	const outcome: Transactions['outcome'] = async (number) => {
		const until = clock.now() + OUTCOME_MS;
		for (let looks = 0; !isStopped; looks += 1) {
			const known = get(number);
			if (!known) break;
			const looked = known.state === 'sent' ? await look(known) : ok(known);
			switch (looked.ok ? looked.value.state : 'sent') {
				case 'mined':
				case 'done':
					return looked;
				case 'reverted':
				case 'failed':
				case 'gone':
				case 'archived':
					return err({ type: 'TransactionRefused', reason: await reasonOf(known) });
				case 'sent':
			}
			if (clock.now() >= until) break;
			await wait(LOOKS_MS[Math.min(looks, LOOKS_MS.length - 1)] ?? 500);
		}
		return err({ type: 'NotMined' });
	};

	const reasonOf = async ({ number, nonce }: Transaction): Promise<string> => {
		const fate = await chain.fate({ hashes: attemptsOf(number).map(({ hash }) => hash), nonce });
		return fate.ok && fate.value.type === 'reverted'
			? fate.value.reason
			: 'another transaction took its place';
	};

	const sendOne = async (
		act: ChainAct,
		purpose: string,
		options?: SendOptions
	): Promise<Result<Transaction, SendError>> => {
		const begun = await beginOne(act, purpose, options);
		if (!begun.ok) return begun;
		const { transaction, isPreliminary } = begun.value;
		const done = await outcome(transaction.number);
		return done.ok && isPreliminary ? sendOne(act, purpose, options) : done;
	};

	return {
		start: keepTending,
		stop: () => {
			isStopped = true;
			stopTending();
		},
		begin,
		outcome,
		send: (act, purpose, options) =>
			act.type === 'open' || act.type === 'topUp'
				? sending(() => sendOne(act, purpose, options))
				: sendOne(act, purpose, options),
		of: (purpose) => select('t.purpose = ? ORDER BY t.number DESC LIMIT 1', [purpose])[0],
		underWay: (prefix) => select(`t.state = 'sent' AND t.purpose LIKE ? || '%' ORDER BY t.nonce`, [prefix]),
		onState: (listener) => void listeners.push(listener),
		isKnown: (hash) => sql.all('SELECT 1 FROM chain_attempt WHERE hash = ?', [hash]).length > 0,
		nextKnown: () =>
			Number(
				sql.all(
					`SELECT coalesce(max(nonce) + 1, 0) AS next FROM chain_transaction WHERE state <> 'archived'`
				)[0]?.['next']
			),
		resume: async () => {
			for (const transaction of select(`t.state = 'sent' ORDER BY t.nonce`)) await handInAgain(transaction);
		},
		tend,
		archive: () => {
			sql.run(`UPDATE chain_transaction SET state = 'archived' WHERE state IN ${OPEN}`);
		}
	};
};
