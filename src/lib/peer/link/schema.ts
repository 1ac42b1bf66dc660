/**
 * Links, channels and the packets under way. Money columns of links are link units (scale 9), of
 * channels the token's unit; both fit a signed 64-bit integer by a wide margin.
 */
export const LINK_MIGRATIONS: readonly string[] = [
	`
	CREATE TABLE link (
		peer TEXT PRIMARY KEY,              -- neighbour's device key, hex
		owner TEXT NOT NULL,                -- its person's Nostr key, hex
		role TEXT NOT NULL CHECK (role IN ('parent', 'child', 'peer')),
		payee TEXT,                         -- where channels towards it pay and its payouts go
		credit INTEGER NOT NULL,            -- what I let it owe me
		"window" INTEGER NOT NULL,          -- the most I leave claimed ahead towards it
		peer_credit INTEGER NOT NULL,       -- what it lets me owe, by its last hello
		peer_window INTEGER NOT NULL,
		peer_max_packet INTEGER NOT NULL,
		payout_fee INTEGER,                 -- its payout terms, by its last hello
		payout_threshold INTEGER,
		fulfilled_by_me INTEGER NOT NULL DEFAULT 0,
		fulfilled_by_peer INTEGER NOT NULL DEFAULT 0,
		paid_out_by_me INTEGER NOT NULL DEFAULT 0,
		paid_out_by_peer INTEGER NOT NULL DEFAULT 0,
		seen_at INTEGER NOT NULL
	) STRICT;

	CREATE TABLE channel (
		id TEXT NOT NULL,                   -- 0x hex
		epoch INTEGER NOT NULL,
		peer TEXT NOT NULL,                 -- device key of the neighbour, hex
		direction TEXT NOT NULL CHECK (direction IN ('out', 'in')),
		payer TEXT NOT NULL,
		payee TEXT NOT NULL,
		token TEXT NOT NULL,
		signer TEXT NOT NULL,
		grace INTEGER NOT NULL,
		expiry INTEGER NOT NULL,
		salt TEXT NOT NULL,
		status TEXT NOT NULL CHECK (status IN ('opening', 'open', 'frozen', 'closing', 'closed', 'archived')),
		deposited INTEGER NOT NULL,         -- token units
		claimed INTEGER NOT NULL,           -- promised, as the link account counts it
		promised INTEGER NOT NULL,          -- of the newest claim signed or held; above claimed only once a close kept less
		settled INTEGER NOT NULL,           -- captured on the chain
		signature BLOB,                     -- of the newest claim held (direction in)
		fundings INTEGER NOT NULL,          -- how often it was funded in this epoch
		close_at INTEGER NOT NULL,          -- Unix seconds, 0 = nobody asked
		opened_at INTEGER NOT NULL,         -- Unix ms
		PRIMARY KEY (id, epoch)
	) STRICT;
	CREATE INDEX channel_by_peer ON channel (peer, direction, status);

	CREATE TABLE packet (
		link TEXT NOT NULL,
		direction TEXT NOT NULL CHECK (direction IN ('in', 'out')),
		hash BLOB NOT NULL,                 -- SHA-256 of the prepare as it crossed this link
		amount INTEGER NOT NULL,
		expires_at INTEGER NOT NULL,
		condition BLOB NOT NULL,
		state TEXT NOT NULL CHECK (state IN ('pending', 'fulfilled', 'rejected', 'late')),
		fulfillment BLOB,
		ledger_group TEXT NOT NULL,
		in_link TEXT,                       -- of an outgoing packet: where it came from, NULL when it began here
		in_hash BLOB,
		settled_at INTEGER,                 -- Unix ms, NULL while pending
		PRIMARY KEY (link, direction, hash)
	) STRICT, WITHOUT ROWID;
	CREATE INDEX packet_by_state ON packet (state, expires_at);
	`,
	`
	ALTER TABLE packet ADD COLUMN route TEXT; -- of a forwarded packet: the prefix by which it left
	-- Sums over what is under way must not pass over everything that was.
	CREATE INDEX packet_pending ON packet (link, direction, amount) WHERE state = 'pending';

	CREATE TABLE auth_seen (
		id TEXT PRIMARY KEY,                -- of an auth token that could still be fresh
		until INTEGER NOT NULL              -- Unix ms
	) STRICT, WITHOUT ROWID;
	`,
	`
	-- Of the newest claim whose signature was checked (direction in); below promised while the newest held was not.
	ALTER TABLE channel ADD COLUMN checked INTEGER NOT NULL DEFAULT 0;
	ALTER TABLE channel ADD COLUMN checked_signature BLOB;
	-- Until now every claim was checked before it was kept.
	UPDATE channel SET checked = promised, checked_signature = signature WHERE direction = 'in' AND signature IS NOT NULL;
	CREATE INDEX channel_unchecked ON channel (peer) WHERE direction = 'in' AND checked < promised;
	`,
	`
	-- The last transfer before the totals of the link began anew (its chain was replaced): audits count from there.
	ALTER TABLE link ADD COLUMN counted_from INTEGER NOT NULL DEFAULT 0;
	UPDATE link SET counted_from = coalesce(
		(SELECT max(id) FROM transfer WHERE group_name LIKE 'reset/' || link.peer || '/%'), 0);
	`,
	`
	-- A claim of mine came up that is not here, so this database is an older copy; until the totals agree again.
	ALTER TABLE link ADD COLUMN is_older INTEGER NOT NULL DEFAULT 0;
	`,
	`
	-- In the order of time: rows of packets that are decided together lie together, in few pages to write. By their
	-- hashes alone they lay all over the table.
	CREATE TABLE packet_in_time (
		link TEXT NOT NULL,
		direction TEXT NOT NULL CHECK (direction IN ('in', 'out')),
		expires_at INTEGER NOT NULL,
		hash BLOB NOT NULL,
		amount INTEGER NOT NULL,
		condition BLOB NOT NULL,
		state TEXT NOT NULL CHECK (state IN ('pending', 'fulfilled', 'rejected', 'late')),
		fulfillment BLOB,
		ledger_group TEXT NOT NULL,
		in_link TEXT,
		in_hash BLOB,
		settled_at INTEGER,
		route TEXT,
		PRIMARY KEY (link, direction, expires_at, hash)
	) STRICT, WITHOUT ROWID;
	INSERT INTO packet_in_time SELECT link, direction, expires_at, hash, amount, condition, state, fulfillment,
		ledger_group, in_link, in_hash, settled_at, route FROM packet;
	DROP TABLE packet;
	ALTER TABLE packet_in_time RENAME TO packet;
	CREATE INDEX packet_pending ON packet (link, direction, amount) WHERE state = 'pending';
	CREATE INDEX packet_late ON packet (link) WHERE state = 'late';
	`,
	`
	-- A packet's row is written once, when it ends, behind all others. What began is listed, a row for each
	-- transaction that began something (storage/begun.ts); an entry that has ended is in packet_ended and counts no
	-- more. Whoever looks asks the view packet.
	CREATE TABLE packet_link (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT; -- short for a link's long name
	INSERT INTO packet_link (name) SELECT link FROM packet UNION SELECT in_link FROM packet WHERE in_link IS NOT NULL;
	CREATE TABLE packet_ended (
		id INTEGER PRIMARY KEY,             -- in the order in which they ended
		link INTEGER NOT NULL REFERENCES packet_link (id),
		direction TEXT NOT NULL CHECK (direction IN ('in', 'out')),
		expires_at INTEGER NOT NULL,
		hash BLOB NOT NULL,
		amount INTEGER NOT NULL,
		condition BLOB NOT NULL,
		state TEXT NOT NULL CHECK (state IN ('fulfilled', 'rejected', 'late')),
		fulfillment BLOB,
		ledger_group TEXT,                  -- NULL: named by the packet as it came, link/hash
		in_link INTEGER REFERENCES packet_link (id),
		in_hash BLOB,
		settled_at INTEGER NOT NULL,
		route TEXT
	) STRICT;
	CREATE TABLE packet_begun (
		id INTEGER PRIMARY KEY,
		-- JSON: [[link, direction, expires_at, hash, amount, condition, ledger_group, in_link, in_hash, route], ...]
		entries TEXT NOT NULL
	) STRICT;
	INSERT INTO packet_ended (link, direction, expires_at, hash, amount, condition, state, fulfillment, ledger_group,
			in_link, in_hash, settled_at, route)
		SELECT l.id, direction, expires_at, hash, amount, condition, state, fulfillment, ledger_group,
			(SELECT id FROM packet_link WHERE name = in_link), in_hash, coalesce(settled_at, expires_at), route
		FROM packet JOIN packet_link l ON l.name = link WHERE state <> 'pending' ORDER BY settled_at;
	INSERT INTO packet_begun (entries) SELECT json_group_array(json_array(l.id, direction, expires_at,
		lower(hex(hash)), CAST(amount AS TEXT), lower(hex(condition)), ledger_group,
		(SELECT id FROM packet_link WHERE name = in_link), CASE WHEN in_hash IS NOT NULL THEN lower(hex(in_hash)) END, route))
		FROM packet JOIN packet_link l ON l.name = link WHERE state = 'pending' HAVING count(*) > 0;
	DROP TABLE packet;
	-- Four bytes of a hash tell apart what expires at once; all of them would be twice as many pages to write.
	CREATE INDEX packet_in_time ON packet_ended (link, direction, expires_at, substr(hash, 1, 4));
	CREATE INDEX packet_late ON packet_ended (link) WHERE state = 'late';
	-- Of the same types as the columns of packet_ended: SQLite then asks each half of the view by its index.
	CREATE VIEW packet_open AS
		SELECT b.id AS begun, l.name AS link, CAST(e.value ->> 1 AS TEXT) AS direction,
			CAST(e.value ->> 2 AS INTEGER) AS expires_at, CAST(unhex(e.value ->> 3) AS BLOB) AS hash,
			CAST(e.value ->> 4 AS INTEGER) AS amount, CAST(unhex(e.value ->> 5) AS BLOB) AS condition,
			CAST('pending' AS TEXT) AS state, CAST(NULL AS BLOB) AS fulfillment,
			CAST(coalesce(e.value ->> 6, coalesce((SELECT name FROM packet_link WHERE id = e.value ->> 7), l.name)
				|| '/' || coalesce(e.value ->> 8, e.value ->> 3)) AS TEXT) AS ledger_group,
			(SELECT name FROM packet_link WHERE id = e.value ->> 7) AS in_link,
			CAST(unhex(e.value ->> 8) AS BLOB) AS in_hash, CAST(NULL AS INTEGER) AS settled_at,
			CAST(e.value ->> 9 AS TEXT) AS route
		FROM packet_begun b, json_each(b.entries) e JOIN packet_link l ON l.id = e.value ->> 0 WHERE NOT EXISTS (
			SELECT 1 FROM packet_ended p WHERE p.link = e.value ->> 0 AND p.direction = e.value ->> 1
				AND p.expires_at = e.value ->> 2 AND substr(p.hash, 1, 4) = unhex(substr(e.value ->> 3, 1, 8))
				AND p.hash = unhex(e.value ->> 3));
	CREATE VIEW packet AS
		SELECT l.name AS link, direction, expires_at, hash, amount, condition, state, fulfillment,
			CAST(coalesce(ledger_group, coalesce((SELECT name FROM packet_link WHERE id = in_link), l.name)
				|| '/' || lower(hex(coalesce(in_hash, hash)))) AS TEXT) AS ledger_group,
			(SELECT name FROM packet_link WHERE id = in_link) AS in_link, in_hash, settled_at, route
			FROM packet_ended p JOIN packet_link l ON l.id = p.link
		UNION ALL SELECT link, direction, expires_at, hash, amount, condition, state, fulfillment, ledger_group, in_link,
			in_hash, settled_at, route FROM packet_open;
	`
];
