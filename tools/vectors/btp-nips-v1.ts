/** Vectors of BTP-NIPs frames, version 1: the JSON form. */
import { bytesToHex, concatBytes, fromHex, utf8 } from '../../src/lib/peer/bytes.ts';
import { encodeFrameV1, FRAME_CODES_V1, type FrameV1 } from '../../src/lib/peer/codec/btp-nips-v1.ts';
import { toVectorJson } from '../../src/lib/peer/codec/vectors/json.ts';
import { nobleCrypto } from '../../src/lib/peer/crypto/noble-crypto.ts';
import { signEvent } from '../../src/lib/peer/events/verify.ts';
import { createSeededRandom } from '../../src/lib/peer/testing/seeded-random.ts';

export const frameVectorsV1 = async (): Promise<unknown> => {
	const random = createSeededRandom('btp-nips-v1 vectors');
	const secret = random.bytes(32);
	const sign = (content: string, kind: number, tags: readonly (readonly string[])[] = []) =>
		signEvent(nobleCrypto, random, secret, { created_at: 1_767_225_600, kind, tags, content });
	const note = await sign('Grüße 🌍 \u0000 \n "quoted"', 1, [['e', 'a'.repeat(64), 'wss://relay.example/']]);
	const auth = await sign('', 22_242, [
		['relay', 'ilp:test.hub.alice'],
		['challenge', 'c0ffee']
	]);
	const payment = { amount: 200_000n, currency: 'USD', purpose: 'event' };
	const metadata = { timestamp: 1_767_225_600, sender: note.pubkey };

	const frames: readonly (readonly [string, readonly FrameV1[]])[] = [
		['EVENT', [{ type: 'EVENT', event: note, payment, metadata }]],
		['EVENT: nothing beside it', [{ type: 'EVENT', event: note }]],
		[
			'REQ: everything set',
			[
				{
					type: 'REQ',
					subscriptionId: 'feed',
					filters: [
						{
							ids: ['1'.repeat(64)],
							authors: ['3'.repeat(64)],
							kinds: [0, 1, 65_535],
							since: 0,
							until: 1_767_225_600,
							limit: 500,
							search: 'tides',
							'#t': ['nostr', 'ilp']
						},
						{}
					],
					payment: { amount: 0n, currency: 'USD', purpose: 'subscription' },
					metadata
				}
			]
		],
		['CLOSE', [{ type: 'CLOSE', subscriptionId: 'feed', metadata }]],
		['NOTICE', [{ type: 'NOTICE', message: 'the price is 0.0002 USD' }]],
		['EOSE', [{ type: 'EOSE', subscriptionId: 'f' }]],
		['OK: accepted', [{ type: 'OK', eventId: note.id, accepted: true, message: '' }]],
		['OK: refused', [{ type: 'OK', eventId: note.id, accepted: false, message: 'invalid: expired' }]],
		['AUTH: asked', [{ type: 'AUTH', challenge: 'c0ffee' }]],
		['AUTH: answered', [{ type: 'AUTH', event: auth }]],
		[
			'several frames',
			[
				{ type: 'EVENT', event: note },
				{ type: 'EOSE', subscriptionId: 'feed' }
			]
		],
		['an empty datagram', []]
	];

	const raw = (code: number, payload: Uint8Array): Uint8Array =>
		concatBytes(Uint8Array.of(1, code, payload.length >> 8, payload.length & 0xff), payload);
	const json = (code: number, value: unknown): Uint8Array => raw(code, utf8(JSON.stringify(value)));
	const of = (code: number, nostr: unknown, more: object = {}): Uint8Array => json(code, { nostr, ...more });
	const C = FRAME_CODES_V1;
	const close = encodeFrameV1({ type: 'CLOSE', subscriptionId: 'feed' });
	const event = (change: object): Uint8Array => of(C.EVENT, { ...note, ...change });

	const valid = frames.map(([name, list]) => ({
		name,
		hex: bytesToHex(concatBytes(...list.map(encodeFrameV1))),
		isOurs: true,
		frames: toVectorJson(list)
	}));
	const fromOthers = [
		{
			name: 'keys in another order, white space, and keys of others',
			hex: bytesToHex(
				raw(C.CLOSE, utf8('{ "more": [1], "nostr": { "x": null, "subscriptionId": "feed" } }'))
			),
			isOurs: false,
			frames: [{ type: 'CLOSE', subscriptionId: 'feed' }]
		},
		{
			name: 'an unknown type is skipped, whatever it holds',
			hex: bytesToHex(concatBytes(raw(0x7e, fromHex('ff00')), close)),
			isOurs: false,
			frames: [
				{ type: 'UNKNOWN', code: 0x7e },
				{ type: 'CLOSE', subscriptionId: 'feed' }
			]
		}
	];

	const refused: readonly (readonly [string, Uint8Array])[] = [
		['header: shorter than four bytes', fromHex('010300')],
		['header: version 2', concatBytes(fromHex('02'), close.slice(1))],
		['header: longer than the datagram', concatBytes(fromHex('0103ffff'), close.slice(4))],
		['header: shorter than the payload', concatBytes(fromHex('01030005'), close.slice(4))],
		['payload: empty', fromHex('01030000')],
		['payload: not JSON', raw(C.CLOSE, utf8('{nostr}'))],
		['payload: not UTF-8', raw(C.CLOSE, concatBytes(utf8('{"nostr":{"subscriptionId":"'), fromHex('c328'), utf8('"}}')))],
		['payload: a list', json(C.CLOSE, [])],
		['payload: null', raw(C.CLOSE, utf8('null'))],
		['payload: no nostr', json(C.CLOSE, { metadata })],
		['EVENT: no signature', event({ sig: undefined })],
		['EVENT: upper-case id', event({ id: note.id.toUpperCase() })],
		['EVENT: a time before 1970', event({ created_at: -1 })],
		['EVENT: a fraction of a second', event({ created_at: 1.5 })],
		['EVENT: kind beyond 65535', event({ kind: 65_536 })],
		['EVENT: a number in a tag', event({ tags: [['e', 1]] })],
		['EVENT: a lone surrogate', raw(C.EVENT, utf8(JSON.stringify({ nostr: note }).replace('quoted', '\\ud800')))],
		['REQ: no filters', of(C.REQ, { subscriptionId: 'feed', filters: [] })],
		['REQ: seventeen filters', of(C.REQ, { subscriptionId: 'feed', filters: Array.from({ length: 17 }, () => ({})) })],
		['REQ: short id', of(C.REQ, { subscriptionId: 'feed', filters: [{ ids: ['abcd'] }] })],
		['REQ: filter a list', of(C.REQ, { subscriptionId: 'feed', filters: [[]] })],
		['CLOSE: empty subscription id', of(C.CLOSE, { subscriptionId: '' })],
		['CLOSE: subscription id of 65', of(C.CLOSE, { subscriptionId: 'x'.repeat(65) })],
		['NOTICE: no message', of(C.NOTICE, {})],
		['EOSE: subscription id a number', of(C.EOSE, { subscriptionId: 1 })],
		['OK: accepted as text', of(C.OK, { eventId: note.id, accepted: 'true', message: '' })],
		['AUTH: neither challenge nor event', of(C.AUTH, {})],
		['payment: amount as a number', of(C.CLOSE, { subscriptionId: 'feed' }, { payment: { ...payment, amount: 1 } })],
		['payment: amount below zero', of(C.CLOSE, { subscriptionId: 'feed' }, { payment: { ...payment, amount: '-1' } })],
		['metadata: sender too short', of(C.CLOSE, { subscriptionId: 'feed' }, { metadata: { ...metadata, sender: 'ab' } })],
		['a good frame and half of another', concatBytes(close, close.slice(0, 5))]
	];
	return {
		source: 'This project; made by tools/vectors.ts. Normative for docs/protocol/frames.md.',
		note: 'hex is one datagram (the content of a STREAM frame 0x20). In frames, {"uint"} is decimal. What is not isOurs is read but written otherwise.',
		valid: [...valid, ...fromOthers],
		invalid: refused.map(([name, bytes]) => ({ name, hex: bytesToHex(bytes) }))
	};
};
