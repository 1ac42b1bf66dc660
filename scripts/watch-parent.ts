/**
 * Ends this process when the one that started it is gone, however it went (kill -9 included).
 *
 * Import it first in every long-running child: `import '../../scripts/watch-parent.ts'`, or start
 * the child with `node --import ./scripts/watch-parent.ts`. The process gets SIGTERM, so its own
 * handlers close what it holds; five seconds later it is ended without being asked.
 *
 * A process whose parent is already process 1 when it starts (a container) is never ended.
 */
import { isMainThread } from 'node:worker_threads';

const WATCH_EVERY_MS = 500;
const GRACE_MS = 5_000;

if (isMainThread) {
	const parent = process.ppid;
	const watch = setInterval(() => {
		if (process.ppid === parent) return;
		clearInterval(watch);
		process.kill(process.pid, 'SIGTERM');
		setTimeout(() => process.kill(process.pid, 'SIGKILL'), GRACE_MS).unref();
	}, WATCH_EVERY_MS);
	watch.unref();
}
