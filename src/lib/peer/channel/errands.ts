/**
 * What every errand to the chain shares: one at a time with the node's account, what failures mean to a
 * person, and whether the chain answers at all.
 */
import type { Hex } from '../bytes.ts';
import type { MayCommit } from '../commitments.ts';
import { peerError, type PeerError } from '../errors.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { LinkAccounts } from '../link/accounts.ts';
import type { PayoutTerms, SettleAnswer, SettleRequest } from '../link/messages.ts';
import { tokenToLink } from '../money.ts';
import type { Platform } from '../platform.ts';
import { err, ok, type Result } from '../result.ts';
import type { Address } from '../settlement/chain.ts';
import type { SettlementScheme } from '../settlement/scheme.ts';
import type { Commits } from '../storage/commit.ts';
import { createSettings, type Settings } from '../storage/settings.ts';
import type { SqlDriver } from '../storage/sql.ts';
import type { Channels } from './channels.ts';
import type { HeldClaims } from './held-claims.ts';
import { createGasBudget, type GasPerDay } from './gas-budget.ts';
import { createTransactions, type SendError, type Transactions } from './transactions.ts';

export interface SettlerDeps {
	readonly platform: Pick<Platform, 'clock' | 'random' | 'crypto' | 'log'>;
	readonly sql: SqlDriver;
	readonly commits: Commits;
	readonly ledger: Ledger;
	readonly accounts: LinkAccounts;
	readonly channels: Channels;
	/** What is built on claims is built on checked ones. */
	readonly heldClaims: Pick<HeldClaims, 'check' | 'whileChecked'>;
	readonly scheme: SettlementScheme;
	readonly claimAddress: () => Address;
	/** This node's on-chain account, when it is its own payee (hubs, authors with a server). */
	readonly payeeSecret: Uint8Array | undefined;
	readonly payoutTerms: PayoutTerms | undefined;
	readonly redeemThreshold: bigint;
	/** Link units that one ether is worth, to weigh gas against what it brings. */
	readonly etherPrice: bigint;
	/** What may be spent on gas for others. */
	readonly gasPerDay: GasPerDay;
	/** May this node lock more in a channel by itself? */
	readonly mayCommit: MayCommit;
	/** The address the delegation of a linked device names as signer of its claims. */
	readonly signerOf: (peer: string) => Address | undefined;
	readonly ask: (
		peer: string,
		request: SettleRequest
	) => Promise<
		Result<SettleAnswer, { readonly type: 'NotConnected' | 'HubRefused'; readonly reason: string }>
	>;
	readonly onChange: () => void;
	readonly onTrouble: (error: PeerError) => void;
	/** The cause of that trouble is gone. */
	readonly onRelief: (type: PeerError['type']) => void;
	/** Where this node is paid out to: the address of now first, then those of before. */
	readonly payees: () => readonly Address[];
	/** A payout was booked here: the books agree with that neighbour's again. */
	readonly onBooked: (peer: string) => void;
}

export interface Errands {
	readonly status: () => 'ok' | 'down' | 'unknown';
	/** Newest block's time, Unix seconds, as last seen. */
	readonly chainTime: () => number | undefined;
	/** False when it was known already. */
	noteChainTime(time: number): boolean;
	noteStatus(now: 'ok' | 'down'): void;
	/** Why nothing is to be signed on the chain's word just now; undefined when it is right again. */
	noteDoubt(doubt: PeerError | undefined): void;
	/**
	 * Whether something may be signed on the chain's word that costs money should it be wrong, or gas at most:
	 * a claim is better redeemed on the word of one that is behind than too late.
	 */
	gate(risk: 'money' | 'gas'): Result<null, PeerError>;
	/** What a chain's failure means to a person; also keeps the status. */
	chainError(error: SendError): PeerError;
	asked<T>(result: Result<T, SendError>): Result<T, PeerError>;
	/** What this node's account sends. */
	readonly transactions: Transactions;
	/** One chain errand at a time, so that each decides on what the one before wrote down. Nobody waits for a block in here. */
	inTurn<T>(work: () => Promise<T>): Promise<T>;
	/** Nobody waits for it; what breaks is logged. */
	spawn(work: Promise<unknown>): void;
	wait(ms: number): Promise<void>;
	toLink(token: bigint): bigint;
	readonly settings: Settings;
	readonly isStopped: () => boolean;
	stop(): void;
}

