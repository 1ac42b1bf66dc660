/**
 * `npm run bench -- paid`: what one paid note costs, as one GET with money and one EVENT back. See
 * bench/README.md for the workload in words. Prints a table, and one JSON object as its last line.
 *
 *   --repeat N     runs of each measurement (default 3); what counts is the median
 *   --notes N      notes of a run (default 2000)
 *   --only TEXT    the parts whose name contains it: naive, one channel, batched, ten channels, three hops, chromium, lazy
 *   --profile DIR  CPU profiles of all nodes go there
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runForJson, startChild } from '../scripts/child.ts';
import { readContaining, readOptions } from '../scripts/options.ts';
import { processorOf } from '../scripts/processor.ts';
import { statusOf } from '../tests/process/nodes.ts';
import { appWithBench, openOwnReader, until } from './lib/browser.ts';
import { collectGarbage } from './lib/collect-garbage.ts';
import { prepareCovered } from './lib/covered.ts';
import { checkPaid } from './lib/paid-check.ts';
import { openBooks } from './lib/paid-books.ts';
import {
	accept,
	openPaidWorld,
	PRICE,
	publishNotes,
	type PaidNode,
	type PaidWorld
} from './lib/paid-world.ts';
import { percentile, rounded, spreadOf, type Spread } from './lib/stats.ts';

const { repeat, notes, only, profile } = readOptions({
	repeat: 3,
	notes: 2_000,
	only: '',
	profile: undefined
});
const NAMES = ['naive', 'one channel', 'batched', 'ten channels', 'three hops', 'chromium', 'lazy'] as const;
/** Notes that a reader gets beforehand, so that trust and the measured way are as in daily use. */
const BEFORE = 40;
/** What is promised of payments under way on one channel. */
const UNDER_WAY = 64;
const PATIENCE_MS = 120_000;
/** What is promised of one channel, notes a second. */
const ONE_CHANNEL = 1_000;
/** What is promised of one core that takes in packets covered by claims, a second. */
const COVERED = 100_000;

if (profile !== undefined)
	process.env['NODE_OPTIONS'] =
		`${process.env['NODE_OPTIONS'] ?? ''} --cpu-prof --cpu-prof-dir=${resolve(profile)}`;

const folder = mkdtempSync(join(tmpdir(), 'tributary-bench-'));
const ends: (() => Promise<void>)[] = [];
let ended = false;
const end = async (): Promise<void> => {
	if (ended) return;
	ended = true;
	for (const one of ends.reverse()) await one().catch(() => undefined);
	rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
};
for (const signal of ['SIGINT', 'SIGTERM'] as const)
	process.on(signal, () => void end().then(() => process.exit(130)));

const show = (name: string, { min, median, max }: Spread, unit: string): void =>
	console.log(
		`  ${name.padEnd(44)} ${[min, median, max].map((value) => `${rounded(value)}`.padStart(8)).join('')}  ${unit}`
	);
const asked = readContaining('only', only, NAMES);
const isAsked = (name: (typeof NAMES)[number]): boolean => asked.includes(name);

interface Cast {
	/** From the readers' parent to the author. */
	readonly row: readonly PaidNode[];
	readonly readers: readonly PaidNode[];
	/** Notes that each reader gets in a run. */
	readonly count: number;
}

interface Measured {
	readonly notesPerSecond: number;
	/** Processor time per note of each process, microseconds. */
	readonly processor: Readonly<Record<string, number>>;
}

/** All readers get the same notes of the author from the same moment. */
const rate = async ({ row, readers, count }: Cast): Promise<Measured> => {
	const author = row.at(-1) as PaidNode;
	const books = readers.map(openBooks);
	const bought = (): number => books.reduce((sum, book) => sum + book.bought(author.pubkey), 0);
	for (const reader of readers) await accept(reader, author, false);
	await publishNotes(author, count);
	const goal = bought() + count * readers.length;
	const all = [...row, ...readers];
	const before = all.map(({ pid }) => processorOf(pid));
	const started = performance.now();
	await Promise.all(readers.map((reader) => accept(reader, author, true)));
	await until('every note', async () => (bought() >= goal ? true : undefined), PATIENCE_MS);
	const seconds = (performance.now() - started) / 1_000;
	for (const book of books) book.close();
	const done = count * readers.length;
	const processor = Object.fromEntries(
		all.map(({ name, pid }, at) => [name, Math.round(((processorOf(pid) - (before[at] ?? 0)) * 1e6) / done)])
	);
	return { notesPerSecond: done / seconds, processor };
};

const warmUp = async ({ row, readers }: Cast): Promise<void> => {
	const author = row.at(-1) as PaidNode;
	await publishNotes(author, BEFORE);
	await Promise.all(
		readers.map(async (reader) => {
			await accept(reader, author, true);
			const books = openBooks(reader);
			await until('the first notes', async () => (books.bought(author.pubkey) >= BEFORE ? true : undefined));
			books.close();
		})
	);
};

interface Part extends Measured {
	readonly underWay: number;
	readonly halfLoad?: HalfLoads;
}

