/**
 * A Chromium of its own, in the process group of this guardian: killing the group kills the whole browser at
 * once, as a power cut would.
 *
 *   node tests/torture/chromium.ts --path CHROMIUM --profile DIR
 *
 * Prints `{"ready":true,"devtools":"ws://…"}`.
 */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { chromiumFlags } from '../../scripts/browsers.ts';

const { values } = parseArgs({ options: { path: { type: 'string' }, profile: { type: 'string' } } });
const { path, profile } = values;
if (path === undefined || profile === undefined)
	throw new Error('Usage: chromium.ts --path CHROMIUM --profile DIR');

const portFile = join(profile, 'DevToolsActivePort');
rmSync(portFile, { force: true });
const browser = spawn(
	path,
	[
		...chromiumFlags(),
		'--headless=new',
		'--remote-debugging-port=0',
		// A tab in the background works like one in front: the torture is not about throttled timers.
		'--disable-background-timer-throttling',
		'--disable-backgrounding-occluded-windows',
		'--disable-renderer-backgrounding',
		'--hide-crash-restore-bubble',
		'--noerrdialogs',
		`--user-data-dir=${profile}`,
		'about:blank'
	],
	{ stdio: ['ignore', 'ignore', 'ignore'] }
);
browser.once('exit', (code) => process.exit(code ?? 1));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
	process.on(signal, () => browser.kill('SIGTERM'));

console.log(JSON.stringify({ ready: true, devtools: await devtoolsUrl() }));

async function devtoolsUrl(): Promise<string> {
	for (;;) {
		try {
			const [port, target] = readFileSync(portFile, 'utf8').split('\n');
			if (port && target) return `ws://127.0.0.1:${port}${target}`;
		} catch {
			// Not written yet.
		}
		await sleep(20);
	}
}
