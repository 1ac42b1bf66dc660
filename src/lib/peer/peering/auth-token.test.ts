import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { base64Decode, base64Encode, fromHex, toHex0x, utf8 } from '../bytes.ts';
import { nobleCrypto } from '../crypto/noble-crypto.ts';
import { signEvent } from '../events/verify.ts';
import { createSeededRandom } from '../testing/seeded-random.ts';
import {
	answerEndpoint,
	checkAuthToken,
	createAuthToken,
	createReplayCache,
	decodeTime,
	encodeTime,
	type AuthToken
} from './auth-token.ts';
import {
	checkDelegation,
	createDelegation,
	delegationTemplate,
	nameSigner,
	provePossession,
	type DelegationTerms,
	type NamedSigner
} from './delegation.ts';
import { createKeys, createStreamKey, isSecret, pubkeyOf } from './keys.ts';

const NOW = 1_767_225_600_000;
const DAY = 86_400;
const ENDPOINT = 'ws://127.0.0.1:4080/btp';

const world = async () => {
	const random = createSeededRandom('auth');
	const keys = createKeys(random);
	const secrets = { owner: keys.nostr!, device: keys.device, claim: keys.claim };
	const terms: DelegationTerms = { scopes: [{ scope: 'link' }], expiresAt: NOW / 1000 + 30 * DAY };
	const grant = (changes: Partial<DelegationTerms> = {}, now = NOW) =>
		createDelegation(nobleCrypto, random, secrets, { ...terms, ...changes }, now);
	const delegation = await grant();
	const token = (changes: { endpoint?: string; now?: number; deviceSecret?: Uint8Array } = {}) =>
		createAuthToken(nobleCrypto, random, {
			deviceSecret: keys.device,
			endpoint: ENDPOINT,
			delegation,
			now: NOW,
			...changes
		});
	const seen = createReplayCache();
	const check = (presented: AuthToken, now = NOW) =>
		checkAuthToken(nobleCrypto, presented, { endpoint: ENDPOINT, now, seen });
	return { random, keys, secrets, terms, grant, delegation, token, seen, check };
};

describe('keys', () => {
	it('are different for each purpose, and a stream key names itself', async () => {
		const { random, keys } = await world();
		const secrets = [keys.nostr!, keys.device, keys.claim, keys.account];
		expect(new Set(secrets.map((secret) => secret.join())).size).toBe(4);
		for (const secret of secrets) expect(isSecret(secret)).toBe(true);
		const stream = await createStreamKey(nobleCrypto, random, NOW);
		expect(stream.id).toEqual(nobleCrypto.sha256(stream.publicKey).slice(0, 4));
		expect(stream.notAfter).toBe(NOW / 1000 + 7 * DAY);
	});

	it('are never outside the order of the curve', () => {
		expect(isSecret(new Uint8Array(32))).toBe(false);
		expect(isSecret(new Uint8Array(32).fill(0xff))).toBe(false);
		expect(isSecret(fromHex('fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141'))).toBe(false);
		expect(isSecret(fromHex('fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140'))).toBe(true);
		expect(isSecret(new Uint8Array(31).fill(1))).toBe(false);
	});
});

