/** A scenario: a world of its own, something that happens in it, and what came of it. */
import { createWorld, type World, type WorldOptions } from './simulation.ts';

export interface ScenarioReport {
	/** Of the state in which it ended, to the last byte. */
	readonly hash: string;
	/** Broken rules, in words; empty when all is well. */
	readonly wrong: readonly string[];
	/** What happened, for a person. */
	readonly story: readonly string[];
	/** Simulated ms it took. */
	readonly tookMs: number;
}

export interface Telling {
	/** Adds a line to the story. */
	readonly tell: (line: string) => void;
	readonly wrong: string[];
}

/** What a scenario can be told, the seed aside. */
export type ScenarioOptions = Omit<WorldOptions, 'seed'>;

export const runScenario = async (
	options: WorldOptions,
	play: (world: World, telling: Telling) => Promise<void>
): Promise<ScenarioReport> => {
	const world = await createWorld(options);
	const { clock } = world;
	const began = clock.now();
	const story: string[] = [];
	const wrong: string[] = [];
	const tell = (line: string): void =>
		void story.push(`${((clock.now() - began) / 1000).toFixed(1)} s: ${line}`);
	try {
		await play(world, { tell, wrong });
		return { hash: world.hash(), wrong, story, tookMs: clock.now() - began };
	} finally {
		await world.close();
	}
};
