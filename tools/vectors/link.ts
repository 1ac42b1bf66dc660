/** Messages between neighbours: every form of each, and malformed ones. */
import { bytesToHex, fromHex } from '../../src/lib/peer/bytes.ts';
import { encodeCbor, type CborValue } from '../../src/lib/peer/codec/cbor.ts';
import { eventToCbor } from '../../src/lib/peer/codec/event-v2.ts';
import {
	encodeWireClaim,
	encodeHello,
	encodeOutcomes,
	encodeSettleAnswer,
	encodeSettleRequest
} from '../../src/lib/peer/codec/link.ts';
import { toVectorJson } from '../../src/lib/peer/codec/vectors/json.ts';
import { nobleCrypto } from '../../src/lib/peer/crypto/noble-crypto.ts';
import { signEvent } from '../../src/lib/peer/events/verify.ts';
import type { Hello, Outcomes, SettleAnswer, SettleRequest, WireClaim } from '../../src/lib/peer/link/messages.ts';
import { unwrap } from '../../src/lib/peer/result.ts';
import type { ChannelKey, FundingAuthorization } from '../../src/lib/peer/settlement/chain.ts';
import { createSeededRandom } from '../../src/lib/peer/testing/seeded-random.ts';

const hex = (digit: string, bytes: number): `0x${string}` => `0x${digit.repeat(2 * bytes)}`;
const bytes = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);

