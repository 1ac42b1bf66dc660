/**
 * Channels and their claims, chain-neutral.
 *
 * A channel is money one neighbour (payer) locked for another (payee); a claim is the payer's signed
 * promise "you may capture *cumulative* in this epoch". Claims only rise, so the newest one says
 * everything and losing an older one loses nothing.
 *
 * ## Who owns the truth
 * | fact | authority |
 * |---|---|
 * | deposited, settled, closeAt, epoch | the chain |
 * | newest claim signed | the payer's database, one row, raised by one UPDATE before it is signed |
 * | newest claim held | the payee's database; presented to the payer in each hello |
 * | what was delivered for it | the link account (both ledgers), never the claim |
 *
 * ## Amounts that look alike
 * | name | unit | meaning |
 * |---|---|---|
 * | deposited | token | locked on the chain in this epoch |
 * | claimed | token | promised by the newest claim |
 * | settled | token | captured on the chain so far; ≤ claimed at the payee |
 * | unredeemed | token | claimed − settled: lost if the payee sleeps beyond the grace |
 * | remaining | link | deposited − claimed, plus what is claimed ahead and not yet spent |
 */
import type { Hex } from '../bytes.ts';
import { LIMITS } from '../limits.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { ceilDiv, maxOf, minOf, tokenToLink } from '../money.ts';
import { err, ok, type Result } from '../result.ts';
import type { Address, ChannelKey, SignedClaim } from '../settlement/chain.ts';
import type { SqlDriver, SqlRow } from '../storage/sql.ts';

export type ChannelStatus = 'opening' | 'open' | 'frozen' | 'closing' | 'closed' | 'archived';

/** One epoch of a channel. Amounts are token units (the table above tells them apart). */
export interface Channel {
	readonly id: Hex;
	readonly epoch: number;
	readonly peer: string;
	/** `out`: this node pays. */
	readonly direction: 'out' | 'in';
	readonly key: ChannelKey;
	readonly status: ChannelStatus;
	readonly deposited: bigint;
	readonly claimed: bigint;
	readonly promised: bigint;
	readonly settled: bigint;
	readonly signature: Uint8Array | undefined;
	/** Signed fundings so far: the index of the next one. */
	readonly fundings: number;
	/** Chain time from which the payer can withdraw, Unix seconds; 0 = not asked for. */
	readonly closeAt: number;
	/** By this node's clock, Unix ms. */
	readonly openedAt: number;
}

export type ClaimRefusal =
	| { readonly type: 'ChannelUnknown' }
	| { readonly type: 'ChannelClosed' }
	| { readonly type: 'ClaimBeyondDeposit' }
	| { readonly type: 'ClaimForged' }
	/** Not an error of the link: nothing changes, the packet beside it is judged as usual. */
	| { readonly type: 'ClaimNotIncreasing' };

/** Reads may happen anywhere; everything that writes must run inside a transaction. */
export interface Channels {
	get(id: Hex, epoch?: number): Channel | undefined;
	all(): readonly Channel[];
	ofPeer(peer: string, direction: 'out' | 'in'): readonly Channel[];
	insert(channel: Channel): void;
	update(id: Hex, epoch: number, change: ChannelChange): void;
	/**
	 * Raises what is promised so that at least `need` and at best `wish` more (link units) are covered.
	 * Answers the claim to sign, or undefined when no open channel has that much left.
	 */
	raise(peer: string, need: bigint, wish: bigint, at: number): Promised | undefined;
	/** The payee's side: keeps a checked claim that is higher than the one held. */
	accept(claim: SignedClaim, channel: Channel, at: number): void;
	/** Everything but the signature: cheap, and first. The signature is the settlement scheme's to check. */
	judge(
		peer: string,
		claim: { readonly channel: Hex; readonly epoch: number; readonly cumulative: bigint }
	): Result<Channel, ClaimRefusal>;
	/**
	 * More was promised in a live epoch than this database remembers: the payer's own newer signature came back
	 * to it, or the chain paid a claim that is not here. From now on that is what was promised.
	 */
	adopt(id: Hex, epoch: number, cumulative: bigint, at: number): void;
	/**
	 * Before a payee signs a Close at `capture`: the channel is frozen and what is given up goes back to
	 * the link account, on disk, so that it cannot be spent a second time. `thaw` undoes it once it is
	 * proven that the Close can never be mined.
	 */
	freeze(id: Hex, epoch: number, capture: bigint, at: number): void;
	thaw(id: Hex, epoch: number, at: number): void;
	/** Ends an epoch at what the chain captured: promised but not captured money goes back to the link account. */
	end(
		id: Hex,
		epoch: number,
		captured: bigint,
		status: 'closed' | 'archived',
		at: number,
		transaction?: string
	): void;
	/** Link units: the most one new claim towards a neighbour could still promise. */
	raisable(peer: string): bigint;
	/** Link units: claims from / to a neighbour as the link account counts them; archived epochs count for nothing. */
	claims(peer: string): { readonly from: bigint; readonly to: bigint };
}

