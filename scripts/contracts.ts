/** `npm run contracts` writes the core's contract bindings; `--check` only compares. */
import { readOptions } from './options.ts';

readOptions({ check: false });
await import('../contracts/script/generate.ts');
