import { describe, expect, it } from 'vitest';
import { toHex0x } from '../bytes.ts';
import { nobleCrypto } from '../crypto/noble-crypto.ts';
import { unwrap } from '../result.ts';
import { describeChain } from './chain-conformance.ts';
import { createChainActs } from './chain-acts.ts';
import { createSimulatedChain } from './simulated-chain.ts';
import { createSimulatedClock } from './simulated-clock.ts';

const START_MS = 1_800_000_000_000;
const secrets = { payer: new Uint8Array(32).fill(1), payee: new Uint8Array(32).fill(2) };
const payer = toHex0x(nobleCrypto.evmAddress(secrets.payer));
const payee = toHex0x(nobleCrypto.evmAddress(secrets.payee));

/** Node and Chromium both have MessageChannel; its message comes after every promise that can settle. */
const turn = (): Promise<void> =>
	new Promise((resolve) => {
		const { port1, port2 } = new MessageChannel();
		port1.onmessage = () => {
			port1.close();
			resolve();
		};
		port2.postMessage(0);
	});

const setUp = () => {
	const clock = createSimulatedClock(START_MS, turn);
	const chain = createSimulatedChain({ clock });
	const settle = async <T>(promise: Promise<T>): Promise<T> => {
		let isSettled = false;
		const mark = (): void => {
			isSettled = true;
		};
		promise.then(mark, mark);
		await clock.runWhile(() => !isSettled, clock.now() + 120_000);
		return promise;
	};
	const sleep = (ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));
	return { clock, chain, settle, sleep };
};

describeChain('the simulated chain', async () => {
	const { clock, chain, settle, sleep } = setUp();
	const unreachable = chain.port(payer);
	unreachable.setFault({ type: 'down' });
	return {
		payer: chain.port(payer),
		payee: chain.port(payee),
		onlooker: chain.port(),
		unreachable,
		secrets,
		mint: async (owner, amount) => chain.mint(owner, amount),
		skip: async (seconds) => chain.skip(seconds),
		finalize: async () => chain.skip(1_000),
		settle,
		wait: (ms) => clock.advance(ms),
		sleep
	};
});

describe('trouble on the simulated chain', () => {
	const rich = () => {
		const world = setUp();
		world.chain.mint(payer, 100n);
		const port = world.chain.port(payer);
		return { ...world, port: { ...port, ...createChainActs(port, world.sleep) } };
	};
	const PAY = { type: 'transfer', to: payee, amount: 1n } as const;

	it('slow: the answer comes late, and beyond the timeout not at all, but the deed is done', async () => {
		const { port, clock, settle, chain } = rich();
		const first = unwrap(await settle(port.prepare(PAY)));
		const second = unwrap(await settle(port.prepare(PAY, first.nonce + 1)));
		port.setFault({ type: 'slow', delayMs: 5_000 });
		const startedMs = clock.now();
		expect(await settle(port.broadcast(first.raw))).toMatchObject({ ok: true });
		expect(clock.now() - startedMs).toBeGreaterThanOrEqual(5_000);
		port.setFault({ type: 'slow', delayMs: 15_000 });
		expect(await settle(port.broadcast(second.raw))).toMatchObject({ error: { type: 'ChainUnreachable' } });
		expect(new Map(chain.snapshot().balances).get(payee)).toBe(1n);
		await clock.advance(20_000);
		expect(new Map(chain.snapshot().balances).get(payee)).toBe(2n);
	});

	it('silent: nobody says that it was taken', async () => {
		const { port, settle, chain } = rich();
		const { raw } = unwrap(await settle(port.prepare(PAY)));
		port.setFault({ type: 'silent' });
		expect(await settle(port.broadcast(raw))).toMatchObject({ error: { type: 'ChainUnreachable' } });
		expect(new Map(chain.snapshot().balances).get(payee)).toBe(1n);
	});

	it('undone blocks give back what was in them, and a watch says so', async () => {
		const { port, clock, settle, chain, sleep } = rich();
		const told: unknown[] = [];
		const cancel = port.watch(
			() => [],
			undefined,
			({ upTo, isReorganised }) => told.push([upTo.block, isReorganised])
		);
		await settle(port.transfer(payee, 1n));
		const sent = unwrap(await settle(port.transfer(payee, 2n)));
		await clock.advance(100);
		chain.reorganise(1);
		expect(new Map(chain.snapshot().balances).get(payee)).toBe(1n);
		expect(await settle(port.fate({ hashes: [sent.transaction] }))).toMatchObject({
			value: { type: 'pending' }
		});
		await clock.advance(2_000);
		expect(new Map(chain.snapshot().balances).get(payee)).toBe(3n);
		chain.reorganise(1, { drop: () => true });
		await clock.advance(2_000);
		expect(new Map(chain.snapshot().balances).get(payee)).toBe(1n);
		await settle(createChainActs(chain.port(payer), sleep).transfer(payee, 4n));
		await clock.advance(100);
		expect(told).toEqual([
			[1n, false],
			[2n, false],
			[2n, true],
			[2n, true]
		]);
		cancel();
	});

	it('gas that became dear keeps a transaction waiting until more is offered', async () => {
		const { port, clock, settle, chain } = rich();
		const first = unwrap(await settle(port.prepare(PAY)));
		chain.setGasPrice(200);
		await settle(port.broadcast(first.raw));
		await clock.advance(60_000);
		expect(chain.snapshot().block).toBe(0n);
		const second = unwrap(await settle(port.outbid(first.raw)));
		await settle(port.broadcast(second.raw));
		await clock.advance(2_000);
		expect(new Map(chain.snapshot().balances).get(payee)).toBe(1n);
	});

	it('reject: every transaction is refused with the reason given', async () => {
		const { port, settle, chain } = rich();
		port.setFault({ type: 'reject', reason: 'insufficient funds for gas' });
		expect(await settle(port.transfer(payee, 1n))).toEqual({
			ok: false,
			error: { type: 'TransactionRefused', reason: 'insufficient funds for gas' }
		});
		expect(chain.snapshot().block).toBe(0n);
	});

	it('down: a watcher misses nothing once the chain is back', async () => {
		const { port, clock, settle, chain } = rich();
		const watcher = chain.port();
		const heights: bigint[] = [];
		const cancel = watcher.watch(
			() => [],
			undefined,
			({ upTo }) => heights.push(upTo.block)
		);
		watcher.setFault({ type: 'down' });
		await settle(port.transfer(payee, 1n));
		await settle(port.transfer(payee, 1n));
		await clock.advance(60_000);
		expect(heights).toEqual([]);
		watcher.setFault(undefined);
		await clock.advance(1_000);
		expect(heights).toEqual([2n]);
		cancel();
	});

	it('a blocked account is refused as by the token', async () => {
		const { port, settle, chain } = rich();
		chain.block(payee, true);
		expect(await settle(port.transfer(payee, 1n))).toMatchObject({ error: { reason: 'AccountBlacklisted' } });
		chain.block(payee, false);
		expect(await settle(port.transfer(payee, 1n))).toMatchObject({ ok: true });
	});

	it('leaves no timer behind, and the same acts give the same chain', async () => {
		const run = async () => {
			const { port, clock, settle, chain } = rich();
			const sent = [1n, 2n, 3n].map((amount) => port.transfer(payee, amount));
			await settle(Promise.all(sent));
			await clock.advance(2_000);
			expect(clock.pending()).toBe(0);
			return chain.snapshot();
		};
		expect(await run()).toEqual(await run());
	});
});
