/**
 * `npm run bench -- crypto`: what each crypto provider does in a second, and what writing decisions down
 * costs. Every answer is checked; a wrong one fails the run. Prints a table, and one JSON object as its
 * last line. See bench/README.md.
 *
 *   --ms N   how long each figure is measured (default 400)
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOptions } from '../scripts/options.ts';
import { nodeCrypto } from '../server/akash-peer/node-crypto.ts';
import { nodeClock } from '../server/akash-peer/node-clock.ts';
import { createNodeSql } from '../server/akash-peer/node-sql.ts';
import { createSchnorrThreads } from '../server/akash-peer/schnorr-threads.ts';
import { loadSecp256k1 } from '../server/akash-peer/wasm-secp256k1.ts';
import { createWebCrypto } from '../src/lib/host/web-crypto.ts';
import { bytesEqual } from '../src/lib/peer/bytes.ts';
import { nobleCrypto } from '../src/lib/peer/crypto/noble-crypto.ts';
import { joinTag, splitTag } from '../src/lib/peer/crypto/sealed.ts';
import type { Crypto, SchnorrCheck } from '../src/lib/peer/platform.ts';
import { createCommits } from '../src/lib/peer/storage/commit.ts';
import { rounded, spreadOf } from './lib/stats.ts';

const { ms: MEASURE_MS } = readOptions({ ms: 400 });
const BATCH = 96;
const KEYS = 8;
const PACKET_BYTES = 1_000;

const say = (name: string, figure: number, unit: string): void =>
	console.log(`  ${name.padEnd(56)}${`${rounded(figure)}`.padStart(10)}  ${unit}`);

const check = (right: boolean, what: string): void => {
	if (!right) throw new Error(`wrong result: ${what}`);
};

/** Runs `once`, which does `count` things, until the time is over; a first run is not counted. */
const perSecond = async (count: number, once: () => Promise<void>): Promise<number> => {
	await once();
	const start = performance.now();
	let done = 0;
	while (performance.now() - start < MEASURE_MS) {
		await once();
		done += count;
	}
	return (done * 1_000) / (performance.now() - start);
};

const wasm = loadSecp256k1();
if (!wasm) throw new Error('the WebAssembly is not installed');
const wasmCrypto = { ...nobleCrypto, ...wasm };

/** Signatures of a few authors, one in eight forged. */
const secrets = Array.from({ length: KEYS }, (_, i) => new Uint8Array(32).fill(i + 1));
const checks: readonly SchnorrCheck[] = Array.from({ length: BATCH }, (_, i) => {
	const secret = secrets[i % KEYS] as Uint8Array;
	const message32 = nodeCrypto.sha256(Uint8Array.of(i));
	const signature64 = nodeCrypto.schnorrSign(secret, message32, new Uint8Array(32));
	if (i % 8 === 3) signature64[50] = (signature64[50] ?? 0) ^ 1;
	return { publicKey32: nodeCrypto.schnorrPublicKey(secret), message32, signature64 };
});
const expected = checks.map((_, i) => i % 8 !== 3);

const verifies = (crypto: Crypto): Promise<number> =>
	perSecond(BATCH, async () => {
		const answers = await crypto.schnorrVerifyMany(checks);
		check(answers.length === BATCH && answers.every((answer, i) => answer === expected[i]), 'signatures');
	});

const signs = (crypto: Crypto): Promise<number> => {
	const [secret, message, aux] = [secrets[0] as Uint8Array, new Uint8Array(32).fill(7), new Uint8Array(32)];
	const right = nobleCrypto.schnorrSign(secret, message, aux);
	return perSecond(1, async () =>
		check(bytesEqual(await crypto.schnorrSign(secret, message, aux), right), 'a signature')
	);
};

const recovers = (crypto: Crypto): Promise<number> => {
	const digest = new Uint8Array(32).fill(9);
	const signature = nodeCrypto.ecdsaSign(secrets[0] as Uint8Array, digest);
	const address = nodeCrypto.evmAddress(secrets[0] as Uint8Array);
	return perSecond(1, async () => {
		const signer = await crypto.ecdsaRecover(digest, signature);
		check(signer !== undefined && bytesEqual(signer, address), 'a signer');
	});
};

