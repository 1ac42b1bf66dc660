/** Turning claims into money: when enough is unredeemed, or when the payer wants to leave. */
import type { Hex } from '../bytes.ts';
import type { PeerError } from '../errors.ts';
import { ok, type Result } from '../result.ts';
import type { ChainMirror } from './chain-mirror.ts';
import { unredeemed } from './channel.ts';
import type { Errands, SettlerDeps } from './errands.ts';

export interface Redeeming {
	/** Redeems all that is unredeemed now; answers how much, in link units. */
	redeemAll(): Promise<Result<bigint, PeerError>>;
	/** After a claim came in. */
	considerRedeeming(id: Hex): void;
}

export const createRedeeming = (
	deps: SettlerDeps,
	{ asked, inTurn, spawn, toLink }: Errands,
	{ reconcile }: ChainMirror
): Redeeming => {
	const {
		commits,
		channels,
		heldClaims,
		scheme: { chain }
	} = deps;

	const redeemAll = (): Promise<Result<bigint, PeerError>> =>
		inTurn(async () => {
			if (!chain.account) return ok(0n);
			await heldClaims.check();
			const due = channels
				.all()
				.filter(
					(channel) =>
						channel.direction === 'in' &&
						(channel.status === 'open' || channel.status === 'closing') &&
						channel.checked > channel.settled
				);
			if (due.length === 0) return ok(0n);
			const sent = asked(
				await chain.redeem(
					due.map((channel) => ({
						key: channel.key,
						epoch: channel.epoch,
						cumulative: channel.checked,
						signature: channel.checkedSignature as Uint8Array
					}))
				)
			);
			if (!sent.ok) {
				deps.onTrouble(sent.error);
				return sent;
			}
			let total = 0n;
			for (const channel of due) {
				const state = asked(await chain.channel(channel.id));
				if (!state.ok) return state;
				if (state.value.epoch !== channel.epoch) continue;
				total += toLink(state.value.claimed - channel.settled);
				await commits.run(() => reconcile(channel, state.value, sent.value.transaction));
			}
			deps.onChange();
			return ok(total);
		});

	let redeemDue = false;
	const considerRedeeming = (id: Hex): void => {
		const channel = channels.get(id);
		if (!channel || redeemDue || toLink(unredeemed(channel)) < deps.redeemThreshold) return;
		redeemDue = true;
		spawn(redeemAll().finally(() => (redeemDue = false)));
	};

	return { redeemAll, considerRedeeming };
};
