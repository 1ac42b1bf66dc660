/**
 * The results that are committed because they take long: they must be of the contract that is here, complete and good.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { channelsProgram, provedText } from '../../scripts/contracts-digests.ts';
import { MONEY_PATHS, mutantsOf } from '../../scripts/contracts-mutants.ts';

interface Mutants {
	program: string;
	mutants: number;
	counts: Record<string, number>;
	explained: string[];
	survived: string[];
}

const read = async (path: string): Promise<string> =>
	readFile(new URL(`../${path}`, import.meta.url), 'utf8');

void test('every mutant of the money paths met the tests, and none survived unexplained', async () => {
	const results: Record<string, Mutants> = JSON.parse(await read('snapshots/mutants.json'));
	const explained: Record<string, string> = JSON.parse(await read('mutants-explained.json'));
	assert.deepEqual(Object.keys(results).sort(), [...MONEY_PATHS].sort());
	for (const file of MONEY_PATHS) {
		const result = results[file] ?? assert.fail(file);
		assert.equal(result.program, channelsProgram(), `${file}: run \`npm run contracts:mutate\` anew`);
		assert.equal(result.mutants, [...mutantsOf(file, await read(`src/${file}`))].length, file);
		const { survived, 'not run': notRun, ...ends } = result.counts;
		assert.deepEqual([survived, notRun, result.survived], [undefined, undefined, []], file);
		assert.equal(
			Object.values(ends).reduce((sum, count) => sum + count, 0),
			result.mutants,
			file
		);
		for (const name of result.explained) assert.ok(explained[name], name);
	}
	const named = new Set(Object.values(results).flatMap((result) => result.explained));
	for (const name of Object.keys(explained)) assert.ok(named.has(name), `explains nothing: ${name}`);
});

void test('the proof is of the accounting that is here, and left nothing open', async () => {
	const proof: { text: string; ChannelLife: { unproved: number; mistakesFound: number } } = JSON.parse(
		await read('snapshots/proof.json')
	);
	assert.equal(proof.text, provedText(), 'run `npm run contracts:prove` anew');
	assert.equal(proof.ChannelLife.unproved, 0);
	assert.ok(proof.ChannelLife.mistakesFound > 0);
});
