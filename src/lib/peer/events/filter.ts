/**
 * NIP-01 filters, twice: {@link matchesFilter} is the obvious reading, used for events as they
 * arrive; {@link compileFilter} turns a filter into SQL for what is stored. A test holds each
 * against the other.
 *
 * All conditions of a filter must hold; of a list, one value must match, so an empty list matches
 * nothing. `ids`, `authors` and tag values are exact, `since` and `until` inclusive. A tag filter
 * looks at first values of tags whose name is one letter; a longer name matches nothing, because
 * answering more than was asked for would cost the reader. `search` (NIP-50) is ignored here: this
 * node does not rank texts.
 *
 * ## How a filter is answered
 * SQLite is told which index to take, since it knows no statistics and would often rather sort the
 * whole store. Every plan that ends in `limit` walks newest first and stops:
 *
 * | the filter has | walk |
 * |---|---|
 * | `ids` | their index |
 * | a tag that names few events (`#e`, `#a`, `#d` …), or any tag and no authors | the tag table |
 * | authors, and only replaceable or addressable kinds | the index of addresses: few versions each |
 * | authors | the newest `limit` of each author, merged |
 * | kinds | the newest `limit` of each kind, merged |
 * | neither | all by time |
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { fromHex } from '../bytes.ts';
import type { Filter, NostrEvent } from '../codec/nostr-event.ts';
import type { SqlValue } from '../storage/sql.ts';
import { kindClass } from './kinds.ts';

const LETTER = /^[a-zA-Z]$/;
const HEX_64 = /^[0-9a-f]{64}$/;

interface TagCondition {
	readonly name: string;
	readonly values: readonly string[];
}

const tagConditions = (filter: Filter): readonly TagCondition[] =>
	Object.entries(filter).flatMap(([key, values]) =>
		key.startsWith('#') && Array.isArray(values)
			? [{ name: key.slice(1), values: values as readonly string[] }]
			: []
	);

/** Everything but `limit` and `search`. */
export const matchesFilter = (event: NostrEvent, filter: Filter): boolean =>
	(filter.ids?.includes(event.id) ?? true) &&
	(filter.authors?.includes(event.pubkey) ?? true) &&
	(filter.kinds?.includes(event.kind) ?? true) &&
	(filter.since === undefined || event.created_at >= filter.since) &&
	(filter.until === undefined || event.created_at <= filter.until) &&
	tagConditions(filter).every(
		({ name, values }) =>
			LETTER.test(name) &&
			event.tags.some((tag) => tag[0] === name && tag[1] !== undefined && values.includes(tag[1]))
	);

/** Longer texts are indexed by their hash: a tag may hold a whole document. */
const LONGEST_TEXT_KEY = 64;

/**
 * A tag value as its column holds it, one form per value: 64 hex digits as 32 bytes, a short text as
 * it is, any other text (long, or with what SQLite's TEXT cannot carry) as 0x01 ‖ SHA-256.
 */
export const tagKey = (value: string): SqlValue => {
	if (HEX_64.test(value)) return fromHex(value);
	if (value.length <= LONGEST_TEXT_KEY && !value.includes('\u0000') && value.isWellFormed()) return value;
	const units = new Uint8Array(value.length * 2);
	const view = new DataView(units.buffer);
	for (let i = 0; i < value.length; i++) view.setUint16(i * 2, value.charCodeAt(i));
	const key = new Uint8Array(33);
	key[0] = 1;
	key.set(sha256(units), 1);
	return key;
};

/** The rows of the tag table an event has: each pair of name and value once. */
export const indexedTags = (
	event: Pick<NostrEvent, 'tags'>
): readonly { readonly name: string; readonly value: SqlValue }[] => {
	const seen = new Map<string, { name: string; value: SqlValue }>();
	for (const [name, value] of event.tags)
		if (name !== undefined && value !== undefined && LETTER.test(name) && !seen.has(name + value))
			seen.set(name + value, { name, value: tagKey(value) });
	return [...seen.values()];
};

export interface CompiledFilter {
	readonly sql: string;
	readonly parameters: readonly SqlValue[];
}

export interface CompileOptions {
	/** Unix ms; events expired by then are left out. */
	readonly now: number;
	/**
	 * - `newest`: rows of {@link EVENT_COLUMNS}, `created_at` descending, then lowest id.
	 * - `newest-by-time`: the same by walking all events of the time asked for; good when most of them match.
	 * - `arrival`: rows of {@link EVENT_COLUMNS} that arrived after `after`, in that order.
	 * - `arrival-by-seq`: the same by walking all arrivals.
	 * - `seqs`: the bare arrival numbers, in any order and without limit.
	 */
	readonly answer: 'newest' | 'newest-by-time' | 'arrival' | 'arrival-by-seq' | 'seqs';
	/** At most this many; the filter's own `limit` is the caller's to apply. */
	readonly limit?: number;
	/** For arrivals: after this number, and through this one where given. */
	readonly after?: number;
	readonly through?: number;
}

