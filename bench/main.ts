/**
 * `npm run bench -- main`: what the main job costs in time and bytes. See bench/README.md for the
 * workload in words. Prints a table, and one JSON object as its last line.
 *
 *   --repeat N    runs of each measurement (default 3)
 *   --profile DIR CPU profiles of all nodes go there
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { measureBundle } from '../scripts/bundle-size.ts';
import { startNetwork } from '../scripts/network.ts';
import { readOptions } from '../scripts/options.ts';
import { appWithBench, measureColdStart, openApp, openOwnReader } from './lib/browser.ts';
import { frameBytes } from './lib/frames.ts';
import {
	measureLatency,
	measureRate,
	measureSocket,
	openNodeReader,
	warmUp,
	type Rate,
	type Reader
} from './lib/readers.ts';
import { rounded, spreadOf, type Spread } from './lib/stats.ts';
import { createReferencePair } from './lib/stream-pairs.ts';

const { repeat, profile } = readOptions({ repeat: 3, profile: undefined });
const NOTES = 96;
const LIVE_NOTES = 12;
const LENGTHS = [5, 140, 1_000] as const;

if (profile !== undefined)
	process.env['NODE_OPTIONS'] =
		`${process.env['NODE_OPTIONS'] ?? ''} --cpu-prof --cpu-prof-dir=${resolve(profile)}`;

const say = (line: string): void => console.log(line);
const show = (name: string, { min, median, max }: Spread, unit: string): void => {
	say(
		`  ${name.padEnd(52)} ${[min, median, max].map((value) => `${rounded(value)}`.padStart(8)).join('')}  ${unit}`
	);
};
const times = async <T>(count: number, run: () => Promise<T>): Promise<T[]> => {
	const results: T[] = [];
	for (let index = 0; index < count; index += 1) results.push(await run());
	return results;
};
const REFERENCE_MESSAGES = 400;
const referenceMessagesPerSecond = async (): Promise<number> => {
	const pair = await createReferencePair();
	try {
		const start = performance.now();
		await pair.messages(REFERENCE_MESSAGES);
		return (REFERENCE_MESSAGES * 1_000) / (performance.now() - start);
	} finally {
		await pair.close();
	}
};
const round = ({ min, median, max }: Spread): Spread => ({
	min: rounded(min),
	median: rounded(median),
	max: rounded(max)
});

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

try {
	console.log(JSON.stringify(await run()));
} finally {
	await end();
}

async function run(): Promise<unknown> {
	say('building …');
	const app = await appWithBench(folder);
	say('starting chain and nodes …');
	const network = await startNetwork({ stateDir: join(folder, 'state'), ports: 'free', app, control: true });
	ends.push(() => network.stop());
	const machine = `${process.platform} ${process.arch}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}`;

	say(`\n  ${machine}\n  ${''.padEnd(52)}      min  median     max`);

	const cold = await times(repeat, () => measureColdStart(network));
	const coldStart = spreadOf(cold.map(({ toFirstNote }) => toFirstNote));
	const firstPaint = spreadOf(cold.map(({ toFirstPaint }) => toFirstPaint));
	show('Chromium, fresh profile: first paint', firstPaint, 'ms');
	show('Chromium, fresh profile: first note kept and shown', coldStart, 'ms');

	const reference = spreadOf(await times(repeat, referenceMessagesPerSecond));
	show('ilp-protocol-stream, in memory, 1 kB a packet', reference, 'packets/s');

	const rateWith = async (
		name: string,
		reader: Reader
	): Promise<{ notesPerSecond: Spread; notesPerGet: Spread; ofReference: number }> => {
		const rates: Rate[] = await times(repeat, () => measureRate(network, reader, NOTES));
		const notesPerSecond = spreadOf(rates.map((rate) => rate.notesPerSecond));
		show(name, notesPerSecond, 'notes/s');
		return {
			notesPerSecond: round(notesPerSecond),
			notesPerGet: round(spreadOf(rates.map(({ notes, gets }) => notes / gets))),
			ofReference: rounded(notesPerSecond.median / reference.median)
		};
	};
	const withReader = async <T>(
		open: () => Promise<Reader>,
		measure: (reader: Reader) => Promise<T>
	): Promise<T> => {
		const reader = await open();
		try {
			await warmUp(network, reader);
			return await measure(reader);
		} finally {
			await reader.end();
		}
	};
	const paid = {
		chromiumOnePerGet: await withReader(
			() => openOwnReader(network, app, 1),
			(reader) => rateWith('paid notes, Chromium ← 3 links, one a GET', reader)
		),
		chromiumBatched: await withReader(
			() => openOwnReader(network, app),
			(reader) => rateWith('paid notes, Chromium ← 3 links, batched', reader)
		),
		nodeOnePerGet: await withReader(
			() => openNodeReader(network, folder, 'one-per-get', 1),
			(reader) => rateWith('paid notes, Node ← 3 links, one a GET', reader)
		)
	};

	const nodeReader = await openNodeReader(network, folder, 'batched');
	ends.push(() => nodeReader.end());
	await warmUp(network, nodeReader);
	const nodeBatched = await rateWith('paid notes, Node ← 3 links, batched', nodeReader);
	const frames = LENGTHS.map(frameBytes);
	const socket = [];
	for (const characters of LENGTHS) socket.push(await measureSocket(network, nodeReader, characters));
	await nodeReader.end();

	const screen = await openApp(network, app);
	await warmUp(network, screen);
	const latencies = await times(repeat, () =>
		measureLatency(network, LIVE_NOTES, async (id) => (await screen.seen())[id])
	);
	await screen.end();
	const p50 = spreadOf(latencies.map((latency) => latency.p50));
	const p95 = spreadOf(latencies.map((latency) => latency.p95));
	show('from publish to screen, 3 links, p50', p50, 'ms');
	show('from publish to screen, 3 links, p95', p95, 'ms');

	say(
		`\n  ${'bytes, by characters of the note'.padEnd(52)}${LENGTHS.map((length) => `${length}`.padStart(8)).join('')}`
	);
	const row = (name: string, figures: readonly number[]): void =>
		say(`  ${name.padEnd(52)}${figures.map((figure) => `${Math.round(figure)}`.padStart(8)).join('')}`);
	row(
		'EVENT frame, version 1 (JSON)',
		frames.map(({ eventV1 }) => eventV1)
	);
	row(
		'EVENT frame, version 2 (CBOR)',
		frames.map(({ eventV2 }) => eventV2)
	);
	row(
		'one more entry in a HAVE',
		frames.map(({ haveEntry }) => haveEntry)
	);
	row(
		'GET for one event',
		frames.map(({ get }) => get)
	);
	row(
		'socket, reader – hub, all of one bought note',
		socket.map(({ readerToHub }) => readerToHub)
	);
	row(
		'socket, hub – bob',
		socket.map(({ hubToBob }) => hubToBob)
	);
	row(
		'socket, bob – carol',
		socket.map(({ bobToCarol }) => bobToCarol)
	);

	const { pages, worker } = measureBundle();
	say('\n  JavaScript a first visit waits for, gzip');
	for (const [page, bytes] of Object.entries(pages))
		say(`  ${page.padEnd(52)}${`${rounded(bytes / 1_000)}`.padStart(8)}  kB`);
	say(`  ${'the worker, beside the page'.padEnd(52)}${`${rounded(worker / 1_000)}`.padStart(8)}  kB\n`);

	return {
		bench: 'main',
		machine,
		repeat,
		coldStartMs: { firstPaint: round(firstPaint), firstNote: round(coldStart) },
		paidNotes: { ...paid, nodeBatched },
		referencePacketsPerSecond: round(reference),
		publishToScreenMs: { p50: round(p50), p95: round(p95) },
		frameBytes: frames,
		socketBytes: socket,
		initialJsGzipBytes: pages,
		workerGzipBytes: worker
	};
}
