/**
 * The exchange of routes (CCP, codec/ccp.ts): what neighbours teach this node, which way is the best,
 * and what it tells others.
 *
 * | in route-exchange/ |                                                              |
 * | ------------------ | ------------------------------------------------------------ |
 * | hearing            | asks neighbours for their tables, and what of it is believed |
 * | choosing           | the best way to each prefix                                  |
 * | telling            | who is told what, and when                                   |
 * | told-table         | the log of what is told                                      |
 * | own-proof          | the signature for this node's own address                    |
 * | neighbour          | what is known of one neighbour                               |
 */
import { ccpRequestKind, ccpResponse, decodeCcpRouteControl, decodeCcpRouteUpdate } from '../codec/ccp.ts';
import type { IlpPrepare, IlpReply } from '../codec/ilp.ts';
import type { RouteExchange } from './peer-protocols.ts';
import { createRejects } from './rejects.ts';
import { createChoosing } from './route-exchange/choosing.ts';
import type { RouteExchangeDeps } from './route-exchange/deps.ts';
import { createHearing } from './route-exchange/hearing.ts';
import { newNeighbour, type Neighbour } from './route-exchange/neighbour.ts';
import { createTelling } from './route-exchange/telling.ts';

/** Sends nothing until a neighbour is up. The random table id is drawn here. */
export const createRouteExchange = (deps: RouteExchangeDeps): RouteExchange => {
	const { log, host } = deps;
	const neighbours = new Map<string, Neighbour>();
	let stopped = false;
	const isStopped = (): boolean => stopped;
	const exchangesWith = deps.exchangesWith ?? ((neighbour) => neighbour.role !== 'child');

	const choosing = createChoosing(host, neighbours);
	const telling = createTelling(deps, { neighbours, best: choosing.best, isStopped });
	const hearing = createHearing(deps, {
		isStopped,
		changed: (prefixes) => {
			choosing.choose(prefixes);
			telling.retell(prefixes);
		},
		forget: (peer) => neighbours.delete(peer)
	});

	const { reject } = createRejects(() => host.address() ?? '');

	const handle = (peer: string, prepare: IlpPrepare): Promise<IlpReply> | IlpReply => {
		const neighbour = neighbours.get(peer);
		if (!neighbour) return reject('F00', 'no routes are exchanged on this link');
		const kind = ccpRequestKind(prepare);
		if (kind === undefined) return reject('F00', 'unknown route request');
		if (kind === 'control') {
			const control = decodeCcpRouteControl(prepare.data);
			if (!control.ok) return reject('F01', control.error.reason);
			telling.listen(neighbour, control.value);
			return ccpResponse();
		}
		const update = decodeCcpRouteUpdate(prepare.data);
		if (!update.ok) return reject('F01', update.error.reason);
		const applied = neighbour.tail.then(() => hearing.hear(neighbour, update.value));
		neighbour.tail = applied.catch((error: unknown) =>
			log('error', 'a route update could not be applied', { peer, error: String(error) })
		);
		return neighbour.tail.then(ccpResponse);
	};

	return {
		handle,
		up: (at) => {
			if (stopped || !exchangesWith(at)) return;
			const neighbour = neighbours.get(at.peer) ?? newNeighbour(at);
			neighbours.set(at.peer, neighbour);
			neighbour.at = at;
			neighbour.up = true;
			neighbour.listening = false;
			neighbour.refusals = 0;
			neighbour.toldEpoch = 0;
			hearing.ask(neighbour);
			telling.retell(neighbour.heard.keys());
		},
		down: (peer) => {
			const neighbour = neighbours.get(peer);
			if (!neighbour) return;
			neighbour.up = false;
			neighbour.listening = false;
			neighbour.cancelControl();
			neighbour.cancelTelling();
			// What it taught stays until its time is over; with nothing to wait for, it goes now.
			if (neighbour.heard.size > 0) return;
			neighbour.cancelExpiry();
			neighbours.delete(peer);
		},
		stop: () => {
			stopped = true;
			for (const neighbour of neighbours.values()) {
				neighbour.cancelControl();
				neighbour.cancelTelling();
				neighbour.cancelExpiry();
			}
			neighbours.clear();
		}
	};
};
