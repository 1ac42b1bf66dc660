/**
 * How a page learns that its worker is gone. A worker that is ended from outside (the browser needs its memory,
 * somebody presses a button in the developer's tools) raises no `error` anywhere; but a Web Lock that it holds is
 * free from then on, and whoever waits for it knows.
 */

/** In the worker: resolves once the lock is held, which it is until the worker ends, however it ends. */
export const holdLife = (name: string): Promise<void> =>
	new Promise((resolve, reject) => {
		navigator.locks
			.request(name, () => {
				resolve();
				return new Promise<never>(() => {});
			})
			.catch(reject);
	});

/** In the page, once the worker holds it: resolves when the worker is gone. */
export const lifeOver = async (name: string): Promise<void> => {
	await navigator.locks.request(name, () => undefined);
};
