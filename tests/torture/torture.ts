/**
 * Kills the peers of a real network at random, under load, and asks after each kill whether anything was lost:
 * the same seed plans the same kills in the same order; what they hit is the machine's affair.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { processorOf } from '../../scripts/processor.ts';
import { LIMITS } from '../../src/lib/peer/limits.ts';
import { createSeededRandom } from '../../src/lib/peer/testing/seeded-random.ts';
import { control } from '../process/nodes.ts';
import { createSchedule, type Kill } from './kills.ts';
import { createLoad } from './load.ts';
import { createOracle, isAtRest, type Verdict } from './oracle.ts';
import { PROCESSES, type TortureWorld } from './world.ts';

export interface TortureOptions {
	readonly kills: number;
	readonly seed: string;
	readonly onKill?: (report: KillReport) => void;
}

export interface KillReport {
	readonly number: number;
	readonly kind: string;
	/** Packets with money that were under way at the victim, as its neighbours saw it. */
	readonly inFlight: number;
	/** Ends of packets whose outcome was learned after they had expired. */
	readonly late: number;
	/** From the kill to the first packet that began after it and was fulfilled; undefined: never. */
	readonly backMs: number | undefined;
	/** Processor time of its new process by then, where it has one of its own: what a machine with nothing else to do needs. */
	readonly processorMs: number | undefined;
	/** Broken rules; empty when all is well. */
	readonly wrong: readonly string[];
}

/** Longer than any back-off. */
const BACK_WITHIN_MS = 60_000;
/** Packets expire within half a minute; what the books differ by after this they differ by for good. */
const REST_WITHIN_MS = 60_000;
/** What is looked for has its own time in the books. */
const LOOK_EVERY_MS = 100;
/** Between the audit of one kill and the next kill, up to twice as long. */
const BETWEEN_MS = 400;
/** So long a moment is looked for at which the victim has packets under way. */
const AIM_MS = 500;
/** Books of several programs are read one after another, and chains are looked at now and then. */
const AUDIT_AGAIN_MS = 400;
/** A GET's life at its reader is shortened by each hop on its way here: what expires later began after the kill. */
const HOPS_FROM_READERS = { hub: 0, bob: 1, carol: 2, reader: 0, browser: 0 } as const;
/** Somebody who is back as soon as this has time for everything that was under way: a packet lives twice as long at the last hop. */
const BACK_IN_TIME_MS = (LIMITS.getExpiryMs - HOPS_FROM_READERS.carol * LIMITS.expiryMarginMs) / 2;
/** Clocks of a link agree to within this. */
const CLOCK_MS = 100;

