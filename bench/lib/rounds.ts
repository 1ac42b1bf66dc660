/**
 * Two ways to the same result, timed against each other in one process. The machine may be busy with
 * something else and its clock rate moves, so processor time is taken and neither is timed alone: every round runs both, one right
 * after the other, the first one by turns, and what counts is the median of the rounds' ratios.
 */
import { spreadOf, type Spread } from './stats.ts';

export interface Contest {
	readonly name: string;
	/** How many times faster ours must be. */
	readonly atLeast?: number;
	/** Throws unless both come to the same result. Runs before anything is timed. */
	check(): void;
	ours(): unknown;
	theirs(): unknown;
}

export interface Outcome {
	readonly name: string;
	readonly atLeast?: number;
	/** Nanoseconds a call, median of the rounds. */
	readonly oursNs: number;
	readonly theirsNs: number;
	/** Theirs divided by ours, round by round. */
	readonly ratio: Spread;
}

export interface Effort {
	readonly rounds: number;
	/** Milliseconds that one side of one round takes, roughly. */
	readonly roundMs: number;
}

/** Results go here, so that the engine cannot leave the work out. */
let sink: unknown;
export const lastResult = (): unknown => sink;

export const measure = (contest: Contest, effort: Effort): Outcome => {
	contest.check();
	const ours = timesFor(contest.ours, effort.roundMs);
	const theirs = timesFor(contest.theirs, effort.roundMs);
	const rounds: { readonly ours: number; readonly theirs: number }[] = [];
	for (let round = 0; round < effort.rounds; round += 1) {
		if (round % 2 === 0) {
			const mine = nanosecondsEach(contest.ours, ours);
			rounds.push({ ours: mine, theirs: nanosecondsEach(contest.theirs, theirs) });
		} else {
			const other = nanosecondsEach(contest.theirs, theirs);
			rounds.push({ ours: nanosecondsEach(contest.ours, ours), theirs: other });
		}
	}
	return {
		name: contest.name,
		...(contest.atLeast === undefined ? {} : { atLeast: contest.atLeast }),
		oursNs: spreadOf(rounds.map((round) => round.ours)).median,
		theirsNs: spreadOf(rounds.map((round) => round.theirs)).median,
		ratio: spreadOf(rounds.map((round) => round.theirs / round.ours))
	};
};

/** Warms `run` up and says how many calls take about `ms`. */
const timesFor = (run: () => unknown, ms: number): number => {
	let times = 1_000;
	for (;;) {
		const each = nanosecondsEach(run, times);
		if (each * times >= ms * 1e6) return times;
		times = Math.max(times * 2, Math.min(times * 20, Math.ceil((ms * 1.2e6) / each)));
	}
};

/** Processor time of this thread, so that what else the machine does meanwhile is not counted. */
const nanosecondsEach = (run: () => unknown, times: number): number => {
	const start = process.threadCpuUsage();
	for (let index = 0; index < times; index += 1) sink = run();
	const { user, system } = process.threadCpuUsage(start);
	return Math.max(1, (user + system) * 1_000) / times;
};
