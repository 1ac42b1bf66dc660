/**
 * Splits a note's text into words, web links and mentions. Nothing is loaded or embedded: a link is
 * followed only when somebody presses it, and only http(s) is a link.
 */
import { shortNpub, parsePubkey } from '../client/format.ts';

export type TextPart =
	| { readonly type: 'text'; readonly text: string }
	| { readonly type: 'link'; readonly text: string; readonly href: string }
	| { readonly type: 'mention'; readonly text: string; readonly pubkey: string };

const FOUND = /\bhttps?:\/\/[^\s<>"]+|\bnostr:(?:npub1|nprofile1)[a-z0-9]+/gi;

export const textParts = (content: string): readonly TextPart[] => {
	const parts: TextPart[] = [];
	let at = 0;
	for (const match of content.matchAll(FOUND)) {
		const found = match[0].replace(/[.,;:!?)\]]+$/, '');
		const part = found.toLowerCase().startsWith('nostr:') ? mention(found) : link(found);
		if (part === undefined) continue;
		if (match.index > at) parts.push({ type: 'text', text: content.slice(at, match.index) });
		parts.push(part);
		at = match.index + found.length;
	}
	if (at < content.length) parts.push({ type: 'text', text: content.slice(at) });
	return parts;
};

const link = (found: string): TextPart | undefined => {
	try {
		return { type: 'link', text: found, href: new URL(found).href };
	} catch {
		return undefined;
	}
};

const mention = (found: string): TextPart | undefined => {
	const pubkey = parsePubkey(found);
	return pubkey === undefined ? undefined : { type: 'mention', text: shortNpub(pubkey), pubkey };
};