/** Said to the neighbour for whom nothing was done. */
export const GAS_REFUSAL =
	'no more gas is spent for you today; your own wallet can pay for it, or wait for tomorrow';

/** Of a channel that a payee agreed to close: chain time after which that Close can never be mined. */
export const closeDeadline = (id: Hex, epoch: number): string => `close.deadline/${id}/${epoch}`;

/** Of a channel whose payer asked for a Close: whatever was answered, that may come at any time. */
export const closeAsked = (id: Hex, epoch: number): string => `close.asked/${id}/${epoch}`;

export const createErrands = (deps: SettlerDeps): Errands => {
	const { clock, log } = deps.platform;
	let status: 'ok' | 'down' | 'unknown' = 'unknown';
	let chainTime: number | undefined;
	let doubt: PeerError | undefined;
	let stopped = false;
	let errands: Promise<unknown> = Promise.resolve();

	const noteStatus = (now: 'ok' | 'down'): void => {
		if (status === now) return;
		status = now;
		if (now === 'down') deps.onTrouble(peerError('ChainUnreachable'));
		else deps.onRelief('ChainUnreachable');
		deps.onChange();
	};

	const noteDoubt = (now: PeerError | undefined): void => {
		if (doubt?.type === now?.type) return;
		if (doubt) deps.onRelief(doubt.type);
		if (now) deps.onTrouble(now);
		doubt = now;
		deps.onChange();
	};

	/** What a chain's failure means to a person; also keeps the status. */
	const chainError = (error: SendError): PeerError => {
		switch (error.type) {
			case 'ChainUnreachable':
				noteStatus('down');
				return peerError('ChainUnreachable', error.reason);
			case 'NotMined':
				return peerError('ChainUnreachable', 'it is in no block yet');
			case 'ChainMistaken':
			case 'GasTooDear':
			case 'TransactionRefused':
				return peerError(error.type, error.reason);
			case 'GasBudgetReached':
				return peerError('GasBudgetReached', GAS_REFUSAL);
			case 'NumberTaken':
				return peerError('TransactionRefused', 'another transaction has its number');
			case 'NoChainAccount':
				return peerError('TransactionRefused', 'no account with gas here');
		}
	};
	const asked = <T>(result: Result<T, SendError>): Result<T, PeerError> => {
		if (!result.ok) return err(chainError(result.error));
		noteStatus('ok');
		return result;
	};

	const transactions = createTransactions({
		platform: deps.platform,
		sql: deps.sql,
		commits: deps.commits,
		chain: deps.scheme.chain,
		gasBudget: createGasBudget({
			sql: deps.sql,
			now: clock.now,
			account: deps.accounts.get,
			etherPrice: deps.etherPrice,
			perDay: deps.gasPerDay,
			onReached: (bound) => deps.onTrouble(peerError('GasBudgetReached', bound)),
			onWithin: () => deps.onRelief('GasBudgetReached')
		}),
		onTrouble: deps.onTrouble,
		onChange: deps.onChange
	});

	return {
		status: () => (doubt ? 'down' : status),
		noteDoubt,
		gate: (risk) => (doubt && (risk === 'money' || doubt.type === 'ChainMistaken') ? err(doubt) : ok(null)),
		chainTime: () => chainTime,
		noteChainTime: (time) => {
			if (chainTime === time) return false;
			chainTime = time;
			return true;
		},
		noteStatus,
		chainError,
		asked,
		transactions,
		inTurn: (work) => {
			const mine = errands.then(work, work);
			errands = mine.catch(() => undefined);
			return mine;
		},
		spawn: (work) => {
			work.catch((error: unknown) => log('error', 'a chain errand broke', { error: String(error) }));
		},
		wait: (ms) => new Promise((resolve) => void clock.after(ms, resolve)),
		toLink: (token) => tokenToLink(token, deps.scheme.tokenScale),
		settings: createSettings(deps.sql),
		isStopped: () => stopped,
		stop: () => {
			stopped = true;
		}
	};
};
