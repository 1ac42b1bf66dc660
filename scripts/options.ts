/**
 * The options of a command, read from what each is when it is not given:
 *
 *   const options = readOptions({ kills: 200, seed: '1', exhaustive: false, only: undefined });
 *
 * A number is a whole number that may be given otherwise, a text a text, `false` a switch, and `undefined` a text
 * that may be left out. What cannot be read ends the program with 2 and a sentence: a typing error must not become
 * a run of nothing that went well.
 */
import { parseArgs } from 'node:util';
import { err, ok, type Result } from '../src/lib/peer/result.ts';

export type Defaults = Readonly<Record<string, number | string | false | undefined>>;

export type Options<D extends Defaults> = {
	readonly [Name in keyof D]: D[Name] extends number
		? number
		: D[Name] extends false
			? boolean
			: D[Name] extends string
				? string
				: string | undefined;
};

/** What was typed, or a sentence that says what is wrong with it and what there is. */
export const parseOptions = <D extends Defaults>(
	typed: readonly string[],
	defaults: D
): Result<Options<D>, string> => {
	const wrong = (what: string): Result<never, string> => err(`${what}. There are: ${usageOf(defaults)}`);
	const read: Record<string, unknown> = {};
	let values: Record<string, unknown>;
	try {
		({ values } = parseArgs({
			args: [...typed],
			options: Object.fromEntries(
				Object.entries(defaults).map(([name, without]) => [
					name,
					{ type: without === false ? 'boolean' : 'string' } as const
				])
			)
		}));
	} catch (error) {
		return wrong(error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error));
	}
	for (const [name, without] of Object.entries(defaults)) {
		const value = values[name] ?? without;
		const isNumber = typeof without === 'number';
		if (isNumber && !/^\d+$/.test(String(value))) return wrong(`--${name} is a whole number`);
		read[name] = isNumber ? Number(value) : value;
	}
	return ok(read as Options<D>);
};

/** All of `names`, or the one that was given; any other is a typing error, too. */
export const parseChoice = <Name extends string>(
	option: string,
	given: string | undefined,
	names: readonly Name[]
): Result<readonly Name[], string> => {
	const chosen = names.filter((name) => given === undefined || name === given);
	return chosen.length > 0 ? ok(chosen) : err(`--${option} is one of ${names.join(', ')}`);
};

/** Those of this program. */
export const readOptions = <const D extends Defaults>(defaults: D): Options<D> => {
	return orExit(parseOptions(process.argv.slice(2), defaults));
};

/** The same of one of this program's options. */
export const readChoice = <Name extends string>(
	option: string,
	given: string | undefined,
	names: readonly Name[]
): readonly Name[] => orExit(parseChoice(option, given, names));

const orExit = <T>(read: Result<T, string>): T => {
	if (read.ok) return read.value;
	process.stderr.write(`${read.error}\n`);
	process.exit(2);
};

const usageOf = (defaults: Defaults): string =>
	Object.entries(defaults)
		.map(([name, without]) => {
			if (without === false) return `--${name}`;
			return `--${name} ${typeof without === 'number' ? 'N' : 'TEXT'}`;
		})
		.join(', ');
