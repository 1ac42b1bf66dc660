/**
 * What is kept in memory beside the tables (balances, totals of links, what is under way and what is withheld) is what
 * another program would read in them, whatever was decided, and undone with its part, after it had been written, or with all
 * of its transaction.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createNodeSql } from '../../../../server/akash-peer/node-sql.ts';
import type { Channel, ChannelInput } from '../channel/channel.ts';
import { createChannels } from '../channel/channels.ts';
import { createLedger } from '../ledger/sqlite-ledger.ts';
import type { SqlDriver } from '../storage/sql.ts';
import { migrate } from '../storage/migrations.ts';
import { insertBooked, sampleChannel } from '../testing/booked-channel.ts';
import { createLinkAccounts } from './accounts.ts';
import { createPackets } from './packets.ts';

const PEERS = ['aa'.repeat(32), 'bb'.repeat(32)] as const;
const ADDRESS = `0x${'11'.repeat(20)}` as const;
const W = 20_000_000n;
const DEPOSIT = 100_000n;

const idOf = (peer: string, direction: 'in' | 'out') =>
	`0x${direction === 'in' ? '01' : '02'}${peer.slice(2)}` as const;
const hashOf = (n: number): Uint8Array => new Uint8Array(32).fill(n);

const read = (sql: SqlDriver) => {
	const ledger = createLedger(sql);
	const channels = createChannels(sql, ledger, 6);
	const packets = createPackets(sql);
	return { sql, ledger, channels, packets, accounts: createLinkAccounts(sql, ledger, channels, packets) };
};
type World = ReturnType<typeof read>;

const channel = (peer: string, direction: 'in' | 'out'): Channel =>
	sampleChannel({ id: idOf(peer, direction), peer, direction, deposited: DEPOSIT });

const open = (): World => {
	const sql = createNodeSql(':memory:');
	migrate(sql);
	const world = read(sql);
	for (const peer of PEERS) {
		world.accounts.meet(peer, { owner: peer, role: 'peer', credit: W, window: W, at: 0 });
		for (const direction of ['in', 'out'] as const) insertBooked(world, channel(peer, direction));
	}
	return world;
};

/** All that is asked of memory. */
const seen = ({ ledger, channels, packets, accounts }: World) =>
	PEERS.map((peer) => ({
		row: accounts.get(peer),
		balance: ledger.balance(`link/${peer}`),
		pending: ledger.pending(`link/${peer}`),
		available: accounts.available(peer),
		prepaid: accounts.prepaid(peer),
		held: [accounts.held(peer, 'me'), accounts.held(peer, 'peer')],
		withheld: [channels.withheld(peer, 'in'), channels.withheld(peer, 'out')],
		underWay: [packets.underWay(peer, 'in'), packets.underWay(peer, 'out')],
		late: packets.late(peer).length,
		audit: accounts.audit(peer),
		groups: ledger.pendingGroups()
	}));

interface Act {
	readonly what: (typeof ACTS)[number];
	readonly peer: string;
	readonly n: number;
	readonly amount: bigint;
}
const ACTS = [
	...[
		'cover',
		'send',
		'fulfilled',
		'rejected',
		'late',
		'told',
		'deliver',
		'claim',
		'seen',
		'leave',
		'freeze'
	],
	...['thaw', 'end', 'meet', 'learn', 'older', 'recover', 'payout', 'forget', 'sweep', 'total', 'all']
] as const;

const inputOf = ({ what, amount }: Act, now: Channel): ChannelInput => {
	const within = (most: bigint): bigint => amount % (most + 1n);
	switch (what) {
		case 'claim':
			return { type: 'claim', cumulative: within(DEPOSIT), signature: hashOf(1), isChecked: true, trust: 0n };
		case 'leave':
			return { type: 'seen', deposited: DEPOSIT, settled: now.settled, closeAt: 77 };
		case 'freeze':
			return { type: 'freeze', capture: within(now.claimed) };
		case 'thaw':
			return { type: 'thaw' };
		case 'end':
			return { type: 'end', captured: within(now.deposited), as: 'closed' };
		default:
			return { type: 'seen', deposited: DEPOSIT, settled: within(now.claimed), closeAt: 0 };
	}
};

