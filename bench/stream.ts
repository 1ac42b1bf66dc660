/**
 * `npm run bench -- stream`: our STREAM, the reference and the ceiling in one process, by turns. Prints a table
 * and, as its last line, one JSON object. Fails when a sum of money or bytes is wrong, or a ratio too low.
 *
 *   --rounds N    rounds of each (default 7); medians count
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { createCeiling } from './lib/ceiling.ts';
import { rounded, spreadOf } from './lib/stats.ts';
import {
	AMOUNT,
	createOurPair,
	createReferencePair,
	MESSAGE_BYTES,
	type StreamPair
} from './lib/stream-pairs.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '7' } } });
const rounds = Number(values.rounds);

const BULK_CHUNK = 64_000;
/** What one packet of the ceiling carries in bulk: as much as ours. */
const BULK_PACKET = 32_000;

/** The ceiling in the shape of the others. */
const createCeilingPair = (): StreamPair => {
	const ceiling = createCeiling();
	const run = (packets: number, amount: number, data: Uint8Array): Promise<number> => {
		const { money, bytes } = ceiling.received;
		const start = performance.now();
		for (let sent = 0; sent < packets; sent += 1) ceiling.send(amount, data);
		const seconds = (performance.now() - start) / 1_000;
		if (ceiling.received.money - money !== packets * amount) throw new Error('the ceiling lost money');
		if (ceiling.received.bytes - bytes !== packets * data.length) throw new Error('the ceiling lost bytes');
		if (ceiling.delivered.money !== ceiling.received.money) throw new Error('the ceiling miscounts');
		return Promise.resolve(seconds);
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
	const seen: { ours: number; reference: number; ceiling: number }[] = [];
	for (let round = 0; round < rounds; round += 1)
		seen.push({
			ours: (count * per) / (await ours[name](count)),
			reference: (theirs * per) / (await reference[name](theirs)),
			ceiling: (count * per) / (await ceiling[name](count))
		});
	const median = (of: (round: (typeof seen)[number]) => number): number =>
		rounded(spreadOf(seen.map(of)).median);
	const overReference = median((round) => round.ours / round.reference);
	const ofCeiling = median((round) => round.ours / round.ceiling);
	summary[name] = {
		ours: median((round) => round.ours),
		reference: median((round) => round.reference),
		ceiling: median((round) => round.ceiling),
		overReference,
		ofCeiling
	};
	table.push({
		workload: `${name}, ${unit}`,
		ours: String(median((round) => round.ours)),
		reference: String(median((round) => round.reference)),
		ceiling: String(median((round) => round.ceiling)),
		'ours / reference': `${overReference} (at least ${ofReference})`,
		'ours / ceiling': `${ofCeiling} (at least ${OF_CEILING})`
	});
	if (overReference < ofReference) failures.push(`${name}: ${overReference}× the reference`);
	if (ofCeiling < OF_CEILING) failures.push(`${name}: ${ofCeiling} of the ceiling`);
}
await ours.close();
await reference.close();

console.table(table);
if (failures.length > 0) console.error(`Too slow: ${failures.join('; ')}`);
console.log(
	JSON.stringify({ bench: 'stream', rounds, cpu: cpus()[0]?.model, node: process.version, ...summary })
);
process.exit(failures.length > 0 ? 1 : 0);
