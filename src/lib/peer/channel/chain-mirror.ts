/** What the chain says about channels, taken over into their rows and the ledger. */
import type { Hex } from '../bytes.ts';
import { peerError, type PeerError } from '../errors.ts';
import { maxOf } from '../money.ts';
import { err, ok, type Result } from '../result.ts';
import type { ChannelKey, ChannelState } from '../settlement/chain.ts';
import type { Channel } from './channels.ts';
import type { Errands, SettlerDeps } from './errands.ts';

export interface ChainMirror {
	/** A channel that the chain has not shown yet. */
	blank(id: Hex, epoch: number, peer: string, direction: 'in' | 'out', key: ChannelKey): Channel;
	/** Takes over what the chain says about a live epoch. Inside a transaction. */
	reconcile(
		channel: Channel,
		state: Pick<ChannelState, 'deposited' | 'claimed' | 'closeAt'>,
		transaction?: string
	): void;
	/** Looks at the chain again and books what it says. */
	refresh(id: Hex): Promise<Result<null, PeerError>>;
}

export const createChainMirror = (
	{ platform: { clock }, ledger, channels, commits, scheme: { chain }, onChange }: SettlerDeps,
	{ asked, toLink }: Errands
): ChainMirror => {
	const blank = (
		id: Hex,
		epoch: number,
		peer: string,
		direction: 'in' | 'out',
		key: ChannelKey
	): Channel => ({
		id,
		epoch,
		peer,
		direction,
		key,
		status: 'opening',
		deposited: 0n,
		claimed: 0n,
		promised: 0n,
		settled: 0n,
		signature: undefined,
		fundings: 0,
		closeAt: 0,
		openedAt: clock.now()
	});

	const reconcile = (
		channel: Channel,
		state: Pick<ChannelState, 'deposited' | 'claimed' | 'closeAt'>,
		transaction?: string
	): void => {
		const now = channels.get(channel.id, channel.epoch);
		if (!now || now.status === 'closed' || now.status === 'archived') return;
		const at = clock.now();
		const memo = { channel: now.id, peer: now.peer, ...(transaction === undefined ? {} : { transaction }) };
		// Answers may overtake each other; within an epoch both numbers only rise.
		const deposited = maxOf(now.deposited, state.deposited);
		const settled = maxOf(now.settled, state.claimed);
		// The chain paid a claim that this database does not know (it was restored, or somebody else handed it in).
		if (settled > now.claimed) channels.adopt(now.id, now.epoch, settled, at);
		const added = deposited - now.deposited;
		if (now.direction === 'out' && added > 0n)
			ledger.record({
				kind: 'fund',
				from: 'wallet',
				to: `channel/${now.id}`,
				amount: toLink(added),
				at,
				group: `fund/${now.id}/${now.epoch}/${deposited}`,
				memo
			});
		const redeemed = settled - now.settled;
		if (now.direction === 'in' && redeemed > 0n)
			ledger.record({
				kind: 'redeem',
				from: `claims/${now.id}`,
				to: 'wallet',
				amount: toLink(redeemed),
				at,
				group: `redeem/${now.id}/${now.epoch}/${settled}`,
				memo
			});
		const status =
			now.status === 'opening' || now.status === 'open' || now.status === 'closing'
				? state.closeAt > 0
					? 'closing'
					: deposited > 0n
						? 'open'
						: 'opening'
				: now.status;
		channels.update(now.id, now.epoch, { deposited, settled, closeAt: state.closeAt, status });
	};

	const refresh = async (id: Hex): Promise<Result<null, PeerError>> => {
		const channel = channels.get(id);
		if (!channel) return err(peerError('ChannelUnknown'));
		const state = asked(await chain.channel(id));
		if (!state.ok) return state;
		if (state.value.epoch !== channel.epoch) return ok(null);
		await commits.run(() => reconcile(channel, state.value));
		onChange();
		return ok(null);
	};

	return { blank, reconcile, refresh };
};
