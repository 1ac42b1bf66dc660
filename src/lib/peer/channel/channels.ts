/**
 * The channels of this node on disk: one row an epoch, changed only by {@link step} (channel.ts, which tells what
 * each state and amount means), together with the transfers that follow from it.
 */
import type { Hex } from '../bytes.ts';
import { LIMITS } from '../limits.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { ceilDiv, maxOf, minOf, tokenToLink } from '../money.ts';
import { err, ok, type Result } from '../result.ts';
import type { Address, ChannelKey } from '../settlement/chain.ts';
import { createTally } from '../storage/tally.ts';
import type { SqlDriver, SqlRow } from '../storage/sql.ts';
import {
	exposed,
	free,
	step,
	withheld,
	type Channel,
	type ChannelEffect,
	type ChannelInput,
	type ChannelStatus
} from './channel.ts';

/** Reads may happen anywhere; everything that writes must run inside a transaction. */
export interface Channels {
	get(id: Hex, epoch?: number): Channel | undefined;
	all(): readonly Channel[];
	ofPeer(peer: string, direction: 'out' | 'in'): readonly Channel[];
	/** Of which a claim is held that nobody checked; of one neighbour or of all. */
	unchecked(peer?: string): readonly Channel[];
	insert(channel: Channel): void;
	/**
	 * Hands the inputs to the channel one after another, writes what it became and records what moved. Stops after an
	 * input that must be checked first. undefined for an unknown channel.
	 */
	apply(
		id: Hex,
		epoch: number,
		inputs: readonly ChannelInput[],
		at: number,
		transaction?: string
	): Applied | undefined;
	/**
	 * Raises what is promised so that at least `need` and at best `wish` more (link units) are covered.
	 * Answers the claim to sign, or undefined when no open channel has that much left. On a fresh channel its payee
	 * counts {@link LIMITS.unsafeDeposit}, so no more is promised there.
	 */
	raise(peer: string, need: bigint, wish: bigint, at: number): Promised | undefined;
	/**
	 * More was promised in a live epoch than this database remembers: the payer's own newer signature came back
	 * to it, or the chain paid a claim that is not here. From now on that is what was promised.
	 */
	adopt(id: Hex, epoch: number, cumulative: bigint, at: number): void;
	/**
	 * Before a payee signs a Close at `capture`: the channel is frozen and what is given up goes back to
	 * the link account, on disk, so that it cannot be spent a second time. A payer freezes before it asks for
	 * one. `thaw` undoes it once it is proven that the Close can never be mined.
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
	/** Link units: what a neighbour's claims on its open channels could still rise by. */
	claimable(peer: string): bigint;
	/** Link units: claims from / to a neighbour as the link account counts them; archived epochs count for nothing. */
	claims(peer: string): { readonly from: bigint; readonly to: bigint };
	/** Link units: what would be lost of this channel if its newest claim were forged. */
	exposure(channel: Channel): bigint;
	/** Link units: claimed from (`in`) or to a neighbour, and paying for no packet while a channel ends. */
	withheld(peer: string, direction: 'out' | 'in'): bigint;
}

export interface Applied {
	readonly before: Channel;
	readonly channel: Channel;
	/** Of each input that was taken. */
	readonly effects: readonly (readonly ChannelEffect[])[];
}

/** A claim that is on disk and yet to be signed. `cumulative` is in token units. */
export interface Promised {
	readonly id: Hex;
	readonly epoch: number;
	readonly key: ChannelKey;
	readonly cumulative: bigint;
}

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
	checked: BigInt(row['checked'] as bigint),
	checkedSignature: (row['checked_signature'] as Uint8Array | null) ?? undefined,
	fundings: Number(row['fundings']),
	closeAt: Number(row['close_at']),
	openedAt: Number(row['opened_at'])
});

/**
 * Asked for every packet, and hardly ever is there such a row. A direction that is bound would have SQLite plan anew
 * each time (an index depends on it), and naming all columns costs more than looking.
 */
const endingQuery = (direction: 'in' | 'out'): string =>
	`SELECT id, epoch FROM channel WHERE peer = ? AND direction = '${direction}' AND status IN ('frozen', 'closing')`;
