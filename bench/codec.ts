/**
 * `npm run bench -- codec`: our codecs beside the Interledger reference packages, in one process. Every pair is
 * checked for the same result first. Prints a table, and one JSON object of ratios as its last line.
 * Fails when a ratio is below what was promised of it. See bench/README.md and docs/adr/0022.
 *
 *   --rounds N    rounds of each pair (default 15)
 *   --only TEXT   only pairs whose name contains it
 */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { deserialize, serialize } from 'btp-packet';
import {
	deserializeIlpFulfill,
	deserializeIlpPrepare,
	deserializeIlpReject,
	serializeIlpFulfill,
	serializeIlpPrepare,
	serializeIlpReject
} from 'ilp-packet';
import { Reader, Writer } from 'oer-utils';
import { readContaining, readOptions } from '../scripts/options.ts';
import { decodeBtpPacket, encodeBtpPacket, type BtpPacket } from '../src/lib/peer/codec/btp.ts';
import {
	decodePrepare,
	decodeReply,
	encodeFulfill,
	encodePrepare,
	encodeReject,
	forwardPrepare,
	readPrepareHeader,
	rewritePrepare,
	type IlpFulfill,
	type IlpPrepare,
	type IlpReject
} from '../src/lib/peer/codec/ilp.ts';
import { OerReader, OerWriter, sizeOfVar } from '../src/lib/peer/codec/oer.ts';
import { decodeStreamPacket, encodeStreamPacket, type StreamPacket } from '../src/lib/peer/codec/stream.ts';
import { unwrap } from '../src/lib/peer/result.ts';
import { measure, type Contest } from './lib/rounds.ts';
import { rounded } from './lib/stats.ts';

/** The part of the reference that only its source shows: how it turns a packet into plaintext and back. */
interface ReferenceStream {
	Packet: {
		_deserializeUnencrypted(plaintext: Buffer): { _serialize(): Buffer; frames: unknown[] };
	};
}
const { Packet } = createRequire(import.meta.url)(
	'ilp-protocol-stream/dist/src/packet.js'
) as ReferenceStream;

const { rounds, only } = readOptions({ rounds: 15, only: '' });

const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, at) => (at * 7 + 3) & 0xff);
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');
const same = (ours: Uint8Array, theirs: Uint8Array): void => assert.equal(hex(ours), hex(theirs));

const KILOBYTE = bytes(1_000);
const EXPIRY = 1_893_553_445_678;
/** What a packet of a session is sent to: hub, child and the token as last segment. */
const DESTINATION = 'test.hub.k3fy7l2c.AZ3mYk9cX1Tq7bW0vR5nL8sD2fG4hJ6kP9oI1uY3tE5rW7qA';

const prepare: IlpPrepare = {
	type: 'prepare',
	amount: 1_234_567n,
	expiresAt: EXPIRY,
	condition: bytes(32),
	destination: DESTINATION,
	data: KILOBYTE
};
const theirPrepare = {
	amount: '1234567',
	expiresAt: new Date(EXPIRY),
	executionCondition: Buffer.from(prepare.condition),
	destination: DESTINATION,
	data: Buffer.from(KILOBYTE)
};
const prepareBytes = encodePrepare(prepare);
const prepareBuffer = Buffer.from(prepareBytes);

const fulfill: IlpFulfill = { type: 'fulfill', fulfillment: bytes(32), data: KILOBYTE };
const theirFulfill = { fulfillment: Buffer.from(fulfill.fulfillment), data: Buffer.from(KILOBYTE) };
const fulfillBytes = encodeFulfill(fulfill);
const fulfillBuffer = Buffer.from(fulfillBytes);

const reject: IlpReject = {
	type: 'reject',
	code: 'T04',
	triggeredBy: 'test.hub.k3fy7l2c',
	message: 'no more until what is owed is covered',
	data: bytes(64)
};
const theirReject = { ...reject, data: Buffer.from(reject.data) };
const rejectBytes = encodeReject(reject);
const rejectBuffer = Buffer.from(rejectBytes);

const btp: BtpPacket = {
	type: 'message',
	requestId: 0x1234_5678,
	protocolData: [{ protocolName: 'ilp', contentType: 0, data: prepareBytes }]
};
const theirBtp = {
	type: 6,
	requestId: 0x1234_5678,
	data: { protocolData: [{ protocolName: 'ilp', contentType: 0, data: prepareBuffer }] }
} as Parameters<typeof serialize>[0];
const btpBytes = encodeBtpPacket(btp);
const btpBuffer = Buffer.from(btpBytes);

