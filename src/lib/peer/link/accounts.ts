/**
 * One account per link: what two neighbours owe each other, whatever direction the money flowed.
 *
 * X takes a prepare of `a` from Y iff
 *
 *     a ≤ claimsFrom(Y) − claimsTo(Y) + payoutsFrom(Y) − payoutsTo(Y)
 *         + fulfilledBy(Y) − fulfilledBy(X) − pendingFrom(Y) + creditTo(Y)
 *
 * All but the last two terms are exactly minus the ledger account `link/Y`, which is how it is
 * computed; the totals are kept beside it for the hello, and `audit` shows that the two agree. Claims on a
 * channel whose payer wants to leave are left out until the chain has paid them (channel/channel.ts).
 *
 * The same formula seen from the payer's end tells when a new claim is due: only when the account is
 * too small. The step is W/2, or what this packet needs if that is more: a packet must be covered in
 * full before it is taken. What protects is W: claimed and not yet fulfilled never exceeds it (ADR 16). Tokens
 * are coarser than link units: what a packet needs is rounded up to a whole token unit, so that less
 * than one such unit may come on top.
 */
import { isOver } from '../channel/channel.ts';
import type { Channels, Promised } from '../channel/channels.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { LIMITS } from '../limits.ts';
import { maxOf, minOf } from '../money.ts';
import type { SqlDriver, SqlRow } from '../storage/sql.ts';
import { createTally } from '../storage/tally.ts';
import type { Address } from '../settlement/chain.ts';
import type { Packets } from './packets.ts';
import { decideRecovery, type Forgotten, type ToldTotals } from './recovery.ts';

const DAY_MS = 24 * 3_600_000;

export type LinkRole = 'parent' | 'child' | 'peer';

/** What is kept about a neighbour. Amounts are link units and totals run over the life of the link. */
export interface LinkRow {
	readonly peer: string;
	readonly owner: string;
	readonly role: LinkRole;
	readonly payee: Address | undefined;
	/** What I let the neighbour owe me, and the most I leave claimed ahead towards it. */
	readonly credit: bigint;
	readonly window: bigint;
	/** The same, of the neighbour towards me, by its last hello. */
	readonly peerCredit: bigint;
	readonly peerWindow: bigint;
	readonly peerMaxPacket: bigint;
	readonly payoutFee: bigint | undefined;
	readonly payoutThreshold: bigint | undefined;
	readonly fulfilledByMe: bigint;
	readonly fulfilledByPeer: bigint;
	readonly paidOutByMe: bigint;
	readonly paidOutByPeer: bigint;
	/** A claim of mine came up that this database does not know, and the totals did not agree since: it is an older copy. */
	readonly isOlder: boolean;
	/** Unix ms. */
	readonly seenAt: number;
}

/** A neighbour is named by its device key, hex; amounts are link units. Writes must run inside a transaction. */
export interface LinkAccounts {
	get(peer: string): LinkRow | undefined;
	all(): readonly LinkRow[];
	/** Creates the row, or updates what may change between connections. */
	meet(
		peer: string,
		terms: {
			readonly owner: string;
			readonly role: LinkRole;
			readonly credit: bigint;
			readonly window: bigint;
			readonly at: number;
		}
	): void;
	/** Takes over the neighbour's side of its hello. */
	learn(peer: string, terms: LearnedTerms): void;
	/** The right side of the formula: what Y may still send me. */
	available(peer: string): bigint;
	/** The same without credit, and whatever becomes of its channels: what of Y's money here is free of any packet. */
	unspent(peer: string): bigint;
	/** The same from the paying end: what I may still send Y without a new claim. */
	prepaid(peer: string): bigint;
	/** Prepares of the neighbour that are not answered yet. */
	pendingIn(peer: string): bigint;
	/** Prepares to it whose outcome is not known yet. */
	pendingOut(peer: string): bigint;
	/**
	 * Makes room for sending `amount` to the neighbour, promising more from a channel if needed.
	 * `covered: false` when neither credit nor channels reach.
	 */
	cover(
		peer: string,
		amount: bigint,
		at: number,
		mayPromise?: boolean
	): { readonly covered: true; readonly promised: Promised | undefined } | { readonly covered: false };
	/** The most that could be sent now if every channel were used, up to W. */
	room(peer: string): bigint;
	/** Adds to the totals of the hello; the ledger is written by whoever calls. */
	fulfilled(peer: string, by: 'me' | 'peer', amount: bigint): void;
	paidOut(peer: string, by: 'me' | 'peer', amount: bigint): void;
	/**
	 * Earned through the neighbour and neither spent nor paid out, or left over from a channel that has
	 * ended: what it holds for me (`by: 'peer'`) or I for it.
	 */
	held(peer: string, by: 'me' | 'peer'): bigint;
	/** The formula from the totals against the ledger's account; 0 when all is well. */
	audit(peer: string): bigint;
	/** A claim of mine towards it, or a payout, came up that is not here. */
	markOlder(peer: string): void;
	/**
	 * The totals of its hello, after all that came with it: books what an older copy of this database forgot
	 * (recovery.ts), and answers how much that was.
	 */
	recover(peer: string, theirs: ToldTotals, at: number): Forgotten;
	/**
	 * The chain paid claims of its that this database does not know: what they paid for is booked as delivered, all but W,
	 * which their payer may have claimed ahead. `surfaced`: by so much more (link units) than was known.
	 */
	recoverPaid(peer: string, surfaced: bigint, at: number): void;
	/** The chain under all channels with this neighbour is gone: neither owes the other anything any more. */
	reset(peer: string, at: number): void;
	/**
	 * Forgets neighbours not seen since `before` (Unix ms) with whom no money ever moved; never a configured account, nor
	 * one of those that are `here`, however long ago they came.
	 */
	forget(before: number, here?: readonly string[]): number;
	/**
	 * Of such guests so many are remembered; of those beyond, who are not `here`, forgets the ones seen longest ago,
	 * and answers who they were; not all at once when they are many. An identity costs nothing, so that anybody could fill the disk with them.
	 */
	forgetCrowd(most: number, here: readonly string[]): readonly string[];
}

