/** Payouts of guests, and what this node's account sent to the chain. Token units where it says so, link units else; times in Unix ms. */
export const CHANNEL_MIGRATIONS: readonly string[] = [
	`
	-- The payer's side: from the debit to what became of its transaction.
	CREATE TABLE payout (
		number INTEGER PRIMARY KEY,
		peer TEXT NOT NULL,                 -- device key of the guest, hex
		payee TEXT NOT NULL,
		amount INTEGER NOT NULL,            -- token units
		fee INTEGER NOT NULL,
		at INTEGER NOT NULL,
		state TEXT NOT NULL CHECK (state IN ('debited', 'sent', 'done', 'undone', 'archived')),
		raw TEXT,                           -- the signed transaction, here before anybody hears of it
		hash TEXT,
		nonce INTEGER
	) STRICT;
	-- One at a time for each guest.
	CREATE UNIQUE INDEX payout_open ON payout (peer) WHERE state IN ('debited', 'sent');
	CREATE INDEX payout_by_peer ON payout (peer, state);

	-- The guest's side: transactions that were booked, each once.
	CREATE TABLE payout_taken (
		hash TEXT PRIMARY KEY,
		peer TEXT NOT NULL,
		amount INTEGER NOT NULL,
		fee INTEGER NOT NULL,
		at INTEGER NOT NULL
	) STRICT, WITHOUT ROWID;
	`,
	`
	-- What the account here sent, one row for each of its numbers.
	CREATE TABLE chain_transaction (
		number INTEGER PRIMARY KEY,
		purpose TEXT NOT NULL,              -- such as redeem, payout/7
		nonce INTEGER NOT NULL,             -- the account's running number
		state TEXT NOT NULL CHECK (state IN ('sent', 'mined', 'reverted', 'done', 'failed', 'gone', 'archived')),
		hash TEXT,                          -- of the attempt that is in a block
		at INTEGER NOT NULL                 -- of the newest attempt
	) STRICT;
	CREATE INDEX chain_transaction_open ON chain_transaction (nonce) WHERE state IN ('sent', 'mined', 'reverted');
	CREATE INDEX chain_transaction_purpose ON chain_transaction (purpose);

	-- The same transaction at rising prices; of one number at most one is ever mined.
	CREATE TABLE chain_attempt (
		id INTEGER PRIMARY KEY,             -- in the order they were offered
		hash TEXT NOT NULL UNIQUE,
		number INTEGER NOT NULL REFERENCES chain_transaction (number),
		raw TEXT NOT NULL                   -- here before anybody hears of it
	) STRICT;
	CREATE INDEX chain_attempt_number ON chain_attempt (number);

	-- Deposits towards this node that are not safe yet; token units.
	CREATE TABLE channel_deposit (
		id TEXT NOT NULL,
		epoch INTEGER NOT NULL,
		safe INTEGER NOT NULL,              -- what was safe before
		shown INTEGER NOT NULL,             -- what the chain shows
		since INTEGER NOT NULL,
		PRIMARY KEY (id, epoch)
	) STRICT, WITHOUT ROWID;

	INSERT INTO chain_transaction (purpose, nonce, state, at)
		SELECT 'payout/' || number, nonce, 'sent', at FROM payout WHERE state = 'sent';
	INSERT INTO chain_attempt (hash, number, raw)
		SELECT p.hash, t.number, p.raw FROM payout p JOIN chain_transaction t ON t.purpose = 'payout/' || p.number
		WHERE p.state = 'sent';
	ALTER TABLE payout DROP COLUMN raw;
	ALTER TABLE payout DROP COLUMN nonce;
	`,
	`
	-- What was spent on gas for neighbours today; link units.
	CREATE TABLE chain_gas (
		number INTEGER PRIMARY KEY,         -- of the transaction
		peer TEXT NOT NULL,                 -- for whom
		is_guest INTEGER NOT NULL,
		is_stranger INTEGER NOT NULL,       -- no money had ever moved
		at INTEGER NOT NULL,
		cost INTEGER NOT NULL,              -- at most, at what is offered
		paid INTEGER NOT NULL               -- by the neighbour, for it
	) STRICT;
	CREATE INDEX chain_gas_by_peer ON chain_gas (peer, at);
	`
];
