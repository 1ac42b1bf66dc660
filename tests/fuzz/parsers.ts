/** Every parser that bytes of strangers reach, with valid bytes to start from. */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import {
	base64Decode,
	base64urlDecode,
	base64Encode,
	base64urlEncode,
	fromHex,
	hexToBytesStrict,
	bytesToHex,
	concatBytes,
	utf8,
	utf8Decode,
	utf8Encode
} from '../../src/lib/peer/bytes.ts';
import { decodeFrames, encodeFrame } from '../../src/lib/peer/codec/btp-nips.ts';
import { decodeFramesV1, encodeFrameV1 } from '../../src/lib/peer/codec/btp-nips-v1.ts';
import {
	decodeBtpBundle,
	decodeBtpPacket,
	encodeBtpPacket,
	formatGeneralizedTime,
	parseGeneralizedTime,
	type BtpPacket
} from '../../src/lib/peer/codec/btp.ts';
import { decodeCbor, encodeCbor } from '../../src/lib/peer/codec/cbor.ts';
import {
	decodeCcpRouteControl,
	decodeCcpRouteUpdate,
	encodeCcpRouteControl,
	encodeCcpRouteUpdate,
	NO_ROUTING_TABLE
} from '../../src/lib/peer/codec/ccp.ts';
import { decodeEvent, encodeEvent } from '../../src/lib/peer/codec/event-v2.ts';
import type { Frame } from '../../src/lib/peer/codec/frames.ts';
import { decodeIldcpResponse, ildcpResponse, ZERO_FULFILLMENT } from '../../src/lib/peer/codec/ildcp.ts';
import {
	decodeAmountTooLarge,
	decodeIlpPacket,
	decodePrepare,
	encodeAmountTooLarge,
	encodeIlpPacket,
	readPrepareHeader
} from '../../src/lib/peer/codec/ilp.ts';
import {
	decodeHello,
	decodeOutcomes,
	decodeSettleAnswer,
	decodeSettleRequest,
	decodeWireClaim,
	encodeHello,
	encodeOutcomes,
	encodeSettleAnswer,
	encodeSettleRequest,
	encodeWireClaim
} from '../../src/lib/peer/codec/link.ts';
import {
	formatTimestamp,
	OerReader,
	OerWriter,
	parseTimestamp,
	sizeOfVar,
	sizeOfVarUInt
} from '../../src/lib/peer/codec/oer.ts';
import { decodeStreamPacket, encodeStreamPacket } from '../../src/lib/peer/codec/stream.ts';
import frameVectors from '../../src/lib/peer/codec/vectors/btp-nips-v2.json' with { type: 'json' };
import frameVectorsV1 from '../../src/lib/peer/codec/vectors/btp-nips-v1.json' with { type: 'json' };
import linkVectors from '../../src/lib/peer/codec/vectors/link-v1.json' with { type: 'json' };
import { STREAM_FIXTURES } from '../../src/lib/peer/codec/vectors/stream-rfc29.ts';
import { nobleCrypto } from '../../src/lib/peer/crypto/noble-crypto.ts';
import { importLines, type ImportPorts } from '../../src/lib/peer/events/import.ts';
import { signEvent } from '../../src/lib/peer/events/verify.ts';
import { parseAddress } from '../../src/lib/peer/ilp/address.ts';
import { checkAuthToken, createAuthToken, createReplayCache } from '../../src/lib/peer/peering/auth-token.ts';
import { createDelegation } from '../../src/lib/peer/peering/delegation.ts';
import { err, ok, unwrap, type Result } from '../../src/lib/peer/result.ts';
import {
	decodeToken,
	encodeToken,
	tokenFromSegment,
	tokenToSegment
} from '../../src/lib/peer/stream/token.ts';
import { address, btpPacket, ilpPacket, streamPacket } from '../../src/lib/peer/testing/arbitraries.ts';
import { createSeededRandom } from '../../src/lib/peer/testing/seeded-random.ts';
import { parser, type Parser } from './check.ts';

const some = <T>(arbitrary: fc.Arbitrary<T>, count = 60): T[] =>
	fc.sample(arbitrary, { seed: 29, numRuns: count });

/** Bytes as text, one character each, for parsers of text. */
const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const fromLatin1 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));

