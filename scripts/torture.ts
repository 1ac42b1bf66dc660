/**
 * `npm run torture -- [--kills N] [--seed S]`: the local network and a real Chromium under load, killed at random.
 * A line per kill: what, how many packets it had under way, until it served again, and what the audit says. The
 * last line is one JSON object.
 *
 * `npm run torture -- --exhaustive [--life guest|nodes|alone] [--every N] [--from N] [--seed S]`: lives in the
 * simulation, each once for each write, message and chain call that can fail in it; `--every 20` tries each twentieth.
 * `--life guest --only "write 45 refuse"` brings one back, with `--log` to the last line of each peer.
 */
import { torture } from '../tests/torture/torture.ts';
import { startTortureWorld } from '../tests/torture/world.ts';
import { percentile } from '../bench/lib/stats.ts';
import { readChoice, readOptions } from './options.ts';
import { createNodeSql } from '../server/akash-peer/node-sql.ts';
import {
	LIVES,
	runExhaustive,
	troublesOf,
	type LifeName,
	type Moment,
	type Trouble
} from '../src/lib/peer/testing/exhaustive/exhaustive.ts';

const given = readOptions({
	kills: 200,
	seed: '1',
	exhaustive: false,
	life: undefined,
	every: 1,
	from: 0,
	only: undefined,
	log: false
});

process.exitCode = (given.exhaustive ? await failEach() : await killAtRandom()) ? 0 : 1;

async function killAtRandom(): Promise<boolean> {
	const world = await startTortureWorld((line) => console.log(line));
	for (const signal of ['SIGINT', 'SIGTERM'] as const)
		process.once(signal, () => void world.stop().then(() => process.exit(1)));
	try {
		const reports = await torture(world, {
			kills: given.kills,
			seed: given.seed,
			onKill: ({ number, kind, inFlight, late, backMs, processorMs, wrong }) => {
				const of = processorMs === undefined ? '' : ` (${processorMs} ms of processor)`;
				const back = backMs === undefined ? 'NEVER BACK' : `back in ${backMs} ms${of}`;
				console.log(
					`${number} ${kind}: ${inFlight} in flight, ${late > 0 ? `${late} late, ` : ''}${back}, audit ${wrong.length === 0 ? 'ok' : 'BROKEN'}`
				);
				for (const sentence of wrong) console.log(`  ${sentence}`);
			}
		});
		const back = (some: typeof reports): Readonly<Record<'p50' | 'p95' | 'max', number>> => {
			const times = some.map(({ backMs }) => backMs ?? Infinity);
			const of = (percent: number): number => Math.round(percentile(times, percent));
			return { p50: of(50), p95: of(95), max: of(100) };
		};
		const kinds = Object.groupBy(reports, ({ kind }) => kind);
		const broken = reports.filter(({ wrong }) => wrong.length > 0).length;
		console.log(
			JSON.stringify({
				seed: given.seed,
				kills: reports.length,
				broken,
				inFlight: reports.reduce((sum, { inFlight }) => sum + inFlight, 0),
				late: reports.reduce((sum, { late }) => sum + late, 0),
				backMs: back(reports),
				kinds: Object.fromEntries(
					Object.entries(kinds).map(([kind, some = []]) => [kind, { kills: some.length, backMs: back(some) }])
				)
			})
		);
		return broken === 0;
	} finally {
		await world.stop();
	}
}

async function failEach(): Promise<boolean> {
	let allWell = true;
	for (const life of readChoice('life', given.life, Object.keys(LIVES) as LifeName[]))
		allWell = (await failEachOf(life)) && allWell;
	return allWell;
}

async function failEachOf(life: LifeName): Promise<boolean> {
	const options = {
		turn: (): Promise<void> => new Promise((resolve) => setImmediate(resolve)),
		openSql: () => createNodeSql(':memory:'),
		crypto: 'sync',
		...(given.log ? { onLog: (line: string): void => console.log(line) } : {})
	} as const;
	const run = async (trouble: Trouble | undefined): Promise<readonly string[]> => {
		const name = trouble ? `${trouble.moment} ${trouble.number} ${trouble.how}` : 'nothing';
		const { wrong, hit, story } = await runExhaustive(life, given.seed, trouble, options);
		if (wrong.length > 0 || given.only !== undefined) {
			console.log(`${life}, ${name} (${hit ?? 'never came'}): ${wrong.length === 0 ? 'adds up' : 'BROKEN'}`);
			for (const line of [...wrong, ...story]) console.log(`  ${line}`);
		}
		return wrong;
	};
	if (given.only !== undefined) {
		const [moment, number, ...how] = given.only.split(' ');
		const wrong = await run({ moment: moment as Moment, number: Number(number), how: how.join(' ') });
		return wrong.length === 0;
	}
	const { moments, wrong: without } = await runExhaustive(life, given.seed, undefined, options);
	const all = troublesOf(moments).filter((_, at) => at % given.every === given.from);
	const broken: string[] = [];
	for (const [at, trouble] of all.entries()) {
		if ((await run(trouble)).length > 0) broken.push(`${trouble.moment} ${trouble.number} ${trouble.how}`);
		if (at % 50 === 49) console.log(`${life}: ${at + 1} of ${all.length}, ${broken.length} broken`);
	}
	console.log(JSON.stringify({ life, seed: given.seed, moments, runs: all.length, broken }));
	return without.length === 0 && broken.length === 0;
}
