import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
	CHART,
	entryOf,
	isInChart,
	KINDS_OF_TRANSFER,
	type AccountName,
	type TransferKind
} from './chart.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const page = readFileSync(join(ROOT, 'docs/ledger.md'), 'utf8');
const rows = (heading: string): readonly (readonly string[])[] => {
	const lines = page.split('\n');
	const start = lines.findIndex((line) => line.startsWith(`| ${heading} `));
	const end = lines.findIndex((line, i) => i > start && !line.startsWith('|'));
	return lines.slice(start + 2, end).map((line) => line.split('|').map((cell) => cell.trim()));
};

/** What the program is made of, without its tests and without the chart itself. */
const source = ['src/lib/peer', 'server']
	.flatMap((folder) =>
		readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name))
	)
	.filter((name) => name.endsWith('.ts') && !/\.test\.ts$|testing|ledger.chart|audit/.test(name))
	.map((name) => readFileSync(join(ROOT, name), 'utf8'))
	.join('\n');

describe('the chart of accounts', () => {
	it('is what docs/ledger.md says, account by account and on which side of zero', () => {
		const written = rows('account').map(([, name = '', side]) => [name.replace(/`|<.*>/g, ''), side]);
		expect(written).toEqual(Object.entries(CHART).map(([name, { side }]) => [name, side]));
	});

	it('has the transfers of docs/ledger.md, between the accounts named there', () => {
		const written = rows('transfer').map(([, kind = '', between = '']) => [
			kind.replaceAll('`', ''),
			[...new Set([...between.matchAll(/`([^`]+)`/g)].map(([, name]) => name))].sort()
		]);
		const inCode = Object.entries(KINDS_OF_TRANSFER).map(([kind, { moves }]) => [
			kind,
			[...new Set((moves as readonly (readonly string[])[]).flat())].sort()
		]);
		expect(written).toEqual(inCode);
	});

	it.each(Object.keys(CHART))('has %s because the program books it', (name) => {
		expect(source).toMatch(name.endsWith('/') ? `\`${name}\${` : new RegExp(`'${name}'`));
	});

	it.each(Object.keys(KINDS_OF_TRANSFER))('has %s because the program books it', (kind) => {
		expect(source).toMatch(new RegExp(`(kind: |transfer\\(|move\\([^)]*)'${kind}'`));
	});

	it('knows an account by its name, and nothing that only looks like one', () => {
		expect(entryOf('wallet')).toBe('wallet');
		expect(entryOf('link/ab')).toBe('link/');
		for (const name of ['', 'link', 'link/', 'wallet/', 'wallet/1', 'expense/', 'expense/wine', 'toString'])
			expect(entryOf(name)).toBeUndefined();
	});

	it('lets money take the ways it names, and no other', () => {
		const names = Object.keys(CHART) as AccountName[];
		for (const [kind, { moves }] of Object.entries(KINDS_OF_TRANSFER))
			for (const from of names)
				for (const to of names) {
					const isNamed = (moves as readonly (readonly string[])[]).some(
						(way) => way[0] === from && way[1] === to
					);
					expect(isInChart(kind as TransferKind, from, to)).toBe(isNamed);
				}
	});
});
