/**
 * `npm run bench -- forward`: packets through one connector over BTP, ours and `ilp-connector`, each a process of its
 * own, between the same two light ends in this one; and, to see what is possible at all, a relay that passes frames on
 * unread, and one sync of the disk. Prints a table and, as its last line, one JSON object. Fails when a packet is not fulfilled,
 * books do not hold what was paid, or a ratio is not what is promised. See bench/README.md.
 *
 *   --rounds N     rounds of each (default 5); medians count
 *   --packets N    packets of a round (default 2500)
 *   --only ours    without the others: to look at our profile
 *   --profile DIR  CPU profiles of the connectors go there
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readChoice, readOptions } from '../scripts/options.ts';
import { createDirectEnds } from './lib/btp-ends.ts';
import { startOurs, startReference, startRelay, type MeasuredConnector } from './lib/connectors.ts';
import { percentile, rounded, spreadOf } from './lib/stats.ts';
import { syncTime } from './lib/sync-time.ts';

const { rounds, packets, only, profile } = readOptions({
	rounds: 5,
	packets: 2_500,
	only: undefined,
	profile: undefined
});
if (only !== undefined) readChoice('only', only, ['ours']);

const WORKLOAD = { dataBytes: 1_000 };
const IN_FLIGHT = 32;
/** Sent one by one, for the time under way. */
const ALONE = 300;
const PROMISED = { packetsPerSecond: 3, cpuPerPacket: 0.4, addedMs: 0.6 };

interface Round {
	readonly packetsPerSecond: number;
	readonly cpuMicros: number;
	/** One packet at a time, p50. */
	readonly aloneMs: number;
	/** {@link IN_FLIGHT} at a time, p50. */
	readonly p50Ms: number;
}

const measure = async ({ ends, usage }: MeasuredConnector): Promise<Round> => {
	const before = await usage();
	const { seconds, eachMs } = await ends.run(packets, IN_FLIGHT);
	const cpuMicros = ((await usage()) - before) / packets;
	const alone = await ends.run(ALONE, 1);
	return {
		packetsPerSecond: packets / seconds,
		cpuMicros,
		aloneMs: percentile(alone.eachMs, 50),
		p50Ms: percentile(eachMs, 50)
	};
};

/** Far beyond what it takes: an end that never comes must not keep the machine. */
const MOST_MS = 300_000;
setTimeout(() => {
	console.error('The benchmark did not come to an end.');
	process.exit(1);
}, MOST_MS).unref();

const folder = mkdtempSync(join(tmpdir(), 'tributary-bench-'));
const nodeOptions = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${resolve(profile)}`];
const ends: (() => Promise<void>)[] = [];
try {
	const direct = await createDirectEnds({ ...WORKLOAD, destination: 'test.hop.right' });
	ends.push(direct.close);
	const connectors: [name: string, connector: MeasuredConnector][] = [
		['ours', await startOurs(folder, WORKLOAD, nodeOptions)]
	];
	if (only !== 'ours') {
		connectors.push(['reference', await startReference(WORKLOAD, nodeOptions)]);
		connectors.push(['relay', await startRelay(WORKLOAD, nodeOptions)]);
	}
	for (const [, connector] of connectors) ends.push(connector.stop);

	const seen: Record<string, Round[]> = Object.fromEntries(connectors.map(([name]) => [name, []]));
	const without: number[] = [];
	// What the engine has not compiled yet is not what is measured.
	for (const [, { ends: warm }] of connectors) await warm.run(packets, IN_FLIGHT);
	await direct.run(packets, IN_FLIGHT);
	for (let round = 0; round < rounds; round += 1) {
		without.push(percentile((await direct.run(ALONE, 1)).eachMs, 50));
		const turn = round % 2 === 0 ? connectors : [...connectors].reverse();
		for (const [name, connector] of turn) seen[name]?.push(await measure(connector));
	}
	const directly = packets / (await direct.run(packets, IN_FLIGHT)).seconds;
	for (const [, connector] of connectors) await connector.checkBooks();
	console.log(JSON.stringify(report(seen, without, directly, syncTime(folder))));
} finally {
	for (const end of ends.reverse()) await end().catch(() => undefined);
	rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}

function report(
	seen: Readonly<Record<string, readonly Round[]>>,
	without: readonly number[],
	directly: number,
	syncMs: number
): object {
	const withoutHop = spreadOf(without).median;
	const figuresOf = (name: string) => {
		const of = (key: keyof Round): number => spreadOf((seen[name] ?? []).map((round) => round[key])).median;
		return {
			packetsPerSecond: rounded(of('packetsPerSecond')),
			cpuMicrosPerPacket: rounded(of('cpuMicros')),
			addedMs: rounded(of('aloneMs') - withoutHop),
			p50MsInFlight: rounded(of('p50Ms'))
		};
	};
	const ours = figuresOf('ours');
	const summary = {
		bench: 'forward',
		rounds,
		packets,
		inFlight: IN_FLIGHT,
		dataBytes: WORKLOAD.dataBytes,
		cpu: cpus()[0]?.model,
		node: process.version,
		withoutHopMs: rounded(withoutHop),
		endsAlonePacketsPerSecond: rounded(directly),
		syncMs: rounded(syncMs),
		ours
	};
	if (!seen['reference']) {
		console.table({ ours });
		return summary;
	}
	const reference = figuresOf('reference');
	const relay = figuresOf('relay');
	const ratiosOf = (who: string) => {
		const ratioOf = (of: (name: string, round: number) => number): number =>
			rounded(spreadOf((seen[who] ?? []).map((_, round) => of(who, round) / of('reference', round))).median);
		const at = (name: string, round: number): Round => seen[name]?.[round] as Round;
		return {
			packetsPerSecond: ratioOf((name, round) => at(name, round).packetsPerSecond),
			cpuPerPacket: ratioOf((name, round) => at(name, round).cpuMicros),
			addedMs: ratioOf((name, round) => at(name, round).aloneMs - (without[round] ?? 0))
		};
	};
	const ratios = ratiosOf('ours');
	const ofRelay = ratiosOf('relay');
	console.table({ ours, reference, relay });
	console.table({
		'ours / reference': ratios,
		'relay / reference': ofRelay,
		'relay and one sync / reference': { addedMs: rounded((relay.addedMs + syncMs) / reference.addedMs) },
		promised: PROMISED
	});
	const failures = [
		...(ratios.packetsPerSecond < PROMISED.packetsPerSecond ? ['packets/s'] : []),
		...(ratios.cpuPerPacket > PROMISED.cpuPerPacket ? ['processor time'] : []),
		...(ratios.addedMs > PROMISED.addedMs ? ['time added'] : [])
	];
	if (failures.length > 0) {
		console.error(`Not as promised: ${failures.join(', ')}`);
		process.exitCode = 1;
	}
	return { ...summary, reference, relay, ratios, ofRelay, promised: PROMISED };
}
