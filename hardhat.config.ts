import networkHelpers from '@nomicfoundation/hardhat-network-helpers';
import nodeTestRunner from '@nomicfoundation/hardhat-node-test-runner';
import viem from '@nomicfoundation/hardhat-viem';
import viemAssertions from '@nomicfoundation/hardhat-viem-assertions';
import { defineConfig } from 'hardhat/config';
import { createRequire } from 'node:module';

/** The compiler comes from the lock file, so that compiling needs no network. */
const solc = createRequire(import.meta.url).resolve('solc/soljson.js');

const isDeep = process.env.CONTRACTS_DEEP === '1';
/** For hundreds of mutants, each of which meets all tests. */
const isQuick = process.env.CONTRACTS_QUICK === '1';

export default defineConfig({
	plugins: [viem, viemAssertions, networkHelpers, nodeTestRunner],
	solidity: {
		compilers: [
			{
				version: '0.8.37',
				path: solc,
				settings: {
					viaIR: true,
					optimizer: { enabled: true, runs: 1_000_000 },
					evmVersion: 'prague',
					// Without the source's hash in it the bytecode changes only when the program does.
					metadata: { bytecodeHash: 'none' }
				}
			}
		]
	},
	paths: {
		sources: './contracts/src',
		tests: { solidity: './contracts/test', nodejs: './contracts/test' },
		artifacts: './artifacts',
		cache: './cache'
	},
	test: {
		solidity: {
			// The long histories are for `npm run contracts:deep`.
			invariant: {
				runs: isDeep ? 1_000 : isQuick ? 48 : 256,
				depth: isDeep ? 200 : 64,
				// An act of the test that reverts is a mistake in the test.
				failOnRevert: true
			},
			fuzz: { runs: isDeep ? 10_000 : isQuick ? 32 : 256 }
		}
	},
	networks: {
		default: { type: 'edr-simulated', chainType: 'op', chainId: 31337 }
	}
});
