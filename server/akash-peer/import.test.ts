import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NostrEvent, VerifiedEvent } from '../../src/lib/peer/codec/nostr-event.ts';
import { createEventStore } from '../../src/lib/peer/events/sqlite-store.ts';
import { migrate } from '../../src/lib/peer/storage/migrations.ts';
import { makeEvents } from '../../tests/data/events.ts';
import { importFile, readLines } from './import.ts';
import { createNodeSql } from './node-sql.ts';

const EVENTS_FILE = 'tests/data/events.jsonl';
const LINES = readFileSync(EVENTS_FILE, 'utf8').trimEnd().split('\n');
const NOW = Date.now();

let folder: string;
let database: string;

const importText = async (text: string | Uint8Array) => {
	const file = join(folder, 'events.jsonl');
	writeFileSync(file, text);
	const reasons: string[] = [];
	const totals = await importFile({
		file,
		database,
		onReason: (line, reason) => reasons.push(`${line} ${reason}`)
	});
	return { ...totals, reasons };
};
const importAll = () => importText(LINES.join('\n'));
const parse = (line: string | undefined): NostrEvent => JSON.parse(line ?? '') as NostrEvent;

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'import-'));
	database = join(folder, 'node.sqlite');
});
afterEach(() => {
	rmSync(folder, { recursive: true });
});

describe('the set of test events', () => {
	it('is what its program makes', async () => {
		expect((await makeEvents()).map((event) => JSON.stringify(event))).toEqual(LINES);
	});
});

describe('an import', () => {
	it('counts every line once, and says why something was not kept', async () => {
		expect(await importAll()).toEqual({
			stored: 120,
			replaced: 7,
			duplicate: 0,
			invalid: 0,
			reasons: [
				'118 not kept: superseded',
				'122 not kept: deleted',
				'125 not kept: expired',
				'127 not kept: ephemeral'
			]
		});
	});

	it('finds everything there the second time', async () => {
		await importAll();
		const { reasons: _, ...totals } = await importAll();
		// The three older versions are now superseded, and so are the deleted, expired and ephemeral ones not kept.
		expect(totals).toEqual({ stored: 0, replaced: 8, duplicate: 119, invalid: 0 });
	});

	it('gives back what was written, character for character', async () => {
		await importAll();
		const sql = createNodeSql(database);
		const store = createEventStore(sql);
		for (const line of LINES) {
			const event = parse(line);
			const stored = store.get(event.id, NOW);
			if (stored) expect(stored.event).toEqual(event);
		}
		sql.close();
	});

	const CORRUPTIONS: Readonly<Record<string, (event: NostrEvent) => object>> = {
		'another id': (event) => ({ ...event, id: flip(event.id) }),
		'another signature': (event) => ({ ...event, sig: flip(event.sig) }),
		'another author': (event) => ({ ...event, pubkey: flip(event.pubkey) }),
		'another time': (event) => ({ ...event, created_at: event.created_at + 1 }),
		'another kind': (event) => ({ ...event, kind: event.kind + 1 }),
		'another text': (event) => ({ ...event, content: `${event.content} ` }),
		'one more tag': (event) => ({ ...event, tags: [...event.tags, ['x']] }),
		'no signature': ({ sig: _, ...event }) => event,
		'capital letters': (event) => ({ ...event, id: event.id.toUpperCase() })
	};

	it.each(Object.keys(CORRUPTIONS))('takes nothing with %s, and never for a duplicate', async (name) => {
		await importAll();
		const corrupted = LINES.map((line) => JSON.stringify(CORRUPTIONS[name]?.(parse(line))));
		const { reasons, ...totals } = await importText(corrupted.join('\n'));
		expect(totals).toEqual({ stored: 0, replaced: 0, duplicate: 0, invalid: LINES.length });
		expect(reasons).toHaveLength(LINES.length);
	});

	it('goes on after lines that are no events', async () => {
		const [first = '', second = ''] = LINES;
		const result = await importText(
			Buffer.concat([
				Buffer.from(`\ufeff${first}\r\n\n   \nnonsense\n[]\n"text"\n${'x'.repeat(2 ** 20 + 1)}\n{"id":"`),
				Buffer.from([0xff, 0xfe]),
				Buffer.from(`"}\n${first}\n${second}`)
			])
		);
		expect(result).toEqual({
			stored: 2,
			replaced: 0,
			duplicate: 1,
			invalid: 5,
			reasons: [
				'4 not JSON',
				'5 MalformedEvent: not an object',
				'6 MalformedEvent: not an object',
				'7 longer than 1048576 bytes',
				'8 not UTF-8'
			]
		});
	});

	it('can be done beside a running node, which sees the events and numbers on', async () => {
		const sql = createNodeSql(database);
		migrate(sql);
		const node = createEventStore(sql);
		const own = (await makeEvents()).at(-2) as VerifiedEvent;
		node.put(own, NOW);
		const seq = node.lastSeq();
		await importAll();
		expect(node.lastSeq()).toBeGreaterThan(seq + 100);
		expect(node.after(seq, [{}], { now: NOW, limit: 1_000 }).length).toBeGreaterThan(100);
		sql.close();
	});

	it('tells how far it is', async () => {
		const file = join(folder, 'long.jsonl');
		writeFileSync(file, 'x\n'.repeat(2_500));
		const progress: string[] = [];
		await importFile({
			file,
			database,
			onProgress: (lines, { invalid }) => progress.push(`${lines} ${invalid}`)
		});
		expect(progress).toEqual(['1000 1000', '2000 2000']);
	});
});

describe('lines of a stream', () => {
	const collect = async (chunks: readonly string[], longest?: number) => {
		async function* stream() {
			for (const chunk of chunks) yield await Promise.resolve(Buffer.from(chunk, 'latin1'));
		}
		const lines = [];
		for await (const line of readLines(stream(), longest)) lines.push(line);
		return lines;
	};

	it('are whole wherever the chunks end', async () => {
		expect(await collect(['a', 'b\nc', '\n', '\nd'])).toEqual(['ab', 'c', '', 'd']);
		expect(await collect(['\xc3', '\xbc\n'])).toEqual(['ü']);
		expect(await collect([])).toEqual([]);
	});

	it('are given up when too long, and the next one is read', async () => {
		const tooLong = { reason: 'longer than 4 bytes' };
		expect(await collect(['abcd\nabc', 'de', 'f\nab\nabcde'], 4)).toEqual(['abcd', tooLong, 'ab', tooLong]);
	});
});

/** The last hex digit, another one. */
function flip(hex: string): string {
	return hex.slice(0, -1) + (hex.endsWith('0') ? '1' : '0');
}
