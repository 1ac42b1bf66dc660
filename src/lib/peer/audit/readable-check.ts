/** Whether there is anything to add up: what the tables hold as JSON can be read, and the books say whose they are. */
import { createSettings } from '../storage/settings.ts';
import { count, startCheck, text, type Books, type Check } from './check.ts';

/** Table, its key, the column, and what a row is called. */
const WRITTEN_AS_JSON = [
	['transfer_ended', 'id', 'memo', 'transfer'],
	['transfer_begun', 'id', 'entries', 'pending transfers, list'],
	['packet_begun', 'id', 'entries', 'packets under way, list'],
	['purchase_begun', 'id', 'entries', 'purchases under way, list'],
	['event', 'lower(hex(id))', 'body', 'event']
] as const;

/** With anything wrong here the other checks cannot be made. */
export const checkReadable = ({ sql }: Books): Check => {
	const check = startCheck('what the books are made of can be read');
	for (const [table, key, column, name] of WRITTEN_AS_JSON)
		for (const row of sql.all(
			`SELECT ${key} AS at FROM ${table} WHERE ${column} IS NOT NULL AND NOT json_valid(${column})`
		))
			check.wrong(`${name} ${text(row, 'at')}`, `its ${column} cannot be read`);
	// Of a list no table checks what is in it.
	if (check.done('').wrong.length === 0)
		for (const row of sql.all(
			`SELECT begun, direction FROM packet_open WHERE direction IS NULL OR direction NOT IN ('in', 'out')`
		))
			check.wrong(
				`packets under way, list ${text(row, 'begun')}`,
				`a packet that goes neither in nor out, but ${text(row, 'direction') || 'nowhere'}`
			);
	if (sql.all('SELECT 1 FROM link LIMIT 1').length > 0 && !hasKeys({ sql }))
		check.wrong(
			'the keys of this node',
			'they are not here, so that its neighbours cannot be told from strangers'
		);
	return check.done(count(WRITTEN_AS_JSON.length, 'table'));
};

const hasKeys = ({ sql }: Pick<Books, 'sql'>): boolean => {
	try {
		const keys: unknown = JSON.parse(createSettings(sql).get('identity.keys') ?? 'null');
		const device = (keys as { readonly device?: unknown } | null)?.device;
		return typeof device === 'string' && /^[0-9a-f]{64}$/.test(device);
	} catch {
		return false;
	}
};
