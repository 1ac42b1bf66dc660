/**
 * What a STREAM packet costs when nothing but the packet is paid for: both ends and one hop written out by
 * hand in one thread, node:crypto called directly, every buffer made beforehand, no connection, no window,
 * no queue, no promise. It speaks the same bytes as everybody (RFC 27, 29, 30), but only those of this one
 * conversation, and it trusts itself to: a product cannot be this fast. How near it comes is the question.
 *
 * ```
 * sender ── prepare ──> hop (checks, takes expiry and amount) ── prepare ──> receiver
 *        <── fulfill ──     (checks the preimage)             <── fulfill ──
 * ```
 */
import {
	createCipheriv,
	createDecipheriv,
	createHmac,
	createSecretKey,
	hash,
	randomFillSync
} from 'node:crypto';

const IV = 12;
const TAG = 16;
const CONDITION = 32;
const PREPARE_HEAD = 8 + 17 + CONDITION;
const MOST_DATA = 32_767;
const DESTINATION = Buffer.from('test.ceiling.receiver');
const EXPIRES_AT = Buffer.from('20300101000000000');
const HOP_EXPIRES_AT = Buffer.from('20291231235959000');
const IV_POOL = IV * 4_096;
/** What the receiver accepts in all; six bytes of it, as many as a number writes at once. */
const RECEIVE_MAX = 2 ** 48 - 1;

/** A buffer that is written from its beginning for every packet. */
interface Scratch {
	readonly bytes: Buffer;
	length: number;
}

const scratch = (): Scratch => ({ bytes: Buffer.allocUnsafe(MOST_DATA + 256), length: 0 });

export interface Ceiling {
	/** One packet from end to end: this much money and these bytes. */
	send(amount: number, data: Uint8Array): void;
	/** What the receiver has. */
	readonly received: { money: number; bytes: number; packets: number };
	/** What the sender knows to have arrived. */
	readonly delivered: { money: number };
}

/** @throws Error as soon as a packet is not what it should be */
export const createCeiling = (): Ceiling => {
	const secret = Buffer.alloc(32, 7);
	const derive = (label: string) => createSecretKey(createHmac('sha256', secret).update(label).digest());
	const encryptionKey = derive('ilp_stream_encryption');
	const fulfillmentKey = derive('ilp_stream_fulfillment');
	const ivs = Buffer.alloc(IV_POOL);
	let ivAt = IV_POOL;

	const plain = scratch();
	const sealed = scratch();
	const prepare = scratch();
	const forwarded = scratch();
	const reply = scratch();
	const received = { money: 0, bytes: 0, packets: 0 };
	const delivered = { money: 0 };
	let sequence = 0;
	let offset = 0;

	const seal = (): void => {
		if (ivAt === IV_POOL) {
			randomFillSync(ivs);
			ivAt = 0;
		}
		const { bytes } = sealed;
		ivs.copy(bytes, 0, ivAt, ivAt + IV);
		const cipher = createCipheriv('aes-256-gcm', encryptionKey, ivs.subarray(ivAt, ivAt + IV));
		ivAt += IV;
		cipher.update(plain.bytes.subarray(0, plain.length)).copy(bytes, IV + TAG);
		cipher.final();
		cipher.getAuthTag().copy(bytes, IV);
		sealed.length = IV + TAG + plain.length;
	};

	const unseal = (data: Buffer): Buffer => {
		const decipher = createDecipheriv('aes-256-gcm', encryptionKey, data.subarray(0, IV));
		decipher.setAuthTag(data.subarray(IV, IV + TAG));
		const opened = decipher.update(data.subarray(IV + TAG));
		decipher.final();
		return opened;
	};

	const fulfillmentOf = (data: Buffer): Buffer => createHmac('sha256', fulfillmentKey).update(data).digest();

	const writePlain = (type: number, amount: number, frames: number): void => {
		plain.length = 0;
		uint8(plain, 1);
		uint8(plain, type);
		varUInt(plain, sequence);
		varUInt(plain, amount);
		varUInt(plain, frames);
	};

	/** The receiver: opens, checks, counts, answers with how much came and how far to go on. */
	const receive = (): void => {
		const { bytes } = forwarded;
		const reader = { bytes, at: 1 };
		length(reader);
		const contents = reader.at;
		const amount = Number(bytes.readBigUInt64BE(contents));
		reader.at = contents + PREPARE_HEAD;
		skip(reader);
		const dataLength = length(reader);
		const data = bytes.subarray(reader.at, reader.at + dataLength);
		const opened = { bytes: unseal(data), at: 2 };
		const fulfillment = fulfillmentOf(data);
		const condition = hash('sha256', fulfillment, 'buffer');
		if (bytes.compare(condition, 0, CONDITION, contents + 25, contents + 25 + CONDITION) !== 0)
			throw new Error('wrong condition');
		const requestSequence = uint(opened);
		if (amount < uint(opened) || requestSequence !== sequence) throw new Error('wrong packet');
		let count = uint(opened);
		while (count-- > 0) {
			const type = opened.bytes[opened.at++];
			const end = length(opened) + opened.at;
			if (type === 0x14) {
				uint(opened);
				if (uint(opened) !== received.bytes) throw new Error('wrong offset');
				received.bytes += length(opened);
			}
			opened.at = end;
		}
		received.money += amount;
		received.packets++;
		writePlain(13, amount, 2);
		const maxData = received.bytes + 262_144;
		frame(plain, 0x12, 2 + sizeOfVarUInt(RECEIVE_MAX) + sizeOfVarUInt(received.money));
		varUInt(plain, 1);
		varUInt(plain, RECEIVE_MAX);
		varUInt(plain, received.money);
		frame(plain, 0x15, 2 + sizeOfVarUInt(maxData));
		varUInt(plain, 1);
		varUInt(plain, maxData);
		seal();
		reply.length = 0;
		uint8(reply, 13);
		writeLength(reply, CONDITION + sizeOfVar(sealed.length));
		raw(reply, fulfillment);
		writeLength(reply, sealed.length);
		raw(reply, sealed.bytes.subarray(0, sealed.length));
	};

	/** The hop: reads what it decides by, writes what it changes, and lets only the right preimage pass. */
	const forward = (): void => {
		const reader = { bytes: prepare.bytes, at: 1 };
		if (prepare.bytes[0] !== 12 || length(reader) + reader.at !== prepare.length)
			throw new Error('not a prepare');
		const contents = reader.at;
		const amount = prepare.bytes.readBigUInt64BE(contents);
		prepare.bytes.copy(forwarded.bytes, 0, 0, prepare.length);
		forwarded.length = prepare.length;
		forwarded.bytes.writeBigUInt64BE(amount, contents);
		HOP_EXPIRES_AT.copy(forwarded.bytes, contents + 8);
		receive();
		const answer = { bytes: reply.bytes, at: 1 };
		length(answer);
		const preimage = reply.bytes.subarray(answer.at, answer.at + CONDITION);
		const condition = hash('sha256', preimage, 'buffer');
		if (condition.compare(prepare.bytes, contents + 25, contents + 25 + CONDITION) !== 0)
			throw new Error('wrong fulfillment');
	};

	const send = (amount: number, data: Uint8Array): void => {
		sequence++;
		writePlain(12, amount, (amount > 0 ? 1 : 0) + (data.length > 0 ? 1 : 0));
		if (amount > 0) {
			frame(plain, 0x11, 2 + sizeOfVarUInt(amount));
			varUInt(plain, 1);
			varUInt(plain, amount);
		}
		if (data.length > 0) {
			frame(plain, 0x14, 2 + sizeOfVarUInt(offset) + sizeOfVar(data.length));
			varUInt(plain, 1);
			varUInt(plain, offset);
			writeLength(plain, data.length);
			raw(plain, data);
			offset += data.length;
		}
		seal();
		const fulfillment = fulfillmentOf(sealed.bytes.subarray(0, sealed.length));
		prepare.length = 0;
		uint8(prepare, 12);
		writeLength(prepare, PREPARE_HEAD + sizeOfVar(DESTINATION.length) + sizeOfVar(sealed.length));
		prepare.length = prepare.bytes.writeBigUInt64BE(BigInt(amount), prepare.length);
		raw(prepare, EXPIRES_AT);
		raw(prepare, hash('sha256', fulfillment, 'buffer'));
		writeLength(prepare, DESTINATION.length);
		raw(prepare, DESTINATION);
		writeLength(prepare, sealed.length);
		raw(prepare, sealed.bytes.subarray(0, sealed.length));
		forward();
		const reader = { bytes: reply.bytes, at: 1 };
		length(reader);
		if (reply.bytes.compare(fulfillment, 0, CONDITION, reader.at, reader.at + CONDITION) !== 0)
			throw new Error('wrong fulfillment');
		reader.at += CONDITION;
		const replyLength = length(reader);
		const opened = { bytes: unseal(reply.bytes.subarray(reader.at, reader.at + replyLength)), at: 2 };
		if (uint(opened) !== sequence) throw new Error('wrong reply');
		delivered.money += uint(opened);
		let count = uint(opened);
		while (count-- > 0) {
			opened.at++;
			skip(opened);
		}
	};

	return { send, received, delivered };
};

