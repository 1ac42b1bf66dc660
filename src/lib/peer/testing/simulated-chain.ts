/**
 * A chain in memory with the channel contract and a dollar on it, repeatable on a simulated clock. It
 * states the contract's rules once more, in the plainest way, and knows trouble on demand: a port can
 * be down, slow, or silent after it took a transaction; blocks can be undone, and what was in them comes
 * back in another order or never; gas can become too dear for what was offered. The real port and this one
 * pass the same suite (chain-conformance.ts), with the same names for the same refusals.
 *
 * One transaction is one block. Contract wallets (ERC-1271) are not simulated.
 */
import { keccak_256 } from '@noble/hashes/sha3.js';
import { fromHex, toHex0x, utf8, type Hex } from '../bytes.ts';
import { nobleCrypto } from '../crypto/noble-crypto.ts';
import type { Cancel, Clock } from '../platform.ts';
import { err, ok, type Result } from '../result.ts';
import { LIMITS } from '../limits.ts';
import type {
	Address,
	ChainAct,
	ChainError,
	ChainEvent,
	ChainPoint,
	ChainPort,
	ChannelKey,
	ChannelState,
	SignedClaim,
	SignedTransaction,
	TokenTransfer,
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
	/** What a unit of gas costs from now on, in no real unit; what offers less waits. It begins at 100. */
	setGasPrice(price: number): void;
	/**
	 * Undoes the newest blocks. Their transactions wait for a block again, in `order`; those `drop` names are
	 * forgotten by everybody who was handed them.
	 */
	reorganise(
		blocks: number,
		order?: { readonly isReversed?: boolean; readonly drop?: (act: ChainAct) => boolean }
	): void;
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
const GAS_PRICE = 100;
/** Wei that one unit of this chain's gas price makes of a redemption and each channel in it. */
const REDEEM_WEI = 400_000_000n;
/** And of any act: as much as redeeming one claim. */
const ACT_WEI = 4n * REDEEM_WEI;

/** A signature proves nothing here: what nobody else can make, nobody else is given. */
interface Signed {
	readonly raw: Hex;
	readonly from: Address;
	readonly act: ChainAct;
	readonly nonce: number;
	/** Offered for a unit of gas. */
	readonly price: number;
}

/** What one block leads to the next. */
interface World {
	readonly channels: ReadonlyMap<Hex, ChannelState>;
	readonly balances: ReadonlyMap<Address, bigint>;
	readonly usedNonces: ReadonlySet<string>;
	/** Of each account, when its numbers were used: the nth at index n, Unix seconds. */
	readonly numbers: ReadonlyMap<Address, readonly number[]>;
}

interface Block {
	readonly hash: Hex;
	readonly events: readonly ChainEvent[];
	readonly transaction: Signed;
	/** Unix seconds. */
	readonly minedAt: number;
	readonly fate: { readonly type: 'mined' | 'reverted'; readonly reason: string };
	readonly transfers: readonly TokenTransfer[];
	/** As it was before. */
	readonly before: World;
}

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
	let numbers = new Map<Address, readonly number[]>();
	const blocked = new Set<Address>();
	/** Block n at index n − 1. */
	const blocks: Block[] = [];
	const onBlock = new Set<() => void>();
	/** Everything that was ever signed here. */
	const signed = new Map<Hex, Signed>();
	/** Handed in and waiting for their block, for the numbers before theirs, or for gas to become cheaper. */
	let waiting: Signed[] = [];
	let gasPrice = GAS_PRICE;
	let minedEver = 0;
	let skippedSeconds = 0;
	/** Movements of the token in the transaction that runs now. */
	let transfers: TokenTransfer[] = [];

	const now = (): number => Math.floor(clock.now() / 1_000) + skippedSeconds;

	// The token

	const move = (from: Address, to: Address, amount: bigint, refusal?: string): void => {
		if (blocked.has(from) || blocked.has(to)) refuse(refusal ?? 'AccountBlacklisted');
		const held = balances.get(from) ?? 0n;
		if (held < amount) refuse(refusal ?? 'InsufficientBalance');
		balances.set(from, held - amount);
		balances.set(to, (balances.get(to) ?? 0n) + amount);
		transfers.push({ from, to, amount });
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

	/** What an account does, as the contract and the token see it. */
	const perform = (sender: Address, act: ChainAct): readonly ChainEvent[] => {
		switch (act.type) {
			case 'open':
			case 'topUp': {
				if (sender !== act.key.payer) refuse('NotPayer');
				const event = act.type === 'open' ? opened(act.key, act.amount) : toppedUp(act.key, act.amount);
				move(sender, contract, act.amount);
				return [event];
			}
			case 'fund': {
				const { key, amount, validAfter, validBefore, index, signature } = act.funding;
				const id = typedData.channelId(key);
				const { closeAt, epoch } = channels.get(id) ?? CLOSED;
				const event = index === 0 ? opened(key, amount) : toppedUp(key, amount);
				if (index !== 0 && closeAt !== 0 && sender !== key.payer) refuse('ChannelClosing');
				if (now() <= validAfter) refuse('AuthorizationNotYetValid');
				if (now() >= validBefore) refuse('AuthorizationExpired');
				const nonce = `${key.payer} ${typedData.authorizationNonce(id, epoch, index)}`;
				if (usedNonces.has(nonce)) refuse('AuthorizationUsedOrCanceled');
				const digest = typedData.fundingDigest(act.funding, epoch, TOKEN_DOMAIN);
				if (!isSignedBy(key.payer, digest, signature)) refuse('InvalidSignature');
				usedNonces.add(nonce);
				move(key.payer, contract, amount);
				return [event];
			}
			case 'redeem': {
				const { claims } = act;
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
			}
			case 'close':
				return [closed(act)];
			case 'requestClose': {
				const { key } = act;
				if (sender !== key.payer && sender !== key.signer) refuse('NotPayerOrSigner');
				const { id, state } = openState(key);
				if (state.closeAt !== 0) refuse('ChannelClosing');
				const closeAt = now() + key.grace;
				channels.set(id, { ...state, closeAt });
				return [{ type: 'CloseRequested', id, epoch: state.epoch, closeAt }];
			}
			case 'withdraw': {
				const { key } = act;
				const { id, state } = openState(key);
				const graceIsOver = state.closeAt !== 0 && now() >= state.closeAt;
				const hasExpired = key.expiry !== 0 && now() >= key.expiry;
				if (!graceIsOver && !hasExpired) refuse('TooEarly');
				ended(id, state);
				const refunded = state.deposited - state.claimed;
				pay(key.payer, refunded);
				return [{ type: 'Withdrawn', id, epoch: state.epoch, captured: state.claimed, refunded }];
			}
			case 'transfer':
				if (act.to === ZERO_ADDRESS) refuse('ZeroRecipient');
				move(sender, act.to, act.amount);
				return [];
		}
	};

	const closed = ({
		close: { key, capture, deadline, signature },
		claim
	}: Extract<ChainAct, { type: 'close' }>): ChainEvent => {
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
			if (!isSignedBy(key.signer, digest, claim?.signature ?? new Uint8Array())) refuse('InvalidSignature');
		}
		ended(id, state);
		const refunded = state.deposited - capture;
		pay(key.payee, capture - state.claimed);
		pay(key.payer, refunded);
		return { type: 'Closed', id, epoch: state.epoch, captured: capture, refunded };
	};

	// Transactions

	const refusal = (reason: string): Result<never, ChainError> => err({ type: 'TransactionRefused', reason });

	const here = (): World => ({
		channels: new Map(channels),
		balances: new Map(balances),
		usedNonces: new Set(usedNonces),
		numbers: new Map(numbers)
	});
	const goBackTo = (world: World): void => {
		channels = new Map(world.channels);
		balances = new Map(world.balances);
		usedNonces = new Set(world.usedNonces);
		numbers = new Map(world.numbers);
	};

	/** All of it or nothing, and why. */
	const attempt = (from: Address, act: ChainAct): Result<readonly ChainEvent[], ChainError> => {
		const before = here();
		transfers = [];
		try {
			return ok(perform(from, act));
		} catch (error) {
			goBackTo(before);
			transfers = [];
			if (error instanceof Refusal) return refusal(error.message);
			throw error;
		}
	};

	/** Tries it and takes it back. */
	const rehearse = (from: Address, act: ChainAct): Result<unknown, ChainError> => {
		const before = here();
		const tried = attempt(from, act);
		goBackTo(before);
		return tried;
	};

	const nonceOf = (account: Address): number => numbers.get(account)?.length ?? 0;

	const keep = (from: Address, act: ChainAct, nonce: number, price: number): Signed => {
		const raw = toHex0x(utf8(`${name} ${from} ${nonce} ${price} ${signed.size}`));
		const transaction = { raw, from, act, nonce, price };
		signed.set(raw, transaction);
		return transaction;
	};

	const handOut = ({ raw, nonce, price }: Signed): SignedTransaction => ({
		raw,
		hash: hashOf(raw),
		nonce,
		isPreliminary: false,
		cost: BigInt(price) * ACT_WEI
	});

	/** One transaction is one block, whatever comes of it: its number is used. */
	const mine = (transaction: Signed): void => {
		const { from, act, nonce } = transaction;
		const before = here();
		const done = attempt(from, act);
		waiting = waiting.filter((other) => other.from !== from || other.nonce !== nonce);
		numbers.set(from, [...(numbers.get(from) ?? []), now()]);
		blocks.push({
			hash: toHex0x(keccak_256(utf8(`${name} block ${(minedEver += 1)}`))),
			events: done.ok ? done.value : [],
			transaction,
			minedAt: now(),
			fate: done.ok
				? { type: 'mined', reason: '' }
				: { type: 'reverted', reason: 'reason' in done.error ? done.error.reason : '' },
			transfers,
			before
		});
		for (const notify of onBlock) notify();
	};

	/** All that have their turn and pay enough. */
	const mineAll = (): void => {
		for (;;) {
			const next = waiting.find(({ from, nonce, price }) => nonce === nonceOf(from) && price >= gasPrice);
			if (!next) return;
			mine(next);
		}
	};

	const handIn = (transaction: Signed): Result<null, ChainError> => {
		const { raw, from, nonce, price } = transaction;
		const isMined = blocks.some((block) => block.transaction.raw === raw);
		if (isMined || nonce < nonceOf(from)) return err({ type: 'NumberTaken' });
		const rival = waiting.find((other) => other.from === from && other.nonce === nonce);
		if (rival?.raw === raw) return ok(null);
		// What takes another's place must offer a tenth more.
		if (rival && price * 10 < rival.price * 11) return err({ type: 'NumberTaken' });
		waiting = [...waiting.filter((other) => other !== rival), transaction];
		clock.after(blockMs, mineAll);
		return ok(null);
	};

	const fateOf = (hashes: readonly Hex[], account: Address | undefined, nonce?: number): TransactionFate => {
		const found = blocks.find(({ transaction }) => hashes.includes(hashOf(transaction.raw)));
		if (found) {
			const { type, reason } = found.fate;
			const hash = hashOf(found.transaction.raw);
			const isFinal = now() >= found.minedAt + finalSeconds;
			return type === 'mined'
				? { type, hash, transfers: found.transfers, isFinal }
				: { type, hash, reason, isFinal };
		}
		const usedAt = nonce === undefined || account === undefined ? undefined : numbers.get(account)?.[nonce];
		const isFinal = usedAt !== undefined && now() >= usedAt + finalSeconds;
		return { type: isFinal ? 'impossible' : 'pending' };
	};

	const pointAt = (block: number): ChainPoint => ({
		block: BigInt(block),
		hash: blocks[block - 1]?.hash ?? genesis
	});

	const port = (account?: Address): SimulatedChainPort => {
		let fault: ChainFault | undefined;
		const onFault = new Set<() => void>();
		const unreachable = (reason: string): Result<never, ChainError> =>
			err({ type: 'ChainUnreachable', reason });

		/** Asks something, and hears of it after the answering time. */
		const ask = <T>(run: () => Result<T, ChainError>): Promise<Result<T, ChainError>> =>
			new Promise((resolve) => {
				if (fault?.type === 'down') {
					clock.after(answerMs, () => resolve(unreachable('nobody answers')));
					return;
				}
				const slower = fault?.type === 'slow' ? fault.delayMs : 0;
				const silent = fault?.type === 'silent';
				const cancelTimeout = clock.after(timeoutMs, () => resolve(unreachable('no answer in time')));
				clock.after(answerMs + slower, () => {
					const answer = run();
					if (silent) return;
					cancelTimeout();
					resolve(answer);
				});
			});

		const read = <T>(run: () => T): Promise<Result<T, ChainError>> => ask(() => ok(run()));

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
			channels: (ids) => read(() => ids.map((id) => channels.get(id) ?? CLOSED)),
			tokenBalance: (owner) => read(() => balances.get(owner) ?? 0n),
			nonce: () => read(() => (account === undefined ? 0 : nonceOf(account))),
			tokenDomain: () => read(() => TOKEN_DOMAIN),
			redeemCost: (count) => read(() => BigInt(gasPrice) * REDEEM_WEI * BigInt(3 + count)),

			prepare: (act, firstNonce = 0) => {
				if (account === undefined) return Promise.resolve(err({ type: 'NoChainAccount' }));
				if (fault?.type === 'reject') return Promise.resolve(refusal(fault.reason));
				return ask(() => {
					const rehearsed = rehearse(account, act);
					if (!rehearsed.ok) return rehearsed;
					return ok(handOut(keep(account, act, Math.max(nonceOf(account), firstNonce), gasPrice)));
				});
			},

			outbid: (raw) =>
				ask(() => {
					const before = signed.get(raw);
					if (!before || before.from !== account) return refusal('not signed here');
					const price = Math.max(gasPrice, Math.ceil((before.price * 9) / 8) + 1);
					return ok(handOut(keep(before.from, before.act, before.nonce, price)));
				}),

			broadcast: (raw) =>
				ask(() => {
					if (fault?.type === 'reject') return refusal(fault.reason);
					const transaction = signed.get(raw);
					return transaction ? handIn(transaction) : refusal('not signed here');
				}),

			fate: ({ hashes, nonce }) => read(() => fateOf(hashes, account, nonce)),

			history: (of) =>
				read(() => {
					const all = blocks.flatMap(({ events }) => events);
					if ('id' in of) return all.filter(({ id }) => id === of.id);
					const opened = all.flatMap((event) =>
						event.type === 'Opened' && event.key.payer === of.payer ? [event.id] : []
					);
					return all.filter(({ id }) => opened.includes(id));
				}),

			payments: (from) =>
				read(() =>
					blocks
						.slice(Math.max(0, Number(from) - 1))
						.flatMap(({ transfers, transaction }) =>
							transfers
								.filter((transfer) => transfer.from === account)
								.map((transfer) => ({ ...transfer, hash: hashOf(transaction.raw) }))
						)
				),

			watch: (ids, from, onReport): Cancel => {
				let point = from ?? pointAt(0);
				let cancelDelivery: Cancel | undefined;
				const deliver = (): void => {
					cancelDelivery = undefined;
					if (fault?.type === 'down' || fault?.type === 'silent') return;
					const seen = Number(point.block);
					if (seen > blocks.length) return;
					const isReorganised = point.hash !== undefined && pointAt(seen).hash !== point.hash;
					const next = isReorganised ? Math.max(0, seen - LIMITS.reorgBlocks) : seen;
					if (next === blocks.length && !isReorganised) return;
					const wanted = new Set(ids());
					point = pointAt(blocks.length);
					onReport({
						events: blocks
							.slice(next)
							.flatMap(({ events }) => events)
							.filter(({ id }) => wanted.has(id)),
						upTo: point,
						isReorganised
					});
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
		mint: (owner, amount) => {
			balances.set(owner, (balances.get(owner) ?? 0n) + amount);
			// The faucet's money was always there.
			for (const { before } of blocks)
				(before.balances as Map<Address, bigint>).set(owner, (before.balances.get(owner) ?? 0n) + amount);
		},
		skip: (seconds) => {
			skippedSeconds += seconds;
		},
		block: (account, isBlocked) => {
			if (isBlocked) blocked.add(account);
			else blocked.delete(account);
		},
		setGasPrice: (price) => {
			gasPrice = price;
			clock.after(blockMs, mineAll);
		},
		reorganise: (count, { isReversed = false, drop = () => false } = {}) => {
			const undone = blocks.splice(blocks.length - count);
			const [first] = undone;
			if (first) goBackTo(first.before);
			const again = undone.map(({ transaction }) => transaction).filter(({ act }) => !drop(act));
			waiting.unshift(...(isReversed ? again.reverse() : again));
			clock.after(blockMs, mineAll);
			for (const notify of onBlock) notify();
		},
		snapshot: () => ({
			block: BigInt(blocks.length),
			channels: [...channels].sort(byKey),
			balances: [...balances].filter(([, amount]) => amount !== 0n).sort(byKey)
		})
	};
};
