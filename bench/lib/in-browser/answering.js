/** A worker of `npm run bench -- browser`: `{ method, args }` in, `{ returned }` or `{ failed }` out. */
export const answerWith = (methods) => {
	onmessage = async ({ data: { method, args } }) => {
		try {
			postMessage({ returned: await methods[method](...args) });
		} catch (error) {
			postMessage({ failed: `${error?.stack ?? error}` });
		}
	};
};

/** Milliseconds that `run` takes. */
export const timed = async (run) => {
	const start = performance.now();
	await run();
	return performance.now() - start;
};