/** A claim that is on disk and yet to be signed. `cumulative` is in token units. */
export interface Promised {
	readonly id: Hex;
	readonly epoch: number;
	readonly key: ChannelKey;
	readonly cumulative: bigint;
}

export type ChannelChange = Partial<
	Pick<Channel, 'status' | 'deposited' | 'settled' | 'closeAt' | 'claimed' | 'fundings'>
>;

const toChannel = (row: SqlRow): Channel => ({
	id: row['id'] as Hex,
	epoch: Number(row['epoch']),
	peer: row['peer'] as string,
	direction: row['direction'] as 'out' | 'in',
	key: {
		payer: row['payer'] as Address,
		payee: row['payee'] as Address,
		token: row['token'] as Address,
		signer: row['signer'] as Address,
		grace: Number(row['grace']),
		expiry: Number(row['expiry']),
		salt: row['salt'] as Hex
	},
	status: row['status'] as ChannelStatus,
	deposited: BigInt(row['deposited'] as bigint),
	claimed: BigInt(row['claimed'] as bigint),
	promised: BigInt(row['promised'] as bigint),
	settled: BigInt(row['settled'] as bigint),
	signature: (row['signature'] as Uint8Array | null) ?? undefined,
	fundings: Number(row['fundings']),
	closeAt: Number(row['close_at']),
	openedAt: Number(row['opened_at'])
});

const isOver = ({ status }: Channel): boolean => status === 'closed' || status === 'archived';