const perform = (act: Act, { ledger, channels, packets, accounts }: World): void => {
	const { what, peer, n, amount } = act;
	const link = `link/${peer}`;
	const group = `${peer}/${n}`;
	const hash = hashOf(n);
	switch (what) {
		case 'cover':
			accounts.cover(peer, amount, n);
			return;
		case 'send':
			if (packets.find(peer, 'out', hash, n)) return;
			packets.insert({
				...{ link: peer, direction: 'out', hash, amount, expiresAt: n, condition: hash, group },
				...{ inLink: undefined, inHash: undefined }
			});
			ledger.begin({ kind: 'buy', from: link, to: 'expense/notes', amount, at: n, group });
			return;
		case 'fulfilled':
		case 'rejected':
		case 'late': {
			const sent = packets.find(peer, 'out', hash, n);
			if (!sent || !packets.settle(peer, 'out', hash, what, n, hash)) return;
			if (what !== 'fulfilled') return void ledger.void(group, n);
			ledger.post(group, n);
			accounts.fulfilled(peer, 'peer', sent.amount);
			return;
		}
		case 'told':
			packets.toldLate(peer, hash);
			return;
		case 'deliver':
			ledger.record({ kind: 'sell', from: 'income/notes', to: link, amount, at: n, group: `sold ${n}` });
			accounts.fulfilled(peer, 'me', amount);
			return;
		case 'meet':
			accounts.meet(peer, {
				owner: peer,
				role: n % 2 === 0 ? 'peer' : 'child',
				credit: amount,
				window: W,
				at: n
			});
			return;
		case 'learn':
			accounts.learn(peer, {
				...{ payee: ADDRESS, peerCredit: amount, peerWindow: amount, peerMaxPacket: amount },
				...{ payoutFee: undefined, payoutThreshold: amount }
			});
			return;
		case 'older':
			accounts.markOlder(peer);
			return;
		case 'recover': {
			const row = accounts.get(peer);
			const told = { fulfilledByMe: (row?.fulfilledByPeer ?? 0n) + amount, fulfilledByYou: amount };
			accounts.recover(peer, told, n);
			return;
		}
		case 'payout':
			ledger.record({ kind: 'payout', from: 'wallet', to: link, amount, at: n, group: `paid ${n}` });
			accounts.paidOut(peer, 'me', amount);
			return;
		case 'forget':
			accounts.forget(n);
			return;
		case 'sweep':
			packets.sweep(n, PEERS);
			return;
		case 'total':
			ledger.total({ kind: 'buy', account: link, since: 0, includePending: true });
			return;
		case 'all':
			accounts.all();
			return;
		default: {
			const id = idOf(peer, n % 2 === 0 ? 'in' : 'out');
			const now = channels.get(id, 0);
			if (now) channels.apply(id, 0, [inputOf(act, now)], n);
		}
	}
};

const act = fc.record({
	what: fc.constantFrom(...ACTS),
	peer: fc.constantFrom(...PEERS),
	n: fc.integer({ min: 1, max: 9 }),
	amount: fc.bigInt(1n, W)
});
const part = fc.record({
	acts: fc.array(act, { minLength: 1, maxLength: 4 }),
	flushes: fc.boolean(),
	fails: fc.integer({ min: 0, max: 3 }).map((n) => n === 0)
});
/** `written`: it fails when all of it is in the tables, as on a disk that is full. */
const transaction = fc.record({
	parts: fc.array(part, { minLength: 1, maxLength: 5 }),
	end: fc.constantFrom('fine', 'fine', 'fine', 'fails', 'fails when it is written')
});

it('memory is what the tables say, whatever was undone', () => {
	fc.assert(
		fc.property(fc.array(transaction, { minLength: 1, maxLength: 12 }), (transactions) => {
			const world = open();
			const { sql } = world;
			for (const { parts, end } of transactions) {
				const before = seen(world);
				try {
					sql.transaction(() => {
						for (const { acts, flushes, fails } of parts)
							try {
								sql.current()?.attempt(() => {
									for (const one of acts) perform(one, world);
									if (flushes) sql.current()?.flush();
									if (fails) throw new Error('the part fails');
								});
							} catch {
								// Undone by itself, as a decision that breaks a rule of the ledger is.
							}
						if (end === 'fails') throw new Error('all of it fails');
						const full = (): never => {
							throw new Error('all of it fails');
						};
						if (end !== 'fine') sql.current()?.last({}, full);
					});
				} catch (error) {
					expect(String(error)).toContain('all of it fails');
					expect(seen(world)).toEqual(before);
				}
				expect(seen(world)).toEqual(seen(read(sql)));
				expect(world.ledger.audit()).toEqual({ sum: 0n, differences: [] });
			}
			sql.close();
		}),
		{ numRuns: 100 }
	);
}, 60_000);
