/**
 * Builds something with Vite when its sources have changed since the last build.
 *
 * A stamp file holds the hash of everything the build reads.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from './child.ts';

export interface Build {
	/** Of its stamp, and of the turn of those who want it built. */
	readonly name: string;
	/** Everything that changes what comes out. */
	readonly sources: readonly string[];
	/** Names of files among them that do not. */
	readonly notSources: RegExp;
	/** Whether what was built last is still there. */
	isThere(): boolean;
	/** Arguments of `vite`. */
	readonly args: readonly string[];
	/** `id`: the hash of the sources. */
	env?(id: string): Readonly<Record<string, string>>;
}

const STATE_DIR = join(ROOT, '.tributary');

/**
 * @returns whether it built; false when the last build is still good
 * @throws Error with the builder's output
 */
export async function buildOnce(build: Build): Promise<boolean> {
	const stampFile = join(STATE_DIR, `${build.name}.stamp`);
	const isBuilt = (id: string): boolean => build.isThere() && readText(stampFile) === id;
	if (isBuilt(sourcesHash(build))) return false;
	const release = await takeTurn(join(STATE_DIR, `${build.name}.turn`));
	try {
		const id = sourcesHash(build);
		// Whoever had the turn before may have built just this.
		if (isBuilt(id)) return false;
		await vite(build, id);
		writeFileSync(stampFile, id);
		return true;
	} finally {
		release();
	}
}

/** One build at a time: two would write the same folders. A turn whose process is gone is over. */
async function takeTurn(turnFile: string): Promise<() => void> {
	mkdirSync(STATE_DIR, { recursive: true });
	for (;;) {
		try {
			writeFileSync(turnFile, String(process.pid), { flag: 'wx' });
			return () => rmSync(turnFile, { force: true });
		} catch {
			if (isOver(turnFile)) rmSync(turnFile, { force: true });
			else await sleep(200);
		}
	}
}

function isOver(turnFile: string): boolean {
	try {
		const pid = Number(readFileSync(turnFile, 'utf8'));
		// Empty for the moment between its making and its filling.
		if (pid > 0) process.kill(pid, 0);
		return false;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === 'ESRCH';
	}
}

function sourcesHash({ sources, notSources }: Build): string {
	const hash = createHash('sha256');
	const files = globSync(sources, { cwd: ROOT, withFileTypes: true })
		.filter((entry) => entry.isFile() && !notSources.test(entry.name))
		.map((entry) => join(entry.parentPath, entry.name))
		.sort();
	for (const file of files)
		hash.update(file.slice(ROOT.length)).update('\0').update(readFileSync(file)).update('\0');
	return hash.digest('hex');
}

function readText(file: string): string | undefined {
	try {
		return readFileSync(file, 'utf8');
	} catch {
		return undefined;
	}
}

function vite({ name, args, env }: Build, id: string): Promise<void> {
	return new Promise((resolve, reject) => {
		const child = spawn(
			process.execPath,
			['node_modules/vite/bin/vite.js', 'build', '--logLevel', 'warn', ...args],
			{
				cwd: ROOT,
				stdio: ['ignore', 'pipe', 'pipe'],
				env: { ...process.env, ...env?.(id) }
			}
		);
		let output = '';
		for (const stream of [child.stdout, child.stderr])
			stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
		child.once('error', reject);
		child.once('close', (code) => {
			if (code === 0) resolve();
			else reject(new Error(`The ${name} could not be built:\n${output}`));
		});
	});
}
