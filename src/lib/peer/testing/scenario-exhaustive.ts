/**
 * One small life of a guest, from opening a channel over paying and being paid to closing it, in which exactly
 * one thing goes wrong. What can go wrong is counted in a first run: every write to a disk, every message on a
 * link, every call of the chain. Each of them, by its number, then fails in a run of its own from the same seed:
 *
 * | what    | how                                                                             |
 * |---------|---------------------------------------------------------------------------------|
 * | write   | undone as on a full disk; the program ends right before it, or right after it    |
 * | message | lost; arrives twice; the connection breaks with it                               |
 * | call    | never reaches the chain; reaches it and the answer is lost                       |
 *
 * Programs that end are started again a second later, what was refused is asked again, and then everything must
 * be as if nothing had happened: {@link auditWorld} finds nothing, no packet ended differently at its two ends,
 * and whatever anybody was told is done is there.
 */
import type { Hex } from '../bytes.ts';
import type { Peer } from '../index.ts';
import { err, ok, type Result } from '../result.ts';
import type { SqlRow } from '../storage/sql.ts';
import { auditPacketEnds, type PacketBooks } from './packet-ends.ts';
import { auditWorld } from './scenario-audit.ts';
import { nodesReady } from './scenario-main-job.ts';
import { createWorld, type Fates, type SimulatedHost, type World, type WorldOptions } from './simulation.ts';

/** In the order in which they are tried. */
export const TROUBLES = {
	write: ['refuse', 'crash before', 'crash after'],
	message: ['lost', 'twice', 'break'],
	call: ['unheard', 'unanswered']
} as const;
export type Moment = keyof typeof TROUBLES;

/** The `number`-th write, message or call of the run, from 0. */
export interface Trouble {
	readonly moment: Moment;
	readonly number: number;
	readonly how: string;
}

export interface ExhaustiveReport {
	readonly hash: string;
	/** Broken rules, in words; empty when all is well. */
	readonly wrong: readonly string[];
	readonly story: readonly string[];
	/** Simulated ms it took. */
	readonly tookMs: number;
	/** What there was to go wrong. */
	readonly moments: Readonly<Record<Moment, number>>;
	/** Whose moment was hit and which: `undefined` when the run was over before it. */
	readonly hit: string | undefined;
}

export type ExhaustiveOptions = Omit<WorldOptions, 'seed' | 'fates'>;

/** Notes of each author. */
const NOTES = 2;
/** Token units the guest puts into her channel, and what she asks for a note: two bring more than a payout costs. */
const DEPOSIT = 1_000_000n;
const HER_PRICE = 900_000n;
const A_DOLLAR = 1_000_000_000n;
/** Until a program that ended is started again. */
const AWAY_MS = 1_000;
/** What one step may take, everything that goes wrong included. */
const STEP_MS = 180_000;
/** An answer that does not come by then is not waited for: the step is looked at and asked again. */
const PATIENCE_MS = 45_000;

/** All that can go wrong in one run of `moments`. */
export const troublesOf = (moments: Readonly<Record<Moment, number>>): readonly Trouble[] =>
	(Object.keys(TROUBLES) as Moment[]).flatMap((moment) =>
		Array.from({ length: moments[moment] }, (_, number) =>
			TROUBLES[moment].map((how): Trouble => ({ moment, number, how }))
		).flat()
	);

export const runExhaustive = async (
	seed: string,
	trouble: Trouble | undefined,
	options: ExhaustiveOptions
): Promise<ExhaustiveReport> => {
	const moments = { write: 0, message: 0, call: 0 };
	let hit: string | undefined;
	let isBegun = false;
	const next = (moment: Moment, where: string): string | undefined => {
		if (!isBegun) return undefined;
		const number = moments[moment]++;
		if (trouble?.moment !== moment || trouble.number !== number) return undefined;
		hit = where;
		return trouble.how;
	};
	const fates: Fates = {
		write: (host) => next('write', host) as ReturnType<Fates['write']>,
		message: (message, label) =>
			next('message', `${message.length} bytes at ${label}`) as ReturnType<Fates['message']>,
		call: (host, method) => next('call', `${host}: ${method}`) as ReturnType<Fates['call']>
	};
	const world = await createWorld({ maxIdsPerGet: 1, ...options, seed, fates });
	try {
		const { wrong, story, tookMs } = await life(
			world,
			// Nobody notices that a single answer is missing before its packet is over.
			trouble?.how === 'lost',
			() => (isBegun = true)
		);
		return { hash: world.hash(), wrong, story, tookMs, moments, hit };
	} finally {
		await world.close();
	}
};

