/**
 * The program of a node in one file. `server/akash-peer/main.ts` is some eight hundred modules with those of its
 * packages, and finding them takes longer than all else a node does before it serves: a node that was killed is back
 * a second sooner from here.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { buildOnce } from './build-once.ts';
import { ROOT } from './child.ts';

/** What vite.node.config.ts makes. Relative to the project, as commands are. */
const PROGRAM = '.tributary/program/main.js';

/** Answers the program's file; throws as {@link buildOnce} does. */
export const buildNode = async (): Promise<string> => {
	await buildOnce({
		name: 'node',
		sources: ['src/lib/**/*.ts', 'server/**/*.ts', 'vite.node.config.ts', 'package-lock.json'],
		notSources: /\.test\.ts$/,
		isThere: () => existsSync(join(ROOT, PROGRAM)),
		args: ['--config', 'vite.node.config.ts']
	});
	return PROGRAM;
};
