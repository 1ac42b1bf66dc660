/**
 * The bytes of what neighbours say beside ILP packets (link/messages.ts says what it means).
 *
 * Every message is one value of deterministic CBOR (cbor.ts): a map with integer keys, or for the
 * short fixed tuples an array. Keys not listed are ignored; a listed key that is missing, of the wrong
 * type or too long makes the message malformed. Hex of the value types travels as bytes, money as
 * unsigned integers. This table is the format; vectors/link-v1.json pins it.
 *
 * | message | keys |
 * |---|---|
 * | claim | 0 scheme · 1 channel id (32) · 2 epoch · 3 cumulative · 4 signature |
 * | hello | 0 version = 1 · 1 network · 2 asset · 3 window · 4 credit · 5 maxPacket · 6? payee (20) · 7 channels, each `[key, epoch]` · 8 claims · 9 fulfilledByMe · 10 fulfilledByYou · 11 paidOutByMe · 12 paidOutByYou · 13 unresolved, each 32 bytes · 14? payout terms `[threshold, fee, delaySeconds]` · 15? announcement (v2 event) |
 * | outcomes | 0 list of `[prepare (32), 0, fulfillment (32), data]` fulfilled · `[prepare, 1]` rejected · `[prepare, 2]` pending |
 * | settle request | 0 op: 0 fund (1 funding, 2 epoch) · 1 channel (3 key, 2 epoch) · 2 payout · 3 close (4 channel id, 2 epoch) · 4 late (5 list of prepares, 32 bytes each) |
 * | settle answer | 0 op: 0 done (1? transaction, 2? epoch) · 1 paidOut (1 transaction, 3 amount, 4 fee) · 2 closed (1 transaction, 5 captured, 6 refunded) · 3 refused (7 code, 8 text) |
 *
 * Channel key: `[payer (20), payee (20), token (20), signer (20), grace, expiry, salt (32)]`.
 * Funding: `[key, amount, validAfter, validBefore, index, signature]`.
 *
 * A claim's scheme decides what its signature looks like, so here it is only bounded: 64 bytes or
 * more could be any curve's, and 256 is beyond all of them. Amounts end at 2^64 − 1 of the token's
 * smallest unit: no wider one is needed for a token of six decimals.
 */
import { fromHex, toHex0x, type Hex } from '../bytes.ts';
import { LIMITS } from '../limits.ts';
import type {
	Hello,
	Outcome,
	Outcomes,
	PayoutTerms,
	SettleAnswer,
	SettleRequest,
	WireClaim
} from '../link/messages.ts';
import { err, type Result } from '../result.ts';
import type { ChannelKey, FundingAuthorization } from '../settlement/chain.ts';
import {
	cborMap,
	decodeCbor,
	encodeCbor,
	isCborArray,
	isCborMap,
	type CborMap,
	type CborValue
} from './cbor.ts';
import { eventFromCbor, eventToCbor, isSafeUint } from './event-v2.ts';
import { readFields, refuse } from './refuse.ts';

export interface MalformedLinkMessage {
	readonly type: 'MalformedLinkMessage';
	/** For logs: the message and the field, such as `hello: channels`. */
	readonly reason: string;
}

/* ---------------------------------------------------------------- fields */

type Field = CborValue | undefined;

const uint = (value: Field, max: number, field: string): number =>
	isSafeUint(value) && value <= max ? value : refuse(field);
const safe = (value: Field, field: string): number => uint(value, Number.MAX_SAFE_INTEGER, field);
const amount = (value: Field, field: string): bigint =>
	typeof value === 'bigint' || isSafeUint(value) ? BigInt(value) : refuse(field);
const bytes = (value: Field, min: number, max: number, field: string): Uint8Array =>
	value instanceof Uint8Array && value.length >= min && value.length <= max ? value : refuse(field);
const hex = (value: Field, length: number, field: string): Hex =>
	toHex0x(bytes(value, length, length, field));
const text = (value: Field, max: number, field: string): string =>
	typeof value === 'string' && value.length <= max ? value : refuse(field);
const list = (value: Field, min: number, max: number, field: string): readonly CborValue[] =>
	value !== undefined && isCborArray(value) && value.length >= min && value.length <= max
		? value
		: refuse(field);
const map = (value: Field, field: string): CborMap =>
	value !== undefined && isCborMap(value) ? value : refuse(field);

/** SHA-256 of prepares: never more than a link may have under way. */
const hashes = (value: Field, field: string): readonly Uint8Array[] =>
	list(value, 0, LIMITS.inFlightPerLink, field).map((item) => bytes(item, 32, 32, field));