export const EVENT_COLUMNS = `e.seq, e.id, (SELECT pubkey FROM author WHERE id = e.author) AS pubkey,
	e.created_at, e.kind, e.sig, e.size, e.body`;

/** A piece of SQL with the values it needs, kept together so that their order cannot go wrong. */
interface Piece {
	readonly sql: string;
	readonly values: readonly SqlValue[];
}

/**
 * `= ?` or `IN (?, …)`. Lists are filled up to a power of two with their last value, so that feeds of
 * 100 and of 120 authors share one prepared statement.
 */
const oneOf = (column: string, values: readonly SqlValue[]): Piece => {
	if (values.length === 1) return { sql: `${column} = ?`, values };
	const filled = [...values];
	while ((filled.length & (filled.length - 1)) !== 0) filled.push(values.at(-1) as SqlValue);
	return { sql: `${column} IN (?${', ?'.repeat(filled.length - 1)})`, values: filled };
};

const piece = (sql: string, ...values: readonly SqlValue[]): Piece => ({ sql, values });

const join = (pieces: readonly Piece[], between: string): Piece => ({
	sql: pieces.map(({ sql }) => sql).join(between),
	values: pieces.flatMap(({ values }) => values)
});

interface TagKeys {
	readonly name: string;
	readonly keys: readonly SqlValue[];
}

const isAddressed = (kind: number): boolean => {
	const known = kindClass(kind);
	return known === 'replaceable' || known === 'addressable';
};

/** Always true; lets SQLite take the index by time where no other condition names it. */
const ANY_TIME = piece('e.created_at >= 0');

/** Tags that say which thing an event is about: few events share a value. */
const NARROW_TAGS = new Set(['e', 'E', 'a', 'A', 'd', 'q', 'i', 'I', 'x']);

/**
 * Whether the newest matches are likelier found by walking all recent events than author by author
 * or kind by kind: so for the feed of somebody whose store holds mostly what he follows.
 */
export const isFeed = (filter: Filter): boolean =>
	!filter.ids &&
	tagConditions(filter).length === 0 &&
	((filter.authors?.length ?? 0) > 1 || (filter.kinds?.length ?? 0) > 1) &&
	!(filter.authors && filter.kinds?.every(isAddressed));