/** `tokenScale`: digits after the point of one whole token; link units have nine. */
export const createChannels = (sql: SqlDriver, ledger: Ledger, tokenScale: number): Channels => {
	const linkUnits = (token: bigint): bigint => tokenToLink(token, tokenScale);
	const oneToken = tokenToLink(1n, tokenScale);

	const get = (id: Hex, epoch?: number): Channel | undefined => {
		const rows =
			epoch === undefined
				? sql.all('SELECT * FROM channel WHERE id = ? ORDER BY epoch DESC LIMIT 1', [id])
				: sql.all('SELECT * FROM channel WHERE id = ? AND epoch = ?', [id, epoch]);
		return rows[0] && toChannel(rows[0]);
	};

	const update = (id: Hex, epoch: number, change: ChannelChange): void => {
		const current = get(id, epoch);
		if (!current) return;
		const next = { ...current, ...change };
		sql.run(
			'UPDATE channel SET status = ?, deposited = ?, settled = ?, close_at = ?, claimed = ?, fundings = ? WHERE id = ? AND epoch = ?',
			[next.status, next.deposited, next.settled, next.closeAt, next.claimed, next.fundings, id, epoch]
		);
	};

	const ofPeer = (peer: string, direction: 'out' | 'in'): readonly Channel[] =>
		sql
			.all('SELECT * FROM channel WHERE peer = ? AND direction = ? ORDER BY opened_at, id, epoch', [
				peer,
				direction
			])
			.map(toChannel);

	return {
		get,
		ofPeer,
		update,
		all: () => sql.all('SELECT * FROM channel ORDER BY opened_at DESC, id, epoch DESC').map(toChannel),

		insert: (channel) => {
			const { key } = channel;
			sql.run(
				`INSERT INTO channel (id, epoch, peer, direction, payer, payee, token, signer, grace, expiry, salt,
					status, deposited, claimed, promised, settled, signature, fundings, close_at, opened_at)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
				[
					channel.id,
					channel.epoch,
					channel.peer,
					channel.direction,
					key.payer,
					key.payee,
					key.token,
					key.signer,
					key.grace,
					key.expiry,
					key.salt,
					channel.status,
					channel.deposited,
					channel.claimed,
					channel.promised,
					channel.settled,
					channel.signature ?? null,
					channel.fundings,
					channel.closeAt,
					channel.openedAt
				]
			);
		},

		raise: (peer, need, wish, at) => {
			for (const channel of ofPeer(peer, 'out')) {
				if (channel.status !== 'open') continue;
				const left = channel.deposited - channel.claimed;
				const least = ceilDiv(need, oneToken);
				if (left < least) continue;
				// Only what is needed is rounded up; the rest must not step over the limit it was cut to.
				const raise = minOf(left, maxOf(least, wish / oneToken));
				const cumulative = channel.claimed + raise;
				// The row is the authority: only the amount it now holds may ever be signed.
				const changed = sql.run(
					`UPDATE channel SET claimed = ?, promised = ? WHERE id = ? AND epoch = ? AND claimed = ? AND status = 'open'`,
					[cumulative, cumulative, channel.id, channel.epoch, channel.claimed]
				);
				if (changed !== 1) continue;
				ledger.record({
					kind: 'claim',
					from: `channel/${channel.id}`,
					to: `link/${peer}`,
					amount: linkUnits(raise),
					at,
					group: `claim/${channel.id}/${channel.epoch}/${cumulative}`,
					memo: { channel: channel.id, peer }
				});
				return { id: channel.id, epoch: channel.epoch, key: channel.key, cumulative };
			}
			return undefined;
		},

		judge: (peer, claim) => {
			const channel = get(claim.channel, claim.epoch);
			if (!channel || channel.direction !== 'in' || channel.peer !== peer)
				return err({ type: 'ChannelUnknown' });
			if (channel.status !== 'open') return err({ type: 'ChannelClosed' });
			if (claim.cumulative > channel.deposited) return err({ type: 'ClaimBeyondDeposit' });
			return ok(channel);
		},

		accept: (claim, channel, at) => {
			const now = get(channel.id, channel.epoch);
			if (!now || claim.cumulative <= now.claimed || now.status !== 'open') return;
			sql.run('UPDATE channel SET claimed = ?, promised = ?, signature = ? WHERE id = ? AND epoch = ?', [
				claim.cumulative,
				claim.cumulative,
				claim.signature,
				channel.id,
				channel.epoch
			]);
			ledger.record({
				kind: 'claim',
				from: `link/${channel.peer}`,
				to: `claims/${channel.id}`,
				amount: linkUnits(claim.cumulative - now.claimed),
				at,
				group: `claim/${channel.id}/${channel.epoch}/${claim.cumulative}`,
				memo: { channel: channel.id, peer: channel.peer }
			});
		},

		adopt: (id, epoch, cumulative, at) => {
			const channel = get(id, epoch);
			if (!channel || isOver(channel) || cumulative <= channel.claimed) return;
			const link = `link/${channel.peer}`;
			ledger.record({
				kind: 'claim',
				...(channel.direction === 'out'
					? { from: `channel/${id}`, to: link }
					: { from: link, to: `claims/${id}` }),
				amount: linkUnits(cumulative - channel.claimed),
				at,
				group: `adopt/${id}/${epoch}/${cumulative}`,
				memo: { channel: id, peer: channel.peer }
			});
			sql.run('UPDATE channel SET claimed = ?, promised = max(promised, ?) WHERE id = ? AND epoch = ?', [
				cumulative,
				cumulative,
				id,
				epoch
			]);
		},

		freeze: (id, epoch, capture, at) => {
			const channel = get(id, epoch);
			if (!channel || channel.direction !== 'in' || channel.status !== 'open') return;
			const given = channel.claimed - capture;
			if (given > 0n)
				ledger.record({
					kind: 'claim',
					from: `claims/${id}`,
					to: `link/${channel.peer}`,
					amount: linkUnits(given),
					at,
					group: `freeze/${id}/${epoch}/${at}`,
					memo: { channel: id, peer: channel.peer }
				});
			sql.run(`UPDATE channel SET status = 'frozen', claimed = ? WHERE id = ? AND epoch = ?`, [
				capture,
				id,
				epoch
			]);
		},

		thaw: (id, epoch, at) => {
			const channel = get(id, epoch);
			if (!channel || channel.status !== 'frozen') return;
			const back = channel.promised - channel.claimed;
			if (back > 0n)
				ledger.record({
					kind: 'claim',
					from: `link/${channel.peer}`,
					to: `claims/${id}`,
					amount: linkUnits(back),
					at,
					group: `thaw/${id}/${epoch}/${at}`,
					memo: { channel: id, peer: channel.peer }
				});
			sql.run(`UPDATE channel SET status = 'open', claimed = promised WHERE id = ? AND epoch = ?`, [
				id,
				epoch
			]);
		},

		end: (id, epoch, captured, status, at, transaction) => {
			const channel = get(id, epoch);
			if (!channel || isOver(channel)) return;
			const memo = { channel: id, peer: channel.peer, ...(transaction === undefined ? {} : { transaction }) };
			const uncaptured = channel.claimed - captured;
			const group = `end/${id}/${epoch}`;
			if (channel.direction === 'out') {
				if (uncaptured > 0n)
					ledger.record({
						kind: 'claim',
						from: `link/${channel.peer}`,
						to: `channel/${id}`,
						amount: linkUnits(uncaptured),
						at,
						group,
						memo
					});
				// A payee may hold a claim this database lost (restored from older state): the chain decides.
				if (uncaptured < 0n)
					ledger.record({
						kind: 'claim',
						from: `channel/${id}`,
						to: `link/${channel.peer}`,
						amount: linkUnits(-uncaptured),
						at,
						group,
						memo
					});
				const refund = channel.deposited - captured;
				if (refund > 0n && status === 'closed')
					ledger.record({
						kind: 'refund',
						from: `channel/${id}`,
						to: 'wallet',
						amount: linkUnits(refund),
						at,
						group,
						memo
					});
				if (refund > 0n && status === 'archived')
					ledger.record({
						kind: 'outside',
						from: `channel/${id}`,
						to: 'outside',
						amount: linkUnits(refund),
						at,
						group,
						memo
					});
			} else {
				if (captured > channel.settled)
					ledger.record({
						...(status === 'closed' ? { kind: 'redeem', to: 'wallet' } : { kind: 'outside', to: 'outside' }),
						from: `claims/${id}`,
						amount: linkUnits(captured - channel.settled),
						at,
						group,
						memo
					});
				if (uncaptured > 0n)
					ledger.record({
						kind: 'claim',
						from: `claims/${id}`,
						to: `link/${channel.peer}`,
						amount: linkUnits(uncaptured),
						at,
						group,
						memo
					});
				// Somebody handed in a newer claim than this database holds: it was paid for all the same.
				if (uncaptured < 0n)
					ledger.record({
						kind: 'claim',
						from: `link/${channel.peer}`,
						to: `claims/${id}`,
						amount: linkUnits(-uncaptured),
						at,
						group,
						memo
					});
			}
			sql.run(
				'UPDATE channel SET status = ?, claimed = ?, settled = ?, close_at = 0 WHERE id = ? AND epoch = ?',
				[status, captured, captured, id, epoch]
			);
		},

		raisable: (peer) =>
			ofPeer(peer, 'out').reduce(
				(most, channel) =>
					channel.status === 'open' ? maxOf(most, linkUnits(channel.deposited - channel.claimed)) : most,
				0n
			),

		claims: (peer) => {
			let from = 0n;
			let to = 0n;
			for (const channel of ofPeer(peer, 'in'))
				if (channel.status !== 'archived') from += linkUnits(channel.claimed);
			for (const channel of ofPeer(peer, 'out'))
				if (channel.status !== 'archived') to += linkUnits(channel.claimed);
			return { from, to };
		}
	};
};

/**
 * Is this a channel a payee should take money through? Terms are the payer's choice, so each is
 * checked: who is paid, in what, whether there is time to sleep, and whether the key that will sign
 * is the one its delegation names.
 */
export const judgeTerms = (
	key: ChannelKey,
	expected: {
		readonly payee: Address;
		readonly token: Address;
		readonly signer: Address | undefined;
		readonly chainTime: number;
		readonly graceSeconds: number;
	}
): Result<null, { readonly type: 'ChannelTerms'; readonly reason: string }> => {
	const refuse = (reason: string) => err({ type: 'ChannelTerms', reason } as const);
	if (key.payee !== expected.payee) return refuse('it pays somebody else');
	if (key.token !== expected.token) return refuse('it holds another token');
	// Without a named signer anybody could register somebody else's channel as theirs.
	if (key.signer !== expected.signer) return refuse('its signer is not the key the delegation names');
	if (key.grace < expected.graceSeconds)
		return refuse(`its grace is shorter than ${expected.graceSeconds} s`);
	if (key.expiry < expected.chainTime + key.grace + LIMITS.expiryBeyondGraceSeconds)
		return refuse('it expires too soon');
	return ok(null);
};