const stream: StreamPacket = {
	packetType: 'prepare',
	sequence: 4_711n,
	prepareAmount: 1_234_000n,
	frames: [
		{ type: 'StreamMoney', streamId: 1n, shares: 1n },
		{ type: 'StreamMaxMoney', streamId: 1n, receiveMax: 0xffff_ffff_ffff_ffffn, totalReceived: 12_345_678n },
		{ type: 'StreamMaxData', streamId: 1n, maxOffset: 65_536n },
		{ type: 'StreamData', streamId: 1n, offset: 123_000n, data: KILOBYTE }
	]
};
const streamBytes = encodeStreamPacket(stream);
const streamBuffer = Buffer.from(streamBytes);
const theirStream = Packet._deserializeUnencrypted(streamBuffer);

const NEXT_AMOUNT = 1_222_222n;
const NEXT_EXPIRY = EXPIRY - 1_000;
/** What a connector does with a packet: read what it decides by, and put its own amount and expiry in. */
const forwardOurs = (): Uint8Array => {
	const header = readPrepareHeader(prepareBytes);
	if (!header.ok) throw new Error(header.error.reason);
	rewritePrepare(ownBytes, NEXT_AMOUNT, NEXT_EXPIRY);
	return ownBytes;
};
const ownBytes = prepareBytes.slice();
const forwardCopy = (): Uint8Array => {
	const header = readPrepareHeader(prepareBytes);
	if (!header.ok) throw new Error(header.error.reason);
	return forwardPrepare(prepareBytes, NEXT_AMOUNT, NEXT_EXPIRY);
};
const forwardTheirs = (): Buffer =>
	serializeIlpPrepare({
		...deserializeIlpPrepare(prepareBuffer),
		amount: '1222222',
		expiresAt: new Date(NEXT_EXPIRY)
	});

const writeOctets = (): Uint8Array => {
	const writer = new OerWriter(sizeOfVar(KILOBYTE.length));
	writer.varOctets(KILOBYTE);
	return writer.finish();
};
const theirOctets = (): Buffer => {
	const writer = new Writer(sizeOfVar(KILOBYTE.length));
	writer.writeVarOctetString(theirFulfill.data);
	return writer.getBuffer();
};
const octetsBytes = writeOctets();
const octetsBuffer = Buffer.from(octetsBytes);

