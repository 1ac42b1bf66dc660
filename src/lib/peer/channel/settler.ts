/**
 * Where links meet the chain: opening and funding channels, taking in those others opened, redeeming
 * claims, paying guests out, ending channels, and following what the chain says about them.
 *
 * Every step writes its intention before the chain hears of it and its result after, so that a crash in
 * between is told from the chain, never guessed:
 *
 * | step | on disk before | afterwards |
 * |---|---|---|
 * | open / fund | channel `opening` | `open` with what the chain shows as deposited |
 * | redeem | the claims, which are ours | `settled` from the chain |
 * | payout | debited (payouts.ts) | done, or credited back once it can never be mined |
 * | close by the payee | frozen at the captured amount | `closed`, or thawed once it can never be mined |
 *
 * And of each, the signed transaction (transactions.ts). One file each: funding.ts, redeeming.ts, payouts.ts
 * (payouts-taken.ts at the guest's end), closing.ts; when to act by oneself is decided in redeem-rule.ts and
 * funding-policy.ts; what the chain reports comes in by chain-watch.ts and chain-mirror.ts.
 *
 * A chain that is down stops these and nothing else: links with funded channels go on.
 */
import type { Hex } from '../bytes.ts';
import type { PeerError } from '../errors.ts';
import type { SettleAnswer, SettleRequest } from '../link/messages.ts';
import { ok, type Result } from '../result.ts';
import type { SettlementScheme } from '../settlement/scheme.ts';
import { createChainMirror } from './chain-mirror.ts';
import { createChainWatch } from './chain-watch.ts';
import { createClosing } from './closing.ts';
import { createEnds } from './ends.ts';
import { createErrands, type SettlerDeps } from './errands.ts';
import { createFunding, type Funding } from './funding.ts';
import { createPayoutsTaken } from './payouts-taken.ts';
import { createPayouts } from './payouts.ts';
import { createRecall, type Recall } from './recall.ts';
import { createRedeeming } from './redeeming.ts';

export interface Settler extends Omit<Funding, 'lookAgain' | 'relay'> {
	/** Compares the chain with the one known from before; archives all channels when it is another. */
	start(): Promise<void>;
	stop(): void;
	readonly status: () => 'ok' | 'down' | 'unknown';
	/** Newest block's time, Unix seconds, as last seen. */
	readonly chainTime: () => number | undefined;
	/** Asks the neighbour to end my channel; answers what came back to the wallet, in link units. */
	requestCooperativeClose(id: Hex): Promise<Result<bigint, PeerError>>;
	/** A neighbour is here whose hello counts this much as paid out to it (link units). */
	greet(peer: string, counted: bigint): void;
	/**
	 * Asks the hub to pay out all it holds; in link units, once the chain shows it. Errors: ChainUnreachable,
	 * HubUnreachable, HubRefused, PayoutTooSmall, PayoutFailed.
	 */
	payout(
		peer: string
	): Promise<Result<{ readonly paid: bigint; readonly fee: bigint; readonly transaction: Hex }, PeerError>>;
	/** What a neighbour asks of this node. */
	answer(peer: string, request: Exclude<SettleRequest, { op: 'late' }>): Promise<SettleAnswer>;
	/** Finds channels again that a lost database forgot; see {@link Recall} for both. */
	recallByClaims: Recall['byClaims'];
	recallByPayer: Recall['byPayer'];
	/** After a claim came in: redeems when enough is unredeemed. */
	considerRedeeming(id: Hex): void;
	/** Redeems all that is unredeemed now; answers how much, in link units. */
	redeemAll(): Promise<Result<bigint, PeerError>>;
	/** Looks at the chain again and books what it says. */
	refresh(id: Hex): Promise<Result<null, PeerError>>;
	readonly scheme: SettlementScheme;
	/** EIP-712 name and version of the token, for the wallet's signature. */
	tokenDomain(): Promise<Result<{ readonly name: string; readonly version: string }, PeerError>>;
}

/** Asks the chain nothing before `start`. */
export const createSettler = (deps: SettlerDeps): Settler => {
	const { scheme } = deps;
	const errands = createErrands(deps);
	const mirror = createChainMirror(deps, errands);
	const funding = createFunding(deps, errands, mirror);
	const recall = createRecall(deps, errands, mirror);
	const redeeming = createRedeeming(deps, errands, mirror);
	const closing = createClosing(deps, errands);
	const payouts = createPayouts({ ...deps, ...errands, terms: deps.payoutTerms });
	const taken = createPayoutsTaken({ ...deps, ...errands });
	const ends = createEnds(deps, errands, mirror, () => errands.spawn(redeeming.consider()));
	const watch = createChainWatch(deps, { errands, mirror, ends, funding, redeeming, closing, payouts });

	return {
		start: watch.start,
		stop: () => {
			errands.stop();
			watch.stop();
		},
		status: errands.status,
		chainTime: errands.chainTime,
		open: funding.open,
		keepFunded: funding.keepFunded,
		prepareFunding: funding.prepareFunding,
		fund: funding.fund,
		importChannel: funding.importChannel,
		recallByClaims: recall.byClaims,
		recallByPayer: recall.byPayer,
		requestCooperativeClose: closing.requestCooperativeClose,
		considerRedeeming: redeeming.considerRedeeming,
		redeemAll: redeeming.redeemAll,
		refresh: mirror.refresh,
		scheme,
		tokenDomain: async () => errands.asked(await scheme.chain.tokenDomain()),
		greet: payouts.greet,

		payout: async (peer) => {
			const paid = await taken.request(peer);
			if (!paid.ok) return paid;
			const { amount, fee, transaction } = paid.value;
			return ok({ paid: amount, fee, transaction });
		},

		answer: async (peer, request) => {
			const done = (result: Result<null, PeerError>, answer: SettleAnswer): SettleAnswer =>
				result.ok ? answer : { op: 'refused', code: result.error.type, text: result.error.reason ?? '' };
			switch (request.op) {
				case 'fund':
					return funding.relay(peer, request);
				case 'channel': {
					const { key, epoch } = request;
					return done(await funding.importChannel(peer, key, epoch), { op: 'done', epoch });
				}
				case 'payout':
					return payouts.pay(peer);
				case 'paid':
					return done(await taken.take(peer, request), { op: 'done' });
				case 'close':
					return deps.heldClaims.whileChecked(peer, () =>
						closing.closeForPayer(peer, request.channel, request.epoch)
					);
			}
		}
	};
};
