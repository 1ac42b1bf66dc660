import { describe, expect, it } from 'vitest';
import { createNodeSql } from '../../../../server/akash-peer/node-sql.ts';
import { strings } from '../../strings/en.ts';
import { CHART, KINDS_OF_TRANSFER } from './chart.ts';
import { LEDGER_MIGRATIONS } from './schema.ts';
import { createLedger } from './sqlite-ledger.ts';
import { createStatements, STATEMENT_COLUMNS, type StatementQuery } from './statement.ts';

const open = (nameOf = (id: string): string => id) => {
	const sql = createNodeSql(':memory:');
	for (const step of LEDGER_MIGRATIONS) sql.script(step);
	const statement = createStatements(sql, nameOf);
	const read = (query: Partial<StatementQuery> = {}): { readonly text: string; readonly pages: number } => {
		let text = '';
		let cursor: string | undefined;
		let pages = 0;
		do {
			const page = statement({
				format: 'csv',
				words: strings.statement,
				...query,
				...(cursor === undefined ? {} : { cursor })
			});
			text += page.text;
			cursor = page.next;
			pages += 1;
		} while (cursor !== undefined);
		return { text, pages };
	};
	return { ledger: createLedger(sql), read };
};

/** What RFC 4180 says, and nothing more. */
const parseCsv = (text: string): readonly (readonly string[])[] => {
	const rows: string[][] = [[]];
	let cell = '';
	let isQuoted = false;
	for (let i = 0; i < text.length; i++) {
		const character = text[i] as string;
		if (isQuoted && character === '"' && text[i + 1] === '"') cell += text[++i];
		else if (character === '"') isQuoted = !isQuoted;
		else if (isQuoted) cell += character;
		else if (character === ',' || (character === '\r' && text[i + 1] === '\n')) {
			rows.at(-1)?.push(cell);
			cell = '';
			if (character === '\r') {
				rows.push([]);
				i += 1;
			}
		} else cell += character;
	}
	expect(rows.pop()).toEqual([]);
	return rows;
};

const day = (n: number): number => n * 86_400_000;

describe('a statement', () => {
	it('tells each transfer from both accounts, exactly, with what they hold after it', () => {
		const { ledger, read } = open((id) => (id === 'ab' ? '=HYPERLINK("evil"), the hub' : id));
		ledger.record({
			kind: 'fund',
			from: 'wallet',
			to: 'channel/0x1',
			amount: 2_000_000_000n,
			at: day(1),
			group: 'g1'
		});
		ledger.record({
			kind: 'claim',
			from: 'channel/0x1',
			to: 'link/ab',
			amount: 10_000_000n,
			at: day(2),
			group: 'g2'
		});
		ledger.begin({
			kind: 'buy',
			from: 'link/ab',
			to: 'expense/notes',
			amount: 200_001n,
			at: day(3),
			group: 'g3',
			memo: { author: 'cd', eventIds: ['e1', 'e2'] }
		});
		ledger.post('g3', day(3));
		ledger.begin({ kind: 'buy', from: 'link/ab', to: 'expense/notes', amount: 7n, at: day(4), group: 'g4' });

		const { text } = read();
		expect(text.startsWith('\uFEFF')).toBe(true);
		expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
		const [heads, ...lines] = parseCsv(text.slice(1));
		expect(heads).toEqual(STATEMENT_COLUMNS.map((column) => strings.statement.columns[column]));
		const at = (line: number, column: (typeof STATEMENT_COLUMNS)[number]): string =>
			lines[line]?.[STATEMENT_COLUMNS.indexOf(column)] ?? '';
		expect(lines).toHaveLength(8);
		expect([at(0, 'account'), at(0, 'amount'), at(0, 'balanceUnits')]).toEqual([
			'Wallet',
			'-2',
			'-2000000000'
		]);
		expect([at(5, 'time'), at(5, 'amount'), at(5, 'balance'), at(5, 'events')]).toEqual([
			'1970-01-04T00:00:00.000Z',
			'0.000200001',
			'0.000200001',
			'e1 e2'
		]);
		expect([at(4, 'balance'), at(4, 'accountId')]).toEqual(['0.009799999', 'link/ab']);
		expect([at(7, 'state'), at(7, 'amount'), at(7, 'posted'), at(7, 'balance')]).toEqual([
			'Under way',
			'0.000000007',
			'0',
			'0.000200001'
		]);
		// A stranger's name stays a name.
		expect(at(3, 'account')).toBe('Account with =HYPERLINK("evil"), the hub');
		expect(lines.every((line) => line.every((cell) => !/^[=+@]/.test(cell)))).toBe(true);
		const posted = lines.map((line) => BigInt(line[STATEMENT_COLUMNS.indexOf('postedUnits')] ?? 'x'));
		expect(posted.reduce((sum, one) => sum + one, 0n)).toBe(0n);
	});

	it('from a day to a day begins with what the accounts held', () => {
		const { ledger, read } = open();
		for (const n of [1, 2, 3, 4])
			ledger.record({
				kind: 'sell',
				from: 'income/notes',
				to: 'link/ab',
				amount: BigInt(n),
				at: day(n),
				group: `g${n}`
			});
		const lines = JSON.parse(read({ format: 'json', from: day(2), to: day(4) }).text) as readonly Record<
			string,
			string
		>[];
		expect(lines.map(({ accountId, balanceUnits }) => [accountId, balanceUnits])).toEqual([
			['income/notes', '-3'],
			['link/ab', '3'],
			['income/notes', '-6'],
			['link/ab', '6']
		]);
		expect(JSON.parse(read({ format: 'json', from: day(9) }).text)).toEqual([]);
	});

	it('comes in pages that make one file, of the moment of the first', () => {
		const { ledger, read } = open();
		for (let n = 1; n <= 2_000; n++)
			ledger.record({ kind: 'sell', from: 'income/notes', to: 'link/ab', amount: 1n, at: n, group: `g${n}` });
		const { text, pages } = read({ format: 'json' });
		expect(pages).toBe(3);
		const lines = JSON.parse(text) as readonly Record<string, string>[];
		expect(lines).toHaveLength(4_000);
		expect(lines.at(-1)).toMatchObject({ balanceUnits: '2000', number: '2000' });
		expect(parseCsv(read().text.slice(1))).toHaveLength(4_001);
	});

	it('has words for every account and every kind', () => {
		expect(Object.keys(strings.statement.accounts).sort()).toEqual(Object.keys(CHART).sort());
		expect(Object.keys(strings.statement.kinds).sort()).toEqual(Object.keys(KINDS_OF_TRANSFER).sort());
	});
});
