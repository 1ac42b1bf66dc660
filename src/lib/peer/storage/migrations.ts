/**
 * How a database of any earlier release becomes one of this release. Each feature keeps its own list
 * of steps beside its code and only ever appends to it; a step that shipped is never edited, so that
 * yesterday's file and a new one end with the same tables.
 */
import { CHANNEL_MIGRATIONS } from '../channel/schema.ts';
import { CONSENT_MIGRATIONS } from '../consents.ts';
import { EVENT_MIGRATIONS } from '../events/schema.ts';
import { LEDGER_MIGRATIONS } from '../ledger/schema.ts';
import { LINK_MIGRATIONS } from '../link/schema.ts';
import { MARKET_MIGRATIONS } from '../market/schema.ts';
import { err, ok, type Result } from '../result.ts';
import { STREAM_MIGRATIONS } from '../stream/schema.ts';
import type { SqlDriver } from './sql.ts';

export interface FeatureMigrations {
	readonly feature: string;
	/** SQL scripts; the nth brings the feature from version n to n + 1. */
	readonly steps: readonly string[];
}

const SETTING_MIGRATIONS: readonly string[] = [
	`
	CREATE TABLE setting (
		key TEXT PRIMARY KEY,
		value BLOB NOT NULL
	) STRICT, WITHOUT ROWID;
	`
];

/** In this order: a step may refer to tables of the features before it. */
export const MIGRATIONS: readonly FeatureMigrations[] = [
	{ feature: 'setting', steps: SETTING_MIGRATIONS },
	{ feature: 'ledger', steps: LEDGER_MIGRATIONS },
	{ feature: 'events', steps: EVENT_MIGRATIONS },
	{ feature: 'link', steps: LINK_MIGRATIONS },
	{ feature: 'channel', steps: CHANNEL_MIGRATIONS },
	{ feature: 'stream', steps: STREAM_MIGRATIONS },
	{ feature: 'market', steps: MARKET_MIGRATIONS },
	{ feature: 'consent', steps: CONSENT_MIGRATIONS }
];

/** The file was written by a newer release; opening it could misread money. */
export interface DatabaseTooNew {
	readonly type: 'DatabaseTooNew';
	readonly feature: string;
	readonly version: number;
	/** The newest version of this feature that this release knows; 0 when it knows none. */
	readonly known: number;
}

/** Of which release the tables of a file are: for those who only look and must not migrate. */
export const releaseOf = (sql: SqlDriver): 'none' | 'older' | 'this' | 'newer' => {
	if (sql.all(`SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_version'`).length === 0)
		return 'none';
	const versions = new Map(
		sql
			.all('SELECT feature, version FROM schema_version')
			.map(({ feature, version }) => [String(feature), Number(version)])
	);
	const knows = (feature: string): number =>
		MIGRATIONS.find((known) => known.feature === feature)?.steps.length ?? 0;
	if ([...versions].some(([feature, version]) => version > knows(feature))) return 'newer';
	return MIGRATIONS.every(({ feature, steps }) => versions.get(feature) === steps.length) ? 'this' : 'older';
};

/** All missing steps in one transaction; answers how many there were. Nothing is touched on failure. */
export const migrate = (
	sql: SqlDriver,
	registry: readonly FeatureMigrations[] = MIGRATIONS
): Result<number, DatabaseTooNew> =>
	sql.transaction(() => {
		const hasVersions =
			sql.all(`SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_version'`).length > 0;
		const versions = new Map(
			hasVersions
				? sql
						.all('SELECT feature, version FROM schema_version')
						.map(({ feature, version }) => [String(feature), Number(version)])
				: []
		);
		for (const [feature, version] of versions) {
			const known = registry.find((entry) => entry.feature === feature)?.steps.length ?? 0;
			if (version > known) return err({ type: 'DatabaseTooNew', feature, version, known });
		}
		if (!hasVersions)
			sql.script(
				'CREATE TABLE schema_version (feature TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT, WITHOUT ROWID'
			);
		let done = 0;
		for (const { feature, steps } of registry) {
			const missing = steps.slice(versions.get(feature) ?? 0);
			if (missing.length === 0) continue;
			for (const step of missing) sql.script(step);
			sql.run('INSERT OR REPLACE INTO schema_version VALUES (?, ?)', [feature, steps.length]);
			done += missing.length;
		}
		return ok(done);
	});
