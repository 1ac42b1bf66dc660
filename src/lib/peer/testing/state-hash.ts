/**
 * One number for all that a run left behind: SHA-256 over a canonical dump of the peers' databases
 * and of the chain, ordered by key. Two runs that end in one hash kept the same events, booked the
 * same transfers, signed the same claims and owe each other the same.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8 } from '../bytes.ts';
import type { SqlDriver, SqlValue } from '../storage/sql.ts';
import type { ChainSnapshot } from './simulated-chain.ts';

/** What is dumped of each database, in this order. Every query orders by a unique key. */
const DUMPS: readonly (readonly [name: string, query: string])[] = [
	[
		'event',
		`SELECT e.id, a.pubkey, e.created_at, e.kind, e.expires, e.size, e.sig, e.body
		FROM event e JOIN author a ON a.id = e.author ORDER BY e.id`
	],
	['account', 'SELECT name, posted, pending_in, pending_out FROM account ORDER BY name'],
	[
		'transfer',
		`SELECT t.id, t.kind, s.name AS source, d.name AS target, t.amount, t.at, t.state, t.settled_at, t.group_name, t.memo
		FROM transfer t JOIN account s ON s.id = t.source JOIN account d ON d.id = t.target ORDER BY t.id`
	],
	[
		'channel',
		`SELECT id, epoch, peer, direction, payer, payee, signer, expiry, salt, status, deposited, claimed, promised,
			settled, signature, fundings, close_at FROM channel ORDER BY id, epoch`
	],
	[
		'link',
		`SELECT peer, owner, role, payee, credit, "window", peer_credit, peer_window, fulfilled_by_me, fulfilled_by_peer,
			paid_out_by_me, paid_out_by_peer FROM link ORDER BY peer`
	],
	[
		'packet',
		`SELECT link, direction, hash, amount, expires_at, condition, state, fulfillment FROM packet
		ORDER BY link, direction, hash`
	],
	['payout', 'SELECT number, peer, payee, amount, fee, state, hash FROM payout ORDER BY number'],
	['transaction', 'SELECT number, purpose, nonce, state, hash FROM chain_transaction ORDER BY number'],
	['payout_taken', 'SELECT hash, peer, amount, fee FROM payout_taken ORDER BY hash'],
	['purchase', 'SELECT receipt, node, ids, part, prices, amount, state FROM purchase ORDER BY receipt'],
	['bought', 'SELECT event_id, node, author, sent, arrived, receipt FROM bought ORDER BY event_id'],
	['sale', 'SELECT receipt, ids, part, paid FROM sale_receipt ORDER BY receipt'],
	['earning', 'SELECT event_id, readers, total FROM earning ORDER BY event_id']
];

const written = (value: SqlValue): string => {
	if (value === null) return '~';
	if (value instanceof Uint8Array) return `x${bytesToHex(value)}`;
	return typeof value === 'string' ? JSON.stringify(value) : `${value}`;
};

/** The dump itself, a line per row: what to compare when two hashes differ. */
const dumpState = (sql: SqlDriver): readonly string[] =>
	DUMPS.flatMap(([name, query]) =>
		sql.all(query).map((row) => `${name} ${Object.values(row).map(written).join(' ')}`)
	);

const dumpChain = ({ block, channels, balances }: ChainSnapshot): readonly string[] => [
	`block ${block}`,
	...channels.map(
		([id, state]) => `channel ${id} ${state.deposited} ${state.claimed} ${state.closeAt} ${state.epoch}`
	),
	...balances.map(([owner, amount]) => `balance ${owner} ${amount}`)
];

export interface HashedWorld {
	readonly databases: readonly { readonly name: string; readonly sql: SqlDriver }[];
	readonly chain: ChainSnapshot;
}

/** Lower-case hex. The order in which databases are listed does not matter. */
export const stateHash = ({ databases, chain }: HashedWorld): string => {
	const hash = sha256.create();
	const line = (text: string): void => void hash.update(utf8(`${text}\n`));
	const byName = [...databases].sort((a, b) => (a.name < b.name ? -1 : 1));
	for (const { name, sql } of byName) {
		line(`# ${name}`);
		dumpState(sql).forEach(line);
	}
	line('# chain');
	dumpChain(chain).forEach(line);
	return bytesToHex(hash.digest());
};