const CONTESTS: readonly Contest[] = [
	{
		name: 'encode a 1 kB prepare',
		atLeast: 3,
		check: () => same(encodePrepare(prepare), serializeIlpPrepare(theirPrepare)),
		ours: () => encodePrepare(prepare),
		theirs: () => serializeIlpPrepare(theirPrepare)
	},
	{
		name: 'decode a 1 kB prepare',
		atLeast: 3,
		check: () => {
			const ours = unwrap(decodePrepare(prepareBytes));
			const theirs = deserializeIlpPrepare(prepareBuffer);
			assert.equal(ours.amount, BigInt(theirs.amount));
			assert.equal(ours.expiresAt, theirs.expiresAt.getTime());
			assert.equal(ours.destination, theirs.destination);
			same(ours.condition, theirs.executionCondition);
			same(ours.data, theirs.data);
		},
		ours: () => decodePrepare(prepareBytes),
		theirs: () => deserializeIlpPrepare(prepareBuffer)
	},
	{
		name: 'forward a 1 kB prepare',
		atLeast: 5,
		check: () => same(forwardOurs(), forwardTheirs()),
		ours: forwardOurs,
		theirs: forwardTheirs
	},
	{
		name: 'forward a 1 kB prepare, as a copy',
		check: () => same(forwardCopy(), forwardTheirs()),
		ours: forwardCopy,
		theirs: forwardTheirs
	},
	{
		name: 'encode a 1 kB fulfill',
		check: () => same(encodeFulfill(fulfill), serializeIlpFulfill(theirFulfill)),
		ours: () => encodeFulfill(fulfill),
		theirs: () => serializeIlpFulfill(theirFulfill)
	},
	{
		name: 'decode a 1 kB fulfill',
		check: () => {
			const ours = unwrap(decodeReply(fulfillBytes)) as IlpFulfill;
			const theirs = deserializeIlpFulfill(fulfillBuffer);
			same(ours.fulfillment, theirs.fulfillment);
			same(ours.data, theirs.data);
		},
		ours: () => decodeReply(fulfillBytes),
		theirs: () => deserializeIlpFulfill(fulfillBuffer)
	},
	{
		name: 'encode a reject',
		check: () => same(encodeReject(reject), serializeIlpReject(theirReject)),
		ours: () => encodeReject(reject),
		theirs: () => serializeIlpReject(theirReject)
	},
	{
		name: 'decode a reject',
		check: () => {
			const ours = unwrap(decodeReply(rejectBytes)) as IlpReject;
			const theirs = deserializeIlpReject(rejectBuffer);
			assert.deepEqual(
				[ours.code, ours.triggeredBy, ours.message],
				[theirs.code, theirs.triggeredBy, theirs.message]
			);
			same(ours.data, theirs.data);
		},
		ours: () => decodeReply(rejectBytes),
		theirs: () => deserializeIlpReject(rejectBuffer)
	},
	{
		name: 'write 1 kB of octets',
		check: () => same(writeOctets(), theirOctets()),
		ours: writeOctets,
		theirs: theirOctets
	},
	{
		name: 'read 1 kB of octets',
		check: () =>
			same(new OerReader(writeOctets()).varOctets(), new Reader(theirOctets()).readVarOctetString()),
		ours: () => new OerReader(octetsBytes).varOctets(),
		theirs: () => new Reader(octetsBuffer).readVarOctetString()
	},
	{
		name: 'encode a BTP message around it',
		check: () => same(encodeBtpPacket(btp), serialize(theirBtp)),
		ours: () => encodeBtpPacket(btp),
		theirs: () => serialize(theirBtp)
	},
	{
		name: 'decode a BTP message around it',
		check: () => {
			const ours = unwrap(decodeBtpPacket(btpBytes));
			const theirs = deserialize(btpBuffer) as typeof theirBtp;
			assert.equal(ours.requestId, theirs.requestId);
			same(
				ours.protocolData[0]?.data ?? bytes(0),
				(theirs as { data: { protocolData: { data: Buffer }[] } }).data.protocolData[0]?.data ?? bytes(0)
			);
		},
		ours: () => decodeBtpPacket(btpBytes),
		theirs: () => deserialize(btpBuffer)
	},
	{
		name: 'encode a STREAM packet',
		check: () => same(encodeStreamPacket(stream), theirStream._serialize()),
		ours: () => encodeStreamPacket(stream),
		theirs: () => theirStream._serialize()
	},
	{
		name: 'decode a STREAM packet',
		check: () =>
			same(
				encodeStreamPacket(unwrap(decodeStreamPacket(streamBytes))),
				Packet._deserializeUnencrypted(streamBuffer)._serialize()
			),
		ours: () => decodeStreamPacket(streamBytes),
		theirs: () => Packet._deserializeUnencrypted(streamBuffer)
	}
];

const chosen = readContaining(
	'only',
	only,
	CONTESTS.map(({ name }) => name)
);
console.log(
	`${process.platform} ${process.arch}, ${cpus()[0]?.model.trim() ?? 'unknown'}, Node ${process.version}`
);
console.log(
	`\n  ${''.padEnd(36)}${['ours ns', 'theirs ns', 'times', 'at least'].map((head) => head.padStart(11)).join('')}`
);
const ratios: Record<string, number> = {};
for (const contest of CONTESTS) {
	if (!chosen.includes(contest.name)) continue;
	const outcome = measure(contest, { rounds, roundMs: 40 });
	ratios[contest.name] = rounded(outcome.ratio.median);
	const isBelow = contest.atLeast !== undefined && outcome.ratio.median < contest.atLeast;
	if (isBelow) process.exitCode = 1;
	const cells = [
		outcome.oursNs.toFixed(0),
		outcome.theirsNs.toFixed(0),
		outcome.ratio.median.toFixed(2),
		contest.atLeast ?? ''
	];
	console.log(
		`${isBelow ? '✗' : ' '} ${contest.name.padEnd(36)}${cells.map((cell) => `${cell}`.padStart(11)).join('')}`
	);
}
console.log(JSON.stringify({ bench: 'codec', node: process.version, ratios }));