const maybe = <T>(value: T | undefined): Result<T, { readonly type: string }> =>
	value === undefined ? err({ type: 'Refused' }) : ok(value);

const links = (message: string): Uint8Array[] =>
	linkVectors.valid.filter((vector) => vector.message === message).map((vector) => fromHex(vector.hex));

const datagrams = frameVectors.valid
	.filter((vector) => vector.hex.length < 4_000 && !('zeros' in vector))
	.map(({ hex }) => fromHex(hex));
const datagramsV1 = frameVectorsV1.valid
	.filter((vector) => vector.hex.length < 4_000)
	.map(({ hex }) => fromHex(hex));

const random = createSeededRandom('fuzz');
const secret = random.bytes(32);
const note = await signEvent(nobleCrypto, random, secret, {
	created_at: 1_767_225_600,
	kind: 1,
	tags: [
		['e', 'ab'.repeat(32)],
		['t', 'Grüße 🌍']
	],
	content: 'hello "world" \n 🌍'
});

const writeBundle = (packets: readonly BtpPacket[]): Uint8Array =>
	concatBytes(...packets.map((packet) => encodeBtpPacket(packet)));

/** All signatures hold, so that damage is met by the checks behind them too. */
const trusting = { ...nobleCrypto, schnorrVerify: () => true };

const NOW = 1_767_225_600_000;
const ENDPOINT = 'wss://hub.example/btp';
const deviceSecret = random.bytes(32);
const delegation = await createDelegation(
	nobleCrypto,
	random,
	{ owner: secret, device: deviceSecret, claim: random.bytes(32) },
	{ scopes: [{ scope: 'link' }, { scope: 'pay', terms: ['USD', '1000'] }], expiresAt: NOW / 1000 + 86_400 },
	NOW
);
const authToken = await createAuthToken(nobleCrypto, random, {
	deviceSecret,
	endpoint: ENDPOINT,
	delegation,
	now: NOW
});

const importPorts: ImportPorts = {
	crypto: trusting,
	store: { put: () => ({ result: 'stored' }) } as unknown as ImportPorts['store'],
	now: () => NOW,
	commit: (work) => Promise.resolve(work())
};

