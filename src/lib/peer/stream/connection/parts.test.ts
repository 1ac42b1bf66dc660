import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../bytes.ts';
import { nobleCrypto } from '../../crypto/noble-crypto.ts';
import { createSeededRandom } from '../../testing/seeded-random.ts';
import { AmountLimit } from './amount-limit.ts';
import { CongestionWindow } from './congestion-window.ts';
import { IncomingData } from './incoming-data.ts';
import { OutgoingData } from './outgoing-data.ts';
import { RateFinder } from './rate.ts';
import { createReceipt, decodeReceipt, verifyReceipt } from './receipt.ts';
import { createServerToken, deriveServerKeys, openServerToken } from './server-token.ts';

const pattern = (from: number, to: number): Uint8Array =>
	Uint8Array.from({ length: to - from }, (_, at) => ((from + at) * 31 + ((from + at) >> 8)) & 0xff);

describe('bytes that come in', () => {
	it('are read in order and once, however they were cut, repeated and shuffled', () => {
		const cuts = fc.array(fc.tuple(fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: 0, max: 3_000 })), {
			maxLength: 60
		});
		fc.assert(
			fc.property(cuts, (pieces) => {
				const data = new IncomingData();
				const read: Uint8Array[] = [];
				const came = new Set<number>();
				for (const [offset, length] of pieces) {
					data.add(offset, pattern(offset, offset + length));
					for (let at = offset; at < offset + length; at++) came.add(at);
					for (let bytes = data.take(); bytes !== undefined; bytes = data.take()) read.push(bytes);
				}
				let contiguous = 0;
				while (came.has(contiguous)) contiguous++;
				expect(concatBytes(...read)).toEqual(pattern(0, contiguous));
				expect(data.buffered).toBe(came.size - contiguous);
			})
		);
	});

	it('keep no packet alive for the sake of a byte', () => {
		const data = new IncomingData();
		for (let at = 0; at < 3_000; at++) data.add(at, new Uint8Array(32_000).subarray(0, 1));
		let held = 0;
		for (let bytes = data.take(); bytes !== undefined; bytes = data.take()) held += bytes.buffer.byteLength;
		expect(held).toBeLessThanOrEqual(6_000);
	});
});

describe('bytes that go out', () => {
	it('go again at their old offset when lost, before anything new', () => {
		const data = new OutgoingData();
		data.write(pattern(0, 3_000));
		const first = data.take(2_000, 10_000);
		expect(first).toEqual({ offset: 0, bytes: pattern(0, 2_000) });
		data.lost(0, pattern(0, 2_000));
		expect(data.take(1_500, 10_000)).toEqual({ offset: 0, bytes: pattern(0, 1_500) });
		expect(data.take(1_500, 10_000)).toEqual({ offset: 1_500, bytes: pattern(1_500, 2_000) });
		expect(data.take(1_500, 10_000)).toEqual({ offset: 2_000, bytes: pattern(2_000, 3_000) });
		expect(data.take(1_500, 10_000)).toBeUndefined();
	});

	it('stop at the credit', () => {
		const data = new OutgoingData();
		data.write(pattern(0, 3_000));
		expect(data.take(9_000, 1_000)?.bytes.length).toBe(1_000);
		expect(data.take(9_000, 1_000)).toBeUndefined();
		expect(data.isBlocked(1_000)).toBe(true);
	});
});

describe('the most a path takes in one packet', () => {
	const amounts = fc.bigInt({ min: 1n, max: 10n ** 15n });

	it('is found to the unit, with what F08 says and without', () => {
		fc.assert(
			fc.property(
				amounts,
				amounts,
				fc.boolean(),
				fc.integer({ min: 1, max: 2_000 }),
				(max, wanted, tells, rate) => {
					const limit = new AmountLimit();
					const most = (max * 1_000n) / BigInt(rate);
					for (let packets = 0; packets < 200; packets++) {
						const amount = limit.next(wanted);
						if (amount === 0n) break;
						limit.onSent(amount);
						const receivedAmount = (amount * BigInt(rate)) / 1_000n;
						if (receivedAmount <= max) limit.onPassed(amount);
						else limit.onTooLarge(amount, tells ? { receivedAmount, maximumAmount: max } : undefined);
					}
					const largest = ((max + 1n) * 1_000n - 1n) / BigInt(rate);
					expect(most <= largest).toBe(true);
					expect(limit.next(wanted)).toBe(wanted < largest ? wanted : largest);
				}
			)
		);
	});

	it('takes one answer when the hop counts as we do', () => {
		const limit = new AmountLimit();
		limit.onTooLarge(1_000_000n, { receivedAmount: 1_000_000n, maximumAmount: 4_321n });
		expect(limit.next(1_000_000n)).toBe(4_321n);
		limit.onPassed(4_321n);
		expect(limit.isExact).toBe(true);
	});
});