/** `undefined` when nothing can match. */
export const compileFilter = (filter: Filter, options: CompileOptions): CompiledFilter | undefined => {
	const bytes32 = (values: readonly string[] | undefined): readonly Uint8Array[] | undefined =>
		values?.filter((value) => HEX_64.test(value)).map(fromHex);
	const ids = bytes32(filter.ids);
	const authors = bytes32(filter.authors && [...new Set(filter.authors)]);
	const kinds = filter.kinds && [...new Set(filter.kinds)].filter((kind) => Number.isSafeInteger(kind));
	const tags: readonly TagKeys[] = tagConditions(filter)
		.map(({ name, values }) => ({ name, keys: [...new Set(values)].map(tagKey) }))
		.sort(
			(a, b) =>
				Number(NARROW_TAGS.has(b.name)) - Number(NARROW_TAGS.has(a.name)) || a.keys.length - b.keys.length
		);
	const { since, until } = filter;
	if ([ids, authors, kinds, ...tags.map(({ keys }) => keys)].some((list) => list?.length === 0))
		return undefined;
	if (tags.some(({ name }) => !LETTER.test(name))) return undefined;

	const { answer } = options;
	const ordered = answer === 'newest' || answer === 'newest-by-time';
	const arrivals = answer === 'arrival' || answer === 'arrival-by-seq';
	const limit = Math.max(0, Math.floor(options.limit ?? Number.MAX_SAFE_INTEGER));

	/** All conditions on a row of `event`, but for those that the walk has taken care of. */
	const conditions = (
		event: string,
		done: { author?: boolean; kind?: boolean; tag?: TagKeys } = {}
	): readonly Piece[] => {
		const all: Piece[] = [];
		if (ids) all.push(oneOf(`${event}.id`, ids));
		if (authors && !done.author) {
			if (authors.length === 1)
				all.push(piece(`${event}.author = (SELECT id FROM author WHERE pubkey = ?)`, ...authors));
			else {
				const known = oneOf('pubkey', authors);
				all.push(piece(`${event}.author IN (SELECT id FROM author WHERE ${known.sql})`, ...known.values));
			}
		}
		if (kinds && !done.kind) all.push(oneOf(`${event}.kind`, kinds));
		if (since !== undefined) all.push(piece(`${event}.created_at >= ?`, since));
		if (until !== undefined) all.push(piece(`${event}.created_at <= ?`, until));
		for (const tag of tags) {
			if (tag === done.tag) continue;
			const value = oneOf('value', tag.keys);
			all.push(
				piece(
					`EXISTS (SELECT 1 FROM tag WHERE name = ? AND ${value.sql} AND created_at = ${event}.created_at AND seq = ${event}.seq)`,
					tag.name,
					...value.values
				)
			);
		}
		all.push(piece(`(${event}.expires IS NULL OR ${event}.expires > ?)`, Math.floor(options.now / 1_000)));
		if (arrivals) all.push(piece(`${event}.seq > ?`, options.after ?? 0));
		if (options.through !== undefined) all.push(piece(`${event}.seq <= ?`, options.through));
		return all;
	};

	const select = `SELECT ${answer === 'seqs' ? 'e.seq' : EVENT_COLUMNS}`;
	const finish = (from: Piece, where: readonly Piece[]): CompiledFilter => {
		const { sql, values } = join(where, ' AND ');
		const end = ordered
			? piece(' ORDER BY e.created_at DESC, e.id LIMIT ?', limit)
			: arrivals
				? piece(' ORDER BY e.seq LIMIT ?', limit)
				: piece('');
		return {
			sql: `${select} FROM ${from.sql} WHERE ${sql}${end.sql}`,
			parameters: [...from.values, ...values, ...end.values]
		};
	};
	/** The newest `limit` for each of several authors or kinds: enough to find the newest of all. */
	const newestOfEach = (
		each: Piece,
		index: string,
		same: string,
		where: readonly Piece[]
	): CompiledFilter => {
		const inner = join([piece(same), ...where], ' AND ');
		return finish(piece(`${each.sql} CROSS JOIN event e`, ...each.values), [
			piece(
				`e.seq IN (SELECT n.seq FROM event n INDEXED BY ${index} WHERE ${inner.sql}
				ORDER BY n.created_at DESC, n.id LIMIT ?)`,
				...inner.values,
				limit
			)
		]);
	};

	if (answer === 'newest-by-time')
		return finish(piece('event e INDEXED BY event_by_time'), [...conditions('e'), ANY_TIME]);
	if (answer === 'arrival-by-seq') return finish(piece('event e NOT INDEXED'), conditions('e'));
	if (ids) return finish(piece('event e INDEXED BY event_id'), conditions('e'));

	const tag = tags[0];
	if (tag && (NARROW_TAGS.has(tag.name) || !authors)) {
		const value = oneOf('value', tag.keys);
		const own: Piece[] = [piece('name = ?', tag.name), value];
		if (kinds) own.push(oneOf('t.kind', kinds));
		if (since !== undefined) own.push(piece('t.created_at >= ?', since));
		if (until !== undefined) own.push(piece('t.created_at <= ?', until));
		const rest = conditions('e', { tag, kind: true });
		if (tag.keys.length === 1 && ordered) {
			// One value: the table is in the order asked for, and no event comes twice.
			const { sql, values } = join([...own, piece('e.seq = t.seq'), ...rest], ' AND ');
			return {
				sql: `${select} FROM tag t CROSS JOIN event e WHERE ${sql} ORDER BY t.created_at DESC, e.id LIMIT ?`,
				parameters: [...values, limit]
			};
		}
		const found = join(own, ' AND ');
		return finish(piece('event e NOT INDEXED'), [
			piece(`e.seq IN (SELECT t.seq FROM tag t WHERE ${found.sql})`, ...found.values),
			...rest
		]);
	}
	if (authors && kinds?.every(isAddressed))
		return finish(piece('event e INDEXED BY event_address'), [piece('e.d IS NOT NULL'), ...conditions('e')]);
	if (authors) {
		const known = oneOf('pubkey', authors);
		if (ordered && authors.length > 1)
			return newestOfEach(
				piece(`(SELECT id FROM author WHERE ${known.sql}) a`, ...known.values),
				'event_by_author',
				'n.author = a.id',
				conditions('n', { author: true })
			);
		return finish(piece('event e INDEXED BY event_by_author'), conditions('e'));
	}
	if (kinds) {
		if (ordered && kinds.length > 1)
			return newestOfEach(
				piece('json_each(?) k', JSON.stringify(kinds)),
				'event_by_kind',
				'n.kind = k.value',
				conditions('n', { kind: true })
			);
		return finish(piece('event e INDEXED BY event_by_kind'), conditions('e'));
	}
	return arrivals
		? finish(piece('event e NOT INDEXED'), conditions('e'))
		: finish(piece('event e INDEXED BY event_by_time'), [...conditions('e'), ANY_TIME]);
};
