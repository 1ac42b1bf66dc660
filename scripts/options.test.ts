import { describe, expect, test } from 'vitest';
import { parseChoice, parseCommand, parseContaining, parseOptions } from './options.ts';

const DEFAULTS = { kills: 200, seed: '1', exhaustive: false, only: undefined } as const;

describe('options of a command', () => {
	test('are what they are without being given', () => {
		expect(parseOptions([], DEFAULTS)).toEqual({ ok: true, value: DEFAULTS });
	});

	test('are read as numbers, texts and switches', () => {
		expect(parseOptions(['--kills', '3', '--exhaustive', '--only=write 45 refuse'], DEFAULTS)).toEqual({
			ok: true,
			value: { kills: 3, seed: '1', exhaustive: true, only: 'write 45 refuse' }
		});
	});

	test.each([
		['a number that is none', ['--kills', 'many'], '--kills is a whole number from 1 on'],
		['a number that is not whole', ['--kills', '1.5'], '--kills is a whole number from 1 on'],
		['a number beyond all counting', ['--kills', '9'.repeat(400)], '--kills is a whole number from 1 on'],
		['none of what is to be done', ['--kills', '0'], '--kills is a whole number from 1 on'],
		['an option that is none', ['--kill', '3'], "Unknown option '--kill'"],
		['a word that belongs to nothing', ['3'], "Unexpected argument '3'"]
	])('are refused with what there is: %s', (_, typed, what) => {
		const read = parseOptions(typed, DEFAULTS);
		expect(read.ok ? undefined : read.error).toContain(what);
		expect(read.ok ? undefined : read.error).toContain(
			'There are: --kills N, --seed TEXT, --exhaustive, --only TEXT'
		);
	});

	test('may be 0 where 0 is what they are', () => {
		expect(parseOptions(['--from', '0'], { from: 0 })).toEqual({ ok: true, value: { from: 0 } });
		expect(parseOptions(['--from=-1'], { from: 0 })).toMatchObject({
			error: '--from is a whole number from 0 on. There are: --from N'
		});
	});

	test('choose one of several, or all', () => {
		const jobs = ['main', 'acts'] as const;
		expect(parseChoice('job', 'acts', jobs)).toEqual({ ok: true, value: ['acts'] });
		expect(parseChoice('job', undefined, jobs)).toEqual({ ok: true, value: jobs });
		expect(parseChoice('job', 'act', jobs)).toEqual({ ok: false, error: '--job is one of main, acts' });
	});

	test('choose all that contain a text, and at least one', () => {
		const pairs = ['prepare: encode', 'prepare: decode', 'btp'] as const;
		const of = (text: string) => parseContaining('only', text, pairs);
		expect(of('')).toEqual({ ok: true, value: pairs });
		expect(of('prepare')).toEqual({ ok: true, value: ['prepare: encode', 'prepare: decode'] });
		expect(of('fulfil')).toEqual({
			ok: false,
			error: '--only is part of one of prepare: encode, prepare: decode, btp'
		});
	});

	test('may stand beside words, where a command takes some', () => {
		const of = (...typed: string[]) => parseCommand(typed, { rpc: undefined }, 'DATABASE …');
		expect(of('a.sqlite', '--rpc', 'URL', 'b.sqlite')).toEqual({
			ok: true,
			value: { options: { rpc: 'URL' }, words: ['a.sqlite', 'b.sqlite'] }
		});
		expect(of('--rcp', 'URL')).toEqual({
			ok: false,
			error: "Unknown option '--rcp'. There are: DATABASE …, --rpc TEXT"
		});
		expect(parseOptions(['--port', '1'], {})).toEqual({
			ok: false,
			error: "Unknown option '--port'. There are: none"
		});
	});
});
