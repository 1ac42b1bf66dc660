/**
 * Evaluated in a page by bench/lib/browser.ts. Sets `bench`:
 *
 *   bench.own(url, options)  a worker of the bench (reader-worker.js): bench.call(method, ...args)
 *   bench.app(url, options)  one more tab of the app: its worker follows the one on screen
 *   bench.watchNotes()       notes in the document, by id, with when they were painted (Unix ms);
 *                            presses "new notes" as soon as it is there
 */
(() => {
	const bench = (globalThis.bench = {});

	bench.own = async (url, options) => {
		const worker = new Worker(url, { type: 'module' });
		const open = new Map();
		let next = 0;
		worker.onmessage = ({ data }) => {
			const { resolve, reject } = open.get(data.id);
			open.delete(data.id);
			if ('failed' in data) reject(new Error(data.failed));
			else resolve(data.returned);
		};
		bench.call = (method, ...args) =>
			new Promise((resolve, reject) => {
				const id = ++next;
				open.set(id, { resolve, reject });
				worker.postMessage({ id, method, args });
			});
		await bench.call('begin', options);
	};

	bench.app = async (url, options) => {
		const remote = Comlink.wrap(new Worker(url, { type: 'module' }));
		let latest;
		await remote.start(
			options,
			Comlink.proxy((update) => (latest = update))
		);
		bench.call = async (method, ...args) => {
			if (method === 'state') return latest?.state;
			const outcome = await remote.call({ id: crypto.randomUUID(), method, args });
			if ('failed' in outcome) throw new Error(JSON.stringify(outcome.failed));
			return outcome.returned;
		};
	};

	bench.watchNotes = () => {
		const seen = (bench.seen = {});
		const look = () => {
			document.querySelector('[data-testid="new-notes"]')?.click();
			const at = performance.timeOrigin + performance.now();
			for (const note of document.querySelectorAll('[data-testid="note"]')) {
				if (note.dataset.event in seen) continue;
				seen[note.dataset.event] = at;
				requestAnimationFrame(() => (seen[note.dataset.event] = performance.timeOrigin + performance.now()));
			}
		};
		new MutationObserver(look).observe(document.documentElement, { childList: true, subtree: true });
		look();
	};
})();
