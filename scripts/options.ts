/**
 * The options of a command, read from what each is when it is not given:
 *
 *   const options = readOptions({ kills: 200, seed: '1', exhaustive: false, only: undefined });
 *
 * A number is a whole number that may be given otherwise, from 1 on unless it is 0 by itself; a text a text, `false`
 * a switch, and `undefined` a text that may be left out. What cannot be read ends the program with 2 and a sentence: a typing error must not become
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
	const read = parseCommand(typed, defaults);
	return read.ok ? ok(read.value.options) : read;
};

/** The same where words without a name may stand beside the options; `words` says what they are: `FILE …`. */
export const parseCommand = <D extends Defaults>(
	typed: readonly string[],
	defaults: D,
	words?: string
): Result<{ readonly options: Options<D>; readonly words: readonly string[] }, string> => {
	const usage = [...(words === undefined ? [] : [words]), ...usageOf(defaults)].join(', ') || 'none';
	const wrong = (what: string): Result<never, string> => err(`${what}. There are: ${usage}`);
	const read: Record<string, unknown> = {};
	let values: Record<string, unknown>;
	let positionals: readonly string[];
	try {
		({ values, positionals } = parseArgs({
			args: [...typed],
			allowPositionals: words !== undefined,
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
		if (typeof without === 'number') {
			const least = without === 0 ? 0 : 1;
			const number = /^\d+$/.test(String(value)) ? Number(value) : NaN;
			if (!Number.isSafeInteger(number) || number < least)
				return wrong(`--${name} is a whole number from ${least} on`);
			read[name] = number;
		} else read[name] = value;
	}
	return ok({ options: read as Options<D>, words: positionals });
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

/** Those of `names` that contain what was given; when there is none, it is a typing error. */
export const parseContaining = <Name extends string>(
	option: string,
	given: string,
	names: readonly Name[]
): Result<readonly Name[], string> => {
	const chosen = names.filter((name) => name.includes(given));
	return chosen.length > 0 ? ok(chosen) : err(`--${option} is part of one of ${names.join(', ')}`);
};

/** Those of this program. */
export const readOptions = <const D extends Defaults>(defaults: D): Options<D> =>
	orExit(parseOptions(process.argv.slice(2), defaults));

/** Those of this program, and the words beside them. */
export const readCommand = <const D extends Defaults>(
	words: string,
	defaults: D
): { readonly options: Options<D>; readonly words: readonly string[] } =>
	orExit(parseCommand(process.argv.slice(2), defaults, words));

/** The same of one of this program's options. */
export const readChoice = <Name extends string>(
	option: string,
	given: string | undefined,
	names: readonly Name[]
): readonly Name[] => orExit(parseChoice(option, given, names));

export const readContaining = <Name extends string>(
	option: string,
	given: string,
	names: readonly Name[]
): readonly Name[] => orExit(parseContaining(option, given, names));

/** Ends this program as a typing error does. */
export function refuse(sentence: string): never {
	process.stderr.write(`${sentence}\n`);
	process.exit(2);
}

const orExit = <T>(read: Result<T, string>): T => (read.ok ? read.value : refuse(read.error));

const usageOf = (defaults: Defaults): readonly string[] =>
	Object.entries(defaults).map(([name, without]) => {
		if (without === false) return `--${name}`;
		return `--${name} ${typeof without === 'number' ? 'N' : 'TEXT'}`;
	});
