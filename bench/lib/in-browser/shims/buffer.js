/**
 * Node's Buffer for a worker, as much of it as the reference client and its packages use. Like the shim that bundlers
 * put in, it is a Uint8Array with more methods; numbers are read and written byte by byte, text by the browser's
 * own coders.
 */
const encoder = new TextEncoder();
const decoder = new TextDecoder();

const fromLatin1 = (text) => Buffer.from(Array.from(text, (character) => character.charCodeAt(0) & 0xff));
const toLatin1 = (bytes) => String.fromCharCode.apply(null, bytes);
const DECODE = {
	utf8: (text) => new Buffer(encoder.encode(text).buffer),
	ascii: fromLatin1,
	latin1: fromLatin1,
	binary: fromLatin1,
	hex: (text) => Buffer.from((text.match(/../g) ?? []).map((digits) => parseInt(digits, 16))),
	base64: (text) => fromLatin1(atob(text.replaceAll('-', '+').replaceAll('_', '/')))
};
const ENCODE = {
	utf8: (bytes) => decoder.decode(bytes),
	ascii: toLatin1,
	latin1: toLatin1,
	binary: toLatin1,
	hex: (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(''),
	base64: (bytes) => btoa(toLatin1(bytes))
};
const named = (table, encoding = 'utf8') => {
	const found = table[encoding.toLowerCase().replace('utf-8', 'utf8')];
	if (found === undefined) throw new TypeError(`Unknown encoding: ${encoding}`);
	return found;
};

export class Buffer extends Uint8Array {
	static from(value, encodingOrOffset, length) {
		if (typeof value === 'string') return named(DECODE, encodingOrOffset)(value);
		if (value instanceof ArrayBuffer) return new Buffer(value, encodingOrOffset, length);
		const copy = new Buffer(value.length);
		copy.set(value);
		return copy;
	}
	static alloc(size, fill) {
		const made = new Buffer(size);
		return fill === undefined ? made : made.fill(fill);
	}
	static allocUnsafe(size) {
		return new Buffer(size);
	}
	static allocUnsafeSlow(size) {
		return new Buffer(size);
	}
	static isBuffer(value) {
		return value instanceof Buffer;
	}
	static isEncoding(name) {
		return String(name).toLowerCase().replace('utf-8', 'utf8') in ENCODE;
	}
	static byteLength(value, encoding) {
		return typeof value === 'string' ? Buffer.from(value, encoding).length : value.byteLength;
	}
	static concat(list, length = list.reduce((sum, { length: bytes }) => sum + bytes, 0)) {
		const joined = new Buffer(length);
		let at = 0;
		for (const part of list) {
			joined.set(part, at);
			at += part.length;
		}
		return joined;
	}

	toString(encoding, start = 0, end = this.length) {
		return named(ENCODE, encoding)(this.subarray(start, end));
	}
	slice(start, end) {
		return this.subarray(start, end);
	}
	equals(other) {
		return this.length === other.length && this.every((byte, at) => byte === other[at]);
	}
	copy(target, targetStart = 0, start = 0, end = this.length) {
		const part = this.subarray(start, Math.min(end, start + target.length - targetStart));
		target.set(part, targetStart);
		return part.length;
	}
	write(text, offset = 0, length, encoding) {
		if (typeof offset === 'string') return this.write(text, 0, undefined, offset);
		if (typeof length === 'string') return this.write(text, offset, undefined, length);
		return Buffer.from(text, encoding).copy(this, offset, 0, length);
	}
	readUIntBE(at, size) {
		let value = 0;
		for (let i = at; i < at + size; i++) value = value * 256 + this[i];
		return value;
	}
	writeUIntBE(value, at, size) {
		let rest = value;
		for (let i = at + size - 1; i >= at; i--) {
			this[i] = rest % 256;
			rest = Math.floor(rest / 256);
		}
		return at + size;
	}
	readUInt8(at = 0) {
		return this[at];
	}
	writeUInt8(value, at = 0) {
		this[at] = value;
		return at + 1;
	}
}
for (const [bits, size] of [
	[16, 2],
	[32, 4]
]) {
	Buffer.prototype[`readUInt${bits}BE`] = function (at = 0) {
		return this.readUIntBE(at, size);
	};
	Buffer.prototype[`readInt${bits}BE`] = function (at = 0) {
		return (this.readUIntBE(at, size) << (32 - bits)) >> (32 - bits);
	};
	Buffer.prototype[`writeUInt${bits}BE`] = Buffer.prototype[`writeInt${bits}BE`] = function (value, at = 0) {
		return this.writeUIntBE(value < 0 ? value + 2 ** bits : value, at, size);
	};
}

export default { Buffer };
