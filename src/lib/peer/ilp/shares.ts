/**
 * How much of a link one neighbour may have under way to one destination (PROTOCOL section 6).
 *
 * A packet that nobody answers binds room on the next link until it expires. So that a slow author, or
 * one who does it on purpose, fills nobody else's way, each **share** is limited to a part of that
 * link's room: 25 percent, and 10 once the destination rarely fulfils.
 *
 * A share is (neighbour the packet came from, next link, route it goes by). The route is the prefix in
 * the table, a child's address or the longest one configured or learnt, never more of the destination:
 * what comes after it is the receiver's own, and a sender who writes a new token there gets no new share.
 *
 * | | |
 * |---|---|
 * | room | what could be sent on the link now, what this share has under way counted in |
 * | rarely | a weighted mean of outcomes, the newest an eighth, is below a half: six failures in a row at first, and about as many fulfilments to be trusted again |
 * | one packet | is never refused by this rule when nothing else of the share is under way |
 *
 * What is under way is kept as a sum, not looked up; a restart finds it again, with the means, in the
 * rows of the packets.
 */
import { LIMITS } from '../limits.ts';
import type { PacketRow } from '../link/packets.ts';

/** One share; the same three name the same one. */
export interface ShareName {
	readonly ingress: string;
	readonly egress: string;
	/** Prefix of the route. */
	readonly route: string;
}

export interface Shares {
	/** `room` in link units: what could still be sent on the egress link, beside everything under way; asked if it matters. */
	fits(name: ShareName, amount: bigint, room: () => bigint): boolean;
	begin(name: ShareName, amount: bigint): void;
	/** `fulfilled`: undefined when the packet never left. */
	end(name: ShareName, amount: bigint, fulfilled: boolean | undefined, at: number): void;
	/** Link units under way. */
	underWay(name: ShareName): bigint;
	/** The part of the room it may have, percent. */
	percent(name: ShareName): bigint;
	/** Forgets shares that have nothing under way and were not used since `before` (Unix ms). */
	sweep(before: number): void;
}

interface Share {
	underWay: bigint;
	/** 1: everything was fulfilled, 0: nothing. */
	fulfils: number;
	usedAt: number;
}

const keyOf = ({ ingress, egress, route }: ShareName): string => `${ingress}/${egress}/${route}`;

/** `rows`: forwarded packets, the first settled first, those under way among them anywhere. */
export const createShares = (rows: readonly PacketRow[]): Shares => {
	const shares = new Map<string, Share>();

	const find = (name: ShareName): Share => {
		const key = keyOf(name);
		let share = shares.get(key);
		// Nobody is distrusted before it failed.
		if (!share) shares.set(key, (share = { underWay: 0n, fulfils: 1, usedAt: 0 }));
		return share;
	};
	const learn = (share: Share, fulfilled: boolean, at: number): void => {
		share.fulfils += ((fulfilled ? 1 : 0) - share.fulfils) / LIMITS.shareMemory;
		share.usedAt = at;
	};
	const percentOf = (share: Share | undefined): bigint =>
		share !== undefined && share.fulfils * 100 < LIMITS.shareRarelyPercent
			? LIMITS.shareOfRoomRarely
			: LIMITS.shareOfRoom;

	for (const row of rows) {
		if (row.inLink === undefined || row.route === undefined) continue;
		const share = find({ ingress: row.inLink, egress: row.link, route: row.route });
		if (row.state === 'pending') share.underWay += row.amount;
		else learn(share, row.state === 'fulfilled', row.settledAt ?? 0);
	}

	return {
		fits: (name, amount, room) => {
			const share = shares.get(keyOf(name));
			const underWay = share?.underWay ?? 0n;
			return underWay === 0n || (underWay + amount) * 100n <= (room() + underWay) * percentOf(share);
		},
		begin: (name, amount) => {
			find(name).underWay += amount;
		},
		end: (name, amount, fulfilled, at) => {
			const share = find(name);
			share.underWay -= amount;
			if (fulfilled !== undefined) learn(share, fulfilled, at);
		},
		underWay: (name) => shares.get(keyOf(name))?.underWay ?? 0n,
		percent: (name) => percentOf(shares.get(keyOf(name))),
		sweep: (before) => {
			for (const [key, share] of shares)
				if (share.underWay === 0n && share.usedAt < before) shares.delete(key);
		}
	};
};
