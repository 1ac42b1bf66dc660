/**
 * Plain ILP accounts over BTP 2.0 (RFC 23), as ilp-connector, ilp-plugin-btp and moneyd speak it.
 *
 * ```
 * dialler                                            listener
 *   auth (empty), auth_username, auth_token  ──>       finds the account by the token
 *                                            <──     response
 *   ilp: a prepare                           <─>     ilp: the fulfill or reject
 * ```
 *
 * A message without `ilp` is answered with nothing: some neighbours ask so whether one is there, and so
 * does this node (btp-connection.ts). Transfers are refused: what is owed on such an account is settled outside.
 *
 * A message is one packet, whoever is there: bundles (docs/adr/0039) are neither offered nor taken.
 *
 * An account has one connection. A newer one replaces the older: whoever knows the token is the
 * neighbour, and of two connections it lost sight of the older one. Packets sent on that are not sent
 * again; unanswered they are void when they expire (account-transport.ts), so none counts twice.
 */
import { bytesToHex, utf8 } from '../bytes.ts';
import type { ProtocolData } from '../codec/btp.ts';
import { encodeIlpPacket } from '../codec/ilp.ts';
import { LIMITS } from '../limits.ts';
import type { Platform } from '../platform.ts';
import { err, ok, type Result } from '../result.ts';
import type { AccountConfig, AccountTransport, BtpAccount, IlpAccounts } from './account-transport.ts';
import { createBtpConnection, type BtpConnection, type BtpRefusal } from './btp-connection.ts';
import { find, octets, text } from './protocol-data.ts';
import { keepDialling, type DialOutcome, type Redialler } from './redial.ts';

export interface BtpAccounts {
	/** The account a dialler proved to be; `undefined` for a wrong token or another account's name. */
	authenticate(username: string | undefined, token: string): Promise<string | undefined>;
	/** Takes over a connection that authenticated; what it then receives goes to the answer's `onMessage`. */
	take(name: string, connection: BtpConnection): TakenConnection;
	/** Dials the accounts that have a URL. */
	start(): void;
	/** Dial now instead of waiting for the back-off. */
	retryNow(): void;
	/** Closes every connection and dials no more. */
	stop(): void;
}

export interface TakenConnection {
	onMessage(data: readonly ProtocolData[]): Promise<Result<readonly ProtocolData[], BtpRefusal>>;
	onClose(): void;
}

export interface BtpAccountsDeps {
	readonly platform: Pick<Platform, 'clock' | 'random' | 'crypto' | 'log' | 'dial'>;
	/** Those over BTP are served. */
	readonly configs: readonly AccountConfig[];
	readonly accounts: IlpAccounts;
	/** Of BTP messages. */
	readonly onBytes: (direction: 'in' | 'out', bytes: number) => void;
}

interface Account {
	readonly name: string;
	readonly over: BtpAccount;
}

/** Dials nobody until it is started. */
export const createBtpAccounts = (deps: BtpAccountsDeps): BtpAccounts => {
	const { platform, accounts } = deps;
	const { clock, crypto, log } = platform;
	const served = deps.configs.flatMap(({ name, over }): Account[] =>
		over.type === 'btp' ? [{ name, over }] : []
	);
	const live = new Map<string, BtpConnection>();
	const redials: Redialler[] = [];
	let stopped = false;

	/** Looked up by its hash: how long that takes says nothing about the token. */
	const hashOf = async (token: string): Promise<string> => bytesToHex(await crypto.sha256(utf8(token)));
	const byToken = (async () => {
		const found = new Map<string, Account>();
		for (const account of served) found.set(await hashOf(account.over.token), account);
		return found;
	})();

	const transportOn = (connection: BtpConnection): AccountTransport => ({
		state: () => (connection.closed ? 'down' : connection.writable() ? 'up' : 'busy'),
		send: async (prepare, expiresAt) => {
			const patience = Math.max(0, expiresAt - clock.now()) + LIMITS.expiryMarginMs;
			const answer = await connection.request([octets('ilp', prepare)], patience);
			if (answer.ok) return find(answer.value, 'ilp');
			if (answer.error.type === 'BtpUnanswered') return undefined;
			// BTP itself failed: the packet was never judged.
			return encodeIlpPacket({
				type: 'reject',
				code: 'T00',
				triggeredBy: '',
				message: answer.error.text.slice(0, 200),
				data: new Uint8Array(0)
			});
		}
	});

	const take = (name: string, connection: BtpConnection): TakenConnection => {
		const older = live.get(name);
		live.set(name, connection);
		const detach = accounts.attach(name, transportOn(connection));
		connection.keepAlive();
		older?.close();
		return {
			onMessage: (data) => {
				const packet = find(data, 'ilp');
				if (!packet) return Promise.resolve(ok([]));
				return accounts
					.handle(name, packet, () => !connection.closed)
					.then((reply) => ok([octets('ilp', reply)]));
			},
			onClose: () => {
				detach();
				if (live.get(name) === connection) live.delete(name);
			}
		};
	};

	const dialOnce = async (
		{ name, over }: Account,
		url: string,
		isOff: () => boolean
	): Promise<DialOutcome> => {
		const dialled = await platform.dial(url);
		if (!dialled.ok) return { type: 'retry', reason: dialled.error.reason };
		let taken: TakenConnection | undefined;
		let closed: () => void = () => undefined;
		const gone = new Promise<void>((resolve) => (closed = resolve));
		let setReady: (taken: TakenConnection | undefined) => void = () => undefined;
		/** A neighbour's first packet may come in the same breath as its answer to auth: it waits until that was heard. */
		const ready = new Promise<TakenConnection | undefined>((resolve) => (setReady = resolve));
		const connection = createBtpConnection(dialled.value, platform, {
			onMessage: async (data) => (await ready)?.onMessage(data) ?? err({ code: 'F00', text: 'not yet' }),
			onBytes: deps.onBytes,
			onClose: () => {
				taken?.onClose();
				closed();
			}
		});
		try {
			if (isOff()) return { type: 'retry', reason: 'stopped' };
			const answer = await connection.request(
				[
					octets('auth', new Uint8Array(0)),
					text('auth_username', over.username ?? name),
					text('auth_token', over.token)
				],
				LIMITS.authWindowMs
			);
			if (!answer.ok)
				return {
					type: 'retry',
					reason: answer.error.type === 'BtpError' ? answer.error.text : 'no answer to auth'
				};
			if (connection.closed || isOff()) return { type: 'retry', reason: 'closed' };
			taken = take(name, connection);
			setReady(taken);
			await gone;
			return { type: 'was-up' };
		} finally {
			setReady(undefined);
			connection.close();
		}
	};

	return {
		authenticate: async (username, token) => {
			const account = (await byToken).get(await hashOf(token));
			// Some clients have a token and no name.
			if (!account || (username !== undefined && username !== '' && username !== account.name))
				return undefined;
			return stopped ? undefined : account.name;
		},
		take,
		start: () => {
			for (const account of served) {
				const { url } = account.over;
				if (url === undefined) continue;
				redials.push(
					keepDialling(platform, (isOff) => dialOnce(account, url, isOff), {
						connecting: () => undefined,
						waiting: (retryAt, reason) =>
							log('info', 'an account is not connected', { account: account.name, reason, retryAt }),
						refused: () => undefined
					})
				);
			}
		},
		retryNow: () => {
			for (const redial of redials) redial.now();
		},
		stop: () => {
			stopped = true;
			for (const redial of redials) redial.stop();
			for (const connection of [...live.values()]) connection.close();
		}
	};
};
