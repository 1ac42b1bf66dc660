/**
 * `npm run fuzz -- --minutes N`: damaged bytes into every parser, for as long as asked. Inputs that lead
 * somewhere new go to tests/fuzz/corpus, inputs that break a rule to tests/fuzz/failures; `npm test`
 * replays both.
 *
 *   --minutes N    how long (default 3)
 *   --parser NAME  only this one
 *   --seed N       start here instead of at a random place
 */
import './watch-parent.ts';
import { randomInt } from 'node:crypto';
import { bytesToHex, fromHex } from '../src/lib/peer/bytes.ts';
import { checkBytes } from '../tests/fuzz/check.ts';
import { keep, readKept } from '../tests/fuzz/corpus.ts';
import { PARSERS } from '../tests/fuzz/parsers.ts';
import { describeBroken, fuzz } from '../tests/fuzz/run.ts';
import { readChoice, readOptions } from './options.ts';

const options = readOptions({ minutes: 3, parser: undefined, seed: randomInt(1, 2 ** 31) });
const names = readChoice(
	'parser',
	options.parser,
	PARSERS.map(({ name }) => name)
);
const TURN = 2_000;
const until = Date.now() + options.minutes * 60_000;
const subjects = PARSERS.filter(({ name }) => names.includes(name));

let seed = options.seed;
console.log(`seed ${seed}`);

/** Where each parser has been led already. */
const known = new Map<string, Set<string>>();
for (const subject of subjects) {
	const led = new Set<string>();
	for (const bytes of [...subject.valid, ...readKept('corpus', subject.name).map(({ hex }) => fromHex(hex))])
		led.add(await checkBytes(subject, bytes));
	known.set(subject.name, led);
}

let cases = 0;
let kept = 0;
const failed = new Set<string>();
while (Date.now() < until && failed.size < subjects.length) {
	for (const subject of subjects) {
		if (failed.has(subject.name)) continue;
		const led = known.get(subject.name) as Set<string>;
		const run = await fuzz(subject, seed, TURN, led);
		cases += run.cases;
		for (const [where, bytes] of run.found) {
			led.add(where);
			if (keep('corpus', subject.name, { hex: bytesToHex(bytes), led: where })) kept += 1;
		}
		for (const broken of run.broken) {
			failed.add(subject.name);
			keep('failures', subject.name, {
				hex: bytesToHex(broken.bytes),
				led: String(broken.error).slice(0, 200)
			});
			console.error(`✗ ${describeBroken(broken, seed)}`);
		}
		if (Date.now() >= until) break;
	}
	seed = (seed + 1) % 2 ** 31;
}
console.log(`${cases.toLocaleString('en')} cases, ${kept} new inputs kept, ${failed.size} parsers broken`);
process.exitCode = failed.size === 0 ? 0 : 1;
