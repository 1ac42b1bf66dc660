/** The main job simulated in Node, for a browser test to compare its own run with. */
import { createNodeSql } from '../server/akash-peer/node-sql.ts';
import { runMainJob } from '../src/lib/peer/testing/scenario-main-job.ts';

export const simulationHash = async (seed: string): Promise<string> => {
	const { hash } = await runMainJob(seed, {
		turn: () => new Promise((resolve) => setImmediate(resolve)),
		openSql: () => createNodeSql(':memory:')
	});
	return hash;
};