export const linkVectors = async (): Promise<unknown> => {
	const random = createSeededRandom('link vectors');
	const key: ChannelKey = {
		payer: hex('1', 20),
		payee: hex('2', 20),
		token: hex('3', 20),
		signer: hex('4', 20),
		grace: 86_400,
		expiry: 1_800_000_000,
		salt: hex('5', 32)
	};
	const claim: WireClaim = { scheme: 0, channel: hex('6', 32), epoch: 1, cumulative: 1_000_000n, signature: bytes(65, 7) };
	const funding: FundingAuthorization = {
		key,
		amount: 5_000_000n,
		validAfter: 0,
		validBefore: 1_767_229_200,
		index: 0,
		signature: bytes(65, 8)
	};
	const announcement = await signEvent(nobleCrypto, random, random.bytes(32), {
		created_at: 1_767_225_600,
		kind: 32_001,
		tags: [['d', 'ilp-node-info']],
		content: ''
	});
	const guest: Hello = {
		version: 1,
		network: 2,
		asset: 'eip155:31337/erc20:0x3333333333333333333333333333333333333333',
		window: 20_000_000n,
		credit: 0n,
		maxPacket: 1_000_000_000n,
		payee: undefined,
		channels: [],
		claims: [],
		fulfilledByMe: 0n,
		fulfilledByYou: 0n,
		paidOutByMe: 0n,
		paidOutByYou: 0n,
		unresolved: []
	};
	const hub: Hello = {
		...guest,
		window: 5_000_000_000n,
		credit: 1n << 60n,
		payee: hex('2', 20),
		channels: [{ key, epoch: 0 }, { key: { ...key, salt: hex('9', 32) }, epoch: 3 }],
		claims: [claim, { ...claim, cumulative: (1n << 64n) - 1n }],
		fulfilledByMe: 1n,
		fulfilledByYou: 2n,
		paidOutByMe: 3n,
		paidOutByYou: 4n,
		unresolved: [bytes(32, 1), bytes(32, 2)],
		payoutTerms: { threshold: 1_000_000_000n, fee: 1_000_000n, delaySeconds: 60 },
		announcement
	};
	const outcomes: Outcomes = {
		outcomes: [
			{ prepare: bytes(32, 1), result: 'fulfilled', fulfillment: bytes(32, 2), data: bytes(3, 3) },
			{ prepare: bytes(32, 4), result: 'rejected' },
			{ prepare: bytes(32, 5), result: 'pending' }
		]
	};
	const requests: readonly SettleRequest[] = [
		{ op: 'fund', funding, epoch: 0 },
		{ op: 'channel', key, epoch: 2 },
		{ op: 'payout' },
		{ op: 'close', channel: hex('6', 32), epoch: 1 },
		{ op: 'late', prepares: [bytes(32, 1)] },
		{ op: 'paid', transaction: hex('b', 32), amount: 999_000_000n, fee: 1_000_000n }
	];
	const answers: readonly SettleAnswer[] = [
		{ op: 'done' },
		{ op: 'done', transaction: hex('a', 32), epoch: 1 },
		{ op: 'paidOut', transaction: hex('b', 32), amount: 999_000_000n, fee: 1_000_000n },
		{ op: 'closed', transaction: hex('c', 32), captured: 250n, refunded: 4_999_750n },
		{ op: 'refused', code: 'PayoutTooSmall', text: 'There is less here than the fee.' }
	];

	const valid = [
		{ message: 'claim', name: 'a claim', data: encodeWireClaim(claim), value: claim },
		{ message: 'hello', name: 'of a new guest', data: encodeHello(guest), value: { ...guest, payee: undefined } },
		{ message: 'hello', name: 'with everything', data: encodeHello(hub), value: hub },
		{ message: 'outcomes', name: 'none', data: encodeOutcomes({ outcomes: [] }), value: { outcomes: [] } },
		{ message: 'outcomes', name: 'one of each', data: encodeOutcomes(outcomes), value: outcomes },
		...requests.map((value) => ({
			message: 'settleRequest',
			name: value.op,
			data: encodeSettleRequest(value),
			value
		})),
		...answers.map((value, at) => ({
			message: 'settleAnswer',
			name: `${value.op} (${at})`,
			data: encodeSettleAnswer(value),
			value
		}))
	].map(({ data, value, ...rest }) => ({ ...rest, hex: bytesToHex(data), value: toVectorJson(value) }));

	const claimMap: readonly (readonly [number, CborValue])[] = [
		[0, 0],
		[1, bytes(32, 6)],
		[2, 1],
		[3, 1_000_000],
		[4, bytes(65, 7)]
	];
	const keyArray: readonly CborValue[] = [
		bytes(20, 1),
		bytes(20, 2),
		bytes(20, 3),
		bytes(20, 4),
		86_400,
		1_800_000_000,
		bytes(32, 5)
	];
	const helloMap: readonly (readonly [number, CborValue])[] = [
		[0, 1],
		[1, 2],
		[2, guest.asset],
		[3, 0],
		[4, 0],
		[5, 0],
		[7, []],
		[8, []],
		[9, 0],
		[10, 0],
		[11, 0],
		[12, 0],
		[13, []]
	];
	const change = (
		of: readonly (readonly [number, CborValue])[],
		field: number,
		value: CborValue | undefined
	): Uint8Array => {
		const map = new Map(of);
		if (value === undefined) map.delete(field);
		else map.set(field, value);
		return encodeCbor(map);
	};
	const map = (...entries: readonly (readonly [number, CborValue])[]): Uint8Array => encodeCbor(new Map(entries));

	const invalid = (
		[
			['claim', 'empty', bytes(0, 0)],
			['claim', 'not a map', encodeCbor(claimMap.map(([, value]) => value))],
			['claim', 'keys out of order', fromHex('a201000000')],
			['claim', 'no scheme', change(claimMap, 0, undefined)],
			['claim', 'scheme 256', change(claimMap, 0, 256)],
			['claim', 'channel of 31 bytes', change(claimMap, 1, bytes(31, 6))],
			['claim', 'channel as text', change(claimMap, 1, '66'.repeat(32))],
			['claim', 'no epoch', change(claimMap, 2, undefined)],
			['claim', 'no cumulative amount', change(claimMap, 3, undefined)],
			['claim', 'cumulative amount as text', change(claimMap, 3, '1')],
			['claim', 'signature of 63 bytes', change(claimMap, 4, bytes(63, 7))],
			['claim', 'signature of 257 bytes', change(claimMap, 4, bytes(257, 7))],
			['hello', 'version 2', change(helloMap, 0, 2)],
			['hello', 'no version', change(helloMap, 0, undefined)],
			['hello', 'network 3', change(helloMap, 1, 3)],
			['hello', 'asset as bytes', change(helloMap, 2, bytes(3, 1))],
			['hello', 'no window', change(helloMap, 3, undefined)],
			['hello', 'payee of 32 bytes', change(helloMap, 6, bytes(32, 1))],
			['hello', 'channels missing', change(helloMap, 7, undefined)],
			['hello', 'a channel without its epoch', change(helloMap, 7, [[keyArray]])],
			['hello', 'a channel key of six', change(helloMap, 7, [[keyArray.slice(0, 6), 0]])],
			['hello', 'a channel key with a short salt', change(helloMap, 7, [[[...keyArray.slice(0, 6), bytes(31, 5)], 0]])],
			['hello', 'a claim without a signature', change(helloMap, 8, [new Map(claimMap.slice(0, 4))])],
			['hello', 'totals as text', change(helloMap, 9, '0')],
			['hello', 'an unresolved prepare of 31 bytes', change(helloMap, 13, [bytes(31, 1)])],
			['hello', 'too many unresolved', change(helloMap, 13, Array.from({ length: 1_025 }, () => bytes(32, 1)))],
			['hello', 'payout terms of two', change(helloMap, 14, [1, 2])],
			[
				'hello',
				'an announcement that is no event',
				change(helloMap, 15, (unwrap(eventToCbor(announcement)) as readonly CborValue[]).slice(1))
			],
			['outcomes', 'no list', map()],
			['outcomes', 'fulfilled without a fulfillment', map([0, [[bytes(32, 1), 0]]])],
			['outcomes', 'rejected with more', map([0, [[bytes(32, 1), 1, bytes(32, 2), bytes(0, 0)]]])],
			['outcomes', 'an unknown result', map([0, [[bytes(32, 1), 3]]])],
			['outcomes', 'a prepare of 31 bytes', map([0, [[bytes(31, 1), 1]]])],
			['settleRequest', 'no op', map()],
			['settleRequest', 'an unknown op', map([0, 6])],
			['settleRequest', 'paid without a transaction', map([0, 5], [7, 1], [8, 0])],
			['settleRequest', 'fund without a funding', map([0, 0], [2, 0])],
			['settleRequest', 'fund without an epoch', map([0, 0], [1, [keyArray, 1, 0, 1, 0, bytes(65, 8)]])],
			['settleRequest', 'fund without a signature', map([0, 0], [1, [keyArray, 1, 0, 1, 0, bytes(0, 8)]], [2, 0])],
			['settleRequest', 'channel without a key', map([0, 1], [2, 0])],
			['settleRequest', 'close with a short channel', map([0, 3], [2, 0], [4, bytes(20, 1)])],
			['settleRequest', 'late with a number', map([0, 4], [5, [1]])],
			['settleAnswer', 'no op', map()],
			['settleAnswer', 'an unknown op', map([0, 4])],
			['settleAnswer', 'done with a short transaction', map([0, 0], [1, bytes(31, 1)])],
			['settleAnswer', 'paidOut without a fee', map([0, 1], [1, bytes(32, 1)], [3, 1])],
			['settleAnswer', 'closed without a transaction', map([0, 2], [5, 1], [6, 1])],
			['settleAnswer', 'refused without a code', map([0, 3], [8, ''])],
			['settleAnswer', 'refused with too long a text', map([0, 3], [7, 'x'], [8, 'x'.repeat(1_025)])]
		] satisfies readonly (readonly [string, string, Uint8Array])[]
	).map(([message, name, data]) => ({ message, name, hex: bytesToHex(data) }));

	return {
		source: 'This project; made by tools/vectors.ts. Normative for docs/protocol/links.md.',
		note: 'In values, {"bytes"} is hex and {"uint"} decimal; what is absent is undefined.',
		valid,
		invalid
	};
};