export const torture = async (
	world: TortureWorld,
	options: TortureOptions
): Promise<readonly KillReport[]> => {
	const random = createSeededRandom(`torture/${options.seed}`);
	const next = createSchedule(random.fork('schedule'));
	const load = createLoad(world, random.fork('load'));
	const oracle = createOracle(load);
	const reports: KillReport[] = [];
	const { id: chainId, rpcUrl, contract, token } = world.network.chain;
	const lower = (address: string): `0x${string}` => address.toLowerCase() as `0x${string}`;
	const chain = { chainId, rpcUrl, contract: lower(contract), token: lower(token), tokenScale: 6 };

	/** When money first went through since, by what the victim's books (or its hub's) say. Unix ms. */
	const servedAt = (victim: Exclude<Kill['victim'], 'chain'>, since: number): number | undefined => {
		const isBrowser = victim === 'browser';
		const query = `SELECT min(settled_at) AS at FROM packet
			WHERE state = 'fulfilled' AND settled_at > ? AND expires_at > ? AND (direction = 'in' OR in_link IS NULL)${isBrowser ? ' AND link = ?' : ''}`;
		const values = [
			String(since),
			String(since + LIMITS.getExpiryMs - HOPS_FROM_READERS[victim] * LIMITS.expiryMarginMs + CLOCK_MS),
			...(isBrowser ? [world.keys.browser.device] : [])
		];
		const at = world.look(isBrowser ? 'hub' : victim, ({ all }) => all(query, values)[0]?.['at']);
		return at === null || at === undefined ? undefined : Number(at);
	};

	const isChainBack = (): Promise<boolean> =>
		control<{ ok: boolean }>(world.httpOf('hub'), 'head').then(
			({ ok }) => ok,
			() => false
		);

	const untilBack = async (victim: Kill['victim'], since: number): Promise<number | undefined> => {
		while (Date.now() < since + BACK_WITHIN_MS) {
			if (victim === 'chain') {
				if (await isChainBack()) return Date.now() - since;
			} else {
				const at = servedAt(victim, since);
				if (at !== undefined) return at - since;
			}
			await sleep(LOOK_EVERY_MS);
		}
		return undefined;
	};

	const processorBy = (victim: Kill['victim']): number | undefined =>
		victim === 'chain' || victim === 'browser'
			? undefined
			: Math.round(processorOf(world.pidOf(victim)) * 1_000);

	/** As all others see it: the victim's own file is not touched before it has started again. */
	const inFlight = (victim: Kill['victim']): number => {
		if (victim === 'chain') return 0;
		const others = PROCESSES.filter((name) => name !== victim);
		return others.reduce(
			(sum, name) =>
				sum +
				world.look(name, ({ all }) =>
					Number(
						all('SELECT count(*) AS n FROM packet_open WHERE link = ?', [world.keys[victim].device])[0]?.['n']
					)
				),
			0
		);
	};

	/** A kill is to hit something: waits a little until money is under way at the victim. */
	const untilUnderWay = async (victim: Kill['victim']): Promise<void> => {
		const deadline = Date.now() + AIM_MS;
		while (victim !== 'chain' && Date.now() < deadline && inFlight(victim) === 0) await sleep(5);
	};

	/** The browser's books are not asked: looking at them means to copy them. */
	const isMoving = (): boolean => PROCESSES.some((name) => !world.look(name, (sql) => isAtRest({ sql })));

	const auditAtRest = async (): Promise<Verdict> => {
		const deadline = Date.now() + REST_WITHIN_MS;
		let late = 0;
		for (;;) {
			while (isMoving() && Date.now() < deadline) await sleep(LOOK_EVERY_MS);
			const wrong = await world.withBooks(async (books) => {
				const restless = books
					.filter((one) => !isAtRest(one))
					.map(({ name }) => `${name} never came to rest`);
				if (restless.length > 0) return restless;
				const verdict = await oracle.audit(books, chain);
				late += verdict.late;
				return verdict.wrong;
			});
			if (wrong.length === 0 || Date.now() > deadline) return { wrong, late };
			await sleep(AUDIT_AGAIN_MS);
		}
	};

	try {
		for (let number = 1; number <= options.kills; number++) {
			const kill = next();
			load.resume();
			await sleep(BETWEEN_MS + random.int(BETWEEN_MS));
			load.burst();
			await untilUnderWay(kill.victim);
			let since = Date.now();
			let underWay = 0;
			await kill.run(world, () => {
				since = Date.now();
				underWay = inFlight(kill.victim);
			});
			const backMs = await untilBack(kill.victim, since);
			const processorMs = processorBy(kill.victim);
			await load.pause();
			const verdict = await auditAtRest();
			const wrong = [
				...verdict.wrong,
				...(backMs === undefined ? [`nothing was served within ${BACK_WITHIN_MS} ms`] : []),
				...(verdict.late > 0 && backMs !== undefined && backMs <= BACK_IN_TIME_MS
					? [`${verdict.late} outcomes were learned only after their packets had expired`]
					: [])
			];
			const report = {
				number,
				kind: kill.kind,
				inFlight: underWay,
				late: verdict.late,
				backMs,
				processorMs,
				wrong
			};
			reports.push(report);
			options.onKill?.(report);
		}
	} finally {
		await load.stop();
	}
	return reports;
};
