/// <reference types="vite/client" />
/// <reference types="@vitest/browser-playwright" />
import wasmUrl from '@sqlite.org/sqlite-wasm/sqlite3.wasm?url';
import { describe, expect, it } from 'vitest';
import { commands } from 'vitest/browser';
import { runMainJob } from '../lib/peer/testing/scenario-main-job.ts';
import { openMemorySql } from './opfs-sql.ts';

declare module 'vitest/browser' {
	interface BrowserCommands {
		simulationHash: (seed: string) => Promise<string>;
	}
}

const { port1, port2 } = new MessageChannel();
let onTurn: () => void = () => undefined;
port1.onmessage = () => onTurn();
/** A message comes after every promise that can settle. */
const turn = (): Promise<void> =>
	new Promise((resolve) => {
		onTurn = resolve;
		port2.postMessage(0);
	});

describe('the main job among four peers, simulated', () => {
	it('ends in this browser, on its SQLite and engine, in the state in which it ends in Node', async () => {
		const seed = 'browser and node';
		const here = await runMainJob(seed, {
			turn,
			openSql: () => openMemorySql({ wasmUrl: new URL(wasmUrl, location.href).href })
		});
		expect(here.wrong).toEqual([]);
		expect(here.hash).toBe(await commands.simulationHash(seed));
	});
});