const hexBytes = (value: Hex, length: number): Uint8Array => {
	const raw = fromHex(value);
	if (raw.length !== length) throw new Error(`${length} bytes expected`);
	return raw;
};

const read = <T>(
	message: string,
	data: Uint8Array,
	fields: (value: CborMap) => T
): Result<T, MalformedLinkMessage> => {
	const malformed = (reason: string) =>
		err({ type: 'MalformedLinkMessage' as const, reason: `${message}: ${reason}` });
	if (data.length > LIMITS.socketMessageBytes) return malformed('too large');
	const decoded = decodeCbor(data);
	if (!decoded.ok) return malformed(decoded.error.reason);
	const read = readFields(() => fields(map(decoded.value, 'not a map')));
	return read.ok ? read : malformed(read.error);
};

/* ---------------------------------------------------------------- channel keys and fundings */

const keyToCbor = (key: ChannelKey): CborValue => [
	hexBytes(key.payer, 20),
	hexBytes(key.payee, 20),
	hexBytes(key.token, 20),
	hexBytes(key.signer, 20),
	key.grace,
	key.expiry,
	hexBytes(key.salt, 32)
];

const keyFromCbor = (value: Field): ChannelKey => {
	const [payer, payee, token, signer, grace, expiry, salt] = list(value, 7, 7, 'channel key');
	return {
		payer: hex(payer, 20, 'payer'),
		payee: hex(payee, 20, 'payee'),
		token: hex(token, 20, 'token'),
		signer: hex(signer, 20, 'signer'),
		grace: safe(grace, 'grace'),
		expiry: safe(expiry, 'expiry'),
		salt: hex(salt, 32, 'salt')
	};
};

const SIGNATURE_MIN = 64;
const SIGNATURE_MAX = 256;
const signatureOf = (value: Field): Uint8Array => bytes(value, SIGNATURE_MIN, SIGNATURE_MAX, 'signature');

const fundingToCbor = (funding: FundingAuthorization): CborValue => [
	keyToCbor(funding.key),
	funding.amount,
	funding.validAfter,
	funding.validBefore,
	funding.index,
	funding.signature
];

/** A contract wallet's signature (ERC-1271) may be longer than a curve's. */
const FUNDING_SIGNATURE_MAX = 4_096;

const fundingFromCbor = (value: Field): FundingAuthorization => {
	const [key, funded, validAfter, validBefore, index, signature] = list(value, 6, 6, 'funding');
	return {
		key: keyFromCbor(key),
		amount: amount(funded, 'amount'),
		validAfter: safe(validAfter, 'validAfter'),
		validBefore: safe(validBefore, 'validBefore'),
		index: safe(index, 'index'),
		signature: bytes(signature, SIGNATURE_MIN, FUNDING_SIGNATURE_MAX, 'signature')
	};
};

/* ---------------------------------------------------------------- claim */

const claimToCbor = (claim: WireClaim): CborMap =>
	new Map<number, CborValue>([
		[0, claim.scheme],
		[1, hexBytes(claim.channel, 32)],
		[2, claim.epoch],
		[3, claim.cumulative],
		[4, claim.signature]
	]);

const claimFromCbor = (value: CborMap): WireClaim => ({
	scheme: uint(value.get(0), 0xff, 'scheme'),
	channel: hex(value.get(1), 32, 'channel'),
	epoch: safe(value.get(2), 'epoch'),
	cumulative: amount(value.get(3), 'cumulative'),
	signature: signatureOf(value.get(4))
});

export const encodeWireClaim = (claim: WireClaim): Uint8Array => encodeCbor(claimToCbor(claim));

export const decodeWireClaim = (data: Uint8Array): Result<WireClaim, MalformedLinkMessage> =>
	read('claim', data, claimFromCbor);

/* ---------------------------------------------------------------- hello */

/** A hello names two channels each way per PROTOCOL section 6; older closed ones may still be listed. */
const MAX_CHANNELS = 64;

const termsFromCbor = (value: CborValue): PayoutTerms => {
	const [threshold, fee, delay] = list(value, 3, 3, 'payout terms');
	return {
		threshold: amount(threshold, 'payout terms'),
		fee: amount(fee, 'payout terms'),
		delaySeconds: safe(delay, 'payout terms')
	};
};