/** What a hello says about the side that sent it. */
export interface LearnedTerms {
	readonly payee: Address | undefined;
	readonly peerCredit: bigint;
	readonly peerWindow: bigint;
	readonly peerMaxPacket: bigint;
	readonly payoutFee: bigint | undefined;
	readonly payoutThreshold: bigint | undefined;
}

/** Of a neighbour with whom no money ever moved, and none of the configuration. */
const NEVER_PAID = `peer NOT LIKE 'ilp:%' AND fulfilled_by_me = 0 AND fulfilled_by_peer = 0
	AND paid_out_by_me = 0 AND paid_out_by_peer = 0`;
const NOTHING_OPEN = `NOT EXISTS (SELECT 1 FROM channel WHERE channel.peer = link.peer)
	AND NOT EXISTS (SELECT 1 FROM packet WHERE packet.link = link.peer)`;
/** Neighbours forgotten at a time, so that others wait for no long transaction. */
const MOST_FORGOTTEN = 2_000;

/** A hello is a stranger's claim: beyond this its numbers mean nothing (and would not fit a column). */
const clamp = (amount: bigint): bigint => minOf(amount, LIMITS.linkTermsMost);

const big = (row: SqlRow, column: string): bigint => BigInt(row[column] as number | bigint);
const maybeBig = (row: SqlRow, column: string): bigint | undefined =>
	row[column] === null ? undefined : big(row, column);

const toRow = (row: SqlRow): LinkRow => ({
	peer: row['peer'] as string,
	owner: row['owner'] as string,
	role: row['role'] as LinkRole,
	payee: (row['payee'] as Address | null) ?? undefined,
	credit: big(row, 'credit'),
	window: big(row, 'window'),
	peerCredit: big(row, 'peer_credit'),
	peerWindow: big(row, 'peer_window'),
	peerMaxPacket: big(row, 'peer_max_packet'),
	payoutFee: maybeBig(row, 'payout_fee'),
	payoutThreshold: maybeBig(row, 'payout_threshold'),
	fulfilledByMe: big(row, 'fulfilled_by_me'),
	fulfilledByPeer: big(row, 'fulfilled_by_peer'),
	paidOutByMe: big(row, 'paid_out_by_me'),
	paidOutByPeer: big(row, 'paid_out_by_peer'),
	isOlder: row['is_older'] === 1,
	seenAt: Number(row['seen_at'])
});

