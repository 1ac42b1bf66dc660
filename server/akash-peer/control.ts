/**
 * What tests ask of a node at `/control/<path>`, loopback only and only when its config says so: the same
 * commands a person has, redeeming now instead of at the threshold, and what its STREAM receiver got and can pay.
 */
import { isValidAddress } from '../../src/lib/peer/ilp/address.ts';
import type { Peer } from '../../src/lib/peer/index.ts';
import type { ChainPort } from '../../src/lib/peer/settlement/chain.ts';
import { decodeAnyBase64, SHARED_SECRET_LENGTH } from '../../src/lib/peer/spsp/spsp.ts';
import type { Control, ControlAnswer } from './http-server.ts';
import type { StreamReceiver } from './spsp.ts';

type Body = Readonly<Record<string, unknown>>;

const done = (value: unknown): ControlAnswer => ({ status: 200, value });
const refused = (status: number, error: string): ControlAnswer => ({ status, value: { error } });

/** `chain`, `receiver`: of a node that has one. */
export const createControl =
	(peer: Peer, chain: ChainPort | undefined, receiver: StreamReceiver | undefined): Control =>
	async ({ method, path, body }) => {
		const given: Body = typeof body === 'object' && body !== null ? (body as Body) : {};
		const text = (name: string): string => {
			const value = given[name];
			if (typeof value !== 'string') throw new Error(`${name} must be text`);
			return value;
		};
		// A page of some site can make a browser GET anything, so nothing but looking is done by it.
		if (method === 'GET' && path !== 'totals') return refused(405, 'Orders are sent by POST.');
		switch (path) {
			case 'publish':
				return done(await peer.api.publish({ content: text('content') }));
			case 'redeem':
				return done(await peer.settler?.redeemAll());
			case 'follow':
				return done(
					await peer.api.follow(text('pubkey'), {
						maxPrice: BigInt(text('maxPrice')),
						dailyLimit: BigInt(text('dailyLimit'))
					})
				);
			case 'unfollow':
				return done(await peer.api.unfollow(text('pubkey')));
			case 'budget':
				return done(await peer.api.setBudgets({ perDay: BigInt(text('perDay')) }));
			case 'answer':
				return done(await peer.api.answerConsent(text('id'), text('answer') === 'allow' ? 'allow' : 'deny'));
			case 'feed':
				return done(await peer.api.feed({ limit: 200 }));
			case 'activity':
				return done(await peer.api.activity({ limit: 200 }));
			case 'state':
				return done(await peer.api.state());
			case 'people':
				return done(await peer.api.people());
			case 'head':
				return chain ? done(await chain.head()) : refused(404, 'This node has no chain.');
			case 'totals': {
				if (!receiver) return refused(404, 'This node has no receiver.');
				const { money, bytes } = receiver.server.totals();
				return done({ money, bytes: Number(bytes) });
			}
			case 'pay':
				return receiver ? pay(receiver, given) : refused(404, 'This node has no receiver.');
			default:
				return refused(404, `There is no order ${path}.`);
		}
	};

const pay = async (receiver: StreamReceiver, given: Body): Promise<ControlAnswer> => {
	const order = readOrder(given);
	if (typeof order === 'string') return refused(400, order);
	const chunks: Uint8Array[] = [];
	const paid = await receiver.pay({ ...order, onData: (bytes) => void chunks.push(bytes.slice()) });
	return {
		status: paid.error ? 502 : 200,
		value: {
			sent: paid.sent,
			delivered: paid.delivered,
			bytes: paid.bytes,
			received: Buffer.concat(chunks).toString('base64'),
			...(paid.error ? { error: paid.error } : {})
		}
	};
};

interface Order {
	readonly destinationAccount: string;
	readonly sharedSecret: Uint8Array;
	readonly amount: bigint;
	readonly data?: Uint8Array;
}

/** Says what is wrong with it, or what to pay. */
const readOrder = (given: Body): Order | string => {
	const { destinationAccount, amount } = given;
	if (typeof destinationAccount !== 'string' || !isValidAddress(destinationAccount))
		return 'destinationAccount must be an ILP address.';
	const sharedSecret = decodeAnyBase64(given['sharedSecret']);
	if (sharedSecret?.length !== SHARED_SECRET_LENGTH) return 'sharedSecret must be 32 bytes in base64.';
	const text = amount === undefined ? '0' : typeof amount === 'number' ? String(amount) : amount;
	if (typeof text !== 'string' || !/^[0-9]{1,19}$/.test(text)) return 'amount must be a whole number.';
	const data = given['data'] === undefined ? undefined : decodeAnyBase64(given['data']);
	if (given['data'] !== undefined && !data) return 'data must be base64.';
	return {
		destinationAccount,
		sharedSecret,
		amount: BigInt(text),
		...(data && data.length > 0 ? { data } : {})
	};
};
