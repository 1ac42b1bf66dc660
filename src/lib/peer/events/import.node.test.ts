import { beforeEach, describe, expect, test } from 'vitest';
import { createNodeSql } from '../../../../server/akash-peer/node-sql.ts';
import type { EventTemplate, VerifiedEvent } from '../codec/nostr-event.ts';
import { nobleCrypto } from '../crypto/noble-crypto.ts';
import type { SqlDriver } from '../storage/sql.ts';
import { migrate } from '../storage/migrations.ts';
import { importLines } from './import.ts';
import { createEventStore } from './sqlite-store.ts';
import { signEvent } from './verify.ts';

const SECRET = new Uint8Array(32).fill(7);
const NOW = 1_760_000_000_000;
const random = { bytes: (length: number) => new Uint8Array(length).fill(1) };

const sign = (template: Partial<EventTemplate>): Promise<VerifiedEvent> =>
	signEvent(nobleCrypto, random, SECRET, {
		created_at: 1_750_000_000,
		kind: 1,
		tags: [],
		content: '',
		...template
	});

describe('importing lines', () => {
	let sql: SqlDriver;
	const take = (...lines: (string | object)[]) =>
		importLines(
			{
				crypto: nobleCrypto,
				store: createEventStore(sql),
				now: () => NOW,
				commit: (work) => Promise.resolve(sql.transaction(work))
			},
			lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)))
		);

	beforeEach(() => {
		sql = createNodeSql(':memory:');
		expect(migrate(sql).ok).toBe(true);
	});

	test('counts a new note as stored and the same note again as a duplicate', async () => {
		const note = await sign({ content: 'hello' });
		expect(await take(note)).toMatchObject({ stored: 1, duplicate: 0 });
		expect(await take(note)).toMatchObject({ stored: 0, duplicate: 1, invalid: 0 });
	});

	test('counts a newer profile as replacing, and an older one as replaced, with the reason', async () => {
		const [older, newer] = await Promise.all([
			sign({ kind: 0, content: '{"name":"a"}' }),
			sign({ kind: 0, content: '{"name":"b"}', created_at: 1_750_000_001 })
		]);
		expect(await take(older, newer)).toMatchObject({ stored: 1, replaced: 1, reasons: [] });
		expect(await take(older)).toMatchObject({
			stored: 0,
			replaced: 1,
			reasons: [{ line: 1, reason: 'not kept: superseded' }]
		});
	});

	test('calls a known id over altered content, or with another signature, invalid', async () => {
		const note = await sign({ content: 'hello' });
		await take(note);
		const zeros = '0'.repeat(128);
		expect(await take({ ...note, content: 'hellO' }, { ...note, sig: zeros })).toEqual({
			stored: 0,
			replaced: 0,
			duplicate: 0,
			invalid: 2,
			reasons: [
				{ line: 1, reason: 'WrongId' },
				{ line: 2, reason: 'WrongSignature' }
			]
		});
	});

	test('goes on after lines that are no event, counts each once and skips blank ones', async () => {
		const note = await sign({ content: 'after the rubble' });
		const result = await take('', '{', 'null', '[]', '"text"', '{"id":1}', '   ', note);
		expect(result).toMatchObject({ stored: 1, invalid: 5 });
		expect(result.reasons.map(({ line }) => line)).toEqual([2, 3, 4, 5, 6]);
	});
});