/** One for each database: nobody else may write its rows. */
export const createLinkAccounts = (
	sql: SqlDriver,
	ledger: Ledger,
	channels: Channels,
	packets: Pick<Packets, 'underWay' | 'late'>
): LinkAccounts => {
	/** Totals change with every packet; all else of a row by its own statement. */
	const links = createTally<LinkRow | undefined>(sql, {
		read: (peer) => {
			const row = sql.all('SELECT * FROM link WHERE peer = ?', [peer])[0];
			return row && toRow(row);
		},
		write: (peer, row) => {
			if (!row) return;
			sql.run(
				`UPDATE link SET fulfilled_by_me = ?, fulfilled_by_peer = ?, paid_out_by_me = ?, paid_out_by_peer = ? WHERE peer = ?`,
				[row.fulfilledByMe, row.fulfilledByPeer, row.paidOutByMe, row.paidOutByPeer, peer]
			);
		}
	});
	const { get } = links;
	const change = (peer: string, totals: (row: LinkRow) => Partial<LinkRow>): void =>
		sql.transaction(() => {
			const row = get(peer);
			if (row) links.set(peer, { ...row, ...totals(row) });
		});
	const balance = (peer: string): bigint => ledger.balance(`link/${peer}`);
	const bookForgotten = (peer: string, { got, gave }: Forgotten, at: number): void => {
		const link = `link/${peer}`;
		const draft = { kind: 'recover', at, group: `recover/${peer}/${at}`, memo: { peer } } as const;
		if (got > 0n) ledger.record({ ...draft, from: link, to: 'forgotten', amount: got });
		if (gave > 0n) ledger.record({ ...draft, from: 'forgotten', to: link, amount: gave });
		links.forget(peer);
		sql.run(
			`UPDATE link SET fulfilled_by_peer = fulfilled_by_peer + ?2, fulfilled_by_me = fulfilled_by_me + ?3 WHERE peer = ?1`,
			[peer, got, gave]
		);
	};
	const prepaid = (peer: string): bigint =>
		balance(peer) +
		(get(peer)?.peerCredit ?? 0n) -
		packets.underWay(peer, 'out') -
		channels.withheld(peer, 'out');

	return {
		get,
		all: () => {
			sql.current()?.flush();
			return sql.all('SELECT * FROM link ORDER BY peer').map(toRow);
		},

		meet: (peer, { owner, role, credit, window, at }) => {
			links.forget(peer);
			sql.run(
				`INSERT INTO link (peer, owner, role, credit, "window", peer_credit, peer_window, peer_max_packet, seen_at)
				VALUES (?, ?, ?, ?, ?, 0, 0, 0, ?)
				ON CONFLICT (peer) DO UPDATE SET owner = excluded.owner, role = excluded.role, credit = excluded.credit,
					"window" = excluded."window", seen_at = excluded.seen_at`,
				[peer, owner, role, credit, window, at]
			);
		},

		learn: (peer, terms) => {
			links.forget(peer);
			sql.run(
				`UPDATE link SET payee = ?, peer_credit = ?, peer_window = ?, peer_max_packet = ?, payout_fee = ?, payout_threshold = ? WHERE peer = ?`,
				[
					terms.payee ?? null,
					clamp(terms.peerCredit),
					clamp(terms.peerWindow),
					clamp(terms.peerMaxPacket),
					terms.payoutFee === undefined ? null : clamp(terms.payoutFee),
					terms.payoutThreshold === undefined ? null : clamp(terms.payoutThreshold),
					peer
				]
			);
		},

		available: (peer) =>
			(get(peer)?.credit ?? 0n) -
			packets.underWay(peer, 'in') -
			balance(peer) -
			channels.withheld(peer, 'in'),
		unspent: (peer) => -balance(peer) - packets.underWay(peer, 'in'),
		prepaid,
		pendingIn: (peer) => packets.underWay(peer, 'in'),
		pendingOut: (peer) => packets.underWay(peer, 'out'),

		cover: (peer, amount, at, mayPromise = true) => {
			if (amount === 0n) return { covered: true, promised: undefined };
			const have = prepaid(peer);
			const need = amount - have;
			if (need <= 0n) return { covered: true, promised: undefined };
			const row = get(peer);
			if (!row || !mayPromise) return { covered: false };
			// Claimed ahead and not fulfilled, once this packet is under way, must stay within W.
			const ahead = maxOf(0n, balance(peer));
			const allowed = row.window - ahead;
			if (need > allowed) return { covered: false };
			const promised = channels.raise(peer, need, minOf(allowed, maxOf(need, row.window / 2n)), at);
			return promised ? { covered: true, promised } : { covered: false };
		},

		room: (peer) => {
			const row = get(peer);
			if (!row) return 0n;
			const allowed = maxOf(0n, row.window - maxOf(0n, balance(peer)));
			return maxOf(0n, prepaid(peer)) + minOf(allowed, channels.raisable(peer));
		},

		fulfilled: (peer, by, amount) =>
			change(peer, ({ fulfilledByMe, fulfilledByPeer }) =>
				by === 'me'
					? { fulfilledByMe: fulfilledByMe + amount }
					: { fulfilledByPeer: fulfilledByPeer + amount }
			),

		paidOut: (peer, by, amount) =>
			change(peer, ({ paidOutByMe, paidOutByPeer }) =>
				by === 'me' ? { paidOutByMe: paidOutByMe + amount } : { paidOutByPeer: paidOutByPeer + amount }
			),

		held: (peer, by) => {
			const row = get(peer);
			if (!row) return 0n;
			const ofPeer = channels.ofPeer(peer, by === 'peer' ? 'out' : 'in');
			// Nobody is paid out of a claim that may be forged.
			const unchecked = ofPeer.reduce((sum, channel) => sum + channels.exposure(channel), 0n);
			// Earnings count as spent only after claims are: what is left of both is the balance.
			const net = by === 'peer' ? balance(peer) : -balance(peer) - unchecked;
			// Claimed ahead on a channel that has ended: nothing is left to spend it through but the float.
			if (ofPeer.every(isOver)) return maxOf(0n, net);
			const earned =
				by === 'peer' ? row.fulfilledByMe - row.paidOutByPeer : row.fulfilledByPeer - row.paidOutByMe;
			return maxOf(0n, minOf(net, earned));
		},

		audit: (peer) => {
			const row = get(peer);
			if (!row) return 0n;
			const { from, to } = channels.claims(peer);
			const byTotals =
				from - to + row.paidOutByPeer - row.paidOutByMe + row.fulfilledByPeer - row.fulfilledByMe;
			return byTotals + balance(peer);
		},

		markOlder: (peer) => {
			links.forget(peer);
			sql.run('UPDATE link SET is_older = 1 WHERE peer = ?', [peer]);
		},

		recover: (peer, theirs, at) => {
			sql.current()?.flush();
			links.forget(peer);
			const row = get(peer);
			if (!row) return { got: 0n, gave: 0n };
			const late = packets.late(peer).reduce((sum, { amount }) => sum + amount, 0n);
			const link = `link/${peer}`;
			const forgotten = decideRecovery(
				{
					...row,
					balance: balance(peer),
					inDoubt: packets.underWay(peer, 'out') + late,
					claimable: channels.claimable(peer),
					takenToday: ledger.total({ kind: 'recover', account: link, since: at - DAY_MS })
				},
				theirs
			);
			const { got, gave } = forgotten;
			bookForgotten(peer, forgotten, at);
			// Compared here: what is told may be more than a column holds.
			const agrees =
				theirs.fulfilledByYou === row.fulfilledByMe + gave &&
				theirs.fulfilledByMe === row.fulfilledByPeer + got;
			// What was forgotten came before the proof of it, so all of it is told by now.
			if (agrees || got > 0n) sql.run('UPDATE link SET is_older = 0 WHERE peer = ?', [peer]);
			return forgotten;
		},

		recoverPaid: (peer, surfaced, at) => {
			sql.current()?.flush();
			links.forget(peer);
			const row = get(peer);
			if (!row) return;
			// What it earned here is not of its claims.
			const ahead = minOf(channels.claims(peer).from - row.fulfilledByMe, -balance(peer));
			const gave = maxOf(0n, minOf(surfaced, ahead - row.window));
			bookForgotten(peer, { got: 0n, gave }, at);
		},

		reset: (peer, at) => {
			const owed = balance(peer);
			const link = `link/${peer}`;
			const group = `reset/${peer}/${at}`;
			if (owed > 0n)
				ledger.record({
					kind: 'outside',
					from: link,
					to: 'outside',
					amount: owed,
					at,
					group,
					memo: { peer }
				});
			if (owed < 0n)
				ledger.record({
					kind: 'outside',
					from: 'outside',
					to: link,
					amount: -owed,
					at,
					group,
					memo: { peer }
				});
			links.forget(peer);
			sql.current()?.flush();
			// Channels that ended before did so on that chain too: they count no more than the others.
			sql.run(`UPDATE channel SET status = 'archived' WHERE peer = ? AND status = 'closed'`, [peer]);
			sql.run(
				`UPDATE link SET fulfilled_by_me = 0, fulfilled_by_peer = 0, paid_out_by_me = 0, paid_out_by_peer = 0,
					counted_from = coalesce((SELECT id FROM transfer ORDER BY id DESC LIMIT 1), 0) WHERE peer = ?`,
				[peer]
			);
		},

		forget: (before, here = []) => {
			links.forget();
			sql.current()?.flush();
			return sql.run(
				`DELETE FROM link WHERE seen_at < ?1 AND peer NOT IN (SELECT value FROM json_each(?2)) AND ${NEVER_PAID} AND ${NOTHING_OPEN}`,
				[before, JSON.stringify(here)]
			);
		},

		forgetCrowd: (most, here) => {
			links.forget();
			sql.current()?.flush();
			return sql
				.all(
					`DELETE FROM link WHERE peer IN (
						SELECT peer FROM link WHERE role = 'child' AND ${NEVER_PAID} ORDER BY seen_at DESC LIMIT ${MOST_FORGOTTEN} OFFSET ?1
					) AND peer NOT IN (SELECT value FROM json_each(?2)) AND ${NOTHING_OPEN} RETURNING peer`,
					[most, JSON.stringify(here)]
				)
				.map(({ peer }) => peer as string);
		}
	};
};
