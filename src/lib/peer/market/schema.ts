/** What selling and buying events leaves on disk. Money in link units, times in Unix ms. */
export const MARKET_MIGRATIONS: readonly string[] = [
	`
	-- The seller's side.
	CREATE TABLE offer (
		event_id TEXT NOT NULL,
		price INTEGER NOT NULL,             -- told to somebody
		honoured_until INTEGER NOT NULL,
		PRIMARY KEY (event_id, price)
	) STRICT, WITHOUT ROWID;
	CREATE INDEX offer_by_end ON offer (honoured_until);

	CREATE TABLE sale_receipt (
		receipt BLOB PRIMARY KEY,           -- 16 bytes, chosen by the reader
		ids TEXT NOT NULL,                  -- comma-separated, as asked
		part TEXT NOT NULL,                 -- '' or 'index/count'
		paid INTEGER NOT NULL,
		at INTEGER NOT NULL
	) STRICT, WITHOUT ROWID;
	CREATE INDEX sale_receipt_by_time ON sale_receipt (at);

	CREATE TABLE earning (
		event_id TEXT PRIMARY KEY,
		readers INTEGER NOT NULL,           -- how often it was sold
		total INTEGER NOT NULL,
		at INTEGER NOT NULL                 -- of the newest sale
	) STRICT, WITHOUT ROWID;
	CREATE INDEX earning_by_time ON earning (at);

	-- The reader's side. A node is named by its Nostr key.
	CREATE TABLE follow (
		node TEXT PRIMARY KEY,
		max_price INTEGER NOT NULL,         -- accepted by the person, per event
		daily_limit INTEGER NOT NULL,
		filters TEXT NOT NULL,              -- JSON
		cursor BLOB,                        -- everything up to here was told and noted in wanted
		since INTEGER NOT NULL
	) STRICT, WITHOUT ROWID;

	CREATE TABLE node_record (
		node TEXT PRIMARY KEY,
		good_answers INTEGER NOT NULL DEFAULT 0,  -- paid for and as promised
		rate_sent INTEGER NOT NULL DEFAULT 0,     -- newest measure of the way: this much sent …
		rate_arrived INTEGER NOT NULL DEFAULT 0,  -- … and this much arrived
		cheated_at INTEGER,                       -- never paid again since
		proof BLOB                                -- the bad answer's frames
	) STRICT, WITHOUT ROWID;

	CREATE TABLE wanted (
		node TEXT NOT NULL,
		event_id TEXT NOT NULL,
		author TEXT NOT NULL,
		kind INTEGER NOT NULL,
		created_at INTEGER NOT NULL,        -- Unix seconds
		size INTEGER NOT NULL,
		price INTEGER NOT NULL,
		parts INTEGER NOT NULL,
		PRIMARY KEY (node, event_id)
	) STRICT, WITHOUT ROWID;

	CREATE TABLE purchase (
		receipt BLOB PRIMARY KEY,           -- 16 random bytes, here before the money leaves
		node TEXT NOT NULL,
		ids TEXT NOT NULL,                  -- comma-separated
		part TEXT NOT NULL,                 -- '' or 'index/count'
		prices TEXT NOT NULL,               -- of each id, comma-separated
		amount INTEGER NOT NULL,            -- sent
		state TEXT NOT NULL CHECK (state IN ('asked', 'answered', 'stored', 'failed')),
		day INTEGER NOT NULL,               -- whose limit it counts against, see spending
		at INTEGER NOT NULL
	) STRICT, WITHOUT ROWID;
	CREATE INDEX purchase_by_time ON purchase (at) WHERE state IN ('stored', 'failed');
	CREATE INDEX purchase_open ON purchase (node) WHERE state IN ('asked', 'answered');

	-- The sum of purchases by day and node, kept with every change of theirs.
	CREATE TABLE spending (
		day INTEGER NOT NULL,               -- Unix ms at which the day began
		node TEXT NOT NULL,
		amount INTEGER NOT NULL,
		PRIMARY KEY (day, node)
	) STRICT, WITHOUT ROWID;

	CREATE TABLE bought (
		event_id TEXT PRIMARY KEY,
		node TEXT NOT NULL,
		author TEXT NOT NULL,
		created_at INTEGER NOT NULL,        -- of the event, Unix seconds
		sent INTEGER NOT NULL,
		arrived INTEGER NOT NULL,
		receipt BLOB,                       -- of its last part; NULL when it was free
		at INTEGER NOT NULL
	) STRICT, WITHOUT ROWID;
	CREATE INDEX bought_by_node ON bought (node, created_at);

	CREATE TABLE bought_part (
		event_id TEXT NOT NULL,
		part_index INTEGER NOT NULL,
		part_count INTEGER NOT NULL,
		bytes BLOB NOT NULL,
		sent INTEGER NOT NULL,
		arrived INTEGER NOT NULL,
		PRIMARY KEY (event_id, part_index)
	) STRICT, WITHOUT ROWID;
	`,
	`
	-- What the ledger says became of the payment: open while it may still do either.
	ALTER TABLE purchase ADD COLUMN money TEXT NOT NULL DEFAULT 'moved' CHECK (money IN ('open', 'moved', 'back'));
	UPDATE purchase SET money = 'open' WHERE state = 'asked';
	CREATE INDEX purchase_money ON purchase (receipt) WHERE money = 'open';
	`,
	`
	-- Of the event, Unix seconds; NULL: never. It may be gone from then on, and was paid for all the same.
	ALTER TABLE bought ADD COLUMN expires INTEGER;
	UPDATE bought SET expires = (SELECT expires FROM event WHERE id = unhex(bought.event_id));
	`,
	`
	-- Sales lie in the order in which they were made, and go in it. By its receipt one is found in an index that is narrow.
	CREATE TABLE sale_receipt_kept (
		id INTEGER PRIMARY KEY,
		receipt BLOB NOT NULL,              -- 16 bytes, chosen by the reader
		ids TEXT NOT NULL,                  -- comma-separated, as asked
		part TEXT NOT NULL,                 -- '' or 'index/count'
		paid INTEGER NOT NULL,
		at INTEGER NOT NULL
	) STRICT;
	INSERT INTO sale_receipt_kept (receipt, ids, part, paid, at)
		SELECT receipt, ids, part, paid, at FROM sale_receipt ORDER BY at, receipt;
	DROP TABLE sale_receipt;
	ALTER TABLE sale_receipt_kept RENAME TO sale_receipt;
	CREATE UNIQUE INDEX sale_receipt_by_receipt ON sale_receipt (receipt);

	-- By the arrival number of the event, which no other event ever has: notes that are sold now were made one after another.
	CREATE TABLE earning_kept (
		seq INTEGER PRIMARY KEY,            -- of the event; below zero: it was gone when this table was made
		event_id TEXT NOT NULL,
		readers INTEGER NOT NULL,           -- how often it was sold
		total INTEGER NOT NULL,
		at INTEGER NOT NULL                 -- of the newest sale
	) STRICT;
	INSERT INTO earning_kept (seq, event_id, readers, total, at)
		SELECT coalesce((SELECT seq FROM event WHERE id = unhex(event_id)), -row_number() OVER (ORDER BY at, event_id)),
			event_id, readers, total, at FROM earning;
	DROP TABLE earning;
	ALTER TABLE earning_kept RENAME TO earning;
	CREATE INDEX earning_by_time ON earning (at);
	`,
	`
	-- What is asked is listed, a row for each transaction that asked something (storage/begun.ts). The row of a purchase is
	-- written when the first of both is known: what became of its money, or of what was asked for.
	CREATE TABLE purchase_ended (
		id INTEGER PRIMARY KEY,             -- in the order in which they were asked
		receipt BLOB NOT NULL,              -- 16 random bytes, on disk before the money leaves
		node TEXT NOT NULL,
		ids TEXT NOT NULL,                  -- comma-separated
		part TEXT NOT NULL,                 -- '' or 'index/count'
		prices TEXT NOT NULL,               -- of each id, comma-separated
		amount INTEGER NOT NULL,            -- sent
		state TEXT NOT NULL CHECK (state IN ('asked', 'answered', 'stored', 'failed', 'refused')),
		money TEXT NOT NULL CHECK (money IN ('open', 'moved', 'back')),
		day INTEGER NOT NULL,               -- whose limit it counts against, see spending
		at INTEGER NOT NULL
	) STRICT;
	INSERT INTO purchase_ended (receipt, node, ids, part, prices, amount, state, money, day, at)
		SELECT receipt, node, ids, part, prices, amount, state, money, day, at FROM purchase ORDER BY at, receipt;
	DROP TABLE purchase;
	CREATE INDEX purchase_unsettled ON purchase_ended (id) WHERE state IN ('asked', 'answered') OR money = 'open';
	CREATE TABLE purchase_begun (
		id INTEGER PRIMARY KEY,
		-- JSON: [[id, receipt in hex, node, ids, part, prices, amount, day, at], ...]
		entries TEXT NOT NULL
	) STRICT;
	CREATE VIEW purchase_open AS
		SELECT b.id AS begun, CAST(e.value ->> 0 AS INTEGER) AS id, CAST(unhex(e.value ->> 1) AS BLOB) AS receipt,
			CAST(e.value ->> 2 AS TEXT) AS node, CAST(e.value ->> 3 AS TEXT) AS ids, CAST(e.value ->> 4 AS TEXT) AS part,
			CAST(e.value ->> 5 AS TEXT) AS prices, CAST(e.value ->> 6 AS INTEGER) AS amount,
			CAST('asked' AS TEXT) AS state, CAST('open' AS TEXT) AS money,
			CAST(e.value ->> 7 AS INTEGER) AS day, CAST(e.value ->> 8 AS INTEGER) AS at
		FROM purchase_begun b, json_each(b.entries) e
		WHERE NOT EXISTS (SELECT 1 FROM purchase_ended p WHERE p.id = e.value ->> 0);
	-- Refused ones cost nothing: only the numbers of their entries are still needed.
	CREATE VIEW purchase AS
		SELECT id, receipt, node, ids, part, prices, amount, state, money, day, at FROM purchase_ended
			WHERE state <> 'refused'
		UNION ALL SELECT id, receipt, node, ids, part, prices, amount, state, money, day, at FROM purchase_open;
	`,
	`
	-- In the order in which they came. Found by the first bytes of what they are found by, like packets.
	CREATE TABLE bought_kept (
		id INTEGER PRIMARY KEY,
		event_id TEXT NOT NULL,             -- of no other row
		node TEXT NOT NULL,
		author TEXT NOT NULL,
		created_at INTEGER NOT NULL,        -- of the event, Unix seconds
		expires INTEGER,                    -- of the event, Unix seconds; NULL: never
		sent INTEGER NOT NULL,
		arrived INTEGER NOT NULL,
		receipt BLOB,                       -- of its last part; NULL when it was free
		at INTEGER NOT NULL
	) STRICT;
	INSERT INTO bought_kept (event_id, node, author, created_at, expires, sent, arrived, receipt, at)
		SELECT event_id, node, author, created_at, expires, sent, arrived, receipt, at FROM bought ORDER BY at, event_id;
	DROP TABLE bought;
	ALTER TABLE bought_kept RENAME TO bought;
	CREATE INDEX bought_by_event ON bought (substr(event_id, 1, 8));
	CREATE INDEX bought_by_node ON bought (substr(node, 1, 8), created_at);
	`
];
