/** What was paid for is what its author signed. */
import { verifyEvents } from '../events/verify.ts';
import type { NostrEvent } from '../codec/nostr-event.ts';
import type { Crypto } from '../platform.ts';
import { count, startCheck, text, type Books, type Check } from './check.ts';

export const paidEvents = ({ sql }: Books): readonly NostrEvent[] =>
	sql
		.all(
			`SELECT lower(hex(e.id)) AS id, lower(hex(a.pubkey)) AS pubkey, e.created_at, e.kind, e.body, lower(hex(e.sig)) AS sig
			FROM bought b JOIN event e ON e.id = unhex(b.event_id) JOIN author a ON a.id = e.author WHERE b.sent > 0`
		)
		.map((row) => {
			const [tags, content] = JSON.parse(text(row, 'body')) as readonly [
				readonly (readonly string[])[],
				string
			];
			return {
				id: text(row, 'id'),
				pubkey: text(row, 'pubkey'),
				created_at: Number(row['created_at']),
				kind: Number(row['kind']),
				tags,
				content,
				sig: text(row, 'sig')
			};
		});

export const checkSignatures = async (events: readonly NostrEvent[], crypto: Crypto): Promise<Check> => {
	const check = startCheck('each event paid for is what its author signed');
	for (const [i, { ok }] of (await verifyEvents(crypto, events)).entries())
		if (!ok) check.wrong(`event ${events[i]?.id ?? ''}`, 'its id or signature does not hold');
	return check.done(count(events.length, 'event'));
};