const ENDING = { in: endingQuery('in'), out: endingQuery('out') } as const;

/** `tokenScale`: digits after the point of one whole token; link units have nine. */
export const createChannels = (sql: SqlDriver, ledger: Ledger, tokenScale: number): Channels => {
	const linkUnits = (token: bigint): bigint => tokenToLink(token, tokenScale);
	const oneToken = tokenToLink(1n, tokenScale);

	/**
	 * Of a fresh deposit its payee counts only a little (deposits.ts), and refuses what goes beyond. A claim that was
	 * signed is counted on here all the same, so that both books would differ until the deposit is safe.
	 */
	const promisable = (channel: Channel, at: number): bigint => {
		const isYoung = at - channel.openedAt < LIMITS.freshChannelMs;
		const counted = isYoung
			? maxOf(0n, LIMITS.unsafeDeposit / oneToken - channel.claimed)
			: channel.deposited;
		return minOf(free(channel), counted);
	};

	const get = (id: Hex, epoch?: number): Channel | undefined => {
		const rows =
			epoch === undefined
				? sql.all('SELECT * FROM channel WHERE id = ? ORDER BY epoch DESC LIMIT 1', [id])
				: sql.all('SELECT * FROM channel WHERE id = ? AND epoch = ?', [id, epoch]);
		return rows[0] && toChannel(rows[0]);
	};

	const ofPeer = (peer: string, direction: 'out' | 'in'): readonly Channel[] =>
		sql
			.all('SELECT * FROM channel WHERE peer = ? AND direction = ? ORDER BY opened_at, id, epoch', [
				peer,
				direction
			])
			.map(toChannel);

	/** Asked for every packet of a transaction, and hardly ever changed in it. */
	const withheldBy = createTally<bigint>(sql, {
		read: (key) => {
			const [direction, peer = ''] = key.split('/', 2);
			return sql.all(ENDING[direction as 'in' | 'out'], [peer]).reduce((sum, { id, epoch }) => {
				const channel = get(id as Hex, Number(epoch));
				return channel ? sum + linkUnits(withheld(channel)) : sum;
			}, 0n);
		},
		write: () => undefined
	});

	/** Only over the row it came from: the claim that is signed next is the one that the row now holds. */
	const write = (before: Channel, after: Channel): void => {
		const changed = sql.run(
			`UPDATE channel SET status = ?, deposited = ?, claimed = ?, promised = ?, settled = ?, signature = ?,
				checked = ?, checked_signature = ?, fundings = ?, close_at = ?
			WHERE id = ? AND epoch = ? AND claimed = ? AND promised = ? AND status = ?`,
			[
				after.status,
				after.deposited,
				after.claimed,
				after.promised,
				after.settled,
				after.signature ?? null,
				after.checked,
				after.checkedSignature ?? null,
				after.fundings,
				after.closeAt,
				before.id,
				before.epoch,
				before.claimed,
				before.promised,
				before.status
			]
		);
		if (changed !== 1) throw new Error('somebody else writes the same channel');
		withheldBy.forget(`${before.direction}/${before.peer}`);
	};

	/** Several claims at once are one movement. */
	const record = (
		{ id, peer, epoch, deposited, claimed, settled }: Channel,
		effects: readonly ChannelEffect[],
		at: number,
		what: ChannelInput['type'],
		transaction: string | undefined
	): void => {
		const places = {
			channel: `channel/${id}`,
			claims: `claims/${id}`,
			link: `link/${peer}`,
			wallet: 'wallet',
			outside: 'outside'
		} as const;
		type Move = Extract<ChannelEffect, { type: 'move' }>;
		const sums = new Map<string, Move>();
		for (const effect of effects) {
			if (effect.type !== 'move') continue;
			const name = `${effect.kind} ${effect.from} ${effect.to}`;
			sums.set(name, { ...effect, amount: effect.amount + (sums.get(name)?.amount ?? 0n) });
		}
		for (const { kind, from, to, amount } of sums.values())
			ledger.record({
				kind,
				from: places[from],
				to: places[to],
				amount: linkUnits(amount),
				at,
				group: `${what}/${id}/${epoch}/${deposited}/${claimed}/${settled}`,
				memo: { channel: id, peer, ...(transaction === undefined ? {} : { transaction }) }
			});
	};

	const apply: Channels['apply'] = (id, epoch, inputs, at, transaction) => {
		const before = get(id, epoch);
		if (!before) return undefined;
		let channel = before;
		const effects: (readonly ChannelEffect[])[] = [];
		for (const input of inputs) {
			const next = step(channel, input);
			channel = next.channel;
			effects.push(next.effects);
			if (next.effects.some(({ type }) => type === 'check')) break;
		}
		if (channel !== before) write(before, channel);
		const moved = effects.flat();
		if (moved.length > 0 && inputs[0]) record(channel, moved, at, inputs[0].type, transaction);
		return { before, channel, effects };
	};

	return {
		get,
		ofPeer,
		apply,
		all: () => sql.all('SELECT * FROM channel ORDER BY opened_at DESC, id, epoch DESC').map(toChannel),

		unchecked: (peer) =>
			sql
				.all(
					`SELECT * FROM channel WHERE direction = 'in' AND checked < promised AND status NOT IN ('closed', 'archived')
						${peer === undefined ? '' : 'AND peer = ?'} ORDER BY id, epoch`,
					peer === undefined ? [] : [peer]
				)
				.map(toChannel)
				.filter(({ signature }) => signature !== undefined),

		insert: (channel) => {
			const { key } = channel;
			withheldBy.forget(`${channel.direction}/${channel.peer}`);
			sql.run(
				`INSERT INTO channel (id, epoch, peer, direction, payer, payee, token, signer, grace, expiry, salt,
					status, deposited, claimed, promised, settled, signature, checked, checked_signature, fundings, close_at, opened_at)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
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
					channel.checked,
					channel.checkedSignature ?? null,
					channel.fundings,
					channel.closeAt,
					channel.openedAt
				]
			);
		},

		raise: (peer, need, wish, at) => {
			for (const channel of ofPeer(peer, 'out')) {
				if (channel.status !== 'open') continue;
				const left = promisable(channel, at);
				const least = ceilDiv(need, oneToken);
				if (left < least) continue;
				// Only what is needed is rounded up; the rest must not step over the limit it was cut to.
				const raise = minOf(left, maxOf(least, wish / oneToken));
				const { id, epoch, key } = channel;
				const cumulative = channel.claimed + raise;
				const applied = apply(id, epoch, [{ type: 'promise', cumulative }], at);
				// The row is the authority: only the amount it now holds may ever be signed.
				if (applied?.effects[0]?.some(({ type }) => type === 'sign')) return { id, epoch, key, cumulative };
			}
			return undefined;
		},

		adopt: (id, epoch, cumulative, at) => void apply(id, epoch, [{ type: 'adopt', cumulative }], at),
		freeze: (id, epoch, capture, at) => void apply(id, epoch, [{ type: 'freeze', capture }], at),
		thaw: (id, epoch, at) => void apply(id, epoch, [{ type: 'thaw' }], at),
		end: (id, epoch, captured, as, at, transaction) =>
			void apply(id, epoch, [{ type: 'end', captured, as }], at, transaction),

		raisable: (peer) =>
			ofPeer(peer, 'out').reduce(
				(most, channel) => (channel.status === 'open' ? maxOf(most, linkUnits(free(channel))) : most),
				0n
			),

		claimable: (peer) =>
			ofPeer(peer, 'in').reduce(
				(sum, channel) => (channel.status === 'open' ? sum + linkUnits(free(channel)) : sum),
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
		},

		exposure: (channel) => linkUnits(exposed(channel)),

		withheld: (peer, direction) => withheldBy.get(`${direction}/${peer}`)
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
	// A device names no key that did not sign for it (peering/delegation.ts): nobody registers somebody else's channel.
	if (key.signer !== expected.signer) return refuse('its signer is not the key the delegation names');
	if (key.grace < expected.graceSeconds)
		return refuse(`its grace is shorter than ${expected.graceSeconds} s`);
	if (key.expiry < expected.chainTime + key.grace + LIMITS.expiryBeyondGraceSeconds)
		return refuse('it expires too soon');
	return ok(null);
};
