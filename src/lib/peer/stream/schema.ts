/**
 * What a node remembers of sessions that carried money, so that a packet recorded on the way cannot
 * be played to it again after a restart (PROTOCOL section 2).
 */
export const STREAM_MIGRATIONS: readonly string[] = [
	`
	CREATE TABLE session (
		token TEXT PRIMARY KEY,             -- as in the address, base64url
		link TEXT NOT NULL,                 -- device key of the neighbour it last came by, hex
		opener_secret BLOB NOT NULL,        -- S_c: the opener's prepares and their replies
		node_secret BLOB NOT NULL,          -- S_s: the node's prepares and their replies
		seen BLOB NOT NULL,                 -- which sequence numbers were used (sequence-window.ts)
		opener_address TEXT,                -- where pushes go
		confirmed INTEGER NOT NULL,         -- 1: a push there was answered
		push_sequence INTEGER NOT NULL,
		last_seen INTEGER NOT NULL          -- Unix ms
	) STRICT;
	CREATE INDEX session_by_last_seen ON session (last_seen);

	CREATE TABLE session_packet (
		session TEXT NOT NULL,              -- first 16 bytes of SHA-256(S_c), hex
		sequence INTEGER NOT NULL,
		request_ids TEXT NOT NULL,          -- of its frames, comma-separated
		amount INTEGER NOT NULL,            -- link units that came with it
		result TEXT NOT NULL CHECK (result IN ('fulfilled', 'refused')),
		expires_at INTEGER NOT NULL,        -- of the packet, Unix ms
		PRIMARY KEY (session, sequence)
	) STRICT, WITHOUT ROWID;
	CREATE INDEX session_packet_by_expiry ON session_packet (expires_at);
	`,
	`
	-- What uploads used of a session's credit (uploads.ts): their highest stream, and all their bytes.
	ALTER TABLE session ADD COLUMN highest_stream INTEGER NOT NULL DEFAULT 0;
	ALTER TABLE session ADD COLUMN stream_bytes INTEGER NOT NULL DEFAULT 0;
	`,
	`
	-- The keys of a session move on (ratchet.ts). token is the name it was opened by, for ever its row's key;
	-- opener_secret and node_secret are those of name. NULL id and name: of a release before, at its first keys.
	ALTER TABLE session ADD COLUMN id TEXT;
	ALTER TABLE session ADD COLUMN name TEXT;
	ALTER TABLE session ADD COLUMN next_name TEXT;
	ALTER TABLE session ADD COLUMN next_public BLOB;
	ALTER TABLE session ADD COLUMN next_opener BLOB;
	ALTER TABLE session ADD COLUMN next_node BLOB;
	ALTER TABLE session ADD COLUMN previous_name TEXT;
	ALTER TABLE session ADD COLUMN previous_opener BLOB;
	ALTER TABLE session ADD COLUMN previous_node BLOB;
	ALTER TABLE session ADD COLUMN previous_until INTEGER; -- Unix ms; erased then
	CREATE INDEX session_by_name ON session (name);
	CREATE INDEX session_by_next_name ON session (next_name);
	CREATE INDEX session_by_previous_name ON session (previous_name);
	`,
	`
	-- Most sessions offer no new keys and have none to give up: their rows need not be in these.
	DROP INDEX session_by_next_name;
	DROP INDEX session_by_previous_name;
	CREATE INDEX session_by_next_name ON session (next_name) WHERE next_name IS NOT NULL;
	CREATE INDEX session_by_previous_name ON session (previous_name) WHERE previous_name IS NOT NULL;
	`,
	`
	-- Each behind all others, which is the cheapest place there is; they go in the order in which they came. Of a session
	-- with a row nobody asks for them: its used numbers are there.
	CREATE TABLE session_packet_kept (
		id INTEGER PRIMARY KEY,
		session TEXT NOT NULL,              -- first 16 bytes of SHA-256(S_c), hex
		sequence INTEGER NOT NULL,
		request_ids TEXT NOT NULL,          -- of its frames, comma-separated
		amount INTEGER NOT NULL,            -- link units that came with it
		result TEXT NOT NULL CHECK (result IN ('fulfilled', 'refused')),
		expires_at INTEGER NOT NULL         -- of the packet, as far as hops wait; Unix ms
	) STRICT;
	INSERT INTO session_packet_kept (session, sequence, request_ids, amount, result, expires_at)
		SELECT session, sequence, request_ids, amount, result, min(expires_at, 1000 * unixepoch() + 30000)
		FROM session_packet ORDER BY expires_at;
	DROP TABLE session_packet;
	ALTER TABLE session_packet_kept RENAME TO session_packet;
	CREATE INDEX session_packet_refused ON session_packet (session) WHERE result = 'refused';
	`
];
