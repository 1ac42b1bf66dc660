/**
 * `npm run simulate -- [--seeds N] [--from N] [--job main|faults|settlement|payout|acts] [--twice] [--log]`: whole networks
 * in this process, one per seed and job. A seed that breaks a rule is printed with the rule; the same seed
 * brings the same run back, with `--log` to the last line of each peer. `--twice` runs each again and compares.
 */
import { createNodeSql } from '../server/akash-peer/node-sql.ts';
import { actsOf } from '../src/lib/peer/testing/act-arbitraries.ts';
import { runActs } from '../src/lib/peer/testing/scenario-acts.ts';
import { runFaults } from '../src/lib/peer/testing/scenario-faults.ts';
import { runMainJob } from '../src/lib/peer/testing/scenario-main-job.ts';
import { runPayoutAway } from '../src/lib/peer/testing/scenario-payout.ts';
import { runSettlement } from '../src/lib/peer/testing/scenario-settlement.ts';
import { readChoice, readOptions } from './options.ts';

const options = readOptions({ seeds: 10, from: 1, job: undefined, twice: false, log: false });

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const openSql = () => createNodeSql(':memory:');
const onLog = options.log ? (line: string): void => console.log(line) : undefined;

const runHistory = (seed: string, ports: Parameters<typeof runFaults>[1]) =>
	runActs(seed, actsOf(Number(seed.split('/')[1])), ports);

const JOBS = {
	main: runMainJob,
	faults: runFaults,
	settlement: runSettlement,
	payout: runPayoutAway,
	acts: runHistory
};
const jobs = readChoice('job', options.job, Object.keys(JOBS) as (keyof typeof JOBS)[]);

let runs = 0;
let broken = 0;
const first = options.from;
for (let seed = first; seed < first + options.seeds; seed++)
	for (const name of jobs) {
		const startedMs = performance.now();
		const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
		runs += 1;
		try {
			const begin = () => JOBS[name](`${name}/${seed}`, { turn, openSql, ...(onLog ? { onLog } : {}) });
			const { hash, wrong: found, story, tookMs } = await begin();
			const isSame = !options.twice || (await begin()).hash === hash;
			const wrong = isSame ? found : [...found, 'the same seed ended in another state the second time'];
			if (options.log) for (const line of story) console.log(line);
			for (const sentence of wrong) console.log(`  ${sentence}`);
			if (wrong.length > 0) broken += 1;
			console.log(
				`${name} ${seed}: ${wrong.length === 0 ? 'adds up' : 'BROKEN'}, ${hash.slice(0, 16)}, ${seconds(tookMs)} simulated in ${seconds(performance.now() - startedMs)}`
			);
		} catch (error) {
			broken += 1;
			console.log(`${name} ${seed}: BROKEN, ${error instanceof Error ? error.stack : String(error)}`);
		}
	}
console.log(`${runs} runs, ${broken} broken`);
process.exitCode = broken === 0 ? 0 : 1;
