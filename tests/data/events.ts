/**
 * The project's own set of signed events, for tests of import and stores: every class of kinds, every
 * kind of text, signed by keys anybody can derive. `events.jsonl` is what this makes:
 *
 *   scripts/n24 tests/data/events.ts > tests/data/events.jsonl
 */
import { pathToFileURL } from 'node:url';
import { nodeCrypto } from '../../server/akash-peer/node-crypto.ts';
import { bytesToHex, utf8 } from '../../src/lib/peer/bytes.ts';
import type { EventTemplate, NostrEvent } from '../../src/lib/peer/codec/nostr-event.ts';
import { signEvent } from '../../src/lib/peer/events/verify.ts';

const AUTHORS = ['ada', 'basil', 'cleo', 'dario', 'edda'] as const;
type Author = (typeof AUTHORS)[number];
const BEGIN = Date.UTC(2024, 4, 1) / 1_000;

const TEXTS = [
	'ok',
	'Good morning to everybody who is up already.',
	'A line\nand another line\r\nand a tab\there.',
	'Quotes "like these", a backslash \\ and a slash /.',
	'Grüße aus Köln, привет, こんにちは, שלום',
	'A family 👩‍👩‍👧‍👦 is one picture and seven characters.',
	'Combining: e\u0301 is not é.',
	'Control characters: \u0000 \u0001 \u001f \u007f end.',
	'Separators of lines \u2028 and paragraphs \u2029 are no line ends.',
	'https://example.org/path?query=1#fragment',
	'A word that begins with npub1 is not always a person.',
	'',
	'Two  spaces,  kept.',
	'{"looks":"like JSON"}',
	'long '.repeat(200).trim()
];

const secretOf = (author: Author): Uint8Array => nodeCrypto.sha256(utf8(`test author ${author}`));
/** Signatures come out the same each time. */
const sameEachTime = { bytes: (length: number) => new Uint8Array(length) };

/** In an order that exercises the rules: older versions after newer ones, deletions before what they delete. */
export const makeEvents = async (): Promise<readonly NostrEvent[]> => {
	const events: NostrEvent[] = [];
	const pubkeys = new Map<Author, string>();
	for (const author of AUTHORS)
		pubkeys.set(author, bytesToHex(nodeCrypto.schnorrPublicKey(secretOf(author))));
	const pubkeyOf = (author: Author): string => pubkeys.get(author) as string;
	let second = BEGIN;
	const sign = (author: Author, template: Partial<EventTemplate>): Promise<NostrEvent> =>
		signEvent(nodeCrypto, sameEachTime, secretOf(author), {
			kind: 1,
			content: '',
			tags: [],
			created_at: (second += 61),
			...template
		});
	const add = async (author: Author, template: Partial<EventTemplate>): Promise<NostrEvent> => {
		const event = await sign(author, template);
		events.push(event);
		return event;
	};

	for (const author of AUTHORS) {
		const name = author.charAt(0).toUpperCase() + author.slice(1);
		await add(author, {
			kind: 0,
			content: JSON.stringify({ name, about: `A made-up person called ${name}.` })
		});
		await add(author, {
			kind: 3,
			tags: AUTHORS.filter((other) => other !== author).map((other) => ['p', pubkeyOf(other)])
		});
	}
	for (const [index, content] of TEXTS.entries())
		for (const author of AUTHORS) {
			const tags =
				index % 3 === 0
					? [
							['t', 'test'],
							['t', author]
						]
					: [];
			const note = await add(author, { content, tags });
			if (index % 5 === 1)
				await add(author === 'ada' ? 'basil' : 'ada', {
					content: `An answer to ${author}.`,
					tags: [
						['e', note.id, '', 'root'],
						['p', note.pubkey]
					]
				});
			if (index % 7 === 2)
				await add('cleo', {
					kind: 7,
					content: '+',
					tags: [
						['e', note.id],
						['p', note.pubkey],
						['k', '1']
					]
				});
		}
	for (const slug of ['one', 'two', 'three'])
		await add('dario', {
			kind: 30_023,
			content: `# Article ${slug}\n\nWith a text of its own.`,
			tags: [
				['d', slug],
				['title', `Article ${slug}`]
			]
		});

	// Newer versions take the place of older ones: a profile, a list, an article.
	await add('ada', { kind: 0, content: JSON.stringify({ name: 'Ada', about: 'Changed her mind.' }) });
	await add('ada', { kind: 10_002, tags: [['r', 'wss://relay.example.org']] });
	await add('ada', { kind: 10_002, tags: [['r', 'wss://other.example.org', 'read']] });
	await add('dario', { kind: 30_023, content: '# Article one, second edition', tags: [['d', 'one']] });
	// Too late: an older version of what is here.
	await add('basil', { kind: 0, content: JSON.stringify({ name: 'Old Basil' }), created_at: BEGIN });

	// Deleted after it came, and deleted before it came.
	const regretted = await add('edda', { content: 'Posted in haste.' });
	await add('edda', { kind: 5, content: 'in haste', tags: [['e', regretted.id]] });
	const never = await sign('edda', { content: 'Never mind.' });
	await add('edda', { kind: 5, tags: [['e', never.id]] });
	events.push(never);
	// A stranger's request changes nothing.
	const kept = await add('cleo', { content: 'This stays.' });
	await add('dario', { kind: 5, tags: [['e', kept.id]] });

	// Over before it was imported, and never over.
	await add('basil', { content: 'Only for that evening.', tags: [['expiration', String(BEGIN + 86_400)]] });
	await add('basil', { content: 'Valid for a very long time.', tags: [['expiration', '32503680000']] });
	// Never kept.
	await add('cleo', { kind: 20_001, content: 'typing' });
	return events;
};

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href)
	for (const event of await makeEvents()) process.stdout.write(`${JSON.stringify(event)}\n`);
