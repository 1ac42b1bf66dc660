import { Worker } from 'node:worker_threads';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { SchnorrCheck } from '../../src/lib/peer/platform.ts';
import { describeCrypto } from '../../src/lib/peer/testing/crypto-conformance.ts';
import { nodeCrypto } from './node-crypto.ts';
import {
	createSchnorrThreads,
	threadsFor,
	type SchnorrThreads,
	type SignatureThreadFailed
} from './schnorr-threads.ts';

const secret = new Uint8Array(32).fill(5);
const publicKey32 = nodeCrypto.schnorrPublicKey(secret);

/** Every third is forged. */
const checks: readonly SchnorrCheck[] = Array.from({ length: 200 }, (_, i) => {
	const message32 = nodeCrypto.sha256(Uint8Array.of(i));
	const signature64 = nodeCrypto.schnorrSign(secret, message32, new Uint8Array(32));
	if (i % 3 === 0) signature64[40] = (signature64[40] ?? 0) ^ 1;
	return { publicKey32, message32, signature64 };
});
const expected = checks.map((_, i) => i % 3 !== 0);

/** A thread that runs `script`. */
const scripted = (script: string) => () =>
	new Worker(`const { parentPort } = require('node:worker_threads'); ${script}`, { eval: true });

describe('signatures checked on threads', () => {
	let pool: SchnorrThreads | undefined;
	const troubles: SignatureThreadFailed[] = [];
	const open = (threads: number, start?: () => Worker): SchnorrThreads => {
		troubles.length = 0;
		pool = createSchnorrThreads({
			crypto: nodeCrypto,
			threads,
			onTrouble: (error) => troubles.push(error),
			...(start ? { start } : {})
		});
		return pool;
	};
	afterEach(async () => {
		await pool?.stop();
		pool = undefined;
	});

	it('answers as one thread would, in order, for many batches at once', async () => {
		const { crypto, counts } = open(2);
		await crypto.schnorrVerifyMany(checks);
		const batches = [checks, checks.slice(7, 60), checks.slice(100)];
		const answers = await Promise.all(batches.map(async (batch) => crypto.schnorrVerifyMany(batch)));
		expect(answers).toEqual([expected, expected.slice(7, 60), expected.slice(100)]);
		expect(counts()).toEqual({ threads: 2, checked: 200 + 200 + 53 + 100 });
		expect(troubles).toEqual([]);
	});

	it('checks a single signature, and what is malformed, where it stands, and starts a thread meanwhile', async () => {
		const { crypto, counts } = open(1);
		expect(await crypto.schnorrVerifyMany(checks.slice(0, 1))).toEqual([false]);
		expect(await crypto.schnorrVerifyMany(checks.slice(1, 2))).toEqual([true]);
		const short = { publicKey32, message32: secret, signature64: new Uint8Array(63) };
		expect(counts()).toEqual({ threads: 1, checked: 0 });
		expect(crypto.schnorrVerifyMany([...checks.slice(0, 4), short])).toEqual([
			false,
			true,
			true,
			false,
			false
		]);
		expect(counts()).toEqual({ threads: 1, checked: 0 });
	});

	it('lets nobody wait for a thread that is not there yet, but those who ask for more than that takes', async () => {
		const { crypto, counts } = open(1);
		expect(await crypto.schnorrVerifyMany(checks.slice(0, 60))).toEqual(expected.slice(0, 60));
		expect(counts()).toEqual({ threads: 1, checked: 0 });
		expect(await crypto.schnorrVerifyMany(checks)).toEqual(expected);
		expect(counts()).toEqual({ threads: 1, checked: checks.length });
		expect(await crypto.schnorrVerifyMany(checks.slice(0, 4))).toEqual(expected.slice(0, 4));
		expect(counts()).toEqual({ threads: 1, checked: checks.length + 4 });
	});

	it('sends those to a thread together that are asked for one by one in the same turn', async () => {
		const { crypto, counts } = open(1);
		const answers = checks.map(async (check) => crypto.schnorrVerifyMany([check]));
		expect((await Promise.all(answers)).flat()).toEqual(expected);
		expect(counts()).toEqual({ threads: 1, checked: checks.length });
	});

	it('starts no thread where there is no core for one', () => {
		expect([1, 2, 3, 8].map(threadsFor)).toEqual([0, 1, 2, 4]);
		expect(open(0).crypto.schnorrVerifyMany(checks)).toEqual(expected);
	});

	it.each([
		['ends', `parentPort.on('message', () => process.exit(3));`, 'ended with 3'],
		['throws', `parentPort.on('message', () => { throw new Error('out of memory'); });`, 'out of memory'],
		['cannot even start', `throw new Error('no such file');`, 'no such file']
	])('loses nothing when a thread %s, and gives up on threads after a few', async (_, script, reason) => {
		const { crypto, counts } = open(1, scripted(script));
		for (let round = 0; round < 5; round++) expect(await crypto.schnorrVerifyMany(checks)).toEqual(expected);
		expect(counts()).toEqual({ threads: 0, checked: 0 });
		expect(troubles).toHaveLength(3);
		for (const trouble of troubles)
			expect(trouble).toMatchObject({
				type: 'SignatureThreadFailed',
				reason: expect.stringContaining(reason) as string
			});
	});

	it('does not believe an answer of another length', async () => {
		const { crypto } = open(
			1,
			scripted(
				`parentPort.on('message', ({ id }) => parentPort.postMessage({ id, valid: new Uint8Array(1) }));`
			)
		);
		expect(await crypto.schnorrVerifyMany(checks)).toEqual(expected);
	});

	it('answers what was under way when it is stopped, and everything after', async () => {
		const { crypto, counts, stop } = open(1, scripted(`parentPort.on('message', () => {});`));
		const waiting = crypto.schnorrVerifyMany(checks);
		await stop();
		expect(await waiting).toEqual(expected);
		expect(await crypto.schnorrVerifyMany(checks)).toEqual(expected);
		expect(counts().threads).toBe(0);
		expect(troubles).toEqual([]);
	});
});

const pooled = createSchnorrThreads({ crypto: nodeCrypto, threads: 1 });
afterAll(() => pooled.stop());
describeCrypto('node:crypto with threads', pooled.crypto);