const booksOf = (world: World): readonly PacketBooks[] =>
	world.hosts().map(({ name, peer, sql }) => ({ name, device: peer.status().device, sql }));

const life = async (
	world: World,
	mayBeLate: boolean,
	begin: () => void
): Promise<Pick<ExhaustiveReport, 'wrong' | 'story' | 'tookMs'>> => {
	const { clock } = world;
	const { hub, bob } = world.nodes;
	const began = clock.now();
	const story: string[] = [];
	const wrong: string[] = [];
	const tell = (line: string): void =>
		void story.push(`${((clock.now() - began) / 1000).toFixed(1)} s: ${line}`);
	const told: { readonly host: SimulatedHost; readonly id: string }[] = [];

	/** Lets time pass, starts what ended, until it is so. */
	const until = async (isSo: () => boolean, withinMs: number): Promise<boolean> => {
		const last = clock.now() + withinMs;
		for (;;) {
			const ended = world.hosts().filter(({ running }) => !running);
			if (ended.length === 0 && isSo()) return true;
			if (clock.now() >= last) return false;
			if (ended.length > 0) await world.advance(AWAY_MS);
			for (const host of ended) {
				tell(`${host.name} ended and is started again`);
				await host.start();
			}
			await world.advance(100);
		}
	};

	/**
	 * Asks until it is so; without `isSo`, until it was answered with yes. An answer may be no, or never come because
	 * somebody ended. A yes must be true, where it `means` that it is so and not only that it was begun.
	 */
	const step = async <T>(
		what: string,
		host: SimulatedHost,
		ask: (peer: Peer) => Promise<Result<T, unknown>>,
		isSo?: () => boolean,
		means: 'done' | 'begun' = 'done'
	): Promise<T | undefined> => {
		const last = clock.now() + STEP_MS;
		while (clock.now() < last) {
			let answer: Result<T, unknown> | 'broken' | undefined;
			const { peer } = host;
			ask(peer).then(
				(given) => (answer = given),
				() => (answer = 'broken')
			);
			await until(() => answer !== undefined || isSo?.() === true || host.peer !== peer, PATIENCE_MS);
			const given = answer as Result<T, unknown> | 'broken' | undefined;
			const isYes = given !== undefined && given !== 'broken' && given.ok;
			// What an answer did not tell may still come about.
			if (isSo === undefined ? isYes : await until(isSo, 15_000)) {
				tell(what);
				return isYes ? given.value : undefined;
			}
			if (isYes && means === 'done') wrong.push(`${what}: was told that it is done, and it is not`);
			tell(`${what}: ${given === undefined ? 'no answer' : JSON.stringify(given)}`);
			await until(() => false, 1_000);
		}
		throw new Error(`${what}: not within ${STEP_MS} ms`);
	};

	const publish = async (author: SimulatedHost, content: string): Promise<string> => {
		const event = await step(`${author.name} publishes`, author, ({ api }) => api.publish({ content }));
		if (event === undefined) throw new Error('published without an answer');
		told.push({ host: author, id: event.id });
		return event.id;
	};

	const one = (
		{ sql }: SimulatedHost,
		query: string,
		parameters: readonly string[] = []
	): SqlRow | undefined => sql.all(query, parameters)[0];
	const rows = (host: SimulatedHost, query: string): number => host.sql.all(query).length;
	const has = (host: SimulatedHost, ids: readonly string[]) => (): boolean =>
		ids.every((id) => one(host, 'SELECT 1 FROM bought WHERE event_id = ?', [id]) !== undefined);
	const isOpen = `SELECT id FROM channel WHERE direction = 'out' AND status = 'open'`;
	const isClosed = `SELECT 1 FROM channel WHERE direction = 'out' AND status = 'closed'`;
	const terms = { maxPrice: 2n * HER_PRICE, dailyLimit: A_DOLLAR };

	try {
		await nodesReady(world);
		begin();
		const guest = await world.addGuest('guest');
		await until(() => guest.peer.status().links.length > 0, STEP_MS);

		await step('a wallet is named', guest, ({ api }) => api.setPayoutAddress(guest.wallet.address));
		// The hub is told by a new hello.
		await step('online again', guest, async ({ api }) =>
			(await api.state()).link.status === 'online' ? ok(null) : err('not yet')
		);
		await step(
			'open',
			guest,
			async ({ api }) => {
				const request = await api.prepareFunding({ payer: guest.wallet.address, amount: DEPOSIT });
				if (!request.ok) return request;
				const { funding, typedData } = request.value;
				return api.fund({ ...funding, signature: guest.wallet.sign(typedData) });
			},
			() => rows(guest, isOpen) > 0
		);

		const ofBob: string[] = [];
		for (let i = 0; i < NOTES; i++) ofBob.push(await publish(bob, `what Bob says, part ${i}`));
		await step('pay', guest, ({ api }) => api.follow(bob.pubkey, terms), has(guest, ofBob), 'begun');

		await step('a price is set', guest, ({ api }) => api.setPrice(HER_PRICE));
		const ofGuest: string[] = [];
		for (let i = 0; i < NOTES; i++) ofGuest.push(await publish(guest, `what she says, part ${i}`));
		await step('be paid', bob, ({ api }) => api.follow(guest.pubkey, terms), has(bob, ofGuest), 'begun');

		const unredeemed = `SELECT 1 FROM channel WHERE direction = 'in' AND status = 'open' AND settled <> claimed`;
		for (const host of [hub, bob])
			await step(
				`${host.name} redeems`,
				host,
				({ settler }) => settler?.redeemAll() ?? Promise.reject(new Error('no settler')),
				() => rows(host, unredeemed) === 0
			);

		/** A note whose answer was lost without its connection came too late to be paid; the rest is less than a payout costs. */
		let isTooSmall = false;
		await step(
			'payout',
			guest,
			async ({ api }) => {
				const answer = await api.payout();
				isTooSmall = !answer.ok && answer.error.type === 'PayoutTooSmall';
				return answer;
			},
			() => rows(guest, 'SELECT 1 FROM payout_taken') > 0 || (mayBeLate && isTooSmall)
		);
		await step(
			'close',
			guest,
			({ api }) => api.closeChannel(String(one(guest, isOpen)?.['id'] ?? '') as Hex),
			() => rows(guest, isOpen) === 0 && rows(guest, isClosed) > 0
		);

		const isAtRest = (): boolean =>
			world
				.hosts()
				.every(
					(host) =>
						rows(
							host,
							`SELECT 1 FROM packet WHERE state = 'pending' OR (state = 'late' AND direction = 'out')`
						) === 0
				);
		// Peers look at the chain every 15 seconds.
		await until(() => false, 20_000);
		if (!(await until(isAtRest, STEP_MS))) wrong.push('packets are under way for ever');
		await until(() => false, 2_000);
	} catch (error) {
		wrong.push(error instanceof Error ? error.message : String(error));
		return { wrong, story, tookMs: clock.now() - began };
	}
	const ends = auditPacketEnds(booksOf(world));
	wrong.push(...(await auditWorld(world)), ...ends.wrong, ...(mayBeLate ? [] : ends.late));
	for (const { host, id } of told)
		if (one(host, 'SELECT 1 FROM event WHERE lower(hex(id)) = ?', [id]) === undefined)
			wrong.push(`${host.name} was told that ${id} is kept, and it is not`);
	return { wrong, story, tookMs: clock.now() - began };
};
