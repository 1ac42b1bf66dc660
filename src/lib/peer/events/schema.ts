/**
 * Compact on purpose, because a phone keeps tens of thousands of events: ids as bytes, authors by
 * number, and of the tags only what NIP-01 lets a filter ask for (one letter, first value).
 */
export const EVENT_MIGRATIONS: readonly string[] = [
	`
	CREATE TABLE author (
		id INTEGER PRIMARY KEY,
		pubkey BLOB NOT NULL UNIQUE
	) STRICT;

	CREATE TABLE event (
		seq INTEGER PRIMARY KEY AUTOINCREMENT,  -- arrival number, never used again: readers' cursors
		id BLOB NOT NULL,
		author INTEGER NOT NULL REFERENCES author (id),
		kind INTEGER NOT NULL,
		created_at INTEGER NOT NULL,
		d ANY,                                  -- replaceable and addressable kinds, as tagKey() writes it
		expires INTEGER,                        -- NIP-40, Unix seconds
		size INTEGER NOT NULL,                  -- bytes of the encoded event
		sig BLOB NOT NULL,
		body TEXT NOT NULL                      -- JSON: [tags, content]
	) STRICT;
	CREATE UNIQUE INDEX event_id ON event (id);
	CREATE INDEX event_by_author ON event (author, created_at, kind, expires);
	CREATE INDEX event_by_kind ON event (kind, created_at, expires, size);
	CREATE INDEX event_by_time ON event (created_at, author, kind, expires);
	CREATE UNIQUE INDEX event_address ON event (author, kind, d) WHERE d IS NOT NULL;
	CREATE INDEX event_expiry ON event (expires) WHERE expires IS NOT NULL;

	CREATE TABLE tag (
		name TEXT NOT NULL,
		value ANY NOT NULL,                     -- as tagKey() writes it
		created_at INTEGER NOT NULL,
		seq INTEGER NOT NULL,
		kind INTEGER NOT NULL,
		PRIMARY KEY (name, value, created_at, seq)
	) STRICT, WITHOUT ROWID;

	-- What authors asked to forget (NIP-09), also before it came.
	CREATE TABLE deleted_event (
		id BLOB NOT NULL,
		author INTEGER NOT NULL,
		PRIMARY KEY (id, author)
	) STRICT, WITHOUT ROWID;
	CREATE TABLE deleted_address (
		author INTEGER NOT NULL,
		kind INTEGER NOT NULL,
		d ANY NOT NULL,
		until INTEGER NOT NULL,                 -- versions up to this created_at are gone
		PRIMARY KEY (author, kind, d)
	) STRICT, WITHOUT ROWID;
	`
];
