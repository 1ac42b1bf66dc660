/**
 * Writes the committed vectors of this project's own formats, or with `--check` says whether they
 * are what the code makes today. A difference is a change of protocol.
 *
 *   scripts/n24 tools/vectors.ts [--check]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { btpBundleVectors } from './vectors/btp-bundles.ts';
import { frameVectorsV1 } from './vectors/btp-nips-v1.ts';
import { frameVectors } from './vectors/btp-nips.ts';
import { linkVectors } from './vectors/link.ts';
import { sessionTokenVectors } from './vectors/session-token.ts';

const files: Readonly<Record<string, () => Promise<unknown>>> = {
	'src/lib/peer/codec/vectors/btp-bundles.json': btpBundleVectors,
	'src/lib/peer/codec/vectors/btp-nips-v1.json': frameVectorsV1,
	'src/lib/peer/codec/vectors/btp-nips-v2.json': frameVectors,
	'src/lib/peer/codec/vectors/link-v1.json': linkVectors,
	'src/lib/peer/stream/vectors/session-token.json': sessionTokenVectors
};

const check = process.argv.includes('--check');
let different = 0;
for (const [path, make] of Object.entries(files)) {
	const file = new URL(`../${path}`, import.meta.url);
	const made = `${JSON.stringify(await make(), null, '\t')}\n`;
	if (!check) {
		writeFileSync(file, made);
		console.log(`wrote ${path}`);
	} else if (readFileSync(file, 'utf8') === made) console.log(`same      ${path}`);
	else {
		console.log(`different ${path}`);
		different++;
	}
}
process.exitCode = different === 0 ? 0 : 1;
