/** What the reference client and its packages take for granted in a page that a bundler has prepared. */
import { Buffer } from './buffer.js';

globalThis.Buffer = Buffer;
globalThis.global = globalThis;
globalThis.window = globalThis;
globalThis.process = {
	env: {},
	browser: true,
	version: 'v20.0.0',
	nextTick: (run, ...values) => queueMicrotask(() => run(...values))
};
