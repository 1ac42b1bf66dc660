/**
 * The end of a packet that was passed on: one decision, on disk, that both neighbours' accounts agree with.
 *
 * | the next hop | the one before | what happens |
 * |---|---|---|
 * | rejected | | pending transfers are void |
 * | fulfilled | can still be told | both transfers are posted, both totals grow |
 * | fulfilled | was told R00, or its packet has expired | *late*: void, and the next hop must hear that |
 *
 * Whoever comes second with the same packet changes nothing.
 */
import type { IlpReply } from '../../codec/ilp.ts';
import type { ShareName, Shares } from '../shares.ts';
import type { ConnectorDeps } from './deps.ts';

/** A packet on its two links. */
export interface Forwarded {
	readonly ingress: string;
	/** SHA-256 of the prepare as it came. */
	readonly inHash: Uint8Array;
	/** Link units, as it came. */
	readonly amount: bigint;
	/** Of the packet as it came, Unix ms: until then the one before can be told. */
	readonly expiresAt: number;
	readonly egress: string;
	readonly outHash: Uint8Array;
	/** Of the packet as sent on, Unix ms. */
	readonly outExpiresAt: number;
	/** Link units, as sent on. */
	readonly out: bigint;
	readonly group: string;
	/** Undefined for a row of a release that did not write the route down. */
	readonly share: ShareName | undefined;
}

/** `reply` is checked: a fulfill fits the condition. */
export type SettleForwarded = (packet: Forwarded, reply: IlpReply) => Promise<'settled' | 'late'>;

export const createSettleForwarded =
	(
		{
			platform: { clock },
			commits,
			ledger,
			accounts,
			packets
		}: Pick<ConnectorDeps, 'platform' | 'commits' | 'ledger' | 'accounts' | 'packets'>,
		shares: Pick<Shares, 'end'>
	): SettleForwarded =>
	async ({ ingress, inHash, amount, expiresAt, egress, outHash, outExpiresAt, out, group, share }, reply) => {
		let isFirst = false;
		const result = await commits.run(() => {
			const at = clock.now();
			if (reply.type === 'reject') {
				isFirst = packets.settle(egress, 'out', outHash, 'rejected', at);
				if (isFirst) ledger.void(group, at);
				packets.settle(ingress, 'in', inHash, 'rejected', at);
				return 'settled';
			}
			// Only while the one before can still be told: otherwise it came late.
			if (at >= expiresAt || !packets.settle(ingress, 'in', inHash, 'fulfilled', at, reply.fulfillment)) {
				if (packets.find(egress, 'out', outHash, outExpiresAt)?.state === 'fulfilled') return 'settled';
				isFirst = packets.settle(egress, 'out', outHash, 'late', at);
				if (isFirst) ledger.void(group, at);
				packets.settle(ingress, 'in', inHash, 'rejected', at);
				return 'late';
			}
			isFirst = packets.settle(egress, 'out', outHash, 'fulfilled', at, reply.fulfillment);
			// What came is answered at the end of what left, never before it.
			if (!isFirst) throw new Error('a packet that has ended was still under way before');
			ledger.post(group, at);
			accounts.fulfilled(egress, 'peer', out);
			accounts.fulfilled(ingress, 'me', amount);
			return 'settled';
		});
		if (isFirst && share)
			shares.end(share, out, reply.type === 'fulfill' && result === 'settled', clock.now());
		return result;
	};
