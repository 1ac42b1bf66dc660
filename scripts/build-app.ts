/**
 * Builds the app into build/ when its sources have changed since the last build.
 *
 * A stamp file holds the hash of everything the build reads. The same hash names the build, so an
 * unchanged app keeps its service worker and its caches.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from './child.ts';

const SOURCES = ['src/**/*', 'static/**/*', 'svelte.config.js', 'vite.config.ts', 'package-lock.json'];
/** Tests, and the .wasm file that the build itself copies from a locked package. */
const NOT_SOURCES = /\.test\.ts$|^sqlite3-.*\.wasm$/;
const STAMP_FILE = join(ROOT, '.tributary/build.stamp');
const TURN_FILE = join(ROOT, '.tributary/build.turn');

export const APP_DIR = join(ROOT, 'build');

/**
 * @returns whether it built; false when the last build is still good
 * @throws Error with the builder's output
 */
export async function buildApp(): Promise<boolean> {
	if (isBuilt(sourcesHash())) return false;
	const release = await takeTurn();
	try {
		const id = sourcesHash();
		// Whoever had the turn before may have built just this.
		if (isBuilt(id)) return false;
		await vite(['build', '--logLevel', 'warn'], { TRIBUTARY_BUILD_ID: id.slice(0, 16) });
		writeFileSync(STAMP_FILE, id);
		return true;
	} finally {
		release();
	}
}

const isBuilt = (id: string): boolean => existsSync(join(APP_DIR, 'index.html')) && readStamp() === id;

/** One build at a time: two would write the same folders. A turn whose process is gone is over. */
async function takeTurn(): Promise<() => void> {
	mkdirSync(join(ROOT, '.tributary'), { recursive: true });
	for (;;) {
		try {
			writeFileSync(TURN_FILE, String(process.pid), { flag: 'wx' });
			return () => rmSync(TURN_FILE, { force: true });
		} catch {
			if (isOver()) rmSync(TURN_FILE, { force: true });
			else await sleep(200);
		}
	}
}

function isOver(): boolean {
	try {
		const pid = Number(readFileSync(TURN_FILE, 'utf8'));
		// Empty for the moment between its making and its filling.
		if (pid > 0) process.kill(pid, 0);
		return false;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === 'ESRCH';
	}
}

function sourcesHash(): string {
	const hash = createHash('sha256');
	const files = globSync(SOURCES, { cwd: ROOT, withFileTypes: true })
		.filter((entry) => entry.isFile() && !NOT_SOURCES.test(entry.name))
		.map((entry) => join(entry.parentPath, entry.name))
		.sort();
	for (const file of files)
		hash.update(file.slice(ROOT.length)).update('\0').update(readFileSync(file)).update('\0');
	return hash.digest('hex');
}

function readStamp(): string | undefined {
	try {
		return readFileSync(STAMP_FILE, 'utf8');
	} catch {
		return undefined;
	}
}

function vite(args: readonly string[], env: Record<string, string>): Promise<void> {
	return new Promise((resolve, reject) => {
		const child = spawn(process.execPath, ['node_modules/vite/bin/vite.js', ...args], {
			cwd: ROOT,
			stdio: ['ignore', 'pipe', 'pipe'],
			env: { ...process.env, ...env }
		});
		let output = '';
		for (const stream of [child.stdout, child.stderr])
			stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
		child.once('error', reject);
		child.once('close', (code) => {
			if (code === 0) resolve();
			else reject(new Error(`The app could not be built:\n${output}`));
		});
	});
}
