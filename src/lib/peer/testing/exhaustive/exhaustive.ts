/**
 * One small life, in which exactly one thing goes wrong. What can go wrong is counted in a first run: every write to a
 * disk, every message on a link, every call of the chain. Each of them, by its number, then fails in a run of its own
 * from the same seed:
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
 *
 * The lives that are lived so are in {@link LIVES}.
 */
import { auditPacketEnds, type PacketBooks } from '../packet-ends.ts';
import { auditWorld } from '../scenario-audit.ts';
import { isAtRest } from '../scenario-steps.ts';
import { createWorld, type Fates, type World, type WorldOptions } from '../simulation.ts';
import { leavingAlone } from './leaving-alone.ts';
import { lifeOfAGuest } from './life-of-a-guest.ts';
import { nodesFundEachOther } from './nodes-fund-each-other.ts';
import { createStage, STEP_MS, type Life } from './stage.ts';

/** In the order in which they are tried. */
export const TROUBLES = {
	write: ['refuse', 'crash before', 'crash after'],
	message: ['lost', 'twice', 'break'],
	call: ['unheard', 'unanswered']
} as const;
export type Moment = keyof typeof TROUBLES;

export const LIVES = {
	guest: lifeOfAGuest,
	nodes: nodesFundEachOther,
	alone: leavingAlone
} as const satisfies Readonly<Record<string, Life>>;
export type LifeName = keyof typeof LIVES;

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

/** All that can go wrong in one run of `moments`. */
export const troublesOf = (moments: Readonly<Record<Moment, number>>): readonly Trouble[] =>
	(Object.keys(TROUBLES) as Moment[]).flatMap((moment) =>
		Array.from({ length: moments[moment] }, (_, number) =>
			TROUBLES[moment].map((how): Trouble => ({ moment, number, how }))
		).flat()
	);

export const runExhaustive = async (
	name: LifeName,
	seed: string,
	trouble: Trouble | undefined,
	options: ExhaustiveOptions
): Promise<ExhaustiveReport> => {
	const life = LIVES[name];
	const moments = { write: 0, message: 0, call: 0 };
	let hit: string | undefined;
	let isCounting = life.isCountedFrom === 'the start';
	const next = (moment: Moment, where: string): string | undefined => {
		if (!isCounting) return undefined;
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
	const world = await createWorld({ maxIdsPerGet: 1, ...life.options, ...options, seed, fates });
	try {
		const began = world.clock.now();
		const stage = createStage(world, {
			// Nobody notices that a single answer is missing before its packet is over.
			mayBeLate: trouble?.how === 'lost',
			count: (next) => (isCounting = next)
		});
		try {
			await life.live(stage);
			// Peers look at the chain every 15 seconds.
			await stage.until(() => false, 20_000);
			if (!(await stage.until(() => isAtRest(world), STEP_MS)))
				stage.wrong.push('packets are under way for ever');
			await stage.until(() => false, 2_000);
			stage.wrong.push(...(await audit(world, trouble?.how === 'lost')), ...stage.broken());
		} catch (error) {
			stage.wrong.push(error instanceof Error ? error.message : String(error));
		}
		const { wrong, story } = stage;
		return { hash: world.hash(), wrong, story, tookMs: world.clock.now() - began, moments, hit };
	} finally {
		await world.close();
	}
};

const audit = async (world: World, mayBeLate: boolean): Promise<readonly string[]> => {
	const books = world
		.hosts()
		.map(({ name, peer, sql }): PacketBooks => ({ name, device: peer.status().device, sql }));
	const ends = auditPacketEnds(books);
	return [...(await auditWorld(world)), ...ends.wrong, ...(mayBeLate ? [] : ends.late)];
};
