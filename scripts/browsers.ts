/**
 * Which browsers this machine has, and how to start them.
 *
 * Tests need a Chromium: the system's, else the one that Playwright keeps, else (on Debian, as
 * root) the one in the distribution's packages. Firefox ESR is wanted but may be missing.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { chromium } from 'playwright';

const CHROMIUM_PATHS = [
	'/usr/bin/chromium',
	'/usr/bin/chromium-browser',
	'/usr/bin/google-chrome-stable',
	'/usr/bin/google-chrome',
	'/snap/bin/chromium',
	'/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
	'/Applications/Chromium.app/Contents/MacOS/Chromium',
	'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
	'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe'
];

// Other Firefox builds refuse Playwright's WebDriver BiDi handshake in some versions: only ESR was tried.
const FIREFOX_PATHS = ['/usr/bin/firefox-esr', '/usr/lib/firefox-esr/firefox-esr'];

/** The path of a Chromium that is already here, or undefined. `TRIBUTARY_CHROMIUM` overrides the search. */
export function findChromium(): string | undefined {
	return firstExecutable([process.env['TRIBUTARY_CHROMIUM'], ...CHROMIUM_PATHS, playwrightChromium()]);
}

/** The path of a Firefox ESR that is already here, or undefined. `TRIBUTARY_FIREFOX` overrides the search. */
export function findFirefox(): string | undefined {
	return firstExecutable([process.env['TRIBUTARY_FIREFOX'], ...FIREFOX_PATHS]);
}

/**
 * Flags that keep a test browser quiet (no updates, no background requests) and let it start as
 * root, where Chromium's sandbox cannot.
 */
export function chromiumFlags(): string[] {
	const flags = [
		'--disable-gpu',
		'--disable-quic',
		'--no-first-run',
		'--disable-background-networking',
		'--disable-component-update',
		'--disable-sync'
	];
	return process.getuid?.() === 0 ? ['--no-sandbox', ...flags] : flags;
}

/** Finds a browser or installs Debian's. Returns its path, or a sentence that says why there is none. */
export function provideBrowser(name: 'chromium' | 'firefox-esr'): { path: string } | { reason: string } {
	const find = name === 'chromium' ? findChromium : findFirefox;
	const found = find();
	if (found !== undefined) return { path: found };
	if (process.platform !== 'linux' || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
		return { reason: `${name} is not installed, and only root on a Debian system can add it here` };
	}
	console.log(`  ${name} is not installed: adding it from the system's packages …`);
	const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
	// A list that cannot be refreshed may still be good enough to install from.
	spawnSync('apt-get', ['update', '-qq'], { env, stdio: 'ignore', timeout: 180_000 });
	const install = spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', name], {
		env,
		encoding: 'utf8',
		timeout: 600_000
	});
	const added = find();
	if (added !== undefined) return { path: added };
	const lastLine = (install.stderr ?? '').trim().split('\n').at(-1) ?? '';
	return { reason: `${name} is not installed and apt-get could not add it (${lastLine || 'no message'})` };
}

function firstExecutable(paths: readonly (string | undefined)[]): string | undefined {
	return paths.find((path) => path !== undefined && path !== '' && isExecutable(path));
}

function isExecutable(path: string): boolean {
	try {
		accessSync(path, constants.X_OK);
		return true;
	} catch {
		return false;
	}
}

function playwrightChromium(): string | undefined {
	try {
		return chromium.executablePath();
	} catch {
		return undefined;
	}
}
