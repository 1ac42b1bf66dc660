/// <reference types="vite/client" />
/// <reference types="@vitest/browser-playwright" />
import wasmUrl from '@sqlite.org/sqlite-wasm/sqlite3.wasm?url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cdp } from 'vitest/browser';
import { sqlConformance } from '../lib/peer/testing/sql-conformance.ts';
import type { CaseAnswer, CaseRequest } from './opfs-sql.test-worker.ts';

interface Host {
	ask(request: Omit<CaseRequest, 'id' | 'wasmUrl'>): Promise<string>;
	end(): void;
}

const startWorker = (): Host => {
	const worker = new Worker(new URL('./opfs-sql.test-worker.ts', import.meta.url), { type: 'module' });
	let next = 0;
	return {
		ask: (request) =>
			new Promise((resolve, reject) => {
				const id = next++;
				worker.addEventListener('message', ({ data }: MessageEvent<CaseAnswer>) => {
					if (data.id === id) resolve(data.failure);
				});
				worker.addEventListener('error', (event) => {
					reject(new Error(event.message));
				});
				worker.postMessage({
					...request,
					id,
					wasmUrl: new URL(wasmUrl, location.href).href
				} satisfies CaseRequest);
			}),
		end: () => {
			worker.terminate();
		}
	};
};

const clearOpfs = async (): Promise<void> => {
	const root = await navigator.storage.getDirectory();
	for await (const name of root.keys()) await root.removeEntry(name, { recursive: true });
};

describe('sqlite-wasm as the SQL port', () => {
	let host: Host;
	beforeEach(async () => {
		await clearOpfs();
		host = startWorker();
	});
	afterEach(() => {
		host.end();
	});

	for (const { name, needsFile } of sqlConformance) {
		it(`${name} (OPFS)`, async () => {
			expect(await host.ask({ run: 'opfs', case: name, directory: 'conformance' })).toBe('');
		});
		if (!needsFile)
			it(`${name} (memory)`, async () => {
				expect(await host.ask({ run: 'memory', case: name, directory: '' })).toBe('');
			});
	}

	it('says busy while another worker has the directory, and opens once that one has ended', async () => {
		const other = startWorker();
		expect(await other.ask({ run: 'hold', case: '', directory: 'held' })).toBe('');
		expect(await host.ask({ run: 'hold', case: '', directory: 'held' })).toBe('OpfsBusy');
		other.end();
		await expect
			.poll(() => host.ask({ run: 'hold', case: '', directory: 'held' }), { timeout: 5_000 })
			.toBe('');
	});

	it('keeps every committed transaction, whole, when its worker is killed while writing', async () => {
		for (let round = 0; round < 2; round++) {
			const writer = startWorker();
			expect(await writer.ask({ run: 'write', case: '', directory: 'killed' })).toBe('');
			await new Promise((resolve) => setTimeout(resolve, 20 + round * 17));
			writer.end();
			await expect
				.poll(() => host.ask({ run: 'check', case: '', directory: 'killed' }), { timeout: 5_000 })
				.toBe('ok, whole, kept');
		}
	});

	it('meets an exhausted quota as a full disk and keeps what was committed', async () => {
		const { origin } = location;
		await cdp().send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 3_000_000 });
		try {
			expect(await host.ask({ run: 'fill', case: '', directory: 'quota' })).toBe('full, 1 kept');
		} finally {
			await cdp().send('Storage.overrideQuotaForOrigin', { origin });
		}
	});
});
