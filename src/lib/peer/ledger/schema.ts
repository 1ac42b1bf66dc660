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
	`,
	`
	-- A transfer's row is written once, when it is posted or voided. What is pending is listed, a row for each
	-- transaction that began something (storage/begun.ts).
	DROP INDEX transfer_pending;
	DROP INDEX transfer_total;
	ALTER TABLE transfer RENAME TO transfer_ended;
	CREATE TABLE transfer_begun (
		id INTEGER PRIMARY KEY,
		-- JSON: [[id, kind, source, target, amount, at, group_name, memo], ...]
		entries TEXT NOT NULL
	) STRICT;
	INSERT INTO transfer_begun (entries) SELECT json_group_array(json_array(id, kind, source, target,
		CAST(amount AS TEXT), at, group_name, json(memo))) FROM transfer_ended WHERE state = 0 HAVING count(*) > 0;
	DELETE FROM transfer_ended WHERE state = 0;
	-- Of a hop most transfers are of packets on their way, and nobody asks what they come to in a day.
	CREATE INDEX transfer_total ON transfer_ended (kind, at, state, author, source, target, amount)
		WHERE kind NOT IN ('forward', 'fee');
	-- Of the same types as the columns of transfer_ended: SQLite then asks each half of the view by its index.
	CREATE VIEW transfer_open AS
		SELECT b.id AS begun, CAST(e.value ->> 0 AS INTEGER) AS id, CAST(e.value ->> 1 AS TEXT) AS kind,
			CAST(e.value ->> 2 AS INTEGER) AS source, CAST(e.value ->> 3 AS INTEGER) AS target,
			CAST(e.value ->> 4 AS INTEGER) AS amount, CAST(e.value ->> 5 AS INTEGER) AS at, CAST(0 AS INTEGER) AS state,
			CAST(NULL AS INTEGER) AS settled_at, CAST(e.value ->> 6 AS TEXT) AS group_name,
			CAST(e.value ->> '$[7].author' AS TEXT) AS author, CAST(e.value ->> 7 AS TEXT) AS memo
		FROM transfer_begun b, json_each(b.entries) e
		WHERE NOT EXISTS (SELECT 1 FROM transfer_ended t WHERE t.id = e.value ->> 0);
	CREATE VIEW transfer AS
		SELECT id, kind, source, target, amount, at, state, settled_at, group_name, author, memo FROM transfer_ended
		UNION ALL SELECT id, kind, source, target, amount, at, state, settled_at, group_name, author, memo
			FROM transfer_open;
	`
];
