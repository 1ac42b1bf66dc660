import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beginning, textParts } from './text-parts.ts';

const NPUB = 'npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg';

describe('the text of a note', () => {
	it('finds links and mentions and leaves the punctuation after them alone', () => {
		expect(textParts(`See https://example.org/a?b=1, and nostr:${NPUB}.`)).toEqual([
			{ type: 'text', text: 'See ' },
			{ type: 'link', text: 'https://example.org/a?b=1', href: 'https://example.org/a?b=1' },
			{ type: 'text', text: ', and ' },
			{
				type: 'mention',
				text: 'npub10elf…vjptg',
				pubkey: '7e7e9c42a91bfef19fa929e5fda1b72e0ebc1a4c1141673e2794234d86addf4e'
			},
			{ type: 'text', text: '.' }
		]);
	});

	it('makes nothing but web addresses pressable', () => {
		expect(textParts('javascript:alert(1) data:text/html,x http://')).toEqual([
			{ type: 'text', text: 'javascript:alert(1) data:text/html,x http://' }
		]);
	});

	it('loses no character of any text', () => {
		const pieces = fc.constantFrom('https://a.b/', 'nostr:npub1', ` nostr:${NPUB} `, 'http://[', 'x');
		fc.assert(
			fc.property(fc.array(fc.oneof(fc.string(), pieces)), (texts) => {
				const content = texts.join('');
				const whole = textParts(content)
					.map((part) => (part.type === 'mention' ? `nostr:${NPUB}` : part.text))
					.join('');
				expect(whole.toLowerCase()).toBe(content.toLowerCase());
			})
		);
	});
});

describe('the beginning of a long note', () => {
	const shown = (content: string, characters: number, lines = 10): string | undefined =>
		beginning(textParts(content), { characters, lines })
			?.map((part) => part.text)
			.join('');

	it('is not asked for when the note is short', () => {
		expect(shown('All of it, https://example.org/ too', 40)).toBeUndefined();
		expect(shown('one\ntwo', 40, 2)).toBeUndefined();
	});

	it('ends between characters, never inside one', () => {
		expect(shown('ab🦜cd', 3)).toBe('ab …');
		expect(shown('ab🦜cd', 4)).toBe('ab🦜 …');
	});

	it('leaves a link away that would be cut, because half of it leads elsewhere', () => {
		const parts = beginning(textParts('See https://example.org/a-long-way for more'), {
			characters: 20,
			lines: 10
		});
		expect(parts).toEqual([
			{ type: 'text', text: 'See ' },
			{ type: 'text', text: ' …' }
		]);
	});

	it('counts lines, so that a note of nothing but empty ones does not fill the screen', () => {
		expect(shown(`a${'\n'.repeat(200)}b`, 700, 12)).toBe('a …');
		expect(shown('1\n2\n3\n4', 700, 3)).toBe('1\n2\n3 …');
	});
});
