import { readFileSync } from 'node:fs';

/** Seconds of processor time of a process so far, all its threads; 0 where the system does not say. */
export const processorOf = (pid: number): number => {
	try {
		// "pid (name) state ppid …", in hundredths of a second.
		const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
		return (Number(fields[11]) + Number(fields[12])) / 100;
	} catch {
		return 0;
	}
};