describe('what may be under way', () => {
	it('grows by one packet an answer, halves once for a burst of refusals, then grows by one a round', () => {
		const window = new CongestionWindow(256);
		for (let n = 0; n < 48; n++) window.onArrived(0n, true);
		expect(window.packets).toBe(64);
		for (let sequence = 1; sequence <= 20; sequence++) window.onTrouble('T02', sequence, 100, 0n, 0n, 0);
		expect(window.packets).toBe(32);
		for (let n = 0; n < 32; n++) window.onArrived(0n, true);
		expect(window.packets).toBeGreaterThan(32.9);
		expect(window.packets).toBeLessThan(33.1);
	});

	it('reads T04 as a word about money, not about packets', () => {
		const window = new CongestionWindow(256);
		window.onTrouble('T04', 5, 6, 100n, 1_000n, 0);
		expect([window.packets, window.money, window.pausedUntil]).toEqual([16, 500n, 0]);
		window.onTrouble('T04', 7, 8, 90n, 90n, 0);
		expect([window.money, window.pausedUntil]).toEqual([60n, 100]);
	});

	it('pauses for T05, longer each time until something gets through', () => {
		const window = new CongestionWindow(256);
		window.onTrouble('T05', 1, 2, 0n, 0n, 1_000);
		window.onTrouble('T05', 3, 4, 0n, 0n, 2_000);
		expect(window.pausedUntil).toBe(2_200);
		window.onArrived(0n, true);
		window.onTrouble('T05', 5, 6, 0n, 0n, 3_000);
		expect(window.pausedUntil).toBe(3_100);
	});
});

describe('the rate', () => {
	const measured = (sent: bigint, arrives: bigint, slippage: number): RateFinder =>
		new RateFinder(new AmountLimit(), slippage, { sent, arrives });

	it('asks for floor(amount × rate × (1 − slippage)), and on crumbs for two units less than arrive', () => {
		expect(measured(2n, 3n, 100).minimum(1_000_000n)).toBe(1_485_000n);
		expect(measured(1n, 1n, 0).minimum(10n)).toBe(10n);
		expect(measured(1n, 1n, 100).minimum(10n)).toBe(8n);
	});

	it('probes with nothing beyond what is to be sent', () => {
		const rate = new RateFinder(new AmountLimit(), 100, undefined);
		rate.start(5_000n);
		const probes: bigint[] = [];
		while (rate.isDue(0)) probes.push(rate.nextProbe());
		expect(probes).toEqual([1n, 1_000n, 5_000n]);
	});

	it('takes the truer answer of a larger amount', () => {
		const rate = measured(10n, 9n, 100);
		rate.refine(1_000n, 990n);
		expect([rate.sent, rate.arrives]).toEqual([1_000n, 990n]);
		rate.refine(2_000n, 1_000n);
		expect([rate.sent, rate.arrives]).toEqual([1_000n, 990n]);
	});

	it('asks for all of it again when there was no room for the large probe and nothing is left of the small one', () => {
		const rate = new RateFinder(new AmountLimit(), 100, undefined);
		rate.start(200n);
		expect([rate.nextProbe(), rate.nextProbe()]).toEqual([1n, 200n]);
		rate.onAnswer(1n, undefined, 'T04', 0);
		rate.onAnswer(200n, undefined, 'T04', 0);
		expect([rate.nextProbe(), rate.nextProbe()]).toEqual([1n, 200n]);
		rate.onAnswer(1n, 0n, 'F99', 100);
		rate.onAnswer(200n, 198n, 'F99', 100);
		expect(rate).toMatchObject({ state: 'known', sent: 200n, arrives: 198n });
	});
});

describe('a receipt', () => {
	const setup = { nonce: new Uint8Array(16).fill(1), secret: new Uint8Array(32).fill(2) };

	it('convinces who shares the secret, and nobody once it was changed', async () => {
		const receipt = await createReceipt(nobleCrypto, setup, 3, 1_000n);
		expect(receipt).toHaveLength(58);
		expect(await verifyReceipt(nobleCrypto, setup.secret, receipt)).toEqual({
			nonce: setup.nonce,
			streamId: 3,
			totalReceived: 1_000n
		});
		for (let at = 0; at < receipt.length; at++) {
			const forged = receipt.slice();
			forged[at] = (forged[at] as number) ^ 1;
			expect(await verifyReceipt(nobleCrypto, setup.secret, forged)).toBeUndefined();
		}
		expect(decodeReceipt(receipt.subarray(1))).toBeUndefined();
	});
});

describe('a server token', () => {
	it('brings back what it was made from, to the same server alone', async () => {
		const keys = await deriveServerKeys(nobleCrypto, new Uint8Array(32).fill(3));
		const others = await deriveServerKeys(nobleCrypto, new Uint8Array(32).fill(4));
		const receipt = { nonce: new Uint8Array(16).fill(1), secret: new Uint8Array(32).fill(2) };
		for (const options of [
			{},
			{ tag: 'invoice ü' },
			{ tag: 'x'.repeat(11) },
			{ receipt },
			{ tag: 'a', receipt }
		]) {
			const made = await createServerToken(nobleCrypto, createSeededRandom('token'), keys, options);
			expect(made.segment).not.toHaveLength(55);
			expect(await openServerToken(nobleCrypto, keys, made.segment)).toEqual({
				tag: undefined,
				receipt: undefined,
				...options,
				sharedSecret: made.sharedSecret
			});
			expect(await openServerToken(nobleCrypto, others, made.segment)).toBeUndefined();
		}
	});

	it('survives any other segment', async () => {
		const keys = await deriveServerKeys(nobleCrypto, new Uint8Array(32).fill(3));
		await fc.assert(
			fc.asyncProperty(fc.string(), async (segment) => {
				expect(await openServerToken(nobleCrypto, keys, segment)).toBeUndefined();
			})
		);
	});
});
