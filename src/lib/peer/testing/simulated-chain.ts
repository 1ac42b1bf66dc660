/**
 * A chain in memory with the channel contract and a dollar on it, repeatable on a simulated clock. It
 * states the contract's rules once more, in the plainest way, and knows trouble on demand: a port can
 * be down, slow, or silent after it took a transaction. The real port and this one pass the same suite
 * (chain-conformance.ts), with the same names for the same refusals.
 *
 * One transaction is one block. Contract wallets (ERC-1271) and the price of gas are not simulated.
 */
import { keccak_256 } from '@noble/hashes/sha3.js';
import { fromHex, toHex0x, utf8, utf8Decode, type Hex } from '../bytes.ts';
import { nobleCrypto } from '../crypto/noble-crypto.ts';
import type { Cancel, Clock } from '../platform.ts';
import { err, ok, type Result } from '../result.ts';
import type {
	Address,
	ChainError,
	ChainEvent,
	ChainPort,
	ChannelKey,
	ChannelState,
	Receipt,
	SignedClaim,
	TransactionFate
} from '../settlement/chain.ts';
import {
	createTypedData,
	MAX_UINT24,
	MAX_UINT96,
	toAddress,
	ZERO_ADDRESS
} from '../settlement/evm/typed-data.ts';

export interface SimulatedChainOptions {
	readonly clock: Clock;
	readonly chainId?: number;
	/** Tells one simulated chain from another: goes into the genesis hash. */
	readonly name?: string;
	/** Time until an answer to a question, in milliseconds. */
	readonly answerMs?: number;
	/** Time from sending a transaction until it is mined, in milliseconds. */
	readonly blockMs?: number;
	/** How long a port waits for an answer before it says the chain is unreachable. */
	readonly timeoutMs?: number;
	/** Age at which a block is final, in seconds of the chain's clock. */
	readonly finalSeconds?: number;
}

/** What is wrong with a port's way to the chain. */
export type ChainFault =
	/** Nothing gets through. */
	| { readonly type: 'down' }
	/** Everything takes this much longer; beyond the timeout the answer is lost, the deed is not. */
	| { readonly type: 'slow'; readonly delayMs: number }
	/** Transactions are taken and mined, but no answer ever comes back. */
	| { readonly type: 'silent' }
	/** Every transaction is refused. */
	| { readonly type: 'reject'; readonly reason: string };

export interface SimulatedChainPort extends ChainPort {
	setFault(fault: ChainFault | undefined): void;
}

export interface SimulatedChain {
	readonly chainId: number;
	readonly contract: Address;
	readonly token: Address;
	readonly tokenScale: number;
	readonly tokenDomain: { readonly name: string; readonly version: string };
	/** One host's way to the chain; without an account it can only look. */
	port(account?: Address): SimulatedChainPort;
	/** The faucet. */
	mint(owner: Address, amount: bigint): void;
	/** Moves the chain's clock ahead of the simulated one. */
	skip(seconds: number): void;
	/** The token refuses to move to or from this address. */
	block(account: Address, isBlocked: boolean): void;
	/** Everything on the chain, ordered by key, for hashing a run's end. */
	snapshot(): ChainSnapshot;
}

export interface ChainSnapshot {
	readonly block: bigint;
	readonly channels: readonly (readonly [Hex, ChannelState])[];
	readonly balances: readonly (readonly [Address, bigint])[];
}

/** The rules' way to say no; never leaves this file. */
class Refusal extends Error {}

const refuse = (reason: string): never => {
	throw new Refusal(reason);
};

const CLOSED: ChannelState = { deposited: 0n, claimed: 0n, closeAt: 0, epoch: 0 };
const TOKEN_DOMAIN = { name: 'Test Dollar', version: '1' } as const;
const GAS_COST_WEI = 60_000_000_000_000n;

interface RawTransfer {
	readonly from: Address;
	readonly to: Address;
	readonly amount: bigint;
	readonly nonce: number;
}

/** A signature proves nothing here: what nobody else can make, nobody else is given. */
const writeTransfer = ({ from, to, amount, nonce }: RawTransfer): Hex =>
	toHex0x(utf8(`${from} ${to} ${amount} ${nonce}`));