export const PARSERS: readonly Parser[] = [
	parser<{ readonly integer: bigint; readonly octets: Uint8Array; readonly text: string }>({
		name: 'oer',
		valid: some(
			fc.tuple(
				fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
				fc.uint8Array({ maxLength: 300 }),
				fc.string({ maxLength: 20 })
			)
		).map(([integer, octets, text]) => writeOer({ integer, octets, text: text.replaceAll(/[^ -~]/g, '') })),
		parse: (bytes) => {
			const reader = new OerReader(bytes);
			const value = { integer: reader.varUInt(), octets: reader.varOctets(), text: reader.utf8() };
			return reader.failure === undefined ? ok(value) : err({ type: 'OER', reason: reader.failure });
		},
		encode: (value) => writeOer(value),
		hasOneSpelling: true
	}),
	parser({
		name: 'ilp',
		valid: some(ilpPacket).map(encodeIlpPacket),
		parse: (bytes) => {
			// All doors of the format agree on what a packet is.
			const decoded = decodeIlpPacket(bytes);
			const isPrepare = decoded.ok && decoded.value.type === 'prepare';
			if (decodePrepare(bytes).ok !== isPrepare || readPrepareHeader(bytes).ok !== isPrepare)
				throw new Error('two readers of a prepare disagree');
			return decoded;
		},
		encode: encodeIlpPacket,
		hasOneSpelling: true
	}),
	parser({
		name: 'f08',
		valid: [encodeAmountTooLarge({ receivedAmount: 7n, maximumAmount: 3n })],
		parse: decodeAmountTooLarge,
		encode: encodeAmountTooLarge,
		hasOneSpelling: true
	}),
	parser({
		name: 'ildcp',
		valid: some(address, 20).map(
			(clientAddress) => ildcpResponse({ clientAddress, assetScale: 9, assetCode: 'USD' }).data
		),
		parse: (data) => decodeIldcpResponse({ type: 'fulfill', fulfillment: ZERO_FULFILLMENT, data }),
		encode: (config) => ildcpResponse(config).data,
		hasOneSpelling: true
	}),
	parser({
		name: 'ccp-control',
		valid: [
			encodeCcpRouteControl({
				mode: 'sync',
				lastKnownRoutingTableId: NO_ROUTING_TABLE,
				lastKnownEpoch: 32,
				features: ['foo', 'bar']
			})
		],
		parse: decodeCcpRouteControl,
		encode: encodeCcpRouteControl,
		hasOneSpelling: true
	}),
	parser({
		name: 'ccp-update',
		valid: [
			fromHex(
				'21e55f8eabcd4e979ab9bf0ff00a224c000000340000002e00000032000075300a746573742e616c696365010108746573742e626f6201020a746573742e616c69636508746573742e626f62000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f0101d00002026869010109746573742e6361726c'
			)
		],
		parse: decodeCcpRouteUpdate,
		encode: encodeCcpRouteUpdate
	}),
	parser({
		name: 'stream',
		valid: [...some(streamPacket)]
			.map((packet) => encodeStreamPacket(packet))
			.concat(STREAM_FIXTURES.map(({ buffer }) => base64Decode(buffer) as Uint8Array)),
		parse: decodeStreamPacket,
		encode: encodeStreamPacket
	}),
	parser({
		name: 'btp',
		valid: some(btpPacket).map((packet) => encodeBtpPacket(packet)),
		parse: decodeBtpPacket,
		encode: encodeBtpPacket
	}),
	parser({
		name: 'btp-bundle',
		valid: some(fc.array(btpPacket, { minLength: 1, maxLength: 5 })).map(writeBundle),
		parse: (bytes) => {
			const bundle = decodeBtpBundle(bytes);
			// Whoever knows no bundles reads the first of its packets.
			const first = decodeBtpPacket(bytes);
			if (bundle.ok && !(first.ok && isDeepStrictEqual(first.value, bundle.value[0])))
				throw new Error('two readers of a message disagree');
			return bundle;
		},
		encode: writeBundle
	}),
	parser({
		name: 'btp-nips-v2',
		valid: datagrams,
		parse: (bytes) => {
			const decoded = decodeFrames(bytes);
			// Frames of other versions and types are skipped: only what was understood is written again.
			return decoded.ok ? ok(decoded.value.filter((one): one is Frame => one.type !== 'UNKNOWN')) : decoded;
		},
		encode: (frames) => concatBytes(...frames.map(encodeFrame)),
		growth: 8
	}),
	parser({
		name: 'btp-nips-v1',
		valid: datagramsV1,
		parse: decodeFramesV1,
		encode: (frames) => concatBytes(...frames.map(encodeFrameV1)),
		growth: 8
	}),
	parser({
		name: 'cbor',
		valid: [...datagrams.map((bytes) => bytes.subarray(4)), ...links('hello')].filter(
			(bytes) => decodeCbor(bytes).ok
		),
		parse: (bytes) => decodeCbor(bytes),
		encode: encodeCbor,
		hasOneSpelling: true
	}),
	parser({
		name: 'event-v2',
		valid: [unwrap(encodeEvent(note))],
		parse: decodeEvent,
		encode: (event) => unwrap(encodeEvent(event)),
		hasOneSpelling: true
	}),
	parser({ name: 'claim', valid: links('claim'), parse: decodeWireClaim, encode: encodeWireClaim }),
	parser({ name: 'hello', valid: links('hello'), parse: decodeHello, encode: encodeHello }),
	parser({ name: 'outcomes', valid: links('outcomes'), parse: decodeOutcomes, encode: encodeOutcomes }),
	parser({
		name: 'settle-request',
		valid: links('settleRequest'),
		parse: decodeSettleRequest,
		encode: encodeSettleRequest
	}),
	parser({
		name: 'settle-answer',
		valid: links('settleAnswer'),
		parse: decodeSettleAnswer,
		encode: encodeSettleAnswer
	}),
	parser({
		name: 'token',
		valid: [
			encodeToken({ keyId: random.bytes(4), issuedAt: 1_767_225_600, ephemeralPublic: random.bytes(32) })
		],
		parse: decodeToken,
		encode: encodeToken,
		hasOneSpelling: true
	}),
	parser({
		name: 'token-segment',
		valid: [
			fromLatin1(
				tokenToSegment(
					encodeToken({ keyId: random.bytes(4), issuedAt: 9, ephemeralPublic: random.bytes(32) })
				)
			)
		],
		parse: (bytes) => tokenFromSegment(latin1(bytes)),
		encode: (token) => fromLatin1(tokenToSegment(token.bytes)),
		hasOneSpelling: true
	}),
	parser({
		name: 'auth-token',
		valid: [utf8(latin1(base64Decode(authToken.authToken) as Uint8Array))],
		parse: async (bytes) => {
			// The token is base64 of JSON: damage the JSON, or no case gets past the base64.
			const checked = await checkAuthToken(
				trusting,
				{ authToken: base64Encode(bytes), delegation: authToken.delegation },
				{ endpoint: ENDPOINT, now: NOW, seen: createReplayCache(4) }
			);
			return checked;
		}
	}),
	parser({
		name: 'auth-delegation',
		valid: [authToken.delegation],
		parse: (bytes) =>
			checkAuthToken(
				trusting,
				{ authToken: authToken.authToken, delegation: bytes },
				{ endpoint: ENDPOINT, now: NOW, seen: createReplayCache(4) }
			)
	}),
	parser({
		name: 'address',
		valid: some(address).map(fromLatin1),
		parse: (bytes) => parseAddress(latin1(bytes)),
		encode: fromLatin1,
		hasOneSpelling: true
	}),
	parser({
		name: 'import-line',
		valid: [utf8(JSON.stringify(note))],
		parse: async (bytes) => {
			const { stored, reasons } = await importLines(importPorts, [utf8Decode(bytes) ?? latin1(bytes)]);
			return stored === 1 ? ok(undefined) : err({ type: 'Invalid', reason: reasons[0]?.reason ?? 'blank' });
		}
	}),
	parser({
		name: 'utf8',
		valid: ['', 'plain', 'é漢🎈\u0000', '\ufeff\uffff\u{10ffff}'].map(utf8),
		parse: (bytes) => maybe(utf8Decode(bytes)),
		encode: (text) => utf8Encode(text) as Uint8Array,
		hasOneSpelling: true
	}),
	parser({
		name: 'hex',
		valid: ['', '00ff', 'c0ffee'].map(fromLatin1),
		parse: (bytes) => maybe(hexToBytesStrict(latin1(bytes))),
		encode: (bytes) => fromLatin1(bytesToHex(bytes)),
		hasOneSpelling: true
	}),
	parser({
		name: 'base64',
		valid: [1, 2, 3, 41].map((length) => fromLatin1(base64Encode(random.bytes(length)))),
		parse: (bytes) => maybe(base64Decode(latin1(bytes))),
		encode: (bytes) => fromLatin1(base64Encode(bytes)),
		hasOneSpelling: true
	}),
	parser({
		name: 'base64url',
		valid: [1, 2, 3, 41].map((length) => fromLatin1(base64urlEncode(random.bytes(length)))),
		parse: (bytes) => maybe(base64urlDecode(latin1(bytes))),
		encode: (bytes) => fromLatin1(base64urlEncode(bytes)),
		hasOneSpelling: true
	}),
	parser({
		name: 'timestamp',
		valid: ['20300102030405678', '20000229235959999', '00000101000000000'].map(fromLatin1),
		parse: (bytes) => maybe(parseTimestamp(latin1(bytes))),
		encode: (time) => fromLatin1(formatTimestamp(time)),
		hasOneSpelling: true
	}),
	parser({
		name: 'generalized-time',
		valid: ['20300102030405.678Z', '20300102030405Z', '20300102030405.5Z'].map(fromLatin1),
		parse: (bytes) => maybe(parseGeneralizedTime(latin1(bytes))),
		encode: (time) => fromLatin1(formatGeneralizedTime(time))
	})
];

function writeOer(value: {
	readonly integer: bigint;
	readonly octets: Uint8Array;
	readonly text: string;
}): Uint8Array {
	const writer = new OerWriter(
		sizeOfVarUInt(value.integer) + sizeOfVar(value.octets.length) + sizeOfVar(utf8(value.text).length)
	);
	writer.varUInt(value.integer);
	writer.varOctets(value.octets);
	writer.utf8(value.text);
	return writer.finish();
}
