/** `npm run bench -- NAME`: runs bench/NAME.ts and hands it the remaining arguments. */
import './watch-parent.ts';
import { existsSync, globSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const [name, ...rest] = process.argv.slice(2);
const file = join(ROOT, 'bench', `${name}.ts`);

if (name === undefined || !/^[a-z0-9-]+$/.test(name) || !existsSync(file)) {
	const names = globSync(join(ROOT, 'bench/*.ts')).map((path) => basename(path, '.ts'));
	console.error(`Usage: npm run bench -- NAME. There are: ${names.sort().join(', ') || 'none'}`);
	process.exit(2);
}
process.argv = [process.argv[0] ?? 'node', file, ...rest];
await import(pathToFileURL(file).href);
