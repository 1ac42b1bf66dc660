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

/**
 * The beginning of a text, at most so many characters and lines; undefined when that is all of it.
 * Words are cut between characters; links and mentions are there whole or not at all, since half a link leads elsewhere.
 */
export const beginning = (
	parts: readonly TextPart[],
	most: { readonly characters: number; readonly lines: number }
): readonly TextPart[] | undefined => {
	const kept: TextPart[] = [];
	let { characters, lines } = most;
	for (const part of parts) {
		if (part.type !== 'text') {
			if (part.text.length > characters) return [...kept, MORE];
			kept.push(part);
			characters -= part.text.length;
			continue;
		}
		const end = endWithin(part.text, characters, lines);
		if (end < part.text.length)
			return [...kept, { type: 'text', text: part.text.slice(0, end).trimEnd() }, MORE];
		kept.push(part);
		characters -= part.text.length;
		lines -= part.text.split('\n').length - 1;
	}
	return undefined;
};

const MORE: TextPart = { type: 'text', text: ' …' };

const endWithin = (text: string, characters: number, lines: number): number => {
	let end = 0;
	for (const character of text) {
		if (character === '\n' && (lines -= 1) <= 0) return end;
		if (end + character.length > characters) return end;
		end += character.length;
	}
	return end;
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
