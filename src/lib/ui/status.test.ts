import { describe, expect, it } from 'vitest';
import type { LinkView } from '../peer/api.ts';
import { describeStatus } from './status.ts';

const link = (some: Partial<LinkView>): LinkView => ({
	status: 'online',
	url: 'ws://127.0.0.1:1/btp',
	hub: undefined,
	address: undefined,
	since: 0,
	retryAt: undefined,
	...some
});

describe('the status in one word', () => {
	const at = { phase: 'ready', tab: 'leader', now: 10_000 } as const;

	it('counts down to the next try while offline', () => {
		expect(describeStatus({ ...at, link: link({ status: 'offline', retryAt: 13_500 }) })).toEqual({
			tone: 'off',
			text: 'Offline · retry in 4 s'
		});
		expect(describeStatus({ ...at, link: link({ status: 'offline', retryAt: 9_000 }) }).text).toBe('Offline');
	});

	it('names the tab that is in charge, unless the link is down: that matters more', () => {
		expect(describeStatus({ ...at, tab: 'follower', link: link({}) }).text).toBe('Another tab is in charge');
		expect(describeStatus({ ...at, tab: 'follower', link: link({ status: 'offline' }) }).text).toBe(
			'Offline'
		);
	});

	it('tells a first start from a first start without a hub', () => {
		expect(describeStatus({ ...at, phase: 'starting', link: undefined }).text).toBe('Starting');
		expect(describeStatus({ ...at, phase: 'waiting', link: undefined }).text).toBe('Looking for a hub');
		expect(describeStatus({ ...at, phase: 'restarting', link: link({}) }).text).toBe('Restarting');
	});
});
