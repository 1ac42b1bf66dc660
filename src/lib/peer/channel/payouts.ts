/**
 * Paying guests out. How a guest books what it is paid is in payouts-taken.ts.
 *
 * A hub owes a guest what it earned, up to the guest's float. It pays that out when the guest asks, and by
 * itself once it holds its announced threshold, whether the guest is there or not: the address that the
 * guest named in its hello is all the consent it needs, and a guest without one is paid nothing.
 *
 * | state on disk | what it means | after a crash here |
 * |---|---|---|
 * | `debited` | the ledger owes the guest less; nothing is signed | credited back: what was not signed cannot be mined |
 * | `sent` | the signed transaction is on disk, perhaps at the chain | it is followed (transactions.ts) |
 * | `done` | it is in a block | the guest is told |
 * | `undone` | it failed, or another transaction used its number, in a final block | was credited back |
 *
 * A transaction is mined at most once, whatever was offered for it, so it can never pay twice; and there is
 * at most one open payout of a guest, so that asking while the hub acts by itself joins the one under way.
 * Where the account has sent more than this database knows of, it is an older copy: before anybody is paid, the token's
 * own log tells what was paid since.
 * What a guest has not counted (the totals of the hello differ) it is told again.
 */
import type { Hex } from '../bytes.ts';
import { peerError, type PeerError } from '../errors.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { LinkAccounts, LinkRow } from '../link/accounts.ts';
import type { PayoutTerms, SettleAnswer, SettleRequest } from '../link/messages.ts';
import { linkToTokenDown, maxOf, minOf, tokenToLink } from '../money.ts';
import type { Platform } from '../platform.ts';
import { ok, type Result } from '../result.ts';
import type { Address, Payment } from '../settlement/chain.ts';
import type { SettlementScheme } from '../settlement/scheme.ts';
import type { Commits } from '../storage/commit.ts';
import type { SqlDriver, SqlRow } from '../storage/sql.ts';
import type { OnBehalf } from './gas-budget.ts';
import type { SendError, Transactions } from './transactions.ts';

export interface PayoutsDeps {
	readonly platform: Pick<Platform, 'clock' | 'log'>;
	readonly sql: SqlDriver;
	readonly commits: Commits;
	readonly ledger: Ledger;
	readonly accounts: LinkAccounts;
	readonly scheme: SettlementScheme;
	/** What this node announces to its guests; without it, it pays nobody out. */
	readonly terms: PayoutTerms | undefined;
	readonly ask: (
		peer: string,
		request: SettleRequest
	) => Promise<
		Result<SettleAnswer, { readonly type: 'NotConnected' | 'HubRefused'; readonly reason: string }>
	>;
	/** One errand with the node's account at a time. */
	readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>;
	readonly asked: <T>(result: Result<T, SendError>) => Result<T, PeerError>;
	readonly gate: (risk: 'money' | 'gas') => Result<null, PeerError>;
	readonly transactions: Transactions;
	readonly spawn: (work: Promise<unknown>) => void;
	readonly isStopped: () => boolean;
	readonly onChange: () => void;
	readonly onTrouble: (error: PeerError) => void;
}

export interface Payouts {
	/** Pays out all it holds for the guest, or joins the payout that is under way. */
	pay(peer: string): Promise<SettleAnswer>;
	/**
	 * At a hub's start, before anything else is sent: learns what an older copy of this database forgot that it paid,
	 * from the block on up to which this one had seen the chain, and takes up what a crash cut short. False when the
	 * chain did not answer: ask again.
	 */
	resume(since: bigint): Promise<boolean>;
	/** Every now and then: looks up what is under way, and pays those of whom the threshold is held. */
	tend(): void;
	/** The guest's hello counts this much as paid out to it (link units): tells what it has not. */
	greet(peer: string, counted: bigint): void;
	/** Another chain answers than before: what was sent to the old one means nothing. Inside a transaction. */
	archive(): void;
}

interface Payout {
	readonly number: number;
	readonly peer: string;
	readonly payee: Address;
	readonly amount: bigint;
	readonly fee: bigint;
	readonly state: 'debited' | 'sent' | 'done' | 'undone' | 'archived';
	/** Of the attempt that is in a block, or of the first. */
	readonly hash: Hex;
}

