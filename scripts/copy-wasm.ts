/**
 * Copies SQLite's WebAssembly from its package into `static/`, where src/lib/client/sqlite-wasm.ts
 * says the app finds it. Runs by itself whenever Vite does (vite.config.ts).
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SQLITE_WASM } from '../src/lib/client/sqlite-wasm.ts';

const ROOT = join(import.meta.dirname, '..');
const PACKAGE = join(ROOT, 'node_modules/@sqlite.org/sqlite-wasm');

export function copySqliteWasm(): void {
	const { version } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as { version: string };
	if (SQLITE_WASM !== `/sqlite3-${version}.wasm`) {
		throw new Error(`sqlite-wasm is ${version} now: change src/lib/client/sqlite-wasm.ts`);
	}
	const from = join(PACKAGE, 'dist/sqlite3.wasm');
	const to = join(ROOT, 'static', SQLITE_WASM);
	if (existsSync(to) && statSync(to).size === statSync(from).size) return;
	mkdirSync(dirname(to), { recursive: true });
	for (const name of readdirSync(dirname(to))) {
		if (/^sqlite3-.*\.wasm$/.test(name)) rmSync(join(dirname(to), name));
	}
	copyFileSync(from, to);
}

if (process.argv[1] === import.meta.filename) copySqliteWasm();
