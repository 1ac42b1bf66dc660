/**
 * `npm run contracts:coverage`: which lines and statements of the contracts the Solidity tests reach.
 * Fails below a hundred in a hundred. The invariants are left out: what they reach by chance proves nothing.
 *
 * Hardhat does not count branches; `npm run contracts:mutate` asks more of a branch than that it is taken.
 */
import { spawnSync } from 'node:child_process';

const TESTS = ['Channels.t.sol', 'ChannelsAttacks.t.sol', 'TestDollar.t.sol'];

const { stdout, stderr, status } = spawnSync(
	process.execPath,
	[
		'node_modules/hardhat/dist/src/cli.js',
		...['test', 'solidity', '--coverage'],
		...TESTS.map((file) => `contracts/test/${file}`)
	],
	{ encoding: 'utf8', env: { ...process.env, CONTRACTS_QUICK: '1' } }
);
process.stdout.write(stdout);
process.stderr.write(stderr);
const total = /║ Total\s+│\s+([\d.]+)\s+│\s+([\d.]+)/.exec(stdout);
if (status !== 0 || total?.[1] !== '100.00' || total[2] !== '100.00') {
	console.error('Not every line and statement is reached.');
	process.exitCode = 1;
}
