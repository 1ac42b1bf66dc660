/** What the chain says about channels, taken over into their rows and the ledger. */
import type { Hex } from '../bytes.ts';
import { peerError, type PeerError } from '../errors.ts';
import { err, ok, type Result } from '../result.ts';
import type { ChannelKey, ChannelState } from '../settlement/chain.ts';
import type { Channel } from './channel.ts';
import type { Errands, SettlerDeps } from './errands.ts';

export interface ChainMirror {
	/** A channel that the chain has not shown yet. */
	blank(id: Hex, epoch: number, peer: string, direction: 'in' | 'out', key: ChannelKey): Channel;
	/**
	 * Takes over what the chain says about a live epoch; true when the payer wants to leave and something is not
	 * redeemed yet. Inside a transaction.
	 */
	reconcile(
		channel: Channel,
		state: Pick<ChannelState, 'deposited' | 'claimed' | 'closeAt'>,
		transaction?: string
	): boolean;
	/** Looks at the chain again and books what it says. */
	refresh(id: Hex): Promise<Result<null, PeerError>>;
}

export const createChainMirror = (
	{ platform: { clock }, channels, commits, scheme: { chain }, onChange }: SettlerDeps,
	{ asked }: Errands
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
		checked: 0n,
		checkedSignature: undefined,
		fundings: 0,
		closeAt: 0,
		openedAt: clock.now()
	});

	const reconcile: ChainMirror['reconcile'] = (
		{ id, epoch },
		{ deposited, claimed, closeAt },
		transaction
	) => {
		const seen = { type: 'seen', deposited, settled: claimed, closeAt } as const;
		const applied = channels.apply(id, epoch, [seen], clock.now(), transaction);
		return applied?.effects.some((effects) => effects.some(({ type }) => type === 'redeem')) === true;
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
