/** `npm run contracts` writes the core's contract bindings; `--check` only compares. */
import '../contracts/script/generate.ts';
