import { defineConfig, devices } from '@playwright/test';
import { chromiumFlags, findChromium, findFirefox } from './scripts/browsers.ts';

const chromiumPath = findChromium();
const firefoxPath = findFirefox();

/**
 * End-to-end tests. Each spec brings up its own network (see tests/e2e), so no port is fixed and
 * nothing is shared between files. A spec whose name ends in `.chromium.spec.ts` needs a Chromium
 * debugging feature and is left out in Firefox.
 */
export default defineConfig({
	testDir: 'tests/e2e',
	testMatch: '**/*.spec.ts',
	// Playwright empties this folder when it starts; the logs of all suites are beside it.
	outputDir: 'test-results/playwright',
	// Two cores carry a browser, a chain and three nodes once, not twice.
	workers: 1,
	fullyParallel: false,
	forbidOnly: true,
	retries: 0,
	timeout: 180_000,
	expect: { timeout: 15_000 },
	reporter: [['list']],
	use: { screenshot: 'off', trace: 'off', video: 'off', actionTimeout: 15_000 },
	projects: [
		{
			name: 'chromium',
			use: {
				...devices['Desktop Chrome'],
				launchOptions: {
					...(chromiumPath === undefined ? {} : { executablePath: chromiumPath }),
					args: chromiumFlags()
				}
			}
		},
		...(firefoxPath === undefined
			? []
			: [
					{
						name: 'firefox',
						testIgnore: '**/*.chromium.spec.ts',
						use: {
							browserName: 'firefox' as const,
							channel: 'moz-firefox',
							launchOptions: { executablePath: firefoxPath }
						}
					}
				])
	]
});
