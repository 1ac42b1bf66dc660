/** Small things a peer remembers, as text under a key. Writes must run inside a transaction. */
import { utf8, utf8Decode } from '../bytes.ts';
import type { SqlDriver } from './sql.ts';

export interface Settings {
	get(key: string): string | undefined;
	set(key: string, value: string): void;
}

export const createSettings = (sql: SqlDriver): Settings => ({
	get: (key) => {
		const value = sql.all('SELECT value FROM setting WHERE key = ?', [key])[0]?.['value'];
		return value instanceof Uint8Array ? utf8Decode(value) : undefined;
	},
	set: (key, value) => {
		sql.run(
			'INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
			[key, utf8(value)]
		);
	}
});
