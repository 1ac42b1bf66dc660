import type { Log } from '../../src/lib/peer/index.ts';
import { toJson } from './http-server.ts';

/** One JSON object a line on the standard error; `least`: what is worth a line. */
export const createNodeLog =
	(least: 'info' | 'warn'): Log =>
	(level, what, details) => {
		if (level === 'debug' || (level === 'info' && least === 'warn')) return;
		process.stderr.write(`${toJson({ at: new Date().toISOString(), level, what, ...details })}\n`);
	};
