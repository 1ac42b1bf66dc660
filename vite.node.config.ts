/** The program of a node in one file, and what runs on its threads in others: scripts/build-node.ts. */
import { defineConfig } from 'vite';

export default defineConfig({
	publicDir: false,
	build: {
		ssr: true,
		target: 'node24',
		minify: false,
		outDir: '.tributary/program',
		rolldownOptions: {
			input: {
				main: 'server/akash-peer/main.ts',
				'schnorr-thread': 'server/akash-peer/schnorr-thread.ts',
				'checkpoint-thread': 'server/akash-peer/checkpoint-thread.ts'
			},
			// Speed-ups that `ws` asks for and does without.
			external: ['bufferutil', 'utf-8-validate'],
			output: { entryFileNames: '[name].js', chunkFileNames: '[name].js' }
		}
	},
	ssr: { noExternal: true }
});
