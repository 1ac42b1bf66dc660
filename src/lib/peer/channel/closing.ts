/**
 * Ending a channel together: the payer asks, the payee signs a Close that captures exactly what its ledger
 * is owed and puts it on the chain, and the rest is back in the payer's wallet at once. Both freeze the
 * channel first, so that nothing is promised on it that the capture does not know.
 */
import type { Hex } from '../bytes.ts';
import { ERRORS, peerError, type PeerError, type PeerErrorType } from '../errors.ts';
import type { SettleAnswer } from '../link/messages.ts';
import { ceilDiv, maxOf, minOf } from '../money.ts';
import { err, ok, type Result } from '../result.ts';
import { mayWithdraw, type Channel } from './channel.ts';
import { closeAsked, closeDeadline, type Errands, type SettlerDeps } from './errands.ts';
import type { Transaction } from './transactions.ts';

export interface Closing {
	/** By the payee, asked by a neighbour. */
	closeForPayer(peer: string, id: Hex, epoch: number): Promise<SettleAnswer>;
	/** By the payer: asks the neighbour to end the channel; answers what came back to the wallet, in link units. */
	requestCooperativeClose(id: Hex): Promise<Result<bigint, PeerError>>;
	/** This process waits for the end of the channel. */
	isLeaving(id: Hex): boolean;
	/** Takes this node's own deposit back once the chain's time (Unix seconds) allows it. Nobody waits for it. */
	withdraw(channel: Channel, time: number): void;
}

/** A Close on its way to its block. */
interface SignedEnd {
	readonly transaction: Transaction;
	readonly capture: bigint;
	readonly frozen: Channel;
}

const CLOSE_VALID_SECONDS = 3_600;
/** What the neighbour could not do because of the chain is said of the chain: another neighbour would fare no better. */
const refusal = ({ code, text }: { readonly code: string; readonly text: string }): PeerError =>
	peerError(
		Object.hasOwn(ERRORS, code) && ERRORS[code as PeerErrorType].fault === 'chain'
			? (code as PeerErrorType)
			: 'HubRefused',
		text
	);

/** How often a chain that lags behind the hub's word is asked again, and how long apart. */
const LAG_TRIES = 10;
const LAG_EVERY_MS = 500;

