/** What an account sends: written down first, offered more when it is stuck, done once wherever a program ends. */
import { describe, expect, it } from 'vitest';
import { createNodeSql } from '../../../../server/akash-peer/node-sql.ts';
import { LIMITS } from '../limits.ts';
import type { ChainAct, ChainPort } from '../settlement/chain.ts';
import { createCommits } from '../storage/commit.ts';
import { migrate } from '../storage/migrations.ts';
import type { SqlDriver } from '../storage/sql.ts';
import {
	addressOf,
	createLife,
	GUEST_DEVICE,
	HUB,
	START_MS,
	WALLET,
	type Life
} from '../testing/settling-world.ts';
import { createSimulatedChain } from '../testing/simulated-chain.ts';
import { createSimulatedClock } from '../testing/simulated-clock.ts';
import { createGasBudget, gasPerDayOf } from './gas-budget.ts';
import { createTransactions, isForgotten, type Transactions } from './transactions.ts';

const PAY: ChainAct = { type: 'transfer', to: addressOf(WALLET), amount: 1n };

const open = () => {
	const clock = createSimulatedClock(START_MS, () => new Promise((resolve) => setImmediate(resolve)));
	const chain = createSimulatedChain({ clock });
	chain.mint(addressOf(HUB), 1_000n);
	const disk = createNodeSql(':memory:');
	migrate(disk);
	const troubles: string[] = [];
	/** A program on this disk. */
	const start = (life?: Life, port: ChainPort = chain.port(addressOf(HUB))): Transactions => {
		const sql: SqlDriver = life ? life.sql(disk) : disk;
		const transactions = createTransactions({
			platform: { clock, log: () => undefined },
			sql,
			commits: createCommits(sql, clock),
			chain: life ? life.chain(port) : port,
			gasBudget: createGasBudget({
				sql,
				now: clock.now,
				account: () => undefined,
				etherPrice: LIMITS.etherPrice,
				perDay: gasPerDayOf(LIMITS.gasPerDay * 1_000n),
				onReached: () => undefined,
				onWithin: () => undefined
			}),
			onTrouble: ({ type }) => troubles.push(type),
			onChange: () => undefined
		});
		transactions.start();
		return transactions;
	};
	const wait = async <T>(promise: Promise<T>, mostMs = 120_000): Promise<T> => {
		let done = false;
		const seen = promise.finally(() => (done = true));
		seen.catch(() => undefined);
		await clock.runWhile(() => !done, clock.now() + mostMs);
		return seen;
	};
	const paid = (): bigint => new Map(chain.snapshot().balances).get(addressOf(WALLET)) ?? 0n;
	const states = (): readonly unknown[] =>
		disk.all('SELECT state FROM chain_transaction ORDER BY number').map(({ state }) => state);
	const attempts = (): number => disk.all('SELECT 1 FROM chain_attempt').length;
	return { clock, chain, disk, start, wait, paid, states, attempts, troubles };
};

