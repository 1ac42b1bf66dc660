/**
 * What tests ask of a node over `POST /control/<path>`, loopback only and only when its config says
 * so: the same commands a person has, plus redeeming now instead of at the threshold.
 */
import type { Peer } from '../../src/lib/peer/index.ts';
import type { ChainPort } from '../../src/lib/peer/settlement/chain.ts';

type Body = Readonly<Record<string, unknown>>;

export const createControl =
	(peer: Peer, chain: ChainPort) =>
	async (path: string, body: unknown): Promise<unknown> => {
		const given: Body = typeof body === 'object' && body !== null ? (body as Body) : {};
		const text = (name: string): string => {
			const value = given[name];
			if (typeof value !== 'string') throw new Error(`${name} must be text`);
			return value;
		};
		switch (path) {
			case 'publish':
				return peer.api.publish({ content: text('content') });
			case 'redeem':
				return peer.settler?.redeemAll();
			case 'follow':
				return peer.api.follow(text('pubkey'), {
					maxPrice: BigInt(text('maxPrice')),
					dailyLimit: BigInt(text('dailyLimit'))
				});
			case 'unfollow':
				return peer.api.unfollow(text('pubkey'));
			case 'feed':
				return peer.api.feed({ limit: 200 });
			case 'activity':
				return peer.api.activity({ limit: 200 });
			case 'state':
				return peer.api.state();
			case 'people':
				return peer.api.people();
			case 'head':
				return chain.head();
			default:
				throw new Error(`unknown control path ${path}`);
		}
	};
