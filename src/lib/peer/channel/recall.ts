/**
 * Channels that a lost database does not know any more, found again. Only the keys are needed: the claim key signed
 * for them.
 *
 * | what is missing | who tells it |
 * |---|---|
 * | that there is a channel | a claim in a neighbour's hello that my own key signed; or, of one on which nothing was claimed yet, the wallet that paid it in |
 * | its terms, earlier epochs, other channels of the same payer | the chain's own reports (`history`) |
 * | what it holds now | the chain's state |
 * | what I promised on it | the claim: it binds me |
 * | what I got for it | the neighbour's totals, in the hello after this one (link/recovery.ts) |
 */
import type { Hex } from '../bytes.ts';
import type { PeerError } from '../errors.ts';
import type { WireClaim } from '../link/messages.ts';
import { ok, type Result } from '../result.ts';
import type { Address, ChainEvent, ChannelKey, ChannelState } from '../settlement/chain.ts';
import type { ChainMirror } from './chain-mirror.ts';
import type { Errands, SettlerDeps } from './errands.ts';

export interface Recall {
	/** A neighbour holds these claims. Answers who paid for the channels of mine that were found, if any were not here. */
	byClaims(peer: string, claims: readonly WireClaim[]): Promise<Result<Address | undefined, PeerError>>;
	/** This wallet may have paid for channels; answers how many were found. */
	byPayer(payer: Address): Promise<Result<number, PeerError>>;
}

/** One life of a channel, as reported. */
interface Life {
	readonly id: Hex;
	readonly epoch: number;
	readonly key: ChannelKey;
	readonly deposited: bigint;
	readonly fundings: number;
	/** Undefined while it lives. */
	readonly captured: bigint | undefined;
}

/** The lives that are told from their beginning. */
const livesOf = (events: readonly ChainEvent[]): readonly Life[] => {
	const lives = new Map<string, Life>();
	for (const event of events) {
		const name = `${event.id}/${event.epoch}`;
		const life = lives.get(name);
		if (event.type === 'Opened') {
			const { id, epoch, key, amount } = event;
			lives.set(name, { id, epoch, key, deposited: amount, fundings: 1, captured: undefined });
		} else if (life && event.type === 'ToppedUp')
			lives.set(name, { ...life, deposited: life.deposited + event.amount, fundings: life.fundings + 1 });
		else if (life && (event.type === 'Closed' || event.type === 'Withdrawn'))
			lives.set(name, { ...life, captured: event.captured });
	}
	return [...lives.values()];
};

export const createRecall = (
	deps: SettlerDeps,
	{ asked, inTurn }: Pick<Errands, 'asked' | 'inTurn'>,
	{ blank, reconcile }: Pick<ChainMirror, 'blank' | 'reconcile'>
): Recall => {
	const {
		platform: { clock, log },
		commits,
		accounts,
		channels,
		scheme
	} = deps;
	const { chain } = scheme;

	const peerOf = ({ payee }: ChannelKey): string | undefined =>
		accounts.all().find((row) => row.payee === payee)?.peer;

	/** Of the reports, those lives that are mine and not here. */
	const missingOf = (events: readonly ChainEvent[]): readonly (Life & { readonly peer: string })[] =>
		livesOf(events).flatMap((life) => {
			const { id, epoch, key } = life;
			const isMine =
				key.signer === deps.claimAddress() && key.token === chain.token && scheme.channelId(key) === id;
			const peer = isMine && !channels.get(id, epoch) ? peerOf(key) : undefined;
			return peer === undefined ? [] : [{ ...life, peer }];
		});

	/** Inside a transaction. */
	const write = (life: Life & { readonly peer: string }, state: ChannelState | undefined): void => {
		const { id, epoch, key, peer, deposited, fundings, captured } = life;
		channels.insert({ ...blank(id, epoch, peer, 'out', key), fundings });
		const row = channels.get(id, epoch);
		if (!row) return;
		if (captured !== undefined) {
			reconcile(row, { deposited, claimed: captured, closeAt: 0 });
			channels.end(id, epoch, captured, 'closed', clock.now());
		} else if (state?.epoch === epoch) reconcile(row, state);
		accounts.markOlder(peer);
	};

	/** Takes in what the chain tells of channels of mine. */
	const takeIn = async (of: Parameters<typeof chain.history>[0]): Promise<Result<number, PeerError>> => {
		const past = asked(await chain.history(of));
		if (!past.ok) return past;
		const missing = missingOf(past.value);
		const states = asked(await chain.channels(missing.map(({ id }) => id)));
		if (!states.ok) return states;
		await commits.run(() => {
			for (const [at, life] of missing.entries())
				if (!channels.get(life.id, life.epoch)) write(life, states.value[at]);
		});
		if (missing.length > 0) {
			log('warn', 'channels of a lost database were found on the chain', { count: missing.length });
			deps.onChange();
		}
		return ok(missing.length);
	};

	const isMine = (claim: WireClaim): Promise<boolean> =>
		claim.scheme === scheme.id && !channels.get(claim.channel, claim.epoch)
			? scheme.isClaimBy(deps.claimAddress(), claim)
			: Promise.resolve(false);

	return {
		byClaims: (peer, claims) =>
			inTurn(async () => {
				let payer: Address | undefined;
				for (const claim of claims) {
					if (!(await isMine(claim))) continue;
					const one = await takeIn({ id: claim.channel });
					if (!one.ok) return one;
					const row = channels.get(claim.channel, claim.epoch);
					// Beyond the deposit the chain was not up to date; the next hello names it again.
					if (row?.peer !== peer || claim.cumulative > row.deposited) continue;
					const { id, epoch, key } = row;
					await commits.run(() => channels.adopt(id, epoch, claim.cumulative, clock.now()));
					if (payer !== key.payer) await takeIn({ payer: key.payer });
					payer = key.payer;
				}
				return ok(payer);
			}),
		byPayer: (payer) => inTurn(() => takeIn({ payer }))
	};
};
