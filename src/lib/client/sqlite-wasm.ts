/**
 * Where the app serves SQLite's WebAssembly: scripts/copy-wasm.ts puts it into `static/` under this
 * name. From there the service worker keeps it, which it does not do with a worker's own assets, and
 * the version in the name keeps an old worker from meeting a new file.
 */
export const SQLITE_WASM = '/sqlite3-3.54.1-build1.wasm';
