/**
 * `npm run bench -- browser`: our STREAM client in a Chromium worker over a real WebSocket, beside the reference
 * client with shims of Node in a worker of the same page, by turns, both to the same Node end. Prints a table and, as
 * its last line, one JSON object. Fails when money or bytes are not complete, or a ratio is too low.
 *
 *   --rounds N    rounds of each (default 15); medians count
 */
import { cpus } from 'node:os';
import { readOptions } from '../scripts/options.ts';
import { base64Encode } from '../src/lib/peer/bytes.ts';
import { startBtpEnd } from './lib/btp-end.ts';
import { openWorkers, type WorkerName } from './lib/in-browser/workers.ts';
import { rounded, spreadOf } from './lib/stats.ts';

const { rounds } = readOptions({ rounds: 15 });

/** Money in every packet, and bytes in every message. */
const AMOUNT = 200;
const MESSAGE_BYTES = 1_000;
const AT_LEAST = 8;
const WARM_UPS = 4;

interface Workload {
	readonly name: 'money' | 'messages';
	readonly unit: string;
	readonly bytes: number;
}

const WORKLOADS: readonly Workload[] = [
	{ name: 'money', unit: 'packets/s', bytes: 0 },
	{ name: 'messages', unit: '1 kB messages/s', bytes: MESSAGE_BYTES }
];
/** A fifth of a second of each: whatever else the machine does meets both. */
const PACKETS: Readonly<Record<WorkerName, number>> = { ours: 5_000, reference: 200 };
const CLIENTS: readonly WorkerName[] = ['ours', 'reference'];

const end = await startBtpEnd();
const browser = await openWorkers(CLIENTS);
for (const client of CLIENTS) {
	const { destinationAccount, sharedSecret } = await end.generate();
	const secret = base64Encode(sharedSecret);
	await browser.call(client, 'connect', { url: end.url, destinationAccount, secret, amount: AMOUNT });
}

/** Packets a second, of a round whose money and bytes are all there. */
const run = async (client: WorkerName, { name, bytes }: Workload): Promise<number> => {
	const before = end.received();
	const count = PACKETS[client];
	const ms = await browser.call<number>(client, name, count, AMOUNT, bytes);
	const after = end.received();
	const came = [after.money - before.money, after.bytes - before.bytes].map(Number);
	if (came[0] !== count * AMOUNT || came[1] !== count * bytes)
		throw new Error(`${client}, ${name}: ${count} packets brought ${came.join(' units and ')} bytes`);
	if (after.packets - before.packets < count) throw new Error(`${client}, ${name}: packets were joined`);
	return (count * 1_000) / ms;
};

const summary: Record<string, unknown> = {};
const table: Record<string, string>[] = [];
const failures: string[] = [];
for (const workload of WORKLOADS) {
	for (let warm = 0; warm < WARM_UPS; warm += 1) for (const client of CLIENTS) await run(client, workload);
	const seen: Readonly<Record<WorkerName, number>>[] = [];
	for (let round = 0; round < rounds; round += 1)
		if (round % 2 === 0) {
			const ours = await run('ours', workload);
			seen.push({ ours, reference: await run('reference', workload) });
		} else {
			const reference = await run('reference', workload);
			seen.push({ ours: await run('ours', workload), reference });
		}
	const [ours, reference, ratio] = [
		seen.map((round) => round.ours),
		seen.map((round) => round.reference),
		seen.map((round) => round.ours / round.reference)
	].map((figures) => rounded(spreadOf(figures).median)) as [number, number, number];
	summary[workload.name] = { ours, reference, overReference: ratio };
	table.push({
		workload: `${workload.name}, ${workload.unit}`,
		ours: String(ours),
		reference: String(reference),
		'ours / reference': `${ratio} (at least ${AT_LEAST})`
	});
	if (ratio < AT_LEAST) failures.push(`${workload.name}: ${ratio}× the reference`);
}
await browser.close();
end.close();

console.table(table);
if (failures.length > 0) console.error(`Too slow: ${failures.join('; ')}`);
console.log(
	JSON.stringify({
		bench: 'browser',
		rounds,
		cpu: cpus()[0]?.model,
		node: process.version,
		browser: browser.userAgent,
		...summary
	})
);
process.exit(failures.length > 0 ? 1 : 0);
