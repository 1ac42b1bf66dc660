/**
 * Addresses nodes give themselves and their children (PROTOCOL section 7). A node that routes for
 * others owns `<scheme>.btp-nips.h<hash of its person's key>`; everybody else has one address below
 * each parent, the same at every connection, so that announcements stay true.
 */
import { fromHex } from '../bytes.ts';
import type { Crypto } from '../platform.ts';

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** RFC 4648 section 6 in lower case, no padding. */
export const base32 = (bytes: Uint8Array): string => {
	let out = '';
	let buffer = 0;
	let bits = 0;
	for (const byte of bytes) {
		buffer = ((buffer << 8) | byte) & 0xfff;
		bits += 8;
		while (bits >= 5) {
			bits -= 5;
			out += BASE32[(buffer >> bits) & 31];
		}
	}
	if (bits > 0) out += BASE32[(buffer << (5 - bits)) & 31];
	return out;
};

const labelOf = async (crypto: Crypto, pubkey: string, characters: number): Promise<string> =>
	base32(await crypto.sha256(fromHex(pubkey))).slice(0, characters);

/** 26 characters are 130 bits: nobody finds a second key for an address. */
export const ownAddress = async (crypto: Crypto, network: 'live' | 'test', pubkey: string): Promise<string> =>
	`${network === 'live' ? 'g' : 'test'}.btp-nips.h${await labelOf(crypto, pubkey, 26)}`;

/** 16 characters (80 bits) are enough among one parent's children. */
export const childAddress = async (crypto: Crypto, parent: string, device: string): Promise<string> =>
	`${parent}.${await labelOf(crypto, device, 16)}`;
