/**
 * What every errand to the chain shares: one at a time with the node's account, what failures mean to a
 * person, and whether the chain answers at all.
 */
import type { Hex } from '../bytes.ts';
import { peerError, type PeerError } from '../errors.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { LinkAccounts } from '../link/accounts.ts';
import type { PayoutTerms, SettleAnswer, SettleRequest } from '../link/messages.ts';
import { tokenToLink } from '../money.ts';
import type { Platform } from '../platform.ts';
import { err, type Result } from '../result.ts';
import type { Address, ChainError } from '../settlement/chain.ts';
import type { SettlementScheme } from '../settlement/scheme.ts';
import type { Commits } from '../storage/commit.ts';
import { createSettings, type Settings } from '../storage/settings.ts';
import type { SqlDriver } from '../storage/sql.ts';
import type { Channels } from './channels.ts';
import type { HeldClaims } from './held-claims.ts';

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
	/** What a chain's failure means to a person; also keeps the status. */
	chainError(error: ChainError): PeerError;
	asked<T>(result: Result<T, ChainError>): Result<T, PeerError>;
	/** One chain errand at a time: redeeming, closing and paying out share one account and its nonce. */
	inTurn<T>(work: () => Promise<T>): Promise<T>;
	/** Nobody waits for it; what breaks is logged. */
	spawn(work: Promise<unknown>): void;
	wait(ms: number): Promise<void>;
	toLink(token: bigint): bigint;
	readonly settings: Settings;
	readonly isStopped: () => boolean;
	stop(): void;
}

/** Of a channel that a payee agreed to close: chain time after which that Close can never be mined. */
export const closeDeadline = (id: Hex, epoch: number): string => `close.deadline/${id}/${epoch}`;

export const createErrands = (deps: SettlerDeps): Errands => {
	const { clock, log } = deps.platform;
	let status: 'ok' | 'down' | 'unknown' = 'unknown';
	let chainTime: number | undefined;
	let stopped = false;
	let errands: Promise<unknown> = Promise.resolve();

	const noteStatus = (now: 'ok' | 'down'): void => {
		if (status === now) return;
		status = now;
		if (now === 'down') deps.onTrouble(peerError('ChainUnreachable'));
		deps.onChange();
	};

	/** What a chain's failure means to a person; also keeps the status. */
	const chainError = (error: ChainError): PeerError => {
		if (error.type === 'ChainUnreachable') {
			noteStatus('down');
			return peerError('ChainUnreachable', error.reason);
		}
		return peerError(
			'TransactionRefused',
			error.type === 'TransactionRefused' ? error.reason : 'no account with gas here'
		);
	};
	const asked = <T>(result: Result<T, ChainError>): Result<T, PeerError> => {
		if (!result.ok) return err(chainError(result.error));
		noteStatus('ok');
		return result;
	};

	return {
		status: () => status,
		chainTime: () => chainTime,
		noteChainTime: (time) => {
			if (chainTime === time) return false;
			chainTime = time;
			return true;
		},
		noteStatus,
		chainError,
		asked,
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
