/** Session tokens: what both ends derive from fixed keys, step by step, and segments that are none. */
import { bytesToHex, concatBytes, fromHex } from '../../src/lib/peer/bytes.ts';
import {
	deriveSessionSecrets,
	encodeToken,
	sessionId,
	streamKeyId,
	tokenToSegment
} from '../../src/lib/peer/stream/token.ts';
import { createName, deriveNextSecrets } from '../../src/lib/peer/stream/ratchet.ts';
import { nobleCrypto } from '../../src/lib/peer/crypto/noble-crypto.ts';
import { createSeededRandom } from '../../src/lib/peer/testing/seeded-random.ts';

export const sessionTokenVectors = async (): Promise<unknown> => {
	const random = createSeededRandom('session-token vectors');
	const make = async (name: string, network: 1 | 2, issuedAt: number) => {
		const streamSecret = random.bytes(32);
		const ephemeralSecret = random.bytes(32);
		const receiverPubkey = nobleCrypto.schnorrPublicKey(random.bytes(32));
		const streamPublic = nobleCrypto.x25519PublicKey(streamSecret);
		const ikm = nobleCrypto.x25519(ephemeralSecret, streamPublic);
		if (!ikm) throw new Error('small order');
		const token = encodeToken({
			keyId: await streamKeyId(nobleCrypto, streamPublic),
			issuedAt,
			ephemeralPublic: nobleCrypto.x25519PublicKey(ephemeralSecret)
		});
		const secrets = await deriveSessionSecrets(nobleCrypto, { ikm, network, receiverPubkey, token, streamPublic });
		return {
			name,
			network,
			issuedAt,
			streamSecret: bytesToHex(streamSecret),
			ephemeralSecret: bytesToHex(ephemeralSecret),
			receiverPubkey: bytesToHex(receiverPubkey),
			token: bytesToHex(token),
			segment: tokenToSegment(token),
			opener: bytesToHex(secrets.opener),
			node: bytesToHex(secrets.node),
			sessionId: bytesToHex(await sessionId(nobleCrypto, secrets))
		};
	};
	const valid = [
		await make('test network', 2, 1_767_225_600),
		await make('live network', 1, 1_767_225_600),
		await make('the last second of u32', 2, 0xffff_ffff)
	];
	/** Steps of the first session's keys, one after another. */
	const steps: unknown[] = [];
	const [first] = valid;
	if (!first) throw new Error('no session');
	let secrets = { opener: fromHex(first.opener), node: fromHex(first.node) };
	for (const name of ['the first step, with the ephemeral of the token', 'a later step, with a new one']) {
		const openerSecret = steps.length === 0 ? fromHex(first.ephemeralSecret) : random.bytes(32);
		const nodeSecret = random.bytes(32);
		const step = {
			openerPublic: nobleCrypto.x25519PublicKey(openerSecret),
			nodePublic: nobleCrypto.x25519PublicKey(nodeSecret),
			name: createName(random)
		};
		const shared = nobleCrypto.x25519(openerSecret, step.nodePublic);
		if (!shared) throw new Error('small order');
		secrets = await deriveNextSecrets(nobleCrypto, secrets, shared, step);
		steps.push({
			name,
			openerSecret: bytesToHex(openerSecret),
			nodeSecret: bytesToHex(nodeSecret),
			token: bytesToHex(step.name),
			segment: tokenToSegment(step.name),
			opener: bytesToHex(secrets.opener),
			node: bytesToHex(secrets.node)
		});
	}
	const good = encodeToken({ keyId: new Uint8Array(4), issuedAt: 0, ephemeralPublic: new Uint8Array(32) });
	const segment = tokenToSegment(good);
	return {
		source: 'This project; made by tools/vectors.ts. Normative for docs/protocol/sessions.md.',
		note: 'All hex, except segment (base64url) and issuedAt (Unix seconds).',
		valid,
		steps,
		invalid: [
			{ name: 'empty', segment: '' },
			{ name: 'one byte short', segment: tokenToSegment(good.slice(0, 40)) },
			{ name: 'one byte long', segment: tokenToSegment(concatBytes(good, Uint8Array.of(0))) },
			{ name: 'version 0', segment: tokenToSegment(concatBytes(Uint8Array.of(0), good.slice(1))) },
			{ name: 'version 2', segment: tokenToSegment(concatBytes(Uint8Array.of(2), good.slice(1))) },
			{ name: 'unused bits set', segment: `${segment.slice(0, -1)}B` },
			{ name: 'padded', segment: `${segment}=` },
			{ name: 'the other base64 alphabet', segment: `${segment.slice(0, -2)}+A` },
			{ name: 'a character outside ASCII', segment: `${segment.slice(0, -1)}é` }
		]
	};
};
