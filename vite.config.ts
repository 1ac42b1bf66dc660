import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vite';
import { copySqliteWasm } from './scripts/copy-wasm.ts';

copySqliteWasm();

export default defineConfig({
	plugins: [sveltekit()],
	worker: { format: 'es' },
	// The package finds its .wasm file beside its own module, which pre-bundling would move.
	optimizeDeps: { exclude: ['@sqlite.org/sqlite-wasm'] },
	build: { target: 'es2022' },
	server: { host: '127.0.0.1' },
	preview: { host: '127.0.0.1' }
});