export const createClosing = (
	deps: SettlerDeps,
	{ asked, chainError, gate, inTurn, spawn, wait, toLink, settings, transactions }: Errands
): Closing => {
	const {
		platform: { clock, log },
		commits,
		accounts,
		channels,
		scheme
	} = deps;
	const { chain } = scheme;
	const setSetting = settings.set;
	/** Channels whose cooperative close this process waits for. */
	const leaving = new Set<Hex>();

	/** The least this node must keep of a channel so that its ledger is whole; the rest goes home. */
	const captureOf = (channel: Channel): bigint => {
		const unspent = maxOf(0n, accounts.unspent(channel.peer) - accounts.held(channel.peer, 'me'));
		const owed = maxOf(0n, toLink(channel.claimed) - unspent);
		return maxOf(channel.settled, minOf(channel.claimed, ceilDiv(owed, toLink(1n))));
	};

	const closeForPayer = async (peer: string, id: Hex, epoch: number): Promise<SettleAnswer> => {
		const secret = deps.payeeSecret;
		const channel = channels.get(id, epoch);
		if (!secret || !channel || channel.direction !== 'in' || channel.peer !== peer)
			return { op: 'refused', code: 'ChannelUnknown', text: 'no such channel here' };
		const purpose = `close/${id}/${epoch}`;
		const signed = await inTurn(async (): Promise<SettleAnswer | SignedEnd> => {
			const trusted = gate('money');
			const head = trusted.ok ? asked(await chain.head()) : trusted;
			if (!head.ok) return { op: 'refused', code: head.error.type, text: 'the chain does not answer' };
			const deadline = head.value.time + CLOSE_VALID_SECONDS;
			const capture = await commits.run((): bigint | undefined => {
				const now = channels.get(id, epoch);
				// This program ended before it had written the Close down: nobody has that, and another is signed.
				const isCutShort = now?.status === 'frozen' && transactions.of(purpose) === undefined;
				if (now?.status !== 'open' && !isCutShort) return undefined;
				const keep = isCutShort ? now.claimed : captureOf(now);
				channels.freeze(id, epoch, keep, clock.now());
				setSetting(closeDeadline(id, epoch), `${deadline}`);
				return keep;
			});
			if (capture === undefined) return { op: 'refused', code: 'ChannelClosed', text: 'it is not open' };
			const frozen = channels.get(id, epoch) as Channel;
			const close = await scheme.signClose(secret, frozen.key, epoch, capture, deadline);
			const claim =
				frozen.checkedSignature && capture > frozen.settled
					? { key: frozen.key, epoch, cumulative: frozen.checked, signature: frozen.checkedSignature }
					: undefined;
			const begun = await transactions.begin({ type: 'close', close, claim }, purpose, {
				onBehalf: { peer }
			});
			if (begun.ok) return { transaction: begun.value, capture, frozen };
			// What was refused before it was signed was never handed in: nobody else has the consent.
			await commits.run(() => channels.thaw(id, epoch, clock.now()));
			const { type: code, reason } = chainError(begun.error);
			const text = code === 'GasBudgetReached' && reason ? reason : 'the chain did not take the close';
			return { op: 'refused', code, text };
		});
		if ('op' in signed) return signed;
		const { capture, frozen } = signed;
		const mined = asked(await transactions.outcome(signed.transaction.number));
		// It may be mined as long as its deadline has not passed; until then the channel stays frozen.
		if (!mined.ok) return { op: 'refused', code: mined.error.type, text: 'the chain did not take the close' };
		const transaction = mined.value.hash;
		await commits.run(() => channels.end(id, epoch, capture, 'closed', clock.now(), transaction));
		deps.onChange();
		return { op: 'closed', transaction, captured: capture, refunded: frozen.deposited - capture };
	};

	const withdraw = (channel: Channel, time: number): void => {
		const { id, epoch, key, direction, status } = channel;
		if (direction !== 'out' || key.payer !== chain.account || !gate('gas').ok) return;
		if (status !== 'open' && status !== 'closing') return;
		const purpose = `withdraw/${id}/${epoch}`;
		if (!mayWithdraw(channel, time) || transactions.underWay(purpose).length > 0) return;
		spawn(transactions.send({ type: 'withdraw', key }, purpose));
	};

	const isEnded = (id: Hex, epoch: number): boolean => {
		const now = channels.get(id, epoch)?.status;
		return now === 'closed' || now === 'archived';
	};

	const requestCooperativeClose = async (id: Hex): Promise<Result<bigint, PeerError>> => {
		const channel = channels.get(id);
		if (!channel || channel.direction !== 'out') return err(peerError('ChannelUnknown'));
		if (channel.status !== 'open' && channel.status !== 'frozen') return err(peerError('ChannelClosed'));
		if (leaving.has(id)) return err(peerError('ChannelClosed', 'it is being closed'));
		leaving.add(id);
		try {
			return await leave(channel);
		} finally {
			leaving.delete(id);
		}
	};

	const leave = async (channel: Channel): Promise<Result<bigint, PeerError>> => {
		const { id } = channel;
		// Nothing more is promised on it from here on.
		await commits.run(() => {
			channels.freeze(id, channel.epoch, channel.claimed, clock.now());
			setSetting(closeAsked(id, channel.epoch), `${clock.now()}`);
		});
		deps.onChange();
		const answer = await deps.ask(channel.peer, { op: 'close', channel: id, epoch: channel.epoch });
		const thaw = () => commits.run(() => channels.thaw(id, channel.epoch, clock.now()));
		const state = await chain.channel(id);
		const ended = state.ok && state.value.epoch > channel.epoch;
		if (ended) {
			// The chain's own report says what was captured; the neighbour's word only when that does not come.
			for (let tries = 0; tries < LAG_TRIES && !isEnded(id, channel.epoch); tries += 1)
				await wait(LAG_EVERY_MS);
			if (!isEnded(id, channel.epoch) && answer.ok && answer.value.op === 'closed') {
				const { captured, transaction } = answer.value;
				const believed = minOf(maxOf(captured, channel.settled), channel.deposited);
				if (captured !== believed || captured > channel.claimed)
					log('error', 'the neighbour captured what was not promised', { channel: id });
				await commits.run(() =>
					channels.end(id, channel.epoch, believed, 'closed', clock.now(), transaction)
				);
			}
			deps.onChange();
			const after = channels.get(id, channel.epoch) ?? channel;
			// Also when the neighbour did not learn of it in time: what the chain did is done.
			if (isEnded(id, channel.epoch)) return ok(toLink(after.deposited - after.settled));
		}
		if (state.ok && !ended) await thaw();
		deps.onChange();
		if (!answer.ok)
			return err(
				peerError(answer.error.type === 'NotConnected' ? 'HubUnreachable' : 'HubRefused', answer.error.reason)
			);
		return err(
			answer.value.op === 'refused'
				? refusal(answer.value)
				: peerError('HubRefused', 'the chain does not show the close')
		);
	};

	return { closeForPayer, requestCooperativeClose, isLeaving: (id) => leaving.has(id), withdraw };
};
