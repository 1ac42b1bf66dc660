import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { peer } from '../client/peer.svelte.ts';
import type { Consent } from '../peer/api.ts';
import { peerError } from '../peer/errors.ts';
import { err, ok } from '../peer/result.ts';
import ConsentCard from './ConsentCard.svelte';

const CENT = 10_000_000n;
const BOB = 'bb'.repeat(32);
const spend: Consent = {
	id: 'one',
	at: Date.now(),
	limit: 'peer',
	peer: BOB,
	channel: undefined,
	act: 'spend',
	most: 5n * CENT,
	used: 5n * CENT,
	wanted: 2n * CENT,
	until: Date.now() + 3_600_000
};

let card: Record<string, unknown> | undefined;
const show = (consent: Consent, more = 0): void => {
	card = mount(ConsentCard, { target: document.body, props: { consent, more } });
	flushSync();
};
const press = (testId: string): void =>
	document.querySelector<HTMLButtonElement>(`[data-testid="${testId}"]`)?.click();
const text = (): string => document.body.textContent ?? '';

beforeEach(() => document.body.replaceChildren());
afterEach(async () => {
	if (card !== undefined) await unmount(card);
	card = undefined;
	vi.restoreAllMocks();
});

it('says in one question what is asked for, why, how much, and that the money is safe', () => {
	show(spend, 2);
	expect(text()).toMatch(/Pay .* \$0\.02 more today\?/);
	expect(text()).toContain('You allow $0.05 a day for this author; $0.05 of it is used.');
	expect(text()).toContain('Your money is safe');
	expect(text()).toContain('2 more questions');
	// The limit of one author is changed where that author is.
	expect(document.querySelector('a')?.getAttribute('href')).toMatch(/^\/people\/npub1/);
});

it('asks differently for what is only locked, and for all authors together', () => {
	show({ ...spend, limit: 'channel', act: 'commit' });
	expect(text()).toContain('Put $0.02 into your channel?');
	expect(text()).toContain('what is locked stays yours');
	expect(document.querySelector('a')?.getAttribute('href')).toBe('/settings#limits');
	document.body.replaceChildren();
	show({ ...spend, limit: 'day', peer: undefined });
	expect(text()).toContain('Spend $0.02 more today?');
});

it('passes the answer on, and shows why it could not be taken', async () => {
	const answers = vi
		.spyOn(peer.calls, 'answerConsent')
		.mockResolvedValueOnce(err(peerError('ConsentGone')))
		.mockResolvedValueOnce(ok(null));
	show(spend);
	press('consent-allow');
	await vi.waitUntil(() => document.querySelector('[data-error="ConsentGone"]') !== null);
	press('consent-deny');
	await vi.waitUntil(() => document.querySelector('[data-error="ConsentGone"]') === null);
	expect(answers.mock.calls).toEqual([
		['one', 'allow'],
		['one', 'deny']
	]);
});
