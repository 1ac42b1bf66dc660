import { describe, expect, it } from 'vitest';
import { bytesToHex, utf8 } from '../../bytes.ts';
import { decodeAmountTooLarge, type IlpPrepare } from '../../codec/ilp.ts';
import { LIMITS } from '../../limits.ts';
import { createAllowance } from '../allowance.ts';
import { createRejects } from '../rejects.ts';
import { notTooLarge, notTooLargeToLeave, somethingLeft } from './amount.ts';
import { enoughTime, expiresSoon, expiryOnNextLink, notExpired } from './expiry.ts';
import { withinFreeData } from './free-data.ts';
import { covered, withinShare } from './liquidity.ts';
import { createLinkIsFree } from './next-link.ts';
import { withinRate } from './rate.ts';
import { notReflected } from './reflection.ts';
import { firstRefusal, type Departure, type Rule } from './rule.ts';

const NOW = Date.UTC(2030, 0, 1);
const rejects = createRejects(() => 'test.me');
const prepare: IlpPrepare = {
	type: 'prepare',
	amount: 1_000n,
	expiresAt: NOW + 10_000,
	condition: new Uint8Array(32).fill(7),
	destination: 'test.bob.shop',
	data: utf8('order')
};
const departure: Departure = {
	peer: 'alice',
	prepare,
	bytes: new Uint8Array(100),
	now: NOW,
	way: { prefix: 'test.bob', peer: 'bob', links: 1 },
	out: 990n,
	outExpiresAt: NOW + 9_000
};

describe('a rule', () => {
	it('is asked in its turn, and the first that minds is the answer', () => {
		const asked: string[] = [];
		const rule =
			(name: string, minds: boolean): Rule<Departure> =>
			() => {
				asked.push(name);
				return minds ? rejects.reject('F02', name) : undefined;
			};
		const rules = [rule('one', false), rule('two', true), rule('three', true)];
		expect(firstRefusal(rules, departure)).toMatchObject({
			code: 'F02',
			message: 'two',
			triggeredBy: 'test.me'
		});
		expect(asked).toEqual(['one', 'two']);
		expect(firstRefusal([], departure)).toBeUndefined();
	});

	it('knows my own packet when it comes back', () => {
		const mine = new Set<string>();
		const rule = notReflected(mine, rejects);
		expect(rule(departure)).toBeUndefined();
		mine.add(bytesToHex(prepare.condition));
		expect(rule(departure)?.code).toBe('F00');
	});

	it('takes a packet until the millisecond before it expires', () => {
		const rule = notExpired(rejects);
		expect(rule({ ...departure, now: prepare.expiresAt - 1 })).toBeUndefined();
		expect(rule({ ...departure, now: prepare.expiresAt })?.code).toBe('R00');
	});

	it('remembers no packet with money for longer than a day', () => {
		const rule = expiresSoon(rejects);
		const until = (expiresAt: number, amount = 1n) =>
			rule({ ...departure, now: NOW, prepare: { ...prepare, expiresAt, amount } })?.code;
		expect(until(NOW + LIMITS.expiryMostMs)).toBeUndefined();
		expect(until(NOW + LIMITS.expiryMostMs + 1)).toBe('F00');
		expect(until(NOW + LIMITS.expiryMostMs + 1, 0n)).toBeUndefined();
	});

	it('passes on with a margin less, and never holds anything longer than it may', () => {
		expect(expiryOnNextLink(NOW + 10_000, NOW)).toBe(NOW + 10_000 - LIMITS.expiryMarginMs);
		expect(expiryOnNextLink(NOW + 10 * LIMITS.maxHoldMs, NOW)).toBe(
			NOW + LIMITS.maxHoldMs - LIMITS.expiryMarginMs
		);
		const rule = enoughTime(rejects);
		expect(rule({ ...departure, outExpiresAt: NOW + LIMITS.expiryMarginMs + 1 })).toBeUndefined();
		expect(rule({ ...departure, outExpiresAt: NOW + LIMITS.expiryMarginMs })?.code).toBe('R02');
	});

	it('says how much one packet may carry, on either link', () => {
		const most = (peer: string): bigint => (peer === 'alice' ? 1_000n : 989n);
		expect(notTooLarge(most, rejects)(departure)).toBeUndefined();
		const refused = notTooLargeToLeave(most, rejects)(departure);
		expect(refused?.code).toBe('F08');
		expect(decodeAmountTooLarge(refused?.data ?? new Uint8Array(0))).toMatchObject({
			ok: true,
			value: { receivedAmount: 990n, maximumAmount: 989n }
		});
	});

	it('wants something left after the fee, unless nothing was sent', () => {
		const rule = somethingLeft(rejects);
		expect(rule(departure)).toBeUndefined();
		expect(rule({ ...departure, out: 0n })?.code).toBe('R01');
		expect(rule({ ...departure, prepare: { ...prepare, amount: 0n }, out: 0n })).toBeUndefined();
	});

	it('counts the packets a second of those with whom a number was agreed', () => {
		const rule = withinRate((peer) => (peer === 'alice' ? { packetsPerSecond: 2 } : undefined), rejects);
		expect([rule(departure), rule(departure), rule(departure)?.code]).toEqual([undefined, undefined, 'T05']);
		expect(rule({ ...departure, now: NOW + 500 })).toBeUndefined();
		for (let i = 0; i < 10; i++) expect(rule({ ...departure, peer: 'carol' })).toBeUndefined();
	});

	it('draws the bytes of every packet, whatever it pays, from each neighbour’s own', () => {
		const allowances = new Map(['alice', 'carol'].map((peer) => [peer, createAllowance(NOW, 1)]));
		const rule = withinFreeData((peer) => allowances.get(peer)!, rejects);
		const large = { ...departure, bytes: new Uint8Array(50) };
		expect([rule(large), rule(large)?.code]).toEqual([undefined, 'T05']);
		expect(rule({ ...large, peer: 'carol' })).toBeUndefined();
	});

	it('tells a link that is gone from one that is full', () => {
		const link: { state: 'up' | 'busy' | 'down'; inFlight: number } = { state: 'up', inFlight: 0 };
		const rule = createLinkIsFree({ state: () => link.state }, () => link.inFlight, rejects);
		expect(rule('bob')).toBeUndefined();
		link.inFlight = LIMITS.inFlightPerLink;
		expect(rule('bob')?.code).toBe('T02');
		link.state = 'busy';
		expect(rule('bob')?.code).toBe('T02');
		link.state = 'down';
		expect(rule('bob')?.code).toBe('T01');
	});

	it('lets a neighbour send what its account covers, and says how much that is', () => {
		const rule = (available: bigint) => covered({ available: () => available }, rejects)(departure);
		expect(rule(1_000n)).toBeUndefined();
		const refused = rule(999n);
		expect(refused?.code).toBe('T04');
		expect(new DataView(refused!.data.slice().buffer).getBigUint64(0)).toBe(999n);
		expect(new DataView(rule(-5n)!.data.slice().buffer).getBigUint64(0)).toBe(0n);
	});

	it('asks for the share by who sent, where it goes and by which route', () => {
		const asked: unknown[] = [];
		const shares = {
			fits: (name: unknown, amount: bigint, room: () => bigint): boolean => {
				asked.push([name, amount, room()]);
				return false;
			}
		};
		expect(withinShare({ prepaid: () => -3n, room: () => 5n }, shares, rejects)(departure)?.code).toBe('T04');
		const share = { ingress: 'alice', egress: 'bob', route: 'test.bob' };
		expect(asked).toEqual([
			[share, 990n, 0n],
			[share, 990n, 5n]
		]);
	});
});
