/** Runs the SQL conformance cases where the drivers live, one message a case (opfs-sql.browser.test.ts). */
import { sqlConformance, type SqlHost } from '../lib/peer/testing/sql-conformance.ts';
import { openMemorySql, openOpfsSql } from './opfs-sql.ts';

export interface CaseRequest {
	readonly id: number;
	readonly run: 'opfs' | 'memory' | 'hold' | 'fill' | 'write' | 'check';
	readonly case: string;
	readonly directory: string;
	readonly wasmUrl: string;
}
export interface CaseAnswer {
	readonly id: number;
	/** Empty when the case passed. */
	readonly failure: string;
}

const hosts = ({ directory, wasmUrl }: CaseRequest): Record<'opfs' | 'memory', SqlHost> => ({
	opfs: {
		persistent: true,
		open: async (name, options) => {
			const opened = await openOpfsSql({ directory: `${directory}-${name}`, wasmUrl, ...options });
			if (!opened.ok) throw new Error(`${opened.error.type}: ${opened.error.reason}`);
			return opened.value;
		}
	},
	memory: { persistent: false, open: (_, options) => openMemorySql({ wasmUrl, ...options }) }
});

/** Opens and stays open: what a second worker meets. Answers what happened. */
const hold = async ({ directory, wasmUrl }: CaseRequest): Promise<string> => {
	const opened = await openOpfsSql({ directory, wasmUrl });
	return opened.ok ? '' : opened.error.type;
};

/** Writes until the browser gives no more room; answers the kind of the error and what is left. */
const fill = async ({ directory, wasmUrl }: CaseRequest): Promise<string> => {
	const opened = await openOpfsSql({ directory, wasmUrl });
	if (!opened.ok) return opened.error.type;
	const sql = opened.value;
	sql.script('CREATE TABLE t (v BLOB)');
	sql.transaction(() => sql.run('INSERT INTO t VALUES (?)', [new Uint8Array(10)]));
	let kind = 'none';
	try {
		sql.transaction(() => {
			for (let i = 0; i < 200; i++) sql.run('INSERT INTO t VALUES (?)', [new Uint8Array(100_000)]);
		});
	} catch (error) {
		kind = String((error as { kind?: unknown }).kind);
	}
	const rows = sql.all('SELECT count(*) AS n FROM t')[0]?.['n'];
	sql.close();
	return `${kind}, ${String(rows)} kept`;
};

/** Writes pairs until it is killed; says once that it has begun. */
const write = async ({ id, directory, wasmUrl }: CaseRequest): Promise<string> => {
	const opened = await openOpfsSql({ directory, wasmUrl });
	if (!opened.ok) return opened.error.type;
	const sql = opened.value;
	sql.script('CREATE TABLE IF NOT EXISTS t (n INTEGER PRIMARY KEY, v BLOB)');
	for (let i = 0; ; i++) {
		sql.transaction(() => {
			for (let half = 0; half < 2; half++) sql.run('INSERT INTO t (v) VALUES (?)', [new Uint8Array(2_000)]);
		});
		if (i === 3) postMessage({ id, failure: '' } satisfies CaseAnswer);
	}
};

/** What a killed writer left: at least what it had reported, and no half of a pair. */
const check = async ({ directory, wasmUrl }: CaseRequest): Promise<string> => {
	const opened = await openOpfsSql({ directory, wasmUrl });
	if (!opened.ok) return opened.error.type;
	const sql = opened.value;
	const rows = Number(sql.all('SELECT count(*) AS n FROM t')[0]?.['n']);
	const integrity = String(sql.all('PRAGMA integrity_check')[0]?.['integrity_check']);
	sql.close();
	return `${integrity}, ${rows % 2 === 0 ? 'whole' : 'torn'}, ${rows >= 8 ? 'kept' : 'lost'}`;
};

addEventListener('message', (event: MessageEvent<CaseRequest>) => {
	const request = event.data;
	const work = async (): Promise<string> => {
		if (request.run === 'hold') return hold(request);
		if (request.run === 'fill') return fill(request);
		if (request.run === 'write') return write(request);
		if (request.run === 'check') return check(request);
		await sqlConformance.find(({ name }) => name === request.case)?.run(hosts(request)[request.run]);
		return '';
	};
	void work()
		.catch((error: unknown) => String(error))
		.then((failure) => {
			postMessage({ id: request.id, failure } satisfies CaseAnswer);
		});
});