interface Reader {
	readonly bytes: Buffer;
	at: number;
}

const length = (reader: Reader): number => {
	const first = reader.bytes[reader.at++] as number;
	if (first < 0x80) return first;
	let value = 0;
	for (let left = first & 0x7f; left > 0; left--) value = value * 256 + (reader.bytes[reader.at++] as number);
	return value;
};

/** Over a length and what it counts. */
const skip = (reader: Reader): void => {
	const bytes = length(reader);
	reader.at += bytes;
};

const uint = (reader: Reader): number => {
	let value = 0;
	for (let left = length(reader); left > 0; left--)
		value = value * 256 + (reader.bytes[reader.at++] as number);
	return value;
};

const uint8 = (to: Scratch, value: number): void => {
	to.bytes[to.length++] = value;
};

const raw = (to: Scratch, bytes: Uint8Array): void => {
	to.bytes.set(bytes, to.length);
	to.length += bytes.length;
};

const writeLength = (to: Scratch, value: number): void => {
	if (value < 0x80) return uint8(to, value);
	const size = sizeOfUInt(value);
	uint8(to, 0x80 | size);
	to.length = to.bytes.writeUIntBE(value, to.length, size);
};

const varUInt = (to: Scratch, value: number): void => {
	const size = sizeOfUInt(value);
	uint8(to, size);
	to.length = to.bytes.writeUIntBE(value, to.length, size);
};

/** A frame's head; its contents follow. */
const frame = (to: Scratch, type: number, contents: number): void => {
	uint8(to, type);
	writeLength(to, contents);
};

const sizeOfUInt = (value: number): number => {
	let size = 1;
	for (let rest = Math.floor(value / 256); rest > 0; rest = Math.floor(rest / 256)) size++;
	return size;
};

const sizeOfVarUInt = (value: number): number => 1 + sizeOfUInt(value);

const sizeOfVar = (bytes: number): number => (bytes < 0x80 ? 1 : 1 + sizeOfUInt(bytes)) + bytes;