describe('a delegation', () => {
	it('says who owns the device and what it may do', async () => {
		const { grant, secrets } = await world();
		const event = await grant({
			scopes: [{ scope: 'link' }, { scope: 'pay', terms: ['eip155:31337/erc20:0x1', '1000000'] }]
		});
		const checked = await checkDelegation(nobleCrypto, event, { now: NOW, scope: 'pay' });
		expect(checked).toEqual({
			ok: true,
			value: {
				owner: await pubkeyOf(nobleCrypto, secrets.owner),
				device: await pubkeyOf(nobleCrypto, secrets.device),
				scopes: [{ scope: 'link' }, { scope: 'pay', terms: ['eip155:31337/erc20:0x1', '1000000'] }],
				signer: toHex0x(nobleCrypto.evmAddress(secrets.claim)),
				createdAt: NOW / 1000,
				expiresAt: NOW / 1000 + 30 * DAY,
				event
			}
		});
	});

	const reason = async (event: unknown, now = NOW) => {
		const checked = await checkDelegation(nobleCrypto, event, { now, scope: 'link' });
		return checked.ok ? 'accepted' : checked.error.reason;
	};

	it('ends, and never lasts longer than 30 days', async () => {
		const { grant, delegation, terms } = await world();
		expect(await reason(delegation, terms.expiresAt * 1000 - 1)).toBe('accepted');
		expect(await reason(delegation, terms.expiresAt * 1000)).toBe('expired');
		expect(await reason(await grant({ expiresAt: terms.expiresAt + 1 }))).toBe('too long');
		expect(await reason(await grant({}, NOW + 3_600_000))).toBe('from the future');
	});

	it('gives only what it names', async () => {
		const { grant } = await world();
		expect(await reason(await grant({ scopes: [{ scope: 'store' }] }))).toBe('scope');
		expect(await reason(await grant({ scopes: [] }))).toBe('scope');
	});

	it('needs the device to have agreed to this owner', async () => {
		const { random, secrets, keys, terms } = await world();
		const owner = await pubkeyOf(nobleCrypto, secrets.owner);
		const device = await pubkeyOf(nobleCrypto, secrets.device);
		const other = await provePossession(nobleCrypto, random, keys.claim, owner);
		const elsewhere = await provePossession(nobleCrypto, random, secrets.device, device);
		for (const pop of [other, elsewhere, '', 'zz']) {
			const event = await signEvent(
				nobleCrypto,
				random,
				secrets.owner,
				delegationTemplate(device, pop, terms, NOW)
			);
			expect(await reason(event)).toBe('no possession');
		}
	});

	it('names no claim key but one that has agreed to this device', async () => {
		const { random, secrets, terms } = await world();
		const owner = await pubkeyOf(nobleCrypto, secrets.owner);
		const device = await pubkeyOf(nobleCrypto, secrets.device);
		const pop = await provePossession(nobleCrypto, random, secrets.device, owner);
		const { address, proof } = await nameSigner(nobleCrypto, secrets.claim, device);
		const reasonOf = async (signer: NamedSigner) =>
			reason(
				await signEvent(
					nobleCrypto,
					random,
					secrets.owner,
					delegationTemplate(device, pop, { ...terms, signer }, NOW)
				)
			);
		expect(await reasonOf({ address, proof })).toBe('accepted');
		// Somebody else's key, by its address, by what it said for its own device, or by nothing.
		const victim = await nameSigner(nobleCrypto, random.bytes(32), owner);
		const wrong = [
			{ address: victim.address, proof },
			victim,
			{ address, proof: '' },
			{ address, proof: 'zz' }
		];
		for (const signer of [...wrong, { address, proof: `${proof.slice(0, -2)}00` }])
			expect(await reasonOf(signer)).toBe('no possession');
		expect(await reasonOf({ address: '0x12', proof })).toBe('malformed');
		const bare = delegationTemplate(device, pop, terms, NOW);
		const old = { ...bare, tags: [...bare.tags, ['signer', address]] };
		expect(await reason(await signEvent(nobleCrypto, random, secrets.owner, old))).toBe('no possession');
	});

	it('is signed by its owner', async () => {
		const { delegation, random, secrets } = await world();
		expect(await reason({ ...delegation, sig: '0'.repeat(128) })).toBe('not signed');
		expect(await reason({ ...delegation, created_at: 1 })).toBe('not signed');
		expect(await reason(null)).toBe('malformed');
		const note = await signEvent(nobleCrypto, random, secrets.owner, { ...delegation, kind: 1 });
		expect(await reason(note)).toBe('malformed');
	});
});