const readTransfer = (raw: Hex): RawTransfer => {
	const [from, to, amount, nonce] = (utf8Decode(fromHex(raw.slice(2))) ?? '').split(' ');
	return { from: from as Address, to: to as Address, amount: BigInt(amount ?? 0), nonce: Number(nonce) };
};

const hashOf = (raw: Hex): Hex => toHex0x(keccak_256(fromHex(raw.slice(2))));

const byKey = <T>(a: readonly [string, T], b: readonly [string, T]): number =>
	a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;

const addressNamed = (name: string): Address => toAddress(keccak_256(utf8(name)).subarray(12));

export const createSimulatedChain = ({
	clock,
	chainId = 31337,
	name = 'simulated',
	answerMs = 20,
	blockMs = 1_000,
	timeoutMs = 10_000,
	finalSeconds = 900
}: SimulatedChainOptions): SimulatedChain => {
	const contract = addressNamed(`${name} channels`);
	const token = addressNamed(`${name} dollar`);
	const tokenScale = 6;
	const typedData = createTypedData(chainId, contract);
	const genesis = toHex0x(keccak_256(utf8(`${name} genesis`)));

	let channels = new Map<Hex, ChannelState>();
	let balances = new Map<Address, bigint>();
	let usedNonces = new Set<string>();
	const blocked = new Set<Address>();
	/** Events of block n at index n − 1. */
	const blocks: (readonly ChainEvent[])[] = [];
	const onBlock = new Set<() => void>();
	/** Of each account, when its numbers were used: the nth at index n, Unix seconds. */
	const numbers = new Map<Address, number[]>();
	/** Handed in and waiting for their block or for the numbers before theirs. */
	const waiting = new Set<Hex>();
	const fates = new Map<Hex, TransactionFate>();
	let skippedSeconds = 0;

	const now = (): number => Math.floor(clock.now() / 1_000) + skippedSeconds;

	// The token

	const move = (from: Address, to: Address, amount: bigint, refusal?: string): void => {
		if (blocked.has(from) || blocked.has(to)) refuse(refusal ?? 'AccountBlacklisted');
		const held = balances.get(from) ?? 0n;
		if (held < amount) refuse(refusal ?? 'InsufficientBalance');
		balances.set(from, held - amount);
		balances.set(to, (balances.get(to) ?? 0n) + amount);
	};

	// The contract, act by act; see IChannels.sol for the reasons

	const isSignedBy = (signer: Address, digest: Uint8Array, signature: Uint8Array): boolean => {
		const recovered = nobleCrypto.ecdsaRecover(digest, signature);
		return recovered !== undefined && toAddress(recovered) === signer;
	};

	const openState = (key: ChannelKey): { id: Hex; state: ChannelState } => {
		const id = typedData.channelId(key);
		const state = channels.get(id) ?? CLOSED;
		if (state.deposited === 0n) refuse('ChannelNotOpen');
		return { id, state };
	};

	const pay = (to: Address, amount: bigint): void => {
		if (amount > 0n) move(contract, to, amount, 'PayoutFailed');
	};

	const opened = (key: ChannelKey, amount: bigint): ChainEvent => {
		if (key.payee === ZERO_ADDRESS || key.payee === contract) refuse('PayeeRefused');
		if (key.signer === ZERO_ADDRESS || key.signer === key.payee) refuse('SignerRefused');
		if (key.expiry !== 0 && key.expiry <= now()) refuse('ExpiryPassed');
		if (amount === 0n) refuse('ZeroAmount');
		if (key.token !== token) refuse('DepositFailed');
		const id = typedData.channelId(key);
		const state = channels.get(id) ?? CLOSED;
		if (state.deposited !== 0n) refuse('ChannelAlreadyOpen');
		if (state.epoch === MAX_UINT24) refuse('NoEpochLeft');
		channels.set(id, { ...CLOSED, deposited: amount, epoch: state.epoch });
		return { type: 'Opened', id, key, epoch: state.epoch, amount };
	};

	const toppedUp = (key: ChannelKey, amount: bigint): ChainEvent => {
		if (amount === 0n) refuse('ZeroAmount');
		const { id, state } = openState(key);
		const deposited = state.deposited + amount;
		if (deposited > MAX_UINT96) refuse('DepositTooLarge');
		channels.set(id, { ...state, deposited, closeAt: 0 });
		return { type: 'ToppedUp', id, epoch: state.epoch, amount };
	};

	/** What a claim adds, or why it adds nothing. */
	const dueOf = ({ key, cumulative, signature }: SignedClaim): bigint => {
		const { id, state } = openState(key);
		const reached = cumulative < state.deposited ? cumulative : state.deposited;
		if (reached <= state.claimed) refuse('ClaimNotIncreasing');
		if (!isSignedBy(key.signer, typedData.claimDigest(id, state.epoch, cumulative), signature))
			refuse('InvalidSignature');
		return reached - state.claimed;
	};

	const claimed = (claim: SignedClaim): Extract<ChainEvent, { type: 'Claimed' }> => {
		const paid = dueOf(claim);
		const { id, state } = openState(claim.key);
		const cumulative = state.claimed + paid;
		channels.set(id, { ...state, claimed: cumulative });
		return { type: 'Claimed', id, epoch: state.epoch, cumulative, paid };
	};

	const ended = (id: Hex, state: ChannelState): void => {
		channels.set(id, { ...CLOSED, epoch: state.epoch + 1 });
	};

	// Transactions

	const refusal = (reason: string): Result<never, ChainError> => err({ type: 'TransactionRefused', reason });

	/** Tries it, takes it back, and says why it would fail. */
	const wouldRefuse = (act: () => unknown): string | undefined => {
		const before = { channels: new Map(channels), balances: new Map(balances) };
		try {
			act();
			return undefined;
		} catch (error) {
			if (error instanceof Refusal) return error.message;
			throw error;
		} finally {
			({ channels, balances } = before);
		}
	};

	/** Runs one transaction as one block: all of it or nothing. */
	const mine = (act: () => readonly ChainEvent[]): Result<Receipt, ChainError> => {
		const before = {
			channels: new Map(channels),
			balances: new Map(balances),
			usedNonces: new Set(usedNonces)
		};
		try {
			const events = act();
			blocks.push(events);
			const transaction = toHex0x(keccak_256(utf8(`${name} transaction ${blocks.length}`)));
			for (const notify of onBlock) notify();
			return ok({ transaction, block: BigInt(blocks.length), gasCostWei: GAS_COST_WEI });
		} catch (refusal) {
			({ channels, balances, usedNonces } = before);
			if (refusal instanceof Refusal) return err({ type: 'TransactionRefused', reason: refusal.message });
			throw refusal;
		}
	};

	// Transactions that are signed first and sent later

	const nonceOf = (account: Address): number => numbers.get(account)?.length ?? 0;

	const useNumber = (account: Address): void => {
		numbers.set(account, [...(numbers.get(account) ?? []), now()]);
		for (const raw of [...waiting]) if (readTransfer(raw).nonce === nonceOf(account)) mineTransfer(raw);
	};

	const transferred = (from: Address, to: Address, amount: bigint): readonly ChainEvent[] => {
		if (to === ZERO_ADDRESS) refuse('ZeroRecipient');
		move(from, to, amount);
		return [];
	};

	/** In its turn or not at all. What fails then has used its number all the same. */
	const mineTransfer = (raw: Hex): void => {
		const { from, to, amount, nonce } = readTransfer(raw);
		if (!waiting.has(raw) || nonce > nonceOf(from)) return;
		waiting.delete(raw);
		if (nonce < nonceOf(from)) return;
		const sent = mine(() => transferred(from, to, amount));
		if (!sent.ok) blocks.push([]);
		fates.set(
			hashOf(raw),
			sent.ok ? { type: 'mined', transfers: [{ from, to, amount }] } : { type: 'reverted' }
		);
		useNumber(from);
	};

	const port = (account?: Address): SimulatedChainPort => {
		let fault: ChainFault | undefined;
		const onFault = new Set<() => void>();
		const unreachable = (reason: string): Result<never, ChainError> =>
			err({ type: 'ChainUnreachable', reason });

		/** Asks something that takes `workMs` over there. */
		const ask = <T>(workMs: number, run: () => Result<T, ChainError>): Promise<Result<T, ChainError>> =>
			new Promise((resolve) => {
				if (fault?.type === 'down') {
					clock.after(answerMs, () => resolve(unreachable('nobody answers')));
					return;
				}
				const slower = fault?.type === 'slow' ? fault.delayMs : 0;
				const silent = fault?.type === 'silent';
				const cancelTimeout = clock.after(timeoutMs, () => resolve(unreachable('no answer in time')));
				clock.after(answerMs + workMs + slower, () => {
					const answer = run();
					if (silent) return;
					cancelTimeout();
					resolve(answer);
				});
			});

		const read = <T>(run: () => T): Promise<Result<T, ChainError>> => ask(0, () => ok(run()));

		const send = (act: (sender: Address) => readonly ChainEvent[]): Promise<Result<Receipt, ChainError>> => {
			if (account === undefined) return Promise.resolve(err({ type: 'NoChainAccount' }));
			if (fault?.type === 'reject') {
				const { reason } = fault;
				return ask(0, () => err({ type: 'TransactionRefused', reason }));
			}
			return ask(blockMs, () => {
				const sent = mine(() => act(account));
				if (sent.ok) useNumber(account);
				return sent;
			});
		};

		return {
			chainId,
			contract,
			token,
			tokenScale,
			account,

			setFault: (next) => {
				fault = next;
				for (const notify of onFault) notify();
			},

			genesisHash: () => read(() => genesis),
			head: () => read(() => ({ block: BigInt(blocks.length), time: now() })),
			channel: (id) => read(() => channels.get(id) ?? CLOSED),
			tokenBalance: (owner) => read(() => balances.get(owner) ?? 0n),
			tokenDomain: () => read(() => TOKEN_DOMAIN),

			open: (key, amount) =>
				send((sender) => {
					if (sender !== key.payer) refuse('NotPayer');
					const event = opened(key, amount);
					move(sender, contract, amount);
					return [event];
				}),

			openWithAuthorization: (funding) =>
				send((sender) => {
					const { key, amount, validAfter, validBefore, index, signature } = funding;
					const id = typedData.channelId(key);
					const { closeAt, epoch } = channels.get(id) ?? CLOSED;
					const event = index === 0 ? opened(key, amount) : toppedUp(key, amount);
					if (index !== 0 && closeAt !== 0 && sender !== key.payer) refuse('ChannelClosing');
					if (now() <= validAfter) refuse('AuthorizationNotYetValid');
					if (now() >= validBefore) refuse('AuthorizationExpired');
					const nonce = `${key.payer} ${typedData.authorizationNonce(id, epoch, index)}`;
					if (usedNonces.has(nonce)) refuse('AuthorizationUsedOrCanceled');
					const digest = typedData.fundingDigest(funding, epoch, TOKEN_DOMAIN);
					if (!isSignedBy(key.payer, digest, signature)) refuse('InvalidSignature');
					usedNonces.add(nonce);
					move(key.payer, contract, amount);
					return [event];
				}),

			topUp: (key, amount) =>
				send((sender) => {
					if (sender !== key.payer) refuse('NotPayer');
					const event = toppedUp(key, amount);
					move(sender, contract, amount);
					return [event];
				}),

			redeem: (claims) =>
				send(() => {
					const [only] = claims;
					if (only === undefined) return refuse('ClaimNotIncreasing');
					const events: ChainEvent[] = [];
					for (const claim of claims) {
						try {
							const event = claimed(claim);
							pay(claim.key.payee, event.paid);
							events.push(event);
						} catch (refusal) {
							// Alone a claim says why; in company a bad one is passed over.
							if (claims.length === 1 || !(refusal instanceof Refusal)) throw refusal;
							if (refusal.message === 'PayoutFailed') throw refusal;
						}
					}
					if (events.length === 0) refuse('ClaimNotIncreasing');
					return events;
				}),

			close: ({ key, capture, deadline, signature }, claim) =>
				send(() => {
					if (now() > deadline) refuse('DeadlinePassed');
					const { id, state } = openState(key);
					if (!isSignedBy(key.payee, typedData.closeDigest(id, state.epoch, capture, deadline), signature))
						refuse('InvalidSignature');
					if (capture < state.claimed) refuse('CaptureBelowClaimed');
					if (capture > state.deposited) refuse('CaptureAboveDeposit');
					if (capture > state.claimed) {
						const cumulative = claim?.cumulative ?? 0n;
						if (capture > cumulative) refuse('CaptureAboveClaim');
						const digest = typedData.claimDigest(id, state.epoch, cumulative);
						if (!isSignedBy(key.signer, digest, claim?.signature ?? new Uint8Array()))
							refuse('InvalidSignature');
					}
					ended(id, state);
					const refunded = state.deposited - capture;
					pay(key.payee, capture - state.claimed);
					pay(key.payer, refunded);
					return [{ type: 'Closed', id, epoch: state.epoch, captured: capture, refunded }];
				}),

			requestClose: (key) =>
				send((sender) => {
					if (sender !== key.payer && sender !== key.signer) refuse('NotPayerOrSigner');
					const { id, state } = openState(key);
					if (state.closeAt !== 0) refuse('ChannelClosing');
					const closeAt = now() + key.grace;
					channels.set(id, { ...state, closeAt });
					return [{ type: 'CloseRequested', id, epoch: state.epoch, closeAt }];
				}),

			withdraw: (key) =>
				send(() => {
					const { id, state } = openState(key);
					const graceIsOver = state.closeAt !== 0 && now() >= state.closeAt;
					const hasExpired = key.expiry !== 0 && now() >= key.expiry;
					if (!graceIsOver && !hasExpired) refuse('TooEarly');
					ended(id, state);
					const refunded = state.deposited - state.claimed;
					pay(key.payer, refunded);
					return [{ type: 'Withdrawn', id, epoch: state.epoch, captured: state.claimed, refunded }];
				}),

			transfer: (to, amount) => send((sender) => transferred(sender, to, amount)),

			prepareTransfer: (to, amount) => {
				if (account === undefined) return Promise.resolve(err({ type: 'NoChainAccount' }));
				if (fault?.type === 'reject') return Promise.resolve(refusal(fault.reason));
				return ask(0, () => {
					const dry = wouldRefuse(() => transferred(account, to, amount));
					if (dry !== undefined) return refusal(dry);
					const raw = writeTransfer({ from: account, to, amount, nonce: nonceOf(account) });
					return ok({ raw, hash: hashOf(raw), nonce: nonceOf(account) });
				});
			},

			broadcast: (raw) =>
				ask(0, () => {
					if (fault?.type === 'reject') return refusal(fault.reason);
					const { from, nonce } = readTransfer(raw);
					if (fates.has(hashOf(raw)) || waiting.has(raw)) return ok(null);
					if (nonce < nonceOf(from)) return refusal('nonce too low');
					waiting.add(raw);
					clock.after(blockMs, () => mineTransfer(raw));
					return ok(null);
				}),

			fate: ({ hash, nonce }) =>
				read((): TransactionFate => {
					const known = fates.get(hash);
					if (known) return known;
					const usedAt =
						nonce === undefined || account === undefined ? undefined : numbers.get(account)?.[nonce];
					const isFinal = usedAt !== undefined && now() >= usedAt + finalSeconds;
					return { type: isFinal ? 'impossible' : 'pending' };
				}),

			watch: (ids, fromBlock, onEvents): Cancel => {
				let next = fromBlock < 1n ? 1n : fromBlock;
				let cancelDelivery: Cancel | undefined;
				const deliver = (): void => {
					cancelDelivery = undefined;
					if (fault?.type === 'down' || fault?.type === 'silent') return;
					const head = BigInt(blocks.length);
					if (head < next) return;
					const wanted = new Set(ids());
					const events = blocks.slice(Number(next) - 1).flat();
					next = head + 1n;
					onEvents(
						events.filter(({ id }) => wanted.has(id)),
						head
					);
				};
				const schedule = (): void => {
					const slower = fault?.type === 'slow' ? fault.delayMs : 0;
					cancelDelivery ??= clock.after(answerMs + slower, deliver);
				};
				onBlock.add(schedule);
				onFault.add(schedule);
				schedule();
				return () => {
					onBlock.delete(schedule);
					onFault.delete(schedule);
					cancelDelivery?.();
				};
			}
		};
	};

	return {
		chainId,
		contract,
		token,
		tokenScale,
		tokenDomain: TOKEN_DOMAIN,
		port,
		mint: (owner, amount) => void balances.set(owner, (balances.get(owner) ?? 0n) + amount),
		skip: (seconds) => {
			skippedSeconds += seconds;
		},
		block: (account, isBlocked) => {
			if (isBlocked) blocked.add(account);
			else blocked.delete(account);
		},
		snapshot: () => ({
			block: BigInt(blocks.length),
			channels: [...channels].sort(byKey),
			balances: [...balances].filter(([, amount]) => amount !== 0n).sort(byKey)
		})
	};
};
