/** Damages valid bytes and checks what a parser makes of them, many times over. */
import { bytesToHex, fromHex } from '../../src/lib/peer/bytes.ts';
import { checkBytes, type Parser } from './check.ts';
import { readKept } from './corpus.ts';
import { createDice, damaged, seedOf } from './mutate.ts';

export interface Broken {
	readonly parser: string;
	readonly bytes: Uint8Array;
	readonly error: unknown;
}

export interface Run {
	readonly cases: number;
	/** One input for every place it led to that was not known. */
	readonly found: ReadonlyMap<string, Uint8Array>;
	readonly broken: readonly Broken[];
}

/** Stops at the first case that breaks a rule. The same seed makes the same cases. */
export const fuzz = async (
	subject: Parser,
	seed: number,
	cases: number,
	known: ReadonlySet<string> = new Set()
): Promise<Run> => {
	const dice = createDice(seed ^ seedOf(subject.name));
	const kept = (['corpus', 'failures'] as const).flatMap((folder) => readKept(folder, subject.name));
	const pool = [...subject.valid, ...kept.map(({ hex }) => fromHex(hex))];
	const found = new Map<string, Uint8Array>();
	for (let index = 0; index < cases; index += 1) {
		const bytes = damaged(dice, pool);
		try {
			const led = await checkBytes(subject, bytes);
			if (known.has(led) || found.has(led)) continue;
			found.set(led, bytes);
			pool.push(bytes);
		} catch (error) {
			return { cases: index + 1, found, broken: [{ parser: subject.name, bytes, error }] };
		}
	}
	return { cases, found, broken: [] };
};

/** A sentence with all that is needed to see it again. */
export const describeBroken = ({ parser, bytes, error }: Broken, seed: number): string =>
	`${parser}, seed ${seed}: ${error instanceof Error ? error.message : String(error)}\n${bytesToHex(bytes)}`;
