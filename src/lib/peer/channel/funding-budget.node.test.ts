/** What may be locked in a day holds for all channels together, also for a transaction that nobody waits for any more. */
import { expect, it } from 'vitest';
import { createNodeSql } from '../../../../server/akash-peer/node-sql.ts';
import { keepToBudget } from '../commitments.ts';
import { LIMITS } from '../limits.ts';
import type { SqlDriver } from '../storage/sql.ts';
import {
	addressOf,
	createSimulatedEnd,
	DOLLAR,
	HUB,
	HUB_DEVICE,
	START_MS,
	STRANGER,
	TOKEN,
	WALLET
} from '../testing/settling-world.ts';
import { createSimulatedChain } from '../testing/simulated-chain.ts';
import { createSimulatedClock } from '../testing/simulated-clock.ts';

const OTHER_DEVICE = '0d'.repeat(32);
/** Many times what anything is offered at first, and less. */
const CROWDED = 1_000;
const QUIET = 1;

/** A node with two neighbours that may lock five dollars a day, four for each. */
const open = async () => {
	const clock = createSimulatedClock(START_MS, () => new Promise((resolve) => setImmediate(resolve)));
	const chain = createSimulatedChain({ clock });
	chain.mint(addressOf(WALLET), 100n * DOLLAR);
	const place = { clock, chain, openSql: () => createNodeSql(':memory:') };
	const wait = async <T>(promise: Promise<T>): Promise<T> => {
		let done = false;
		const seen = promise.finally(() => (done = true));
		seen.catch(() => undefined);
		await clock.runWhile(() => !done, clock.now() + 300_000);
		return seen;
	};
	/** What is handed in finds a chain that takes more than was offered. */
	let isCrowded = false;
	const start = async (sql?: SqlDriver) => {
		const end = createSimulatedEnd(place, {
			role: 'peer',
			neighbour: HUB_DEVICE,
			neighbourPayee: addressOf(HUB),
			claimSecret: WALLET,
			account: addressOf(WALLET),
			through: (port) => ({
				...port,
				broadcast: (raw) => {
					if (isCrowded) chain.setGasPrice(CROWDED);
					return port.broadcast(raw);
				}
			}),
			payee: addressOf(WALLET),
			mayCommit: keepToBudget({
				fundingPerDay: 5n * DOLLAR * TOKEN,
				onTrouble: () => undefined,
				onRelief: () => undefined
			}),
			...(sql ? { sql } : {})
		});
		const terms = {
			owner: OTHER_DEVICE,
			role: 'peer',
			credit: 0n,
			window: LIMITS.windowNode,
			at: 0
		} as const;
		const learned = { peerCredit: 0n, peerWindow: 0n, peerMaxPacket: 0n };
		await wait(
			end.commits.run(() => {
				end.accounts.meet(OTHER_DEVICE, terms);
				end.accounts.learn(OTHER_DEVICE, {
					...learned,
					payee: addressOf(STRANGER),
					payoutFee: undefined,
					payoutThreshold: undefined
				});
			})
		);
		await wait(end.settler.start());
		return end;
	};
	const locked = (): bigint =>
		100n * DOLLAR - (new Map(chain.snapshot().balances).get(addressOf(WALLET)) ?? 0n);
	const crowd = (now: boolean): void => {
		isCrowded = now;
		if (!now) chain.setGasPrice(QUIET);
	};
	return { clock, wait, start, locked, crowd };
};

it.each(['while the program goes on', 'by a program that has ended'] as const)(
	'an opening that was given up on %s counts until it is in a block',
	async (how) => {
		const world = await open();
		let node = await world.start();
		world.crowd(true);
		const keep = (peer: string): Promise<void> => world.wait(node.settler.keepFunded(peer, 4n * DOLLAR));
		await keep(HUB_DEVICE);
		expect(world.locked()).toBe(0n);
		if (how === 'by a program that has ended') {
			node.settler.stop();
			node = await world.start(node.sql);
		}
		await keep(OTHER_DEVICE);
		world.crowd(false);
		await world.clock.advance(120_000);
		await keep(HUB_DEVICE);
		await keep(OTHER_DEVICE);
		await world.clock.advance(60_000);
		expect(world.locked()).toBe(4n * DOLLAR);
		node.settler.stop();
	}
);
