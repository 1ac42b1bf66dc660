import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textParts } from './text-parts.ts';

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
