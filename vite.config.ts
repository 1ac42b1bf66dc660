import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig, type Plugin } from 'vite';
import { copySqliteWasm } from './scripts/copy-wasm.ts';

copySqliteWasm();

/**
 * What few people choose gets a name by which the service worker leaves it out: it is downloaded when it
 * is chosen, and kept from then on.
 */
const nameWhatFewChoose: Plugin = {
	name: 'name-what-few-choose',
	outputOptions: (options) => {
		const { chunkFileNames } = options;
		if (typeof chunkFileNames !== 'string') return options;
		return {
			...options,
			chunkFileNames: ({ moduleIds }) =>
				moduleIds.some((id) => id.includes('/node_modules/@walletconnect/'))
					? chunkFileNames.replace('[hash]', 'seldom-[hash]')
					: chunkFileNames
		};
	}
};

export default defineConfig({
	plugins: [sveltekit(), nameWhatFewChoose],
	worker: { format: 'es' },
	// The package finds its .wasm file beside its own module, which pre-bundling would move.
	optimizeDeps: { exclude: ['@sqlite.org/sqlite-wasm'] },
	build: { target: 'es2022' },
	server: { host: '127.0.0.1' },
	preview: { host: '127.0.0.1' }
});