/** How often a guest that would not book a payout is told again before its next hello, and how long apart. */
const TELL_TRIES = 4;
const TELL_EVERY_MS = 15_000;
/** After a payout that failed the hub waits this long before it tries by itself again; doubling. */
const RETRY_FIRST_MS = 30_000;
const RETRY_LAST_MS = 3_600_000;

/** Of the transactions of payouts; the payout's number follows. */
const PURPOSE = 'payout/';
const purposeOf = (number: number): string => `${PURPOSE}${number}`;

const toPayout = (row: SqlRow): Payout => ({
	number: Number(row['number']),
	peer: row['peer'] as string,
	payee: row['payee'] as Address,
	amount: BigInt(row['amount'] as bigint),
	fee: BigInt(row['fee'] as bigint),
	state: row['state'] as Payout['state'],
	hash: (row['hash'] ?? '0x') as Hex
});

const refused = (code: string, text: string): SettleAnswer => ({ op: 'refused', code, text });

export const createPayouts = (deps: PayoutsDeps): Payouts => {
	const {
		platform,
		sql,
		commits,
		ledger,
		accounts,
		scheme,
		terms,
		inTurn,
		asked,
		gate,
		spawn,
		transactions
	} = deps;
	const { clock, log } = platform;
	const { chain } = scheme;
	const toLink = (token: bigint): bigint => tokenToLink(token, scheme.tokenScale);
	const wait = (ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));
	/** Answers that somebody in this process waits for. */
	const underWay = new Map<string, Promise<SettleAnswer>>();
	const failures = new Map<string, { readonly times: number; readonly until: number }>();

	const get = (number: number): Payout | undefined => {
		const row = sql.all('SELECT * FROM payout WHERE number = ?', [number])[0];
		return row && toPayout(row);
	};
	const open = (): readonly Payout[] =>
		sql.all(`SELECT * FROM payout WHERE state IN ('debited', 'sent') ORDER BY number`).map(toPayout);

	/** Books it, or takes it back. Inside a transaction. */
	const book = (payout: Pick<Payout, 'number' | 'peer' | 'amount' | 'fee'>, isUndo: boolean): void => {
		const { number, peer, fee } = payout;
		const amount = toLink(payout.amount);
		const at = clock.now();
		const group = `payout/${peer}/${number}${isUndo ? '/undone' : ''}`;
		const transfer = (kind: 'payout' | 'payout-fee', account: string, sum: bigint): void => {
			const link = `link/${peer}`;
			const [from, to] = isUndo ? [link, account] : [account, link];
			if (sum > 0n) ledger.record({ kind, from, to, amount: sum, at, group, memo: { peer } });
		};
		transfer('payout', 'wallet', amount);
		transfer('payout-fee', 'income/payout-fees', fee);
		accounts.paidOut(peer, 'me', isUndo ? -(amount + fee) : amount + fee);
	};

	const setState = (number: number, from: Payout['state'], to: Payout['state']): boolean =>
		sql.run('UPDATE payout SET state = ? WHERE number = ? AND state = ?', [to, number, from]) === 1;

	const undo = (payout: Payout): Promise<void> =>
		commits.run(() => {
			if (setState(payout.number, payout.state, 'undone')) book(payout, true);
		});

	/** What may be paid now, in token units: packets under way may still spend the rest. */
	const dueTo = (peer: string, fee: bigint): bigint => {
		const free = minOf(accounts.held(peer, 'me'), accounts.unspent(peer));
		return linkToTokenDown(maxOf(0n, free - fee), scheme.tokenScale);
	};

	/** On disk before it is signed. */
	const debit = (peer: string, payee: Address, fee: bigint): Promise<Payout | undefined> =>
		commits.run(() => {
			const amount = dueTo(peer, fee);
			if (amount <= 0n) return undefined;
			const row = sql.all(
				`INSERT INTO payout (peer, payee, amount, fee, at, state) VALUES (?, ?, ?, ?, ?, 'debited') RETURNING *`,
				[peer, payee, amount, fee, clock.now()]
			)[0] as SqlRow;
			const payout = toPayout(row);
			book(payout, false);
			return payout;
		});

	/** Signed, on disk, handed to the chain: in this order. */
	const send = async (payout: Payout, onBehalf: OnBehalf | undefined): Promise<Result<Payout, PeerError>> => {
		const act = { type: 'transfer', to: payout.payee, amount: payout.amount } as const;
		const sent = asked(
			await transactions.begin(act, purposeOf(payout.number), {
				onBehalf,
				note: ({ hash }) =>
					sql.run(`UPDATE payout SET state = 'sent', hash = ? WHERE number = ? AND state = 'debited'`, [
						hash,
						payout.number
					]) === 1
			})
		);
		if (sent.ok) return ok({ ...payout, state: 'sent', hash: sent.value.hash });
		// Nothing was signed, or nobody but this process has seen it.
		await undo(payout);
		return sent;
	};

	/** What the chain says about a payout that was sent, in the transaction that notes it. */
	transactions.onState(({ purpose, state, hash }) => {
		const payout = purpose.startsWith(PURPOSE) ? get(Number(purpose.slice(PURPOSE.length))) : undefined;
		if (payout?.state !== 'sent' && payout?.state !== 'done') return undefined;
		switch (state) {
			case 'mined':
			case 'done': {
				const isNews = payout.state === 'sent' || payout.hash !== hash;
				sql.run(`UPDATE payout SET state = 'done', hash = ? WHERE number = ?`, [hash, payout.number]);
				if (!isNews) return undefined;
				return () => {
					failures.delete(payout.peer);
					spawn(tell({ ...payout, hash }, TELL_TRIES));
				};
			}
			case 'failed':
			case 'gone':
				log('warn', 'a payout came to nothing and is owed again', { peer: payout.peer, state });
				if (setState(payout.number, payout.state, 'undone')) book(payout, true);
				return undefined;
			default:
				return undefined;
		}
	});

	const follow = async (payout: Payout): Promise<SettleAnswer> => {
		const { number } = transactions.of(purposeOf(payout.number)) ?? {};
		if (number !== undefined) asked(await transactions.outcome(number));
		const now = get(payout.number);
		if (now?.state === 'done')
			return { op: 'paidOut', transaction: now.hash, amount: toLink(now.amount), fee: now.fee };
		return now?.state === 'sent'
			? refused('PayoutFailed', 'it was sent and waits for its block; it is booked by itself')
			: refused('PayoutFailed', 'the chain undid it');
	};

	const begin = async (peer: string): Promise<SettleAnswer> => {
		const payee = accounts.get(peer)?.payee;
		if (!terms) return refused('PayoutFailed', 'no payouts here');
		if (!payee) return refused('PayoutFailed', 'no address to pay to; link again with one');
		if (!isComplete) return refused('ChainUnreachable', 'the chain has not told yet what was paid before');
		const earlier = open().find((payout) => payout.peer === peer && payout.state === 'sent');
		if (earlier) return follow(earlier);
		const sent = await inTurn(async (): Promise<Payout | SettleAnswer> => {
			const trusted = gate('money');
			const head = trusted.ok ? asked(await chain.head()) : trusted;
			if (!head.ok) return refused(head.error.type, 'the chain does not answer');
			// At the threshold it is what was announced; before that it is the guest who wants it now.
			const isPromised = accounts.held(peer, 'me') >= terms.threshold;
			const payout = await debit(peer, payee, terms.fee);
			if (!payout) return refused('PayoutTooSmall', 'less is held than the fee and one unit of the token');
			const done = await send(payout, isPromised ? undefined : { peer, paid: terms.fee });
			return done.ok ? done.value : refused('PayoutFailed', done.error.reason ?? 'the chain refused');
		});
		deps.onChange();
		return 'op' in sent ? sent : follow(sent);
	};

	const pay = (peer: string): Promise<SettleAnswer> => {
		const known = underWay.get(peer);
		if (known) return known;
		const mine = begin(peer).finally(() => underWay.delete(peer));
		underWay.set(peer, mine);
		return mine;
	};

	/** By itself: nobody waits for the answer, and what fails is tried again later and later. */
	const payUnasked = async (peer: string): Promise<void> => {
		const answer = await pay(peer);
		if (answer.op !== 'refused') return;
		const times = (failures.get(peer)?.times ?? 0) + 1;
		const delay = Math.min(RETRY_LAST_MS, RETRY_FIRST_MS * 2 ** Math.min(10, times - 1));
		failures.set(peer, { times, until: clock.now() + delay });
		log('warn', 'a payout above the threshold failed', { peer, code: answer.code, text: answer.text });
		deps.onTrouble(peerError('PayoutFailed', answer.text));
	};

	/** False until it is known that no payout was forgotten: then nobody is paid. */
	let isComplete = terms === undefined;

	/** What the chain shows that this account paid to a guest and no row here knows of. */
	const forgotten = async (
		since: bigint
	): Promise<Result<readonly (Payment & { readonly peer: string })[], PeerError>> => {
		const used = asked(await chain.nonce());
		if (!used.ok) return used;
		if (used.value <= transactions.nextKnown()) return ok([]);
		const payments = asked(await chain.payments(since));
		if (!payments.ok) return payments;
		// Anybody can name another's address: of those who do, the one that is owed most is the one that was paid.
		const owed = ({ peer }: LinkRow): bigint => -ledger.balance(`link/${peer}`);
		const byOwed = [...accounts.all()].sort((a, b) => Number(owed(a) - owed(b)));
		const guests = new Map(byOwed.map(({ payee, peer }) => [payee, peer]));
		return ok(
			payments.value.flatMap((payment) => {
				const peer = transactions.isKnown(payment.hash) ? undefined : guests.get(payment.to);
				return peer === undefined ? [] : [{ ...payment, peer }];
			})
		);
	};

	/** Books what an older copy of this database does not know that it paid. */
	const remember = async (since: bigint): Promise<boolean> => {
		const missing = await forgotten(since);
		if (!missing.ok) return false;
		const fee = terms?.fee ?? 0n;
		for (const { peer, to, amount, hash } of missing.value) {
			const isNew = await commits.run(() => {
				if (sql.all('SELECT 1 FROM payout WHERE hash = ?', [hash]).length > 0) return false;
				const row = sql.all(
					`INSERT INTO payout (peer, payee, amount, fee, at, state, hash) VALUES (?, ?, ?, ?, ?, 'done', ?) RETURNING *`,
					[peer, to, amount, fee, clock.now(), hash]
				)[0] as SqlRow;
				book(toPayout(row), false);
				accounts.markOlder(peer);
				return true;
			});
			if (!isNew) continue;
			log('warn', 'a payout was found on the chain that is not known here', { peer, hash });
			deps.onTrouble(peerError('RecordsOlder', `${toLink(amount)} paid out to ${peer}`));
		}
		return true;
	};

	const isDue = (peer: string, threshold: bigint): boolean =>
		!underWay.has(peer) &&
		(failures.get(peer)?.until ?? 0) <= clock.now() &&
		-ledger.balance(`link/${peer}`) >= threshold &&
		accounts.held(peer, 'me') >= threshold;

	// ---------------------------------------------------------------- from the hub to the guest

	const tell = async ({ peer, hash, amount, fee }: Payout, triesLeft: number): Promise<void> => {
		const told = await deps.ask(peer, { op: 'paid', transaction: hash, amount: toLink(amount), fee });
		if ((told.ok && told.value.op === 'done') || deps.isStopped()) return;
		if (told.ok) log('warn', 'a guest does not book a payout', { peer, hash });
		// It may be there and not have heard. One that is away is told when it comes back.
		if (triesLeft <= 1) return;
		await wait(TELL_EVERY_MS);
		const payout = sql.all('SELECT * FROM payout WHERE hash = ?', [hash])[0];
		if (payout && !deps.isStopped()) await tell(toPayout(payout), triesLeft - 1);
	};

	return {
		pay,

		resume: async (since) => {
			if (!isComplete && !(await remember(since))) return false;
			isComplete = true;
			for (const payout of open()) {
				if (underWay.has(payout.peer)) continue;
				if (payout.state === 'debited') await undo(payout);
				else spawn(pay(payout.peer));
			}
			return true;
		},

		tend: () => {
			for (const payout of open())
				if (payout.state === 'debited' && !underWay.has(payout.peer)) spawn(inTurn(() => undo(payout)));
			if (!terms) return;
			for (const { peer, role, payee } of accounts.all())
				if (role === 'child' && payee && isDue(peer, terms.threshold)) spawn(payUnasked(peer));
		},

		greet: (peer, counted) => {
			let missing = (accounts.get(peer)?.paidOutByMe ?? 0n) - counted;
			const done = sql
				.all(`SELECT * FROM payout WHERE peer = ? AND state = 'done' ORDER BY number DESC`, [peer])
				.map(toPayout);
			const untold = done.filter((payout) => {
				if (missing <= 0n) return false;
				missing -= toLink(payout.amount) + payout.fee;
				return true;
			});
			for (const payout of untold.reverse()) spawn(tell(payout, TELL_TRIES));
		},

		archive: () => {
			sql.run(`UPDATE payout SET state = 'archived' WHERE state IN ('debited', 'sent')`);
		}
	};
};
