/**
 * Builds the app into build/ when its sources have changed. Their hash names the build, so an unchanged app keeps
 * its service worker and its caches.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { buildOnce } from './build-once.ts';
import { ROOT } from './child.ts';

export const APP_DIR = join(ROOT, 'build');

/** As {@link buildOnce} answers and throws. */
export const buildApp = (): Promise<boolean> =>
	buildOnce({
		name: 'app',
		sources: ['src/**/*', 'static/**/*', 'svelte.config.js', 'vite.config.ts', 'package-lock.json'],
		// Tests, and the .wasm file that the build itself copies from a locked package.
		notSources: /\.test\.ts$|^sqlite3-.*\.wasm$/,
		isThere: () => existsSync(join(APP_DIR, 'index.html')),
		args: [],
		env: (id) => ({ TRIBUTARY_BUILD_ID: id.slice(0, 16) })
	});
