/** The hello: what each side says of itself when a link comes up, and what is made of what the other says. */
import { LIMITS } from '../limits.ts';
import type { Hello, WireClaim } from './messages.ts';
import type { LinksDeps } from './links-deps.ts';

export interface Greeter {
	/** Before a hello: it tells of checked claims only, so that the newest should be one. */
	prepare(peer: string): Promise<void>;
	/** What this side says to a neighbour, as of now. */
	hello(peer: string): Hello;
	/**
	 * Takes in the neighbour's side. The money parts are checked: a hello is a stranger's claim. False when it cannot be
	 * taken in now, because the chain would have to be asked and does not answer.
	 */
	learn(peer: string, theirs: Hello): Promise<boolean>;
	/** Whether somebody is on the same network. */
	isOnMyNetwork(theirs: Hello): boolean;
}

/** Channels named in a hello, the newest: attempts that were never funded must not make it too long to read. */
const HELLO_CHANNELS = 16;

export const createGreeter = (
	deps: Pick<
		LinksDeps,
		| 'platform'
		| 'commits'
		| 'accounts'
		| 'channels'
		| 'heldClaims'
		| 'scheme'
		| 'network'
		| 'payee'
		| 'announcement'
		| 'payoutTerms'
		| 'connector'
		| 'refresh'
		| 'onEvent'
	>
): Greeter => {
	const { platform, commits, accounts, channels, scheme } = deps;
	const { clock, log } = platform;
	const network = deps.network === 'live' ? 1 : 2;

	const hello = (peer: string): Hello => {
		const row = accounts.get(peer);
		const announcement = deps.announcement();
		return {
			version: 1,
			network,
			asset: scheme?.asset ?? '',
			window: row?.window ?? 0n,
			credit: row?.credit ?? 0n,
			maxPacket: LIMITS.maxPacket,
			payee: deps.payee(),
			channels: channels
				.ofPeer(peer, 'out')
				.filter((channel) => channel.status === 'open' || channel.status === 'opening')
				.slice(-HELLO_CHANNELS)
				.map(({ key, epoch }) => ({ key, epoch })),
			claims: channels
				.ofPeer(peer, 'in')
				.slice(-HELLO_CHANNELS)
				.flatMap((channel): WireClaim[] =>
					channel.checkedSignature && (channel.status === 'open' || channel.status === 'frozen')
						? [
								{
									scheme: scheme?.id ?? 0,
									channel: channel.id,
									epoch: channel.epoch,
									cumulative: channel.checked,
									signature: channel.checkedSignature
								}
							]
						: []
				),
			fulfilledByMe: row?.fulfilledByMe ?? 0n,
			fulfilledByYou: row?.fulfilledByPeer ?? 0n,
			paidOutByMe: row?.paidOutByMe ?? 0n,
			paidOutByYou: row?.paidOutByPeer ?? 0n,
			unresolved: deps.connector().lost(peer).slice(0, LIMITS.inFlightPerLink),
			...(deps.payoutTerms && row?.role === 'child' ? { payoutTerms: deps.payoutTerms } : {}),
			...(announcement ? { announcement } : {})
		};
	};

	/**
	 * My own signatures, newer than I remember: this database is an older copy, and they bind me. Undefined when one
	 * says more than there is by what is known of the chain, which does not answer.
	 */
	const newerClaims = async (
		peer: string,
		claims: readonly WireClaim[]
	): Promise<readonly WireClaim[] | undefined> => {
		const newer: WireClaim[] = [];
		for (const claim of claims) {
			const channel = channels.get(claim.channel, claim.epoch);
			if (!scheme || channel?.direction !== 'out' || channel.peer !== peer) continue;
			const { key } = channel;
			const { epoch, cumulative, signature } = claim;
			if (cumulative <= channel.promised) continue;
			if (!(await scheme.verifyClaim({ key, epoch, cumulative, signature }))) continue;
			// A top-up that was forgotten with it.
			if (cumulative > channel.deposited) await deps.refresh(claim.channel);
			if (cumulative > (channels.get(claim.channel, epoch)?.deposited ?? 0n)) return undefined;
			newer.push(claim);
		}
		return newer;
	};

	const learn = async (peer: string, theirs: Hello): Promise<boolean> => {
		const newer = await newerClaims(peer, theirs.claims);
		if (!newer) return false;
		const forgotten = await commits.run(() => {
			const at = clock.now();
			accounts.learn(peer, {
				payee: theirs.payee,
				peerCredit: theirs.credit,
				peerWindow: theirs.window,
				peerMaxPacket: theirs.maxPacket,
				payoutFee: theirs.payoutTerms?.fee,
				payoutThreshold: theirs.payoutTerms?.threshold
			});
			for (const claim of newer) channels.adopt(claim.channel, claim.epoch, claim.cumulative, at);
			if (newer.length > 0) accounts.markOlder(peer);
			return accounts.recover(peer, theirs, at);
		});
		if (forgotten.got + forgotten.gave > 0n) {
			log('warn', 'this database is an older copy: what it had forgotten is booked', { peer, ...forgotten });
			deps.onEvent({ type: 'recovered', peer, ...forgotten });
		}
		const row = accounts.get(peer);
		if (row && (theirs.fulfilledByYou !== row.fulfilledByMe || theirs.fulfilledByMe !== row.fulfilledByPeer))
			log('info', 'totals differ until lost packets are resolved', { peer });
		else if (row) deps.connector().agreed(peer);
		return true;
	};

	return {
		prepare: async (peer) => deps.heldClaims?.check(peer),
		hello,
		learn,
		isOnMyNetwork: (theirs) => theirs.network === network
	};
};