describe('a transaction', () => {
	it('is on disk before the chain hears of it, and over only in a final block', async () => {
		const world = open();
		const port = world.chain.port(addressOf(HUB));
		const seen: unknown[] = [];
		const transactions = world.start(undefined, {
			...port,
			broadcast: (raw) => {
				seen.push(world.disk.all('SELECT raw FROM chain_attempt')[0]?.['raw'] === raw);
				return port.broadcast(raw);
			}
		});
		expect(await world.wait(transactions.send(PAY, 'pay'))).toMatchObject({ ok: true });
		expect(seen).toEqual([true]);
		expect(world.states()).toEqual(['mined']);
		world.chain.skip(1_000);
		await world.clock.advance(60_000);
		expect(world.states()).toEqual(['done']);
	});

	it('whose block is undone is under way again, and mined again', async () => {
		const world = open();
		const transactions = world.start();
		await world.wait(transactions.send(PAY, 'pay'));
		world.chain.reorganise(1, { drop: () => true });
		await world.clock.advance(60_000);
		expect(world.states()).toEqual(['mined']);
		expect(world.paid()).toBe(1n);
	});

	it('that is refused before it is signed leaves nothing behind', async () => {
		const world = open();
		const transactions = world.start();
		const sent = await world.wait(transactions.send({ ...PAY, amount: 5_000n }, 'pay'));
		expect(sent).toMatchObject({ error: { type: 'TransactionRefused', reason: 'InsufficientBalance' } });
		expect(world.states()).toEqual([]);
	});

	it('that is taken back before it is sent costs nobody’s budget, and the next one goes out', async () => {
		const world = open();
		const transactions = world.start();
		const forGuest = { onBehalf: { peer: GUEST_DEVICE } };
		const takenBack = await world.wait(transactions.begin(PAY, 'pay', { ...forGuest, note: () => false }));
		expect(takenBack).toMatchObject({ error: { type: 'TransactionRefused' } });
		expect([world.states(), world.disk.all('SELECT 1 FROM chain_gas')]).toEqual([[], []]);
		expect(await world.wait(transactions.send(PAY, 'pay', forGuest))).toMatchObject({ ok: true });
		expect(world.disk.all('SELECT peer FROM chain_gas')).toEqual([{ peer: GUEST_DEVICE }]);
	});

	it('that is stuck is offered more until it is mined, and so are those behind it', async () => {
		const world = open();
		const transactions = world.start();
		const first = world.wait(transactions.begin(PAY, 'pay'));
		world.chain.setGasPrice(150);
		await first;
		await world.wait(transactions.begin(PAY, 'pay'));
		await world.clock.advance(LIMITS.outbidAfterMs - 16_000);
		expect(world.attempts()).toBe(2);
		await world.clock.advance(60_000);
		expect(world.paid()).toBe(2n);
		expect(world.states()).toEqual(['mined', 'mined']);
		expect(world.troubles).toEqual([]);
	});

	it('that nobody takes whatever is offered is told of, and still handed in', async () => {
		const world = open();
		const port = world.chain.port(addressOf(HUB));
		const transactions = world.start(undefined, { ...port, broadcast: () => new Promise(() => undefined) });
		void transactions.begin(PAY, 'pay');
		await world.clock.advance(100);
		const again = world.start(undefined, {
			...port,
			outbid: () => Promise.resolve({ ok: false, error: { type: 'GasTooDear', reason: 'much' } }),
			broadcast: () => Promise.resolve({ ok: true, value: null })
		});
		await world.clock.advance(10 * 60_000);
		expect(world.troubles).toContain('TransactionStuck');
		again.stop();
		transactions.stop();
		world.start();
		await world.clock.advance(60_000);
		expect(world.paid()).toBe(1n);
	});

	it('of an account that somebody else uses gets another number only if twice does no harm', async () => {
		const world = open();
		const port = world.chain.port(addressOf(HUB));
		const other = world.start();
		let isFirst = true;
		const transactions = world.start(undefined, {
			...port,
			broadcast: async (raw) => {
				if (!isFirst) return port.broadcast(raw);
				isFirst = false;
				return { ok: false, error: { type: 'NumberTaken' } };
			}
		});
		other.stop();
		// A transfer waits for what the chain says of its number.
		await world.wait(transactions.begin(PAY, 'pay'));
		expect(world.states()).toEqual(['sent']);
		await world.clock.advance(60_000);
		expect(world.paid()).toBe(1n);
	});

	it('is offered more only when it was forgotten, and not for ever', () => {
		expect(isForgotten(0, 1, LIMITS.outbidAfterMs - 1)).toBe(false);
		expect(isForgotten(0, 1, LIMITS.outbidAfterMs)).toBe(true);
		expect(isForgotten(0, LIMITS.outbidMost, LIMITS.outbidAfterMs)).toBe(false);
	});
});

describe('a program that ends while it sends', () => {
	/** Ends at that step; answers whether it was ever reached. */
	const run = async (endsAt: number, isStuck: boolean): Promise<boolean> => {
		const world = open();
		const life = createLife(endsAt);
		const first = world.start(life);
		void first.send(PAY, 'pay').catch(() => undefined);
		await world.clock.advance(30);
		if (isStuck) world.chain.setGasPrice(150);
		await world.clock.advance(40_000);
		const wasCut = life.isOver();
		life.end();
		first.stop();
		const second = world.start();
		await world.wait(second.resume());
		await world.clock.advance(90_000);
		const at = `ended at step ${endsAt}`;
		// What is on disk is done once; what is not was never signed for anybody.
		expect(world.paid(), at).toBe(BigInt(world.states().length));
		expect(world.states().length, at).toBeLessThanOrEqual(1);
		// The next one has its turn.
		expect(await world.wait(second.send(PAY, 'pay')), at).toMatchObject({ ok: true });
		return wasCut;
	};

	it.each([
		['goes through', false],
		['is stuck and offered more', true]
	] as const)('does what is on disk exactly once, wherever it ends (one that %s)', async (_, isStuck) => {
		let step = 0;
		while (step < 60 && (await run(step, isStuck))) step += 1;
		expect(step).toBeGreaterThanOrEqual(8);
	});
});
