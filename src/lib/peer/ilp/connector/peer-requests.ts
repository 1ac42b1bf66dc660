/** Answers what a neighbour asks this node itself, and never passes it on: the table is in ../peer-protocols.ts. */
import { bytesEqual, utf8, utf8Decode } from '../../bytes.ts';
import {
	ildcpResponse,
	isIldcpRequest,
	ZERO_FULFILLMENT,
	ZERO_FULFILLMENT_CONDITION
} from '../../codec/ildcp.ts';
import type { IlpPrepare, IlpReply } from '../../codec/ilp.ts';
import { LINK_ASSET } from '../../money.ts';
import { isRouteExchange, ROUTE_DESTINATION } from '../peer-protocols.ts';
import type { Rejects } from '../rejects.ts';
import type { ConnectorDeps } from './deps.ts';

export type AnswerPeerRequest = (peer: string, prepare: IlpPrepare) => Promise<IlpReply>;

/** As many links as a byte may hold when the next node counts one more. */
const MOST_LINKS = 254;

export const createPeerRequests = (
	{ routes, childAddress, routeExchange }: Pick<ConnectorDeps, 'routes' | 'childAddress' | 'routeExchange'>,
	{
		here,
		suffixOf,
		rejects: { reject }
	}: { here: () => string; suffixOf: (destination: string) => string | undefined; rejects: Rejects }
): AnswerPeerRequest => {
	const linksTo = (address: string): IlpReply => {
		const route = suffixOf(address) === undefined ? routes.find(address) : { prefix: here(), links: 0 };
		if (!route || route.links === undefined || route.links > MOST_LINKS)
			return reject('F02', 'no route that states its length');
		return {
			type: 'fulfill',
			fulfillment: ZERO_FULFILLMENT,
			data: new Uint8Array([route.links, ...utf8(route.prefix)])
		};
	};

	return async (peer, prepare) => {
		if (prepare.amount > 0n) return reject('F02', 'requests to a neighbour carry no money');
		if (isIldcpRequest(prepare)) {
			const address = await childAddress(peer);
			if (address === undefined) return reject('F02', 'no address for this link');
			return ildcpResponse({
				clientAddress: address,
				assetScale: LINK_ASSET.scale,
				assetCode: LINK_ASSET.code
			});
		}
		if (bytesEqual(prepare.condition, ZERO_FULFILLMENT_CONDITION)) {
			if (prepare.destination === ROUTE_DESTINATION) return linksTo(utf8Decode(prepare.data) ?? '');
			const exchange = isRouteExchange(prepare.destination) ? routeExchange?.() : undefined;
			if (exchange) return exchange.handle(peer, prepare);
		}
		return reject('F02', 'unknown peer request');
	};
};
