/**
 * Plain ILP accounts as the connector sees them: neighbours like any other, whose packets leave by
 * whatever {@link AccountTransport} is attached at the moment, and who speak no BTP-NIPs.
 *
 * What a hello settles on other links, time settles here: a packet without an answer is void once it
 * has expired (RFC 27), and {@link ILP_ACCOUNT_GRACE_MS} later its money is free again. What was under way when this node
 * ended is given up in the same way by `sweep`.
 */
import { decodeReply, encodeIlpPacket, type IlpReply } from '../codec/ilp.ts';
import type { Connector } from '../ilp/connector.ts';
import type { Transport } from '../ilp/transport.ts';
import { LIMITS } from '../limits.ts';
import { isValidAddress } from '../ilp/address.ts';
import { LINK_ASSET } from '../money.ts';
import type { Clock } from '../platform.ts';
import type { Commits } from '../storage/commit.ts';
import {
	accountKey,
	accountName,
	type AccountConfig,
	type AccountTransport,
	type IlpAccounts
} from './account-transport.ts';
import type { LinkAccounts } from './accounts.ts';
import type { Packets } from './packets.ts';

/** An answer that left in time may arrive this much later. */
const ILP_ACCOUNT_GRACE_MS = LIMITS.expiryMarginMs;

export interface IlpAccountTable extends IlpAccounts {
	/** By the key used in ledger and routes; undefined for neighbours that speak BTP-NIPs. */
	config(peer: string): AccountConfig | undefined;
	readonly configs: readonly AccountConfig[];
	/** Of all accounts, the keys. */
	keys(): readonly string[];
	isUp(peer: string): boolean;
	/** `links` for those who speak BTP-NIPs, the attached transports for the rest. */
	transport(links: Transport): Transport;
	/** Writes the terms of the configuration into the accounts of links. */
	open(): Promise<void>;
	/** Gives up what an earlier run sent and nobody will answer. */
	sweep(): Promise<void>;
}

export interface IlpAccountsDeps {
	readonly clock: Clock;
	readonly commits: Commits;
	readonly links: LinkAccounts;
	readonly packets: Packets;
	readonly configs: readonly AccountConfig[];
	readonly connector: () => Connector;
	/** A transport was attached to, or the last one taken from, the account. */
	readonly onChange: (config: AccountConfig, isUp: boolean) => void;
}

const voided = (): IlpReply => ({
	type: 'reject',
	code: 'R00',
	triggeredBy: '',
	message: 'no answer before it expired',
	data: new Uint8Array(0)
});

/** Throws when the configuration cannot be meant: names that are no address segment or come twice, another asset. */
export const createIlpAccounts = (deps: IlpAccountsDeps): IlpAccountTable => {
	const { clock, commits, links, packets, configs } = deps;
	const byName = new Map<string, AccountConfig>();
	const tokens = new Set<string>();
	const transports = new Map<string, AccountTransport>();

	for (const config of configs) {
		const { name, asset, over } = config;
		if (!isValidAddress(`test.${name}`) || name.includes('.') || byName.has(name))
			throw new Error(`an account needs a name of its own, one segment of an ILP address: ${name}`);
		if (asset.code !== LINK_ASSET.code || asset.scale !== LINK_ASSET.scale)
			throw new Error(`account ${name}: an account in another asset needs a rate, which this node has not`);
		const token = over.type === 'btp' ? over.token : over.incomingToken;
		if (token === '' || tokens.has(token)) throw new Error(`account ${name} needs a token of its own`);
		tokens.add(token);
		byName.set(name, config);
	}
	const find = (name: string): AccountConfig => {
		const config = byName.get(name);
		if (!config) throw new Error(`no account ${name}`);
		return config;
	};
	const transportOf = (peer: string): AccountTransport | undefined => transports.get(accountName(peer) ?? '');

	const transmit = async (peer: string, prepare: Uint8Array, expiresAt: number): Promise<IlpReply> => {
		const bytes = await transportOf(peer)?.send(prepare, expiresAt);
		const reply = bytes && decodeReply(bytes);
		if (reply?.ok) return reply.value;
		// Silence, or an answer that is none: what it did there is not known until nobody can fulfil it any more.
		const wait = expiresAt + ILP_ACCOUNT_GRACE_MS - clock.now();
		if (wait > 0) await new Promise<void>((resolve) => void clock.after(wait, resolve));
		return voided();
	};

	return {
		configs,
		config: (peer) => byName.get(accountName(peer) ?? ''),
		keys: () => configs.map(({ name }) => accountKey(name)),
		isUp: (peer) => transports.has(accountName(peer) ?? ''),

		attach: (name, transport) => {
			const config = find(name);
			transports.set(name, transport);
			deps.onChange(config, true);
			return () => {
				if (transports.get(name) !== transport) return;
				transports.delete(name);
				deps.onChange(config, false);
			};
		},
		handle: async (name, bytes, isLive) =>
			encodeIlpPacket(await deps.connector().handle(accountKey(find(name).name), bytes, isLive)),

		transport: (others) => ({
			state: (peer) =>
				accountName(peer) === undefined ? others.state(peer) : (transportOf(peer)?.state() ?? 'down'),
			transmit: (peer, prepare, claim, expiresAt) =>
				accountName(peer) === undefined
					? others.transmit(peer, prepare, claim, expiresAt)
					: transmit(peer, prepare, expiresAt),
			// Such a neighbour has nobody to tell: its books and this node's differ by what came late.
			refuseLate: (peer, prepares) => {
				if (accountName(peer) === undefined) others.refuseLate(peer, prepares);
				else void deps.connector().toldLate(peer, prepares);
			},
			drop: (peer) => {
				if (accountName(peer) === undefined) others.drop(peer);
			},
			presentClaims: (peer) => {
				if (accountName(peer) === undefined) others.presentClaims(peer);
			}
		}),

		open: () =>
			commits.run(() => {
				for (const { name, role, maxBalance, maxOwed, maxPacketAmount } of configs) {
					const peer = accountKey(name);
					links.meet(peer, { owner: peer, role, credit: maxBalance, window: 0n, at: clock.now() });
					links.learn(peer, {
						payee: undefined,
						peerCredit: maxOwed ?? LIMITS.linkTermsMost,
						peerWindow: 0n,
						peerMaxPacket: maxPacketAmount ?? LIMITS.maxPacket,
						payoutFee: undefined,
						payoutThreshold: undefined
					});
				}
			}),

		sweep: async () => {
			const before = clock.now() - LIMITS.btpResponseMs;
			for (const { name } of configs) {
				const peer = accountKey(name);
				for (const { hash, expiresAt } of packets.pending(peer, 'out'))
					if (expiresAt < before) await deps.connector().resolve(peer, hash, 'rejected');
			}
		}
	};
};
