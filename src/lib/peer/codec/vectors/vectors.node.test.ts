/** The committed vectors are what the code makes: a change here is a change of protocol. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { btpBundleVectors } from '../../../../../tools/vectors/btp-bundles.ts';
import { frameVectorsV1 } from '../../../../../tools/vectors/btp-nips-v1.ts';
import { frameVectors } from '../../../../../tools/vectors/btp-nips.ts';
import { linkVectors } from '../../../../../tools/vectors/link.ts';
import { sessionTokenVectors } from '../../../../../tools/vectors/session-token.ts';

const committed = (path: string): unknown => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));

describe('committed vectors', () => {
	it.each([
		['./btp-bundles.json', btpBundleVectors],
		['./btp-nips-v1.json', frameVectorsV1],
		['./btp-nips-v2.json', frameVectors],
		['./link-v1.json', linkVectors],
		['../../stream/vectors/session-token.json', sessionTokenVectors]
	] as const)('%s is up to date', async (path, make) => {
		expect(JSON.parse(JSON.stringify(await make()))).toEqual(committed(path));
	});
});
