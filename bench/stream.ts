/**
 * `npm run bench -- stream`: our STREAM, the reference and the ceiling in one process, by turns. Prints a table
 * and, as its last line, one JSON object. Fails when a sum of money or bytes is wrong, a ratio
 * too low, or memory has grown.
 *
 *   --rounds N    rounds of each (default 7); medians count
 */
import { cpus } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { readOptions } from '../scripts/options.ts';
import { collectGarbage } from './lib/collect-garbage.ts';
import { createCeiling } from './lib/ceiling.ts';
import { rounded, spreadOf } from './lib/stats.ts';
import {
	AMOUNT,
	createOurPair,
	createReferencePair,
	MESSAGE_BYTES,
	type StreamPair
} from './lib/stream-pairs.ts';

const { rounds } = readOptions({ rounds: 7 });

const BULK_CHUNK = 64_000;
/** What one packet of the ceiling carries in bulk: as much as ours. */
const BULK_PACKET = 32_000;

/** The ceiling in the shape of the others. */
const createCeilingPair = (): StreamPair => {
	const ceiling = createCeiling();
	const run = (packets: number, amount: number, data: Uint8Array): Promise<void> => {
		const { money, bytes } = ceiling.received;
		for (let sent = 0; sent < packets; sent += 1) ceiling.send(amount, data);
		if (ceiling.received.money - money !== packets * amount) throw new Error('the ceiling lost money');
		if (ceiling.received.bytes - bytes !== packets * data.length) throw new Error('the ceiling lost bytes');
		if (ceiling.delivered.money !== ceiling.received.money) throw new Error('the ceiling miscounts');
		return Promise.resolve();
	};
	return {
		money: (packets) => run(packets, AMOUNT, new Uint8Array(0)),
		messages: (count) => run(count, AMOUNT, new Uint8Array(MESSAGE_BYTES).fill(0x61)),
		bulk: (chunks) => run((chunks * BULK_CHUNK) / BULK_PACKET, 0, new Uint8Array(BULK_PACKET).fill(0x62)),
		close: () => Promise.resolve()
	};
};

interface Workload {
	readonly name: 'money' | 'messages' | 'bulk';
	readonly unit: string;
	/** Times a unit makes one figure. */
	readonly per: number;
	readonly ours: number;
	readonly theirs: number;
	readonly ofReference: number;
}

/** Share of the ceiling that is promised. */
const OF_CEILING = 0.5;

const WORKLOADS: readonly Workload[] = [
	{ name: 'money', unit: 'packets/s', per: 1, ours: 6_000, theirs: 150, ofReference: 15 },
	{ name: 'messages', unit: '1 kB messages/s', per: 1, ours: 5_000, theirs: 150, ofReference: 10 },
	{ name: 'bulk', unit: 'MB/s', per: BULK_CHUNK / 1e6, ours: 300, theirs: 20, ofReference: 5 }
];
const WARM_UPS = 4;

/** With what is under way for a while, more than once the window: whatever one packet leaves behind would show. */
const PACKETS_FOR_MEMORY = 100_000;
/** What the engine itself may have more or less of between two collections. */
const MOST_GROWTH_BYTES = 2_000_000;

/** Of objects and of buffers, once everything that nobody holds is gone. */
const heldBytes = async (): Promise<number> => {
	// Buffers are given back on a thread, after the objects that held them.
	for (let again = 0; again < 2; again += 1) {
		collectGarbage();
		await setTimeout(100);
	}
	const { heapUsed, arrayBuffers } = process.memoryUsage();
	return heapUsed + arrayBuffers;
};

/** Seconds that went by, and those of them that were this thread's. */
interface Taken {
	readonly passed: number;
	readonly used: number;
}
const taken = async (run: () => Promise<void>): Promise<Taken> => {
	const [start, usage] = [performance.now(), process.threadCpuUsage()];
	await run();
	const { user, system } = process.threadCpuUsage(usage);
	return { passed: (performance.now() - start) / 1_000, used: (user + system) / 1e6 };
};

const ours = await createOurPair();
const reference = await createReferencePair();
const ceiling = createCeilingPair();

const summary: Record<string, unknown> = {};
const failures: string[] = [];
const table: Record<string, string>[] = [];
for (const { name, unit, per, ours: count, theirs, ofReference } of WORKLOADS) {
	// What the engine has not compiled yet is not what is measured.
	for (let warm = 0; warm < WARM_UPS; warm += 1) {
		await ours[name](count);
		await reference[name](theirs);
		await ceiling[name](count);
	}
	const seen: Readonly<Record<'ours' | 'reference' | 'ceiling', Taken>>[] = [];
	for (let round = 0; round < rounds; round += 1)
		seen.push({
			ours: await taken(() => ours[name](count)),
			reference: await taken(() => reference[name](theirs)),
			ceiling: await taken(() => ceiling[name](count))
		});
	const median = (of: (round: (typeof seen)[number]) => number): number =>
		rounded(spreadOf(seen.map(of)).median);
	const rates = {
		ours: median((round) => (count * per) / round.ours.passed),
		reference: median((round) => (theirs * per) / round.reference.passed),
		ceiling: median((round) => (count * per) / round.ceiling.passed)
	};
	const overReference = median((round) => ((count / theirs) * round.reference.passed) / round.ours.passed);
	// These two never wait, so that what else the machine does meanwhile need not count.
	const ofCeiling = median((round) => round.ceiling.used / round.ours.used);
	summary[name] = {
		...rates,
		overReference,
		ofCeiling
	};
	table.push({
		workload: `${name}, ${unit}`,
		ours: String(rates.ours),
		reference: String(rates.reference),
		ceiling: String(rates.ceiling),
		'ours / reference': `${overReference} (at least ${ofReference})`,
		'ours / ceiling': `${ofCeiling} (at least ${OF_CEILING})`
	});
	if (overReference < ofReference) failures.push(`${name}: ${overReference}× the reference`);
	if (ofCeiling < OF_CEILING) failures.push(`${name}: ${ofCeiling} of the ceiling`);
}
const before = await heldBytes();
await ours.money(PACKETS_FOR_MEMORY);
const growthBytes = (await heldBytes()) - before;
if (growthBytes > MOST_GROWTH_BYTES)
	failures.push(`${growthBytes} bytes more are held after ${PACKETS_FOR_MEMORY} packets`);
await ours.close();
await reference.close();

console.table(table);
console.log(
	`held after ${PACKETS_FOR_MEMORY} packets more than before: ${Math.round(growthBytes / 1_000)} kB`
);
if (failures.length > 0) console.error(`Not as promised: ${failures.join('; ')}`);
console.log(
	JSON.stringify({
		bench: 'stream',
		rounds,
		cpu: cpus()[0]?.model,
		node: process.version,
		growthBytes,
		...summary
	})
);
process.exit(failures.length > 0 ? 1 : 0);
