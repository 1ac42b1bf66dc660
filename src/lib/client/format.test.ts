import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
	displayName,
	formatAgo,
	formatBytes,
	formatMoney,
	formatMoneyExact,
	formatSpan,
	formatWei,
	moneyInput,
	npub,
	parseMoney,
	parsePubkey,
	payoutPreview,
	shortNpub
} from './format.ts';
import { toDecimal } from '../peer/money.ts';

// NIP-19's own example key.
const PUBKEY = '7e7e9c42a91bfef19fa929e5fda1b72e0ebc1a4c1141673e2794234d86addf4e';
const NPUB = 'npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg';

describe('the price of gas', () => {
	it('is in gwei where ether would be mostly zeros, cut to four digits', () => {
		expect(formatWei(0n)).toBe('0 gwei');
		expect(formatWei(7_123_456n)).toBe('0.007123 gwei');
		expect(formatWei(841_239_999_999n)).toBe('841.2 gwei');
		expect(formatWei(84_123_999_999_999n)).toBe('0.00008412 ETH');
		expect(formatWei(1_234_567_890_000_000n)).toBe('0.001234 ETH');
		expect(formatWei(-2n * 10n ** 18n)).toBe('−2 ETH');
	});
});

describe('money on a screen', () => {
	it('shows a part of dollars in dollars, so that both can be compared, unless nothing of it would be seen', () => {
		expect(formatMoney(1_313_000n, 10_000_000n)).toBe('$0.0013');
		expect(formatMoney(8_686_000n, 1_000_000_000n)).toBe('$0.0086');
		expect(formatMoney(99_999n, 1_000_000_000n)).toBe('0.009999 ¢');
		expect(formatMoney(1_313_000n, 9_000_000n)).toBe('0.1313 ¢');
	});

	it('shows the price of a note in cents', () => {
		expect(formatMoney(200_000n)).toBe('0.02 ¢');
		expect(formatMoney(4_082n)).toBe('0.0004082 ¢');
	});

	it('shows a channel in dollars, with the digits that a note moves', () => {
		expect(formatMoney(2_000_000_000n)).toBe('$2.00');
		expect(formatMoney(1_999_600_000n)).toBe('$1.9996');
		expect(formatMoney(1_234_567_890_000n)).toBe('$1,234.5678');
	});

	it('never shows more than there is', () => {
		expect(formatMoney(1_999_999_999n)).toBe('$1.9999');
		expect(formatMoney(9_999_999n)).toBe('0.9999 ¢');
	});

	it('writes nothing, one unit and less than nothing plainly', () => {
		expect(formatMoney(0n)).toBe('$0.00');
		expect(formatMoney(1n)).toBe('0.0000001 ¢');
		expect(formatMoney(-200_000n)).toBe('−0.02 ¢');
	});

	it('keeps every digit where it is asked to', () => {
		expect(formatMoneyExact(1_999_999_999n)).toBe('1.999999999 USD');
	});

	it('says what a payout brings and what stays because the token is coarser', () => {
		expect(payoutPreview(12_345_678n, 1_000_000n, 6)).toEqual({ paid: 11_345_000n, remainder: 678n });
		expect(payoutPreview(500n, 1_000n, 6)).toEqual({ paid: 0n, remainder: 0n });
	});
});

describe('money from a keyboard', () => {
	it('reads what the field asks for, and what the sign says', () => {
		expect(parseMoney('2', 'dollars')).toBe(2_000_000_000n);
		expect(parseMoney('0.02', 'cents')).toBe(200_000n);
		expect(parseMoney('$0.05', 'cents')).toBe(50_000_000n);
		expect(parseMoney('3 ¢', 'dollars')).toBe(30_000_000n);
		expect(parseMoney(' 1,5 ', 'dollars')).toBe(1_500_000_000n);
		expect(parseMoney('.5', 'cents')).toBe(5_000_000n);
	});

	it.each(['', '-1', 'two', '1e3', '$1 ¢', '0.00000000001', '1.2.3', '$', '9999999999999'])(
		'refuses %j',
		(text) => {
			expect(parseMoney(text, 'dollars')).toBeUndefined();
		}
	);

	it('reads back what it wrote', () => {
		fc.assert(
			fc.property(
				fc.bigInt(0n, 10n ** 18n),
				fc.constantFrom('dollars' as const, 'cents' as const),
				(units, unit) => {
					expect(parseMoney(moneyInput(units, unit), unit)).toBe(units);
				}
			)
		);
	});

	it('survives any text', () => {
		fc.assert(
			fc.property(fc.string(), (text) => {
				const value = parseMoney(text, 'cents');
				expect(value === undefined || value >= 0n).toBe(true);
			})
		);
	});
});

describe('decimals', () => {
	it('are exact at both ends', () => {
		expect(toDecimal(0n, 9)).toBe('0');
		expect(toDecimal(1n, 9)).toBe('0.000000001');
		expect(toDecimal(-1_500_000_000n, 9)).toBe('-1.5');
		expect(toDecimal(42n, 0)).toBe('42');
	});
});

describe('times', () => {
	const now = Date.UTC(2026, 4, 20, 12);

	it('are relative while that says more than a date', () => {
		expect(formatAgo(now - 5_000, now)).toBe('now');
		expect(formatAgo(now - 2 * 60_000, now)).toBe('2 min. ago');
		expect(formatAgo(now - 3 * 3_600_000, now)).toBe('3 hr. ago');
		expect(formatAgo(now - 26 * 3_600_000, now)).toBe('yesterday');
		expect(formatAgo(now - 30 * 86_400_000, now)).toBe('Apr 20');
	});

	it('call a clock that runs ahead "now"', () => {
		expect(formatAgo(now + 60_000, now)).toBe('now');
	});

	it('round a wait up', () => {
		expect(formatSpan(3_200)).toBe('4 s');
		expect(formatSpan(61_000)).toBe('2 min');
		expect(formatSpan(22.2 * 3_600_000)).toBe('23 h');
		expect(formatSpan(5 * 86_400_000)).toBe('5 days');
		expect(formatSpan(-1)).toBe('0 s');
	});
});

describe('keys and names', () => {
	it('shorten an npub to both its ends', () => {
		expect(npub(PUBKEY)).toBe(NPUB);
		expect(shortNpub(PUBKEY)).toBe('npub10elf…vjptg');
	});

	it('read a key in the forms people paste', () => {
		expect(parsePubkey(` ${NPUB}\n`)).toBe(PUBKEY);
		expect(parsePubkey(`nostr:${NPUB}`)).toBe(PUBKEY);
		expect(parsePubkey(PUBKEY.toUpperCase())).toBe(PUBKEY);
		expect(parsePubkey(NPUB.replace('elf', 'eef'))).toBeUndefined();
		expect(parsePubkey('bob')).toBeUndefined();
	});

	it('prefer the name that was given, without characters that disturb a line', () => {
		expect(displayName('Bob', PUBKEY)).toBe('Bob');
		expect(displayName('  ', PUBKEY)).toBe('npub10elf…vjptg');
		expect(displayName('Bo\u202eb', PUBKEY)).toBe('Bo b');
		expect(displayName(undefined, 'short')).toBe('short');
	});
});

describe('sizes', () => {
	it('use the unit that keeps the number short', () => {
		expect(formatBytes(0)).toBe('0 byte');
		expect(formatBytes(1_250_000)).toBe('1.3 MB');
	});
});
