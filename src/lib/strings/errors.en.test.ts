import { describe, expect, it } from 'vitest';
import { ERRORS } from '../peer/errors.ts';
import { errors } from './errors.en.ts';

describe('the sentences for errors', () => {
	it('exist for exactly the errors that the peer can report', () => {
		expect(Object.keys(errors).sort()).toEqual(Object.keys(ERRORS).sort());
	});

	it.each(Object.entries(errors))(
		'%s says what happened, whether the money is safe and what to do',
		(_, text) => {
			for (const sentence of [text.happened, text.money, text.advice])
				expect(sentence).toMatch(/^\p{Lu}.{8,}\.$/u);
		}
	);

	it('promises safety only where the table says so', () => {
		for (const [type, row] of Object.entries(ERRORS)) {
			const text = errors[type as keyof typeof ERRORS].money;
			if (row.money !== 'safe') expect(text, type).not.toMatch(/^Your money is safe/);
		}
	});
});
