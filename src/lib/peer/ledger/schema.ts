/** Amounts are link units and fit a signed 64-bit integer; STRICT tables refuse what would not. */
export const LEDGER_MIGRATIONS: readonly string[] = [
	`
	CREATE TABLE account (
		id INTEGER PRIMARY KEY,
		name TEXT NOT NULL UNIQUE,
		posted INTEGER NOT NULL,            -- what came in minus what went out, posted transfers only
		pending_in INTEGER NOT NULL,
		pending_out INTEGER NOT NULL
	) STRICT;

	CREATE TABLE transfer (
		id INTEGER PRIMARY KEY,
		kind TEXT NOT NULL,
		source INTEGER NOT NULL REFERENCES account (id),
		target INTEGER NOT NULL REFERENCES account (id) CHECK (target <> source),
		amount INTEGER NOT NULL CHECK (amount > 0),
		at INTEGER NOT NULL,                -- Unix ms
		state INTEGER NOT NULL CHECK (state IN (0, 1, 2)), -- pending, posted, voided
		settled_at INTEGER,                 -- Unix ms
		group_name TEXT NOT NULL,
		author TEXT,                        -- from the memo, for daily totals
		memo TEXT                           -- JSON
	) STRICT;
	CREATE INDEX transfer_pending ON transfer (group_name) WHERE state = 0;
	CREATE INDEX transfer_by_source ON transfer (source);
	CREATE INDEX transfer_by_target ON transfer (target);
	CREATE INDEX transfer_total ON transfer (kind, at, state, author, source, target, amount);
	`,
	`
	-- Pending transfers are read at the start alone, all of them: no need to find one by the long name of its group.
	DROP INDEX transfer_pending;
	CREATE INDEX transfer_pending ON transfer (state) WHERE state = 0;
	`
];