/** What a STREAM packet costs its ends: one seals it and makes its condition, the other does so again and opens it. */
const packets = async (crypto: Crypto): Promise<{ readonly seal: number; readonly open: number }> => {
	const [key, fulfillmentKey, nonce] = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte)) as [
		Uint8Array,
		Uint8Array,
		Uint8Array
	];
	const plaintext = Uint8Array.from({ length: PACKET_BYTES }, (_, i) => i % 251);
	const seal = async (): Promise<readonly [Uint8Array, Uint8Array]> => {
		const sealed = joinTag(await crypto.aesGcmSeal(key, nonce.subarray(0, 12), plaintext));
		return [sealed, await crypto.sha256(await crypto.hmacSha256(fulfillmentKey, sealed))];
	};
	const [sealed, condition] = await seal();
	return {
		seal: await perSecond(20, async () => {
			for (let i = 0; i < 20; i++) {
				const [again, same] = await seal();
				check(bytesEqual(again, sealed) && bytesEqual(same, condition), 'a sealed packet');
			}
		}),
		open: await perSecond(20, async () => {
			for (let i = 0; i < 20; i++) {
				const fulfillment = await crypto.hmacSha256(fulfillmentKey, sealed);
				check(bytesEqual(await crypto.sha256(fulfillment), condition), 'a condition');
				const opened = await crypto.aesGcmOpen(key, nonce.subarray(0, 12), splitTag(sealed));
				check(opened !== undefined && bytesEqual(opened, plaintext), 'an opened packet');
			}
		})
	};
};

interface CommitFigures {
	readonly loneMs: number;
	readonly lonePerSecond: number;
	readonly unitsPerSecond: number;
	readonly unitsPerCommit: number;
}

/** A row a decision, as when a packet is written down: one after the other, and 64 under way. */
const commits = async (durable: 'full' | 'normal'): Promise<CommitFigures> => {
	const folder = mkdtempSync(join(tmpdir(), 'tributary-bench-'));
	const sql = createNodeSql(join(folder, 'commit.sqlite'), { durable });
	try {
		sql.script('CREATE TABLE packet (id INTEGER PRIMARY KEY, body BLOB)');
		const group = createCommits(sql, nodeClock);
		const body = new Uint8Array(200);
		let written = 0;
		const decide = (): Promise<number> =>
			group.run(() => {
				written += 1;
				return sql.run('INSERT INTO packet (body) VALUES (?)', [body]);
			});
		const delays: number[] = [];
		const lonePerSecond = await perSecond(1, async () => {
			const start = performance.now();
			check((await decide()) === 1, 'a row');
			delays.push(performance.now() - start);
		});
		const before = group.counts();
		const unitsPerSecond = await perSecond(640, async () => {
			const one = async (): Promise<void> => {
				for (let i = 0; i < 10; i++) check((await decide()) === 1, 'a row');
			};
			await Promise.all(Array.from({ length: 64 }, one));
		});
		const after = group.counts();
		check(Number(sql.all('SELECT count(*) AS n FROM packet')[0]?.['n']) === written, 'rows');
		return {
			loneMs: spreadOf(delays).median,
			lonePerSecond,
			unitsPerSecond,
			unitsPerCommit: (after.units - before.units) / (after.commits - before.commits)
		};
	} finally {
		sql.close();
		rmSync(folder, { recursive: true });
	}
};

const machine = `${process.platform} ${process.arch}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}`;
console.log(`\n  ${machine}, Node ${process.version}\n`);
const providers: readonly (readonly [string, Crypto])[] = [
	['noble', nobleCrypto],
	['webCrypto', createWebCrypto()],
	['wasm', wasmCrypto],
	['node', nodeCrypto]
];
const figures: Record<string, Record<string, number>> = {};
for (const [name, crypto] of providers) {
	const { seal, open } = await packets(crypto);
	figures[name] = {
		sealPerSecond: rounded(seal),
		openPerSecond: rounded(open),
		verifiesPerSecond: rounded(await verifies(crypto)),
		signsPerSecond: rounded(await signs(crypto)),
		recoversPerSecond: rounded(await recovers(crypto))
	};
	for (const [what, figure] of Object.entries(figures[name])) say(`${name}: ${what}`, figure, '');
}
const threads = createSchnorrThreads({ crypto: nodeCrypto });
await threads.crypto.schnorrVerifyMany(checks);
const withThreads = {
	threads: threads.counts().threads,
	verifiesPerSecond: rounded(await verifies(threads.crypto))
};
await threads.stop();
say(`node with ${withThreads.threads} thread(s): verifies`, withThreads.verifiesPerSecond, '/s');

const durable: Record<string, CommitFigures> = {};
for (const how of ['full', 'normal'] as const) {
	const measured = await commits(how);
	durable[how] = {
		loneMs: rounded(measured.loneMs),
		lonePerSecond: rounded(measured.lonePerSecond),
		unitsPerSecond: rounded(measured.unitsPerSecond),
		unitsPerCommit: rounded(measured.unitsPerCommit)
	};
	say(`synchronous=${how}: a lone decision until it is on disk, p50`, measured.loneMs, 'ms');
	say(`synchronous=${how}: lone decisions`, measured.lonePerSecond, '/s');
	say(`synchronous=${how}: decisions, 64 under way`, measured.unitsPerSecond, '/s');
	say(`synchronous=${how}: decisions a transaction, 64 under way`, measured.unitsPerCommit, '');
}
console.log();
console.log(JSON.stringify({ bench: 'crypto', machine, providers: figures, withThreads, commits: durable }));