describe('link authentication', () => {
	it('tells the listener which person and which device dials', async () => {
		const { token, check, secrets } = await world();
		const mine = await token();
		expect(await check(mine)).toMatchObject({
			ok: true,
			value: {
				owner: await pubkeyOf(nobleCrypto, secrets.owner),
				device: await pubkeyOf(nobleCrypto, secrets.device)
			}
		});
	});

	it('works once', async () => {
		const { token, check } = await world();
		const mine = await token();
		expect((await check(mine)).ok).toBe(true);
		expect(await check(mine)).toEqual({ ok: false, error: { type: 'AuthReplayed' } });
		expect(await check(mine, NOW + 60_000)).toEqual({ ok: false, error: { type: 'AuthReplayed' } });
		expect((await check(await token())).ok).toBe(true);
	});

	it('works for a minute, and says how far the clocks are apart', async () => {
		const { token, check } = await world();
		expect((await check(await token({ now: NOW - 60_000 }))).ok).toBe(true);
		expect((await check(await token({ now: NOW + 60_000 }))).ok).toBe(true);
		expect(await check(await token({ now: NOW - 61_000 }))).toEqual({
			ok: false,
			error: { type: 'AuthStale', differenceMs: -61_000 }
		});
		expect(await check(await token({ now: NOW + 3_600_000 }))).toEqual({
			ok: false,
			error: { type: 'AuthStale', differenceMs: 3_600_000 }
		});
	});

	it('opens nothing at another endpoint', async () => {
		const { token, check } = await world();
		expect(await check(await token({ endpoint: `${ENDPOINT}/` }))).toEqual({
			ok: false,
			error: { type: 'AuthWrongEndpoint', endpoint: `${ENDPOINT}/` }
		});
	});

	it('refuses somebody else with a stolen delegation', async () => {
		const { token, check, keys } = await world();
		expect(await check(await token({ deviceSecret: keys.claim }))).toEqual({
			ok: false,
			error: { type: 'AuthWrongDevice' }
		});
	});

	it('refuses an altered token, and remembers nothing of it', async () => {
		const { token, check, seen } = await world();
		const mine = await token();
		const event = JSON.parse(new TextDecoder().decode(base64Decode(mine.authToken)!)) as Record<
			string,
			unknown
		>;
		const altered = (changes: object) => ({
			...mine,
			authToken: base64Encode(utf8(JSON.stringify({ ...event, ...changes })))
		});
		expect(await check(altered({ created_at: NOW / 1000 + 1 }))).toMatchObject({
			error: { type: 'AuthNotSigned' }
		});
		expect(await check(altered({ sig: '0'.repeat(128) }))).toMatchObject({
			error: { type: 'AuthNotSigned' }
		});
		expect(await check(altered({ kind: 'x' }))).toMatchObject({ error: { type: 'AuthMalformed' } });
		expect(await check({ ...mine, delegation: new Uint8Array(3) })).toMatchObject({
			error: { type: 'AuthMalformed' }
		});
		expect(seen.size).toBe(0);
		expect((await check(mine)).ok).toBe(true);
	});

	it('takes no other event of the device for a token', async () => {
		const { random, keys, token, check } = await world();
		const mine = await token();
		const tags = [
			['u', ENDPOINT],
			['method', 'BTP']
		];
		const forge = async (kind: number, method: string) => {
			const event = await signEvent(nobleCrypto, random, keys.device, {
				created_at: NOW / 1000,
				kind,
				content: '',
				tags: [tags[0]!, ['method', method]]
			});
			return check({ ...mine, authToken: base64Encode(utf8(JSON.stringify(event))) });
		};
		expect(await forge(27_235, 'BTP')).toMatchObject({ ok: true });
		expect(await forge(27_235, 'GET')).toMatchObject({ error: { type: 'AuthMalformed', reason: 'method' } });
		expect(await forge(1, 'BTP')).toMatchObject({ error: { type: 'AuthMalformed', reason: 'kind' } });
	});

	it('goes both ways: the answer names the token it answers', async () => {
		const { token } = await world();
		const check = (answer: AuthToken, endpoint: string) =>
			checkAuthToken(nobleCrypto, answer, { endpoint, now: NOW, seen: createReplayCache() });
		const asked = await token();
		const expected = await answerEndpoint(nobleCrypto, asked.authToken);
		const answer = await token({ endpoint: expected });
		expect(await check(answer, expected)).toMatchObject({ ok: true });
		// An answer the listener once gave to another token is worth nothing now.
		const other = await token();
		const older = await token({ endpoint: await answerEndpoint(nobleCrypto, other.authToken) });
		expect(await check(older, expected)).toMatchObject({ error: { type: 'AuthWrongEndpoint' } });
	});

	it('survives any text', async () => {
		const { token, check } = await world();
		const mine = await token();
		await fc.assert(
			fc.asyncProperty(
				fc.oneof(
					fc.string(),
					fc.json().map((json) => base64Encode(utf8(json.toWellFormed())))
				),
				async (text) => {
					expect((await check({ ...mine, authToken: text })).ok).toBe(false);
					expect((await check({ ...mine, delegation: utf8(text.toWellFormed()) })).ok).toBe(false);
				}
			)
		);
	});
});

describe('the memory of tokens', () => {
	it('forgets what is no longer fresh, and refuses rather than forget what is', () => {
		const cache = createReplayCache(2);
		expect(cache.add('a', 100, 0)).toBe(true);
		expect(cache.add('b', 200, 0)).toBe(true);
		expect(cache.add('c', 300, 50)).toBeUndefined();
		expect(cache.add('a', 100, 50)).toBe(false);
		expect(cache.add('c', 300, 100)).toBe(true);
		expect(cache.size).toBe(2);
	});
});

describe('the time in an answer', () => {
	it('is Unix milliseconds in decimal', () => {
		expect(decodeTime(encodeTime(NOW + 0.5))).toBe(NOW);
		for (const text of ['', '-1', '1.5', '01', 'soon', '99999999999999999'])
			expect(decodeTime(utf8(text))).toBeUndefined();
	});
});
