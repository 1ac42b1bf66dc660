/** A worker of `npm run bench -- browser`: `{ id, method, args }` in, `{ id, returned }` or `{ id, failed }` out. */
export const answerWith = (methods) => {
	onmessage = async ({ data: { id, method, args } }) => {
		try {
			postMessage({ id, returned: await methods[method](...args) });
		} catch (error) {
			postMessage({ id, failed: `${error?.stack ?? error}` });
		}
	};
};

/** Milliseconds that `run` takes. */
export const timed = async (run) => {
	const start = performance.now();
	await run();
	return performance.now() - start;
};
