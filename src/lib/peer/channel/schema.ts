/** Payouts of guests. Token units where it says so, link units else; times in Unix ms. */
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
	`
];
