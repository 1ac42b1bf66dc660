import { formatMoney } from '#lib/client/format.ts';
import type { Person } from '#lib/peer/api.ts';
import { strings } from '#lib/strings/en.ts';

/** What is known of somebody before following, in one line: the price, how far away, how many notes are here. */
export const personFacts = ({ price, links, notes }: Person): string => {
	const words = strings.people;
	return [
		price === undefined ? words.noPrice : price === 0n ? words.free : words.price(formatMoney(price)),
		...(links === undefined ? [] : [words.links(links)]),
		// None of somebody not followed yet says nothing of how much there is to read.
		...(notes === 0 ? [] : [words.notes(notes)])
	].join(' · ');
};
