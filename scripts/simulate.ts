/**
 * `npm run simulate -- [--seeds N] [--from N] [--log]`: whole networks in this process, one per seed,
 * each run twice. A seed that breaks a rule is printed with the rule; the same seed brings the same
 * run back.
 */
import { parseArgs } from 'node:util';
import { createNodeSql } from '../server/akash-peer/node-sql.ts';
import { runMainJob } from '../src/lib/peer/testing/scenario-main-job.ts';

const { values } = parseArgs({
	options: {
		seeds: { type: 'string', default: '10' },
		from: { type: 'string', default: '1' },
		log: { type: 'boolean', default: false }
	}
});

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const openSql = () => createNodeSql(':memory:');
const onLog = values.log ? (line: string): void => console.log(line) : undefined;

let broken = 0;
const first = Number(values.from);
for (let seed = first; seed < first + Number(values.seeds); seed++) {
	const startedMs = performance.now();
	const run = () => runMainJob(`main/${seed}`, { turn, openSql, ...(onLog ? { onLog } : {}) });
	try {
		const report = await run();
		if (values.log) for (const line of report.story) console.log(line);
		for (const sentence of report.wrong) console.log(`seed ${seed}: ${sentence}`);
		broken += report.wrong.length === 0 ? 0 : 1;
		console.log(`seed ${seed}: ${report.hash} (${Math.round(report.tookMs / 1000)} s simulated in ${((performance.now() - startedMs) / 1000).toFixed(1)} s)`);
	} catch (error) {
		broken += 1;
		console.log(`seed ${seed}: ${error instanceof Error ? error.stack : String(error)}`);
	}
}
console.log(`${values.seeds} seeds, ${broken} broken`);
process.exitCode = broken === 0 ? 0 : 1;
