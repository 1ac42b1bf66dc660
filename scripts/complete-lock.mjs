/**
 * Adds to package-lock.json the optional platform builds that npm left out.
 *
 * A registry mirror does not always carry every platform's build of a package. npm then drops the
 * missing ones from the lock without a word, and a later `npm ci` on any machine refuses that lock
 * ("Missing: … from lock file"). Each dropped build is put back as a bare optional entry
 * `{version, optional, os, cpu}`: npm fetches it where os and cpu fit and ignores it elsewhere.
 *
 * Usage: node scripts/complete-lock.mjs [--check]
 */
import { readFileSync, writeFileSync } from 'node:fs';

const LOCK_FILE = new URL('../package-lock.json', import.meta.url);

/** The words packages use in their names, and what npm calls them. */
const OS_BY_WORD = {
	darwin: 'darwin',
	linux: 'linux',
	win32: 'win32',
	windows: 'win32',
	freebsd: 'freebsd',
	android: 'android'
};
const CPU_BY_WORD = { amd64: 'x64', x64: 'x64', arm64: 'arm64', arm: 'arm', ia32: 'ia32' };

/**
 * Every optional dependency that some locked package names and that the lock does not hold.
 *
 * @param {Record<string, any>} packages the `packages` table of a lock of version 2 or 3
 * @returns {{ path: string, entry: { version: string, optional: true, os: string[], cpu: string[] } }[]}
 */
export function missingPlatformBuilds(packages) {
	const missing = [];
	for (const [path, locked] of Object.entries(packages)) {
		for (const [name, version] of Object.entries(locked.optionalDependencies ?? {})) {
			if (resolves(packages, path, name)) continue;
			const words = name.split(/[-/]/);
			const os = words.map((word) => OS_BY_WORD[word]).find(Boolean);
			const cpu = words.map((word) => CPU_BY_WORD[word]).find(Boolean);
			if (!os || !cpu) throw new Error(`${name}, wanted by ${path}: cannot tell its platform from its name`);
			if (!/^\d+\.\d+\.\d+/.test(version)) throw new Error(`${name}: ${version} is not one exact version`);
			missing.push({
				path: `node_modules/${name}`,
				entry: { version, optional: true, ...(locked.dev ? { dev: true } : {}), os: [os], cpu: [cpu] }
			});
		}
	}
	return missing;
}

/** True when `name`, asked for by the package at `path`, is found by walking up the tree as Node does. */
function resolves(packages, path, name) {
	for (let at = path; ; at = at.replace(/(^|\/)node_modules\/(@[^/]+\/)?[^/]+$/, '')) {
		if (packages[at === '' ? `node_modules/${name}` : `${at}/node_modules/${name}`]) return true;
		if (at === '') return false;
	}
}

/** Fills in the lock. Returns the paths that were added. */
export function completeLock(lock) {
	const missing = missingPlatformBuilds(lock.packages);
	for (const { path, entry } of missing) lock.packages[path] = entry;
	const [root, ...paths] = Object.keys(lock.packages);
	const order = [root, ...paths.sort((a, b) => a.localeCompare(b, 'en'))];
	lock.packages = Object.fromEntries(order.map((path) => [path, lock.packages[path]]));
	return missing.map(({ path }) => path);
}

if (import.meta.filename === process.argv[1]) {
	const lock = JSON.parse(readFileSync(LOCK_FILE, 'utf8'));
	if (process.argv.includes('--check')) {
		const missing = missingPlatformBuilds(lock.packages);
		for (const { path } of missing) console.error(`package-lock.json lacks ${path}`);
		process.exitCode = missing.length === 0 ? 0 : 1;
	} else {
		const added = completeLock(lock);
		writeFileSync(LOCK_FILE, `${JSON.stringify(lock, null, '\t')}\n`);
		console.log(added.length === 0 ? 'The lock was complete.' : `Added ${added.join(', ')}`);
	}
}
