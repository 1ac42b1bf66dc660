/** What the lives of exhaustive.ts are told with: steps that are asked until they are true, whatever fails meanwhile. */
import type { Peer } from '../../index.ts';
import type { Result } from '../../result.ts';
import type { SqlRow } from '../../storage/sql.ts';
import type { SimulatedHost, World, WorldOptions } from '../simulation.ts';

export interface Life {
	/** From when on things can fail: from the first program on, or from {@link Stage.count}. */
	readonly isCountedFrom: 'the start' | 'later';
	readonly options?: Partial<WorldOptions>;
	/** Throws when it does not come to its end. */
	readonly live: (stage: Stage) => Promise<void>;
}

export interface Stage {
	readonly world: World;
	/** A single answer may be missing without anybody noticing before its packet is over. */
	readonly mayBeLate: boolean;
	/** What happened, for a person. */
	readonly story: string[];
	/** Broken rules, in words. */
	readonly wrong: string[];
	/** Whether things can fail from now on. */
	count(isCounting: boolean): void;
	/** Lets time pass, and starts what ended, until it is so. */
	until(isSo: () => boolean, withinMs: number): Promise<boolean>;
	/**
	 * Asks until it is so; without `isSo`, until it was answered with yes. An answer may be no, or never come because
	 * somebody ended. A yes must be true, where it `means` that it is so and not only that it was begun.
	 */
	step<T>(
		what: string,
		host: SimulatedHost,
		ask: (peer: Peer) => Promise<Result<T, unknown>>,
		isSo?: () => boolean,
		means?: 'done' | 'begun'
	): Promise<T | undefined>;
	/** The id of the note; that it was published counts as told. */
	publish(author: SimulatedHost, content: string): Promise<string>;
	/** Stops it in good order, and leaves it so until `returns`. */
	leaves(host: SimulatedHost): Promise<void>;
	returns(host: SimulatedHost): Promise<void>;
	/** What somebody was told and is not so. */
	broken(): readonly string[];
}

/** What one step may take, everything that goes wrong included. */
export const STEP_MS = 180_000;
/** Until a program that ended is started again. */
const AWAY_MS = 1_000;
/** An answer that does not come by then is not waited for: the step is looked at and asked again. */
const PATIENCE_MS = 45_000;

export const one = (
	{ sql }: SimulatedHost,
	query: string,
	parameters: readonly string[] = []
): SqlRow | undefined => sql.all(query, parameters)[0];

export const rows = (host: SimulatedHost, query: string): number => host.sql.all(query).length;

export const has = (host: SimulatedHost, ids: readonly string[]) => (): boolean =>
	ids.every((id) => one(host, 'SELECT 1 FROM bought WHERE event_id = ?', [id]) !== undefined);

export const createStage = (
	world: World,
	{ mayBeLate, count }: Pick<Stage, 'mayBeLate' | 'count'>
): Stage => {
	const { clock } = world;
	const began = clock.now();
	const story: string[] = [];
	const wrong: string[] = [];
	const told: { readonly host: SimulatedHost; readonly id: string }[] = [];
	const away = new Set<SimulatedHost>();
	const tell = (line: string): void =>
		void story.push(`${((clock.now() - began) / 1000).toFixed(1)} s: ${line}`);

	const until: Stage['until'] = async (isSo, withinMs) => {
		const last = clock.now() + withinMs;
		for (;;) {
			const ended = world.hosts().filter((host) => !host.running && !away.has(host));
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
			// It may have ended in the middle of the step before.
			await until(() => true, STEP_MS);
			const { peer } = host;
			ask(peer).then(
				(given) => (answer = given),
				() => (answer = 'broken')
			);
			await until(
				() => answer !== undefined || isSo?.() === true || !host.running || host.peer !== peer,
				PATIENCE_MS
			);
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

	return {
		world,
		mayBeLate,
		story,
		wrong,
		count,
		until,
		step,
		publish: async (author, content) => {
			const event = await step(`${author.name} publishes`, author, ({ api }) => api.publish({ content }));
			if (event === undefined) throw new Error('published without an answer');
			told.push({ host: author, id: event.id });
			return event.id;
		},
		leaves: async (host) => {
			away.add(host);
			await host.stop();
			tell(`${host.name} is gone`);
		},
		returns: async (host) => {
			away.delete(host);
			await host.start();
			tell(`${host.name} is back`);
		},
		broken: () =>
			told.flatMap(({ host, id }) =>
				one(host, 'SELECT 1 FROM event WHERE lower(hex(id)) = ?', [id]) === undefined
					? [`${host.name} was told that ${id} is kept, and it is not`]
					: []
			)
	};
};
