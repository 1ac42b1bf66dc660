/** What an audit says of files that hold no books, or damaged ones. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../../scripts/child.ts';
import { createLedger } from '../../src/lib/peer/ledger/sqlite-ledger.ts';
import { migrate } from '../../src/lib/peer/storage/migrations.ts';
import { auditDatabases } from './audit.ts';
import { createNodeSql } from './node-sql.ts';

let folder: string;
const fileOf = (name: string): string => join(folder, `${name}.sqlite`);

beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), 'tributary-audit-'));
	// A ledger with something in it.
	const sql = createNodeSql(fileOf('whole'));
	migrate(sql);
	const ledger = createLedger(sql);
	sql.transaction(() => {
		for (let i = 0; i < 500; i += 1)
			ledger.record({
				kind: 'sell',
				from: 'income/streams',
				to: `link/${'ab'.repeat(32)}`,
				amount: 7n,
				at: i,
				group: `packet ${i}`
			});
	});
	sql.close();
});
afterAll(() => {
	rmSync(folder, { recursive: true, force: true });
});

/** The whole file with something done to it. */
const copyOf = (name: string, change: string): string => {
	writeFileSync(fileOf(name), readFileSync(fileOf('whole')));
	const sql = createNodeSql(fileOf(name));
	sql.script(change);
	sql.close();
	return fileOf(name);
};

describe('a file without books', () => {
	it.each([
		['empty', '', /empty\.sqlite holds no books of a node/],
		['text', 'What I earned today: nothing.\n', /text\.sqlite: file is not a database/]
	])('%s', async (name, text, sentence) => {
		writeFileSync(fileOf(name), text);
		await expect(auditDatabases([{ name, database: fileOf(name) }])).rejects.toThrow(sentence);
	});

	it.each([
		['other', 'DROP TABLE schema_version', /other\.sqlite holds no books of a node/],
		[
			'older',
			`UPDATE schema_version SET version = version - 1 WHERE feature = 'link'`,
			/older\.sqlite is of an older release: start the node once/
		],
		[
			'before',
			`DELETE FROM schema_version WHERE feature = 'consent'`,
			/before\.sqlite is of an older release/
		],
		[
			'newer',
			`UPDATE schema_version SET version = version + 1 WHERE feature = 'link'`,
			/newer\.sqlite is of a newer release/
		],
		['later', `INSERT INTO schema_version VALUES ('loans', 1)`, /later\.sqlite is of a newer release/]
	])('%s', async (name, change, sentence) => {
		const database = copyOf(name, change);
		await expect(auditDatabases([{ name, database }])).rejects.toThrow(sentence);
	});

	it('ends the command with a sentence and 2', () => {
		const { stderr, status } = spawnSync(
			process.execPath,
			['--disable-warning=ExperimentalWarning', join(ROOT, 'scripts/audit.ts'), fileOf('nowhere')],
			{ encoding: 'utf8' }
		);
		expect(stderr).toBe(`There is no file ${fileOf('nowhere')}.\n`);
		expect(status).toBe(2);
	});
});

describe('a damaged file', () => {
	it('says so when an index does not say what its table does', async () => {
		const whole = readFileSync(fileOf('whole'));
		// Its pages are those of one column, and its definition names another.
		for (let at = 0; (at = whole.indexOf('CREATE INDEX transfer_by_source', at)) >= 0; at += 1)
			whole.write('(target)', whole.indexOf('(source)', at));
		const database = fileOf('index');
		writeFileSync(database, whole);
		const { wrong } = await auditDatabases([{ name: 'index', database }]);
		expect(wrong[0]).toMatch(
			/^the file: row \d+ missing from index transfer_by_source \(index: the file is whole\)$/
		);
	});

	it('says so of any page that was overwritten', async () => {
		const whole = readFileSync(fileOf('whole'));
		const page = whole.readUInt16BE(16);
		let noticed = 0;
		for (let at = page; at < whole.length; at += page) {
			const damaged = Buffer.from(whole);
			// Its type and the number of its cells: it leads nowhere now.
			damaged.fill(0xff, at, at + 8);
			writeFileSync(fileOf('page'), damaged);
			const said = await auditDatabases([{ name: 'page', database: fileOf('page') }]).then(
				({ wrong }) => wrong.join('\n'),
				(error: unknown) => String(error)
			);
			expect(said, `page ${at / page + 1}`).toMatch(/the file: |page\.sqlite: /);
			noticed += 1;
		}
		expect(noticed).toBeGreaterThan(20);
	});
});