/** Throws for an announcement that is no event (a bug: the sender signed it). */
export const encodeHello = (hello: Hello): Uint8Array => {
	const announcement = hello.announcement && eventToCbor(hello.announcement);
	if (announcement && !announcement.ok) throw new Error(announcement.error.reason);
	const terms = hello.payoutTerms;
	return encodeCbor(
		cborMap([
			[0, hello.version],
			[1, hello.network],
			[2, hello.asset],
			[3, hello.window],
			[4, hello.credit],
			[5, hello.maxPacket],
			[6, hello.payee && hexBytes(hello.payee, 20)],
			[7, hello.channels.map(({ key, epoch }) => [keyToCbor(key), epoch])],
			[8, hello.claims.map(claimToCbor)],
			[9, hello.fulfilledByMe],
			[10, hello.fulfilledByYou],
			[11, hello.paidOutByMe],
			[12, hello.paidOutByYou],
			[13, hello.unresolved],
			[14, terms && [terms.threshold, terms.fee, terms.delaySeconds]],
			[15, announcement?.value]
		])
	);
};

const helloFromCbor = (value: CborMap): Hello => {
	if (value.get(0) !== 1) return refuse('version');
	const network = value.get(1);
	if (network !== 1 && network !== 2) return refuse('network');
	const payee = value.get(6);
	const terms = value.get(14);
	const announced = value.get(15);
	const announcement = announced === undefined ? undefined : eventFromCbor(announced);
	if (announcement && !announcement.ok) return refuse('announcement');
	return {
		version: 1,
		network,
		asset: text(value.get(2), 256, 'asset'),
		window: amount(value.get(3), 'window'),
		credit: amount(value.get(4), 'credit'),
		maxPacket: amount(value.get(5), 'maxPacket'),
		payee: payee === undefined ? undefined : hex(payee, 20, 'payee'),
		channels: list(value.get(7), 0, MAX_CHANNELS, 'channels').map((item) => {
			const [key, epoch] = list(item, 2, 2, 'channels');
			return { key: keyFromCbor(key), epoch: safe(epoch, 'epoch') };
		}),
		claims: list(value.get(8), 0, MAX_CHANNELS, 'claims').map((item) => claimFromCbor(map(item, 'claims'))),
		fulfilledByMe: amount(value.get(9), 'fulfilledByMe'),
		fulfilledByYou: amount(value.get(10), 'fulfilledByYou'),
		paidOutByMe: amount(value.get(11), 'paidOutByMe'),
		paidOutByYou: amount(value.get(12), 'paidOutByYou'),
		unresolved: hashes(value.get(13), 'unresolved'),
		...(terms === undefined ? {} : { payoutTerms: termsFromCbor(terms) }),
		...(announcement === undefined ? {} : { announcement: announcement.value })
	};
};

export const decodeHello = (data: Uint8Array): Result<Hello, MalformedLinkMessage> =>
	read('hello', data, helloFromCbor);

/* ---------------------------------------------------------------- outcomes */

const FULFILLED = 0;
const REJECTED = 1;
const PENDING = 2;

const outcomeToCbor = (outcome: Outcome): CborValue => {
	switch (outcome.result) {
		case 'fulfilled':
			return [outcome.prepare, FULFILLED, outcome.fulfillment, outcome.data];
		case 'rejected':
			return [outcome.prepare, REJECTED];
		case 'pending':
			return [outcome.prepare, PENDING];
	}
};

const outcomeFromCbor = (value: CborValue): Outcome => {
	const fields = list(value, 2, 4, 'outcome');
	const prepare = bytes(fields[0], 32, 32, 'prepare');
	if (fields[1] === FULFILLED && fields.length === 4)
		return {
			prepare,
			result: 'fulfilled',
			fulfillment: bytes(fields[2], 32, 32, 'fulfillment'),
			data: bytes(fields[3], 0, LIMITS.ilpDataBytes, 'data')
		};
	if (fields.length !== 2) return refuse('outcome');
	if (fields[1] === REJECTED) return { prepare, result: 'rejected' };
	return fields[1] === PENDING ? { prepare, result: 'pending' } : refuse('outcome');
};

export const encodeOutcomes = (outcomes: Outcomes): Uint8Array =>
	encodeCbor(new Map([[0, outcomes.outcomes.map(outcomeToCbor)]]));

export const decodeOutcomes = (data: Uint8Array): Result<Outcomes, MalformedLinkMessage> =>
	read('outcomes', data, (value) => ({
		outcomes: list(value.get(0), 0, LIMITS.inFlightPerLink, 'list').map(outcomeFromCbor)
	}));

/* ---------------------------------------------------------------- settle */

const REQUEST_OPS = { fund: 0, channel: 1, payout: 2, close: 3, late: 4, paid: 5 } as const;

