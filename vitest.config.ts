import { svelte } from '@sveltejs/vite-plugin-svelte';
import { playwright } from '@vitest/browser-playwright';
import { configDefaults, defineConfig } from 'vitest/config';
import { chromiumFlags, findChromium } from './scripts/browsers.ts';

/**
 * Five projects, told apart by a test file's name:
 *
 *   core     src/**\/*.test.ts              the core and pure code, in Node, no I/O
 *   node     *.node.test.ts, server, scripts, bench, tests/{interop,fuzz,chain}  things of this machine: files, sockets
 *   process  tests/process                  several real processes and a real chain
 *   torture  tests/torture                  the same and a Chromium, killed at random
 *   browser  *.browser.test.ts and *.conformance.test.ts, in Chromium
 *
 * A `*.conformance.test.ts` file runs twice, in `core` and in `browser`: both must agree.
 */
const BROWSER_TESTS = 'src/**/*.browser.test.ts';
const NODE_TESTS = 'src/**/*.node.test.ts';

const executablePath = findChromium();

/** For browser tests: the same simulation in Node. Named by a variable, or it would be bundled into this file. */
const SIMULATION = new URL('./scripts/simulation-hash.ts', import.meta.url).href;
const simulationHash = async (_context: unknown, seed: string): Promise<string> => {
	const simulation = (await import(SIMULATION)) as { simulationHash(seed: string): Promise<string> };
	return simulation.simulationHash(seed);
};

export default defineConfig({
	test: {
		projects: [
			{
				test: {
					name: 'core',
					environment: 'node',
					include: ['src/**/*.test.ts'],
					exclude: [...configDefaults.exclude, BROWSER_TESTS, NODE_TESTS],
					// Files share a process: the core keeps nothing in modules, and it takes half the time.
					isolate: false,
					// Properties run hundreds of cases: a busy machine needs more than the usual five seconds.
					testTimeout: 30_000
				}
			},
			{
				test: {
					name: 'node',
					environment: 'node',
					include: [
						NODE_TESTS,
						'server/**/*.test.ts',
						'scripts/**/*.test.ts',
						'bench/**/*.test.ts',
						'tests/interop/**/*.test.ts',
						'tests/chain/**/*.test.ts',
						'tests/fuzz/**/*.test.ts'
					],
					testTimeout: 20_000
				}
			},
			{
				test: {
					name: 'process',
					environment: 'node',
					include: ['tests/process/**/*.test.ts'],
					// Each file starts its own chain and nodes; two cores carry one such world at a time.
					fileParallelism: false,
					testTimeout: 120_000,
					hookTimeout: 120_000
				}
			},
			{
				test: {
					name: 'torture',
					environment: 'node',
					include: ['tests/torture/**/*.test.ts'],
					fileParallelism: false
				}
			},
			{
				plugins: [svelte({ configFile: false })],
				optimizeDeps: {
					// Icons are components: bundled by themselves they would bring a second Svelte.
					exclude: ['@sqlite.org/sqlite-wasm', '@lucide/svelte'],
					// Found only while tests run, these would make Vite reload the page under them.
					include: [
						'comlink',
						'@wagmi/core',
						'nostr-tools/nip19',
						'viem',
						'viem/accounts',
						'viem/actions',
						'viem/utils'
					]
				},
				worker: { format: 'es' },
				test: {
					name: 'browser',
					include: [BROWSER_TESTS, 'src/**/*.conformance.test.ts'],
					globalSetup: ['tests/browser/global-setup.ts'],
					testTimeout: 30_000,
					browser: {
						enabled: true,
						headless: true,
						screenshotFailures: false,
						provider: playwright({
							launchOptions: {
								...(executablePath === undefined ? {} : { executablePath }),
								args: chromiumFlags()
							}
						}),
						instances: [{ browser: 'chromium' }],
						commands: { simulationHash }
					}
				}
			}
		]
	}
});
