/**
 * `npm run interop`: starts a node for other people's test suites, prints one line of JSON that says how
 * to reach it (docs/interop.md), and serves until it is stopped or whoever started it is gone. Loopback
 * only. Warnings go to the standard error.
 */
import './watch-parent.ts';
import { startInterop } from '../server/akash-peer/interop.ts';
import { createNodeLog } from '../server/akash-peer/node-log.ts';
import { readOptions } from './options.ts';

readOptions({});

const node = await startInterop({ log: createNodeLog('warn') });

const stop = (): void => {
	void node.stop().then(() => process.exit(0));
};
process.on('SIGTERM', stop);
process.on('SIGINT', stop);

process.stdout.write(`${JSON.stringify(node.description)}\n`);