export const encodeSettleRequest = (request: SettleRequest): Uint8Array => {
	const op = REQUEST_OPS[request.op];
	switch (request.op) {
		case 'fund':
			return encodeCbor(
				cborMap([
					[0, op],
					[1, fundingToCbor(request.funding)],
					[2, request.epoch]
				])
			);
		case 'channel':
			return encodeCbor(
				cborMap([
					[0, op],
					[2, request.epoch],
					[3, keyToCbor(request.key)]
				])
			);
		case 'payout':
			return encodeCbor(cborMap([[0, op]]));
		case 'close':
			return encodeCbor(
				cborMap([
					[0, op],
					[2, request.epoch],
					[4, hexBytes(request.channel, 32)]
				])
			);
		case 'late':
			return encodeCbor(
				cborMap([
					[0, op],
					[5, request.prepares]
				])
			);
		case 'paid':
			return encodeCbor(
				cborMap([
					[0, op],
					[6, hexBytes(request.transaction, 32)],
					[7, request.amount],
					[8, request.fee]
				])
			);
	}
};

export const decodeSettleRequest = (data: Uint8Array): Result<SettleRequest, MalformedLinkMessage> =>
	read('settle request', data, (value): SettleRequest => {
		const epoch = (): number => safe(value.get(2), 'epoch');
		switch (value.get(0)) {
			case REQUEST_OPS.fund:
				return { op: 'fund', funding: fundingFromCbor(value.get(1)), epoch: epoch() };
			case REQUEST_OPS.channel:
				return { op: 'channel', key: keyFromCbor(value.get(3)), epoch: epoch() };
			case REQUEST_OPS.payout:
				return { op: 'payout' };
			case REQUEST_OPS.close:
				return { op: 'close', channel: hex(value.get(4), 32, 'channel'), epoch: epoch() };
			case REQUEST_OPS.late:
				return { op: 'late', prepares: hashes(value.get(5), 'prepares') };
			case REQUEST_OPS.paid:
				return {
					op: 'paid',
					transaction: hex(value.get(6), 32, 'transaction'),
					amount: amount(value.get(7), 'amount'),
					fee: amount(value.get(8), 'fee')
				};
			default:
				return refuse('op');
		}
	});

const ANSWER_OPS = { done: 0, paidOut: 1, closed: 2, refused: 3 } as const;

export const encodeSettleAnswer = (answer: SettleAnswer): Uint8Array => {
	const op = ANSWER_OPS[answer.op];
	const transaction =
		'transaction' in answer && answer.transaction ? hexBytes(answer.transaction, 32) : undefined;
	switch (answer.op) {
		case 'done':
			return encodeCbor(
				cborMap([
					[0, op],
					[1, transaction],
					[2, answer.epoch]
				])
			);
		case 'paidOut':
			return encodeCbor(
				cborMap([
					[0, op],
					[1, transaction],
					[3, answer.amount],
					[4, answer.fee]
				])
			);
		case 'closed':
			return encodeCbor(
				cborMap([
					[0, op],
					[1, transaction],
					[5, answer.captured],
					[6, answer.refunded]
				])
			);
		case 'refused':
			return encodeCbor(
				cborMap([
					[0, op],
					[7, answer.code],
					[8, answer.text]
				])
			);
	}
};

export const decodeSettleAnswer = (data: Uint8Array): Result<SettleAnswer, MalformedLinkMessage> =>
	read('settle answer', data, (value): SettleAnswer => {
		const transaction = (): Hex => hex(value.get(1), 32, 'transaction');
		switch (value.get(0)) {
			case ANSWER_OPS.done: {
				const epoch = value.get(2);
				return {
					op: 'done',
					...(value.has(1) ? { transaction: transaction() } : {}),
					...(epoch === undefined ? {} : { epoch: safe(epoch, 'epoch') })
				};
			}
			case ANSWER_OPS.paidOut:
				return {
					op: 'paidOut',
					transaction: transaction(),
					amount: amount(value.get(3), 'amount'),
					fee: amount(value.get(4), 'fee')
				};
			case ANSWER_OPS.closed:
				return {
					op: 'closed',
					transaction: transaction(),
					captured: amount(value.get(5), 'captured'),
					refunded: amount(value.get(6), 'refunded')
				};
			case ANSWER_OPS.refused:
				return {
					op: 'refused',
					code: text(value.get(7), LIMITS.codeCharacters, 'code'),
					text: text(value.get(8), LIMITS.textCharacters, 'text')
				};
			default:
				return refuse('op');
		}
	});
