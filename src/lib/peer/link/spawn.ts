import type { Log } from '../platform.ts';

/** Lets work go on by itself; what breaks it is logged. */
export type Spawn = (what: string, work: Promise<unknown>) => void;

export const createSpawn =
	(log: Log): Spawn =>
	(what, work) => {
		work.catch((error: unknown) => log('error', `${what} failed`, { error: String(error) }));
	};
