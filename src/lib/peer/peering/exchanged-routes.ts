/**
 * Routes told to accounts and learnt from them (CCP), on a node whose config wants it: with whom, on whose word, and
 * with this node's own address signed by its person where it is made of a key. What is told and believed otherwise:
 * ilp/route-exchange.ts.
 */
import { fromHex } from '../bytes.ts';
import { encodePrepare } from '../codec/ilp.ts';
import type { PeerConfig } from '../config.ts';
import type { Identity } from '../identity.ts';
import type { RouteExchange } from '../ilp/peer-protocols.ts';
import { createRouteExchange } from '../ilp/route-exchange.ts';
import type { Routes } from '../ilp/routes.ts';
import type { Transport } from '../ilp/transport.ts';
import { accountName, type AccountConfig } from '../link/account-transport.ts';
import type { Platform } from '../platform.ts';

export const createExchangedRoutes = (deps: {
	readonly platform: Platform;
	readonly config: Pick<PeerConfig, 'network' | 'routeExchange'>;
	/** This node's own address, for one that has it from its key. */
	readonly own: string | undefined;
	readonly identity: Pick<Identity, 'pubkey' | 'signDigest'>;
	readonly addresses: () => readonly string[];
	readonly account: (peer: string) => AccountConfig | undefined;
	readonly transport: Pick<Transport, 'transmit'>;
	readonly routes: Pick<Routes, 'all' | 'learn' | 'unlearn'>;
}): RouteExchange | undefined => {
	const { platform, config, own, identity, account, transport, routes } = deps;
	const { clock, random, crypto, log } = platform;
	const { network, routeExchange } = config;
	if (!routeExchange) return undefined;
	return createRouteExchange({
		clock,
		random,
		crypto,
		log,
		network,
		// Made anew each time, as the table is: it proves nothing about an earlier run.
		routingSecret: random.bytes(32),
		trustsUnproven: ({ peer }) => routeExchange.trusts.includes(accountName(peer) ?? ''),
		exchangesWith: ({ peer, role }) => account(peer)?.exchangesRoutes ?? role !== 'child',
		...(own === undefined
			? {}
			: { owner: { pubkey: fromHex(identity.pubkey()), sign: identity.signDigest } }),
		host: {
			address: () => deps.addresses()[0],
			request: async (peer, prepare) =>
				transport.transmit(peer, encodePrepare(prepare), undefined, prepare.expiresAt),
			ownRoutes: routes.all,
			learn: routes.learn,
			unlearn: routes.unlearn
		}
	});
};
