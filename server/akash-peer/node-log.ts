/**
 * Lines of a node on the standard error.
 *
 * Some of them a stranger can provoke as often as he likes, by forged claims or unreadable messages. Of each kind so
 * many are written within a while, and the first one after it says how many were left out.
 */
import type { Log } from '../../src/lib/peer/index.ts';
import { toJson } from './http-server.ts';

/** Lines of one kind within {@link WHILE_MS}. */
const MOST_LINES = 20;
const WHILE_MS = 10_000;

interface Kind {
	since: number;
	lines: number;
}

/** One JSON object a line; `least`: what is worth a line. */
export const createNodeLog = (
	least: 'info' | 'warn',
	write: (line: string) => void = (line) => void process.stderr.write(line),
	now: () => number = Date.now
): Log => {
	/** By level and text: as many as there are in this program. */
	const kinds = new Map<string, Kind>();

	return (level, what, details) => {
		if (level === 'debug' || (level === 'info' && least === 'warn')) return;
		const at = now();
		const name = `${level} ${what}`;
		const before = kinds.get(name);
		// A clock that was set back begins anew, too.
		const isOver = !before || Math.abs(at - before.since) > WHILE_MS;
		const kind = isOver ? { since: at, lines: 0 } : before;
		kinds.set(name, kind);
		kind.lines += 1;
		if (kind.lines > MOST_LINES) return;
		const leftOut = isOver && before ? Math.max(0, before.lines - MOST_LINES) : 0;
		write(
			`${toJson({ at: new Date(at).toISOString(), level, what, ...details, ...(leftOut > 0 ? { leftOut } : {}) })}\n`
		);
	};
};
