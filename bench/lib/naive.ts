/**
 * The naive way to sell a note for each payment, as a yardstick: two processes, one WebSocket, SQLite with the same
 * promises, viem for every signature. Each GET carries a claim of its own; both ends write each packet in a commit of
 * its own before they say anything. It batches nothing and wastes nothing: statements are prepared, keys derived
 * once, 64 GETs under way, no encryption, no hop, no ledger.
 *
 *   naive.ts author FILE NOTES    makes NOTES notes, listens, prints `{"ready": true, "port", "pubkey"}`
 *   naive.ts reader FILE PORT     gets all of them, prints `{"ready": true, "notes", "seconds"}` of the second half
 */
import { randomBytes } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import {
	finalizeEvent,
	generateSecretKey,
	getPublicKey,
	verifyEvent,
	type NostrEvent
} from 'nostr-tools/pure';
import { recoverTypedDataAddress, type Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { WebSocket, WebSocketServer } from 'ws';

const PRICE = 75_000n;
const UNDER_WAY = 64;
const CHANNEL: Hex = `0x${'11'.repeat(32)}`;
const DOMAIN = {
	name: 'Naive',
	version: '1',
	chainId: 31337,
	verifyingContract: `0x${'22'.repeat(20)}`
} as const;
const TYPES = {
	Claim: [
		{ name: 'channel', type: 'bytes32' },
		{ name: 'cumulative', type: 'uint96' }
	]
} as const;
/** Of the reader's claims; public, as everything here. */
const CLAIM_KEY: Hex = `0x${'33'.repeat(32)}`;
const account = privateKeyToAccount(CLAIM_KEY);
const typed = (cumulative: bigint) =>
	({
		domain: DOMAIN,
		types: TYPES,
		primaryType: 'Claim',
		message: { channel: CHANNEL, cumulative }
	}) as const;

const open = (file: string, schema: string): DatabaseSync => {
	const database = new DatabaseSync(file, { readBigInts: true });
	database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
	database.exec(schema);
	return database;
};
const commit = <T>(database: DatabaseSync, work: () => T): T => {
	database.exec('BEGIN IMMEDIATE');
	try {
		const answer = work();
		database.exec('COMMIT');
		return answer;
	} catch (error) {
		database.exec('ROLLBACK');
		throw error;
	}
};
const ready = (told: object): void =>
	void process.stdout.write(`${JSON.stringify({ ready: true, ...told })}\n`);

interface Get {
	readonly id: string;
	readonly receipt: string;
	readonly cumulative: string;
	readonly signature: Hex;
}

const sell = (file: string, notes: number): void => {
	const database = open(
		file,
		`CREATE TABLE event (id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
		CREATE TABLE sale (receipt TEXT PRIMARY KEY, id TEXT NOT NULL, paid INTEGER NOT NULL) STRICT;
		CREATE TABLE channel (claimed INTEGER NOT NULL, earned INTEGER NOT NULL, signature TEXT) STRICT;
		INSERT INTO channel VALUES (0, 0, NULL)`
	);
	const secret = generateSecretKey();
	const insert = database.prepare('INSERT INTO event VALUES (?, ?)');
	const ids = commit(database, () =>
		Array.from({ length: notes }, (_, i) => {
			const content = `${i} ${'what a note of a person says, more or less. '.repeat(4)}`.slice(0, 140);
			const event = finalizeEvent({ kind: 1, created_at: 1_700_000_000 + i, tags: [], content }, secret);
			insert.run(event.id, JSON.stringify(event));
			return event.id;
		})
	);
	const find = database.prepare('SELECT body FROM event WHERE id = ?');
	const channel = database.prepare('SELECT claimed, earned FROM channel');
	const raise = database.prepare('UPDATE channel SET claimed = max(claimed, ?), earned = ?, signature = ?');
	const sale = database.prepare('INSERT INTO sale VALUES (?, ?, ?)');

	const answer = async (get: Get): Promise<object> => {
		const cumulative = BigInt(get.cumulative);
		const signer = await recoverTypedDataAddress({ ...typed(cumulative), signature: get.signature });
		if (signer !== account.address) return { id: get.id, refused: 'forged' };
		const event = commit(database, () => {
			const row = channel.get() as { claimed: bigint; earned: bigint };
			const claimed = cumulative > row.claimed ? cumulative : row.claimed;
			if (row.earned + PRICE > claimed) return undefined;
			raise.run(cumulative, row.earned + PRICE, get.signature);
			sale.run(get.receipt, get.id, PRICE);
			return JSON.parse(find.get(get.id)?.['body'] as string) as NostrEvent;
		});
		return event ? { id: get.id, event } : { id: get.id, refused: 'not covered' };
	};
	const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
	server.on('connection', (socket) => {
		socket.send(JSON.stringify({ ids }));
		socket.on('message', (data: Buffer) => {
			void answer(JSON.parse(data.toString()) as Get).then((told) => socket.send(JSON.stringify(told)));
		});
	});
	server.on('listening', () => {
		const address = server.address();
		ready({ port: typeof address === 'object' ? address?.port : undefined, pubkey: getPublicKey(secret) });
	});
};

const buy = (file: string, port: number): void => {
	const database = open(
		file,
		`CREATE TABLE event (id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
		CREATE TABLE purchase (receipt TEXT PRIMARY KEY, id TEXT NOT NULL, paid INTEGER NOT NULL, stored INTEGER NOT NULL) STRICT;
		CREATE TABLE channel (claimed INTEGER NOT NULL) STRICT;
		INSERT INTO channel VALUES (0)`
	);
	const raise = database.prepare('UPDATE channel SET claimed = claimed + ? RETURNING claimed');
	const ask = database.prepare('INSERT INTO purchase VALUES (?, ?, ?, 0)');
	const keep = database.prepare('INSERT INTO event VALUES (?, ?)');
	const end = database.prepare('UPDATE purchase SET stored = 1 WHERE receipt = ?');
	const receipts = new Map<string, string>();
	const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
	let left: string[] = [];
	let missing = 0;
	let total = 0;
	let measured = 0;
	let started = 0;

	const get = async (): Promise<void> => {
		const id = left.pop();
		if (id === undefined) return;
		const receipt = randomBytes(16).toString('hex');
		receipts.set(id, receipt);
		const cumulative = commit(database, () => {
			ask.run(receipt, id, PRICE);
			return (raise.get(PRICE) as { claimed: bigint }).claimed;
		});
		const signature = await account.signTypedData(typed(cumulative));
		socket.send(JSON.stringify({ id, receipt, cumulative: `${cumulative}`, signature } satisfies Get));
	};
	const take = (id: string, event: NostrEvent): void => {
		if (event.id !== id || !verifyEvent(event)) throw new Error('not what was asked for');
		commit(database, () => {
			keep.run(event.id, JSON.stringify(event));
			end.run(receipts.get(id) ?? '');
		});
		missing -= 1;
		// What came before the engine had compiled it is not what is measured.
		if (missing === measured) started = performance.now();
		if (missing === 0) {
			const { n } = database.prepare('SELECT count(*) AS n FROM event').get() as { n: bigint };
			if (n !== BigInt(total)) throw new Error(`${n} of ${total} notes stored`);
			ready({ notes: measured, seconds: (performance.now() - started) / 1_000 });
			process.exit(0);
		}
		void get();
	};
	socket.on('message', (data: Buffer) => {
		const told = JSON.parse(data.toString()) as {
			ids?: string[];
			id?: string;
			event?: NostrEvent;
			refused?: string;
		};
		if (told.ids) {
			left = told.ids;
			missing = total = left.length;
			measured = Math.floor(total / 2);
			for (let i = 0; i < UNDER_WAY; i += 1) void get();
		} else if (told.id !== undefined && told.event) take(told.id, told.event);
		else throw new Error(`refused: ${String(told.refused)}`);
	});
};

const [role, file = '', number = ''] = process.argv.slice(2);
if (role === 'author') sell(file, Number(number));
if (role === 'reader') buy(file, Number(number));