const measure = async (
	name: (typeof NAMES)[number],
	start: (world: PaidWorld) => Promise<Cast>,
	afterwards?: (cast: Cast, measured: Measured) => Promise<HalfLoads>
): Promise<Part | undefined> => {
	if (!isAsked(name)) return undefined;
	const world = await openPaidWorld(mkdtempSync(join(folder, 'world-')));
	ends.push(() => world.stop());
	const cast = await start(world);
	await warmUp(cast);
	// What the engine has not compiled yet is not what is measured.
	await rate(cast);
	const runs: Measured[] = [];
	for (let time = 0; time < repeat; time += 1) runs.push(await rate(cast));
	const spread = spreadOf(runs.map(({ notesPerSecond }) => notesPerSecond));
	show(name, spread, 'notes/s');
	const last = runs.at(-1) as Measured;
	console.log(
		`    µs of processor a note: ${Object.entries(last.processor)
			.map(([who, time]) => `${who} ${time}`)
			.join(', ')}`
	);
	const underWay = await checkPaid(cast.row, cast.readers);
	const measured = { notesPerSecond: rounded(spread.median), processor: last.processor, underWay };
	const halfLoad = await afterwards?.(cast, measured);
	await world.stop();
	return { ...measured, ...(halfLoad ? { halfLoad } : {}) };
};

interface HalfLoad {
	readonly notesPerSecond: number;
	readonly p50: number;
	readonly p99: number;
}

/** At half of what is promised, and at half of what was measured. */
interface HalfLoads {
	readonly promised: HalfLoad;
	readonly measured: HalfLoad;
}

/** New notes at a pace, each from when it is due until it is on the reader's disk. */
const pacedRun = async ({ row, readers }: Cast, pace: number): Promise<HalfLoad> => {
	const [author, reader] = [row.at(-1) as PaidNode, readers[0] as PaidNode];
	/** Six seconds' worth. */
	const count = 6 * pace;
	await publishNotes(author, count);
	const books = openBooks(author);
	const orders = join(folder, 'orders.json');
	writeFileSync(
		orders,
		JSON.stringify({ author: author.pubkey, price: `${PRICE}`, notes: books.notes(count) })
	);
	books.close();
	// This process has nothing to do meanwhile, which is when V8 would tidy its heap, on cores that are measured.
	collectGarbage();
	const { latencies, failed } = await runForJson<{ latencies: number[]; failed: number }>(
		'the paced reader',
		['bench/lib/paced-reader.ts', reader.config, orders, `${pace}`],
		join(folder, 'paced.log')
	);
	if (failed > 0 || latencies.length < count / 2)
		throw new Error(`${failed} notes were not got at half load`);
	return { notesPerSecond: pace, p50: percentile(latencies, 50), p99: percentile(latencies, 99) };
};

const latencyAt = async (cast: Cast, pace: number): Promise<HalfLoad> => {
	const runs: HalfLoad[] = [];
	for (let time = 0; time < repeat; time += 1) runs.push(await pacedRun(cast, pace));
	const spread = (of: 'p50' | 'p99'): Spread => spreadOf(runs.map((run) => run[of]));
	const [p50, p99] = [spread('p50'), spread('p99')];
	show(`  at ${pace} notes/s, until on disk: p50`, p50, 'ms');
	show(`  at ${pace} notes/s, until on disk: p99`, p99, 'ms');
	return { notesPerSecond: pace, p50: rounded(p50.median), p99: rounded(p99.median) };
};

const halfLoad = async (cast: Cast, { notesPerSecond }: Measured): Promise<HalfLoads> => {
	const reader = cast.readers[0] as PaidNode;
	await accept(reader, cast.row.at(-1) as PaidNode, false);
	await reader.stop();
	return {
		promised: await latencyAt(cast, ONE_CHANNEL / 2),
		measured: await latencyAt(cast, Math.round(notesPerSecond / 2))
	};
};

/** The same notes, sold the naive way (lib/naive.ts). */
const measureNaive = async (): Promise<number | undefined> => {
	if (!isAsked('naive')) return undefined;
	const rates: number[] = [];
	for (let time = 0; time < repeat; time += 1) {
		const at = mkdtempSync(join(folder, 'naive-'));
		const program = (...rest: string[]): string[] => ['bench/lib/naive.ts', ...rest];
		const author = await startChild<{ port: number }>({
			name: 'the naive author',
			command: program('author', join(at, 'author.sqlite'), `${notes}`),
			logFile: join(at, 'author.log'),
			readyWithinMs: 60_000
		});
		ends.push(() => author.stop());
		const reader = await runForJson<{ notes: number; seconds: number }>(
			'the naive reader',
			program('reader', join(at, 'reader.sqlite'), `${author.ready.port}`),
			join(at, 'reader.log')
		);
		rates.push(reader.notes / reader.seconds);
		await author.stop();
	}
	const spread = spreadOf(rates);
	show('naive: viem, a claim and two commits a packet', spread, 'notes/s');
	return rounded(spread.median);
};

const measureChromium = async (): Promise<number | undefined> => {
	if (!isAsked('chromium')) return undefined;
	const app = await appWithBench(folder);
	const world = await openPaidWorld(mkdtempSync(join(folder, 'world-')), app);
	ends.push(() => world.stop());
	const author = await world.startAuthor('author');
	const reader = await openOwnReader({ chain: world.chain, nodes: { hub: author } }, app, 1);
	ends.push(() => reader.end());
	const holds = async (goal: number): Promise<true | undefined> =>
		(await reader.status()).events >= goal ? true : undefined;
	await publishNotes(author, BEFORE);
	await reader.follow(author.pubkey, 1_000_000n);
	await until('the first notes', () => holds(BEFORE), PATIENCE_MS);
	const rates: number[] = [];
	const count = Math.ceil(notes / 2);
	// The first is not counted, as elsewhere.
	for (let time = -1; time < repeat; time += 1) {
		await reader.follow(author.pubkey, 0n);
		await publishNotes(author, count);
		const earned = -BigInt((await statusOf(author.http)).balances['income/notes'] ?? '0');
		const goal = (await reader.status()).events + count;
		const started = performance.now();
		await reader.follow(author.pubkey, 1_000_000n);
		await until('every note', () => holds(goal), PATIENCE_MS);
		if (time >= 0) rates.push((count * 1_000) / (performance.now() - started));
		const { balances, audit } = await statusOf(author.http);
		const sold = -BigInt(balances['income/notes'] ?? '0') - earned;
		if (sold !== BigInt(count) * PRICE || audit.sum !== '0' || audit.differences !== 0)
			throw new Error(`the author earned ${sold} with ${count} notes`);
		if (!(await reader.status()).isBalanced) throw new Error('the books in the browser do not agree');
	}
	await reader.end();
	await world.stop();
	const spread = spreadOf(rates);
	show('chromium, a worker with OPFS', spread, 'notes/s');
	return rounded(spread.median);
};

/** Claims beside packets, taken in without looking at each signature (lib/covered.ts). */
const measureLazy = async (): Promise<number | undefined> => {
	if (!isAsked('lazy')) return undefined;
	const round = await prepareCovered({ packets: 10_000, inFlight: 1_000, price: 200n });
	// What the engine has not compiled yet is not what is measured.
	await round();
	const rates: number[] = [];
	for (let time = 0; time < repeat; time += 1) rates.push((await round()).packetsPerCpuSecond);
	const spread = spreadOf(rates);
	show('lazy: packets covered by claims, one core', spread, 'packets/s');
	return rounded(spread.median);
};

const run = async (): Promise<unknown> => {
	const machine = `${process.platform} ${process.arch}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}`;
	console.log(`\n  ${machine}\n  ${''.padEnd(44)}      min  median     max`);
	const naive = await measureNaive();
	const one = await measure(
		'one channel',
		async (world) => {
			const author = await world.startAuthor('author');
			return { row: [author], readers: [await world.startReader('reader', author, 1)], count: notes };
		},
		halfLoad
	);
	if (one && one.underWay < UNDER_WAY)
		throw new Error(`only ${one.underWay} payments were under way at once`);
	const batched = await measure('batched', async (world) => {
		const author = await world.startAuthor('author');
		return { row: [author], readers: [await world.startReader('reader', author)], count: notes };
	});
	const ten = await measure('ten channels', async (world) => {
		const author = await world.startAuthor('author');
		const readers: PaidNode[] = [];
		for (let at = 0; at < 10; at += 1) readers.push(await world.startReader(`reader-${at}`, author, 1));
		return { row: [author], readers, count: Math.ceil(notes / 5) };
	});
	const hops = await measure('three hops', async (world) => {
		const row = await world.startRow(['hub', 'bob', 'carol']);
		const reader = await world.startReader('reader', row[0] as PaidNode, 1);
		return { row, readers: [reader], count: Math.ceil(notes / 2) };
	});
	const chromium = await measureChromium();
	const lazy = await measureLazy();
	if (lazy !== undefined && lazy < COVERED) {
		console.error(`Not as promised: ${lazy} covered packets a second and core, ${COVERED} are`);
		process.exitCode = 1;
	}
	const ofNaive = (figure: number | undefined): number | undefined =>
		figure !== undefined && naive !== undefined ? rounded(figure / naive) : undefined;
	return {
		bench: 'paid',
		machine,
		repeat,
		notesPerSecond: {
			naive,
			one: one?.notesPerSecond,
			batched: batched?.notesPerSecond,
			ten: ten?.notesPerSecond,
			hops: hops?.notesPerSecond,
			chromium
		},
		ofNaive: {
			one: ofNaive(one?.notesPerSecond),
			batched: ofNaive(batched?.notesPerSecond),
			ten: ofNaive(ten?.notesPerSecond),
			hops: ofNaive(hops?.notesPerSecond),
			chromium: ofNaive(chromium)
		},
		coveredPacketsPerCpuSecond: lazy,
		underWayOnOneChannel: one?.underWay,
		halfLoadMs: one?.halfLoad,
		processorMicrosecondsPerNote: { one: one?.processor, hops: hops?.processor }
	};
};

try {
	console.log(JSON.stringify(await run()));
} finally {
	await end();
}
