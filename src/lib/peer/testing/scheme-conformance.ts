/**
 * What every {@link SettlementScheme} must do, whatever its chain: promises that bind one channel, one epoch
 * and one amount, that nobody else can make and that anybody can check without a chain.
 *
 * | of a scheme is asked | here it is |
 * |---|---|
 * | open, top up, redeem, request a close, close together, finalize | acts on `chain`: each written down before it is sent |
 * | import a channel | its id from its key, its state from the chain; whether to take it is judged for all chains alike |
 * | sign and verify a claim | pure |
 * | watch | `chain.watch` |
 * | estimate a fee | `chain.redeemCost`; what else an account sends is bounded by what it pays for gas |
 * | dust limit | none: the smallest amount is paid like any other, and whether it is worth its fee says redeem-rule.ts |
 *
 * A scheme without claims (the payment is the settlement) would be another interface: nothing here is optional.
 */
import { describe, expect, it } from 'vitest';
import { unwrap } from '../result.ts';
import type {
	ChainAct,
	ChainEvent,
	ChainPort,
	ChannelKey,
	SignedClaim,
	SignedClose
} from '../settlement/chain.ts';
import type { SettlementScheme } from '../settlement/scheme.ts';
import { createChainActs } from './chain-acts.ts';

export interface SchemeConformance {
	readonly scheme: SettlementScheme;
	/** The same way of settling on another chain, and the same chain under another contract. */
	readonly elsewhere: readonly SettlementScheme[];
	/** A channel whose claims `secrets.signer` signs, between the two accounts; another for each number. */
	key(n: number): ChannelKey;
	readonly secrets: {
		readonly signer: Uint8Array;
		readonly payee: Uint8Array;
		readonly stranger: Uint8Array;
	};
	/** Each answers with the payer's, and the payee's, way to the chain. */
	readonly payer: SettlementScheme;
	readonly payee: SettlementScheme;
	/** From now on nobody answers at `scheme`'s chain. */
	cutChain(): void;
	/** Moves the chain's clock ahead. */
	skip(seconds: number): Promise<void>;
	/** Waits for a promise, letting time go by where it does not go by itself. */
	settle<T>(promise: Promise<T>): Promise<T>;
	/** Resolves when this much time has gone by, and does nothing for it. */
	sleep(ms: number): Promise<void>;
}

/** What a claim may take on the wire (codec/link.ts). */
const SIGNATURE_BYTES = { least: 64, most: 256 } as const;

/** An act, once it is in a block; a refusal fails the test. */
const doing =
	({ settle, sleep }: Pick<SchemeConformance, 'settle' | 'sleep'>) =>
	async (chain: ChainPort, act: ChainAct) =>
		unwrap(await settle(createChainActs(chain, sleep).act(act)));

export const describeScheme = (name: string, create: () => Promise<SchemeConformance>): void => {
	describe(`${name} as a way to settle`, () => {
		it('says what it is: a number for claims, an asset by CAIP-19, a scale', async () => {
			const { scheme } = await create();
			expect(scheme.id).toBeGreaterThanOrEqual(0);
			expect(scheme.id).toBeLessThanOrEqual(0xff);
			expect(scheme.name).toMatch(/^[a-z][a-z0-9-]*$/);
			expect(scheme.asset).toMatch(
				/^[-a-z0-9]{3,8}:[-_a-zA-Z0-9]{1,32}\/[-a-z0-9]{3,8}:[-.%a-zA-Z0-9]{1,128}$/
			);
			expect(scheme.tokenScale).toBeGreaterThanOrEqual(0);
			expect(scheme.tokenScale).toBeLessThanOrEqual(18);
		});

		it('names a channel by its terms and its place, and by nothing else', async () => {
			const { scheme, elsewhere, key } = await create();
			expect(scheme.channelId({ ...key(1) })).toBe(scheme.channelId(key(1)));
			const others = [
				key(2),
				{ ...key(1), grace: key(1).grace + 1 },
				{ ...key(1), expiry: key(1).expiry + 1 },
				{ ...key(1), signer: key(1).payer },
				{ ...key(1), payer: key(1).payee, payee: key(1).payer }
			];
			const ids = [
				scheme.channelId(key(1)),
				...others.map((other) => scheme.channelId(other)),
				...elsewhere.map((other) => other.channelId(key(1)))
			];
			expect(new Set(ids).size).toBe(ids.length);
		});

		it('takes a claim for what its signer signed, and for nothing more, less or else', async () => {
			const { scheme, elsewhere, key, secrets, payer } = await create();
			const claim = await payer.signClaim(secrets.signer, key(1), 3, 1_000n);
			expect(claim.signature.length).toBeGreaterThanOrEqual(SIGNATURE_BYTES.least);
			expect(claim.signature.length).toBeLessThanOrEqual(SIGNATURE_BYTES.most);
			expect(await scheme.verifyClaim(claim)).toBe(true);
			const changed: readonly SignedClaim[] = [
				{ ...claim, cumulative: 1_001n },
				{ ...claim, cumulative: 999n },
				{ ...claim, cumulative: 0n },
				{ ...claim, epoch: 2 },
				{ ...claim, epoch: 4 },
				{ ...claim, key: key(2) },
				{ ...claim, key: { ...key(1), signer: key(1).payer } },
				await payer.signClaim(secrets.stranger, key(1), 3, 1_000n),
				await payer.signClaim(secrets.payee, key(1), 3, 1_000n)
			];
			for (const wrong of changed) expect(await scheme.verifyClaim(wrong)).toBe(false);
			for (const other of elsewhere) expect(await other.verifyClaim(claim)).toBe(false);
		});

		it('takes a consent to close from the payee alone, and never a claim for one', async () => {
			const { scheme, elsewhere, key, secrets } = await create();
			const close = await scheme.signClose(secrets.payee, key(1), 3, 1_000n, 2_000_000_000);
			expect(await scheme.verifyClose(close)).toBe(true);
			const claim = await scheme.signClaim(secrets.signer, key(1), 3, 1_000n);
			const changed: readonly SignedClose[] = [
				{ ...close, capture: 999n },
				{ ...close, epoch: 4 },
				{ ...close, deadline: 2_000_000_001 },
				{ ...close, key: key(2) },
				{ ...close, signature: claim.signature },
				await scheme.signClose(secrets.signer, key(1), 3, 1_000n, 2_000_000_000),
				await scheme.signClose(secrets.stranger, key(1), 3, 1_000n, 2_000_000_000)
			];
			for (const wrong of changed) expect(await scheme.verifyClose(wrong)).toBe(false);
			expect(await scheme.verifyClaim({ ...claim, signature: close.signature })).toBe(false);
			for (const other of elsewhere) expect(await other.verifyClose(close)).toBe(false);
		});

		it('checks anything at all and throws at nothing', async () => {
			const { scheme, key, secrets } = await create();
			const claim = await scheme.signClaim(secrets.signer, key(1), 0, 5n);
			const close = await scheme.signClose(secrets.payee, key(1), 0, 5n, 2_000_000_000);
			const cut = (signature: Uint8Array): readonly Uint8Array[] => [
				new Uint8Array(),
				signature.subarray(1),
				signature.subarray(0, signature.length - 1),
				new Uint8Array(signature.length),
				new Uint8Array(signature.length).fill(0xff),
				new Uint8Array([...signature, 0])
			];
			for (const signature of cut(claim.signature))
				expect(await scheme.verifyClaim({ ...claim, signature })).toBe(false);
			for (const signature of cut(close.signature))
				expect(await scheme.verifyClose({ ...close, signature })).toBe(false);
			for (const [epoch, cumulative] of [
				[-1, 5n],
				[0.5, 5n],
				[Number.NaN, 5n],
				[2 ** 40, 5n],
				[0, -1n],
				[0, 1n << 128n]
			] as const)
				expect(await scheme.verifyClaim({ ...claim, epoch, cumulative })).toBe(false);
		});

		it('signs and checks while the chain is away', async () => {
			const { scheme, key, secrets, cutChain, settle } = await create();
			cutChain();
			expect(await settle(scheme.chain.head())).toMatchObject({ error: { type: 'ChainUnreachable' } });
			const claim = await scheme.signClaim(secrets.signer, key(1), 0, 5n);
			expect(await scheme.verifyClaim(claim)).toBe(true);
			const close = await scheme.signClose(secrets.payee, key(1), 0, 5n, 2_000_000_000);
			expect(await scheme.verifyClose(close)).toBe(true);
		});

		it('lives: opened, promised on, redeemed, ended at what both agreed, to the unit', async () => {
			const world = await create();
			const { payer, payee, key, secrets, settle } = world;
			const done = doing(world);
			const terms = key(1);
			const id = payer.channelId(terms);
			const before = unwrap(await settle(payer.chain.tokenBalance(terms.payee)));
			await done(payer.chain, { type: 'open', key: terms, amount: 1_000n });
			const { epoch } = unwrap(await settle(payee.chain.channel(id)));
			await payer.signClaim(secrets.signer, terms, epoch, 300n);
			const newest = await payer.signClaim(secrets.signer, terms, epoch, 700n);
			await done(payee.chain, { type: 'redeem', claims: [newest] });
			expect(unwrap(await settle(payer.chain.channel(id))).claimed).toBe(700n);
			const { time } = unwrap(await settle(payee.chain.head()));
			const close = await payee.signClose(secrets.payee, terms, epoch, 700n, time + 3_600);
			await done(payee.chain, { type: 'close', close, claim: undefined });
			expect(unwrap(await settle(payer.chain.tokenBalance(terms.payee))) - before).toBe(700n);
			const after = unwrap(await settle(payer.chain.channel(id)));
			expect(after).toMatchObject({ deposited: 0n, claimed: 0n, epoch: epoch + 1 });
			// What was promised then is worth nothing now.
			expect((await settle(payee.chain.prepare({ type: 'redeem', claims: [newest] }))).ok).toBe(false);
		});

		it('shows a channel that somebody else opened for what it is, by the terms alone', async () => {
			const world = await create();
			const { payer, payee, key, settle } = world;
			const state = async (terms: ChannelKey) =>
				unwrap(await settle(payee.chain.channel(payee.channelId(terms))));
			expect(await state(key(1))).toMatchObject({ deposited: 0n, epoch: 0 });
			await doing(world)(payer.chain, { type: 'open', key: key(1), amount: 1_000n });
			expect(await state({ ...key(1) })).toEqual({ deposited: 1_000n, claimed: 0n, closeAt: 0, epoch: 0 });
			expect(await state({ ...key(1), grace: key(1).grace + 1 })).toMatchObject({ deposited: 0n });
		});

		it('grows, and ends without the payee after the grace, and whoever watches hears of each step', async () => {
			const world = await create();
			const { payer, payee, key, secrets, settle, sleep, skip } = world;
			const done = doing(world);
			const terms = key(1);
			const id = payer.channelId(terms);
			const wallet = async () => unwrap(await settle(payer.chain.tokenBalance(terms.payer)));
			const before = await wallet();
			const heard: ChainEvent[] = [];
			const cancel = payee.chain.watch(
				() => [id],
				undefined,
				({ events }) => void heard.push(...events)
			);
			await done(payer.chain, { type: 'open', key: terms, amount: 1_000n });
			await done(payer.chain, { type: 'topUp', key: terms, amount: 500n });
			const claim = await payer.signClaim(secrets.signer, terms, 0, 1_200n);
			await done(payee.chain, { type: 'redeem', claims: [claim] });
			await done(payer.chain, { type: 'requestClose', key: terms });
			const { closeAt } = unwrap(await settle(payee.chain.channel(id)));
			expect(closeAt).toBeGreaterThan(unwrap(await settle(payee.chain.head())).time);
			// Not a second before its time.
			expect((await settle(payer.chain.prepare({ type: 'withdraw', key: terms }))).ok).toBe(false);
			await skip(terms.grace + 1);
			await done(payer.chain, { type: 'withdraw', key: terms });
			expect(before - (await wallet())).toBe(1_200n);
			for (let looks = 0; looks < 100 && heard.length < 5; looks += 1) await settle(sleep(100));
			cancel();
			expect(heard.map(({ type }) => type)).toEqual([
				'Opened',
				'ToppedUp',
				'Claimed',
				'CloseRequested',
				'Withdrawn'
			]);
			expect(heard[4]).toMatchObject({ id, captured: 1_200n, refunded: 300n });
		});

		it('pays the smallest amount there is, and says beforehand what that costs', async () => {
			const world = await create();
			const { payer, payee, key, secrets, settle } = world;
			const done = doing(world);
			await done(payer.chain, { type: 'open', key: key(1), amount: 1_000n });
			const [one, two] = [
				unwrap(await settle(payee.chain.redeemCost(1))),
				unwrap(await settle(payee.chain.redeemCost(2)))
			];
			expect(one).toBeGreaterThan(0n);
			expect(two).toBeGreaterThan(one);
			expect(two).toBeLessThan(2n * one);
			const before = unwrap(await settle(payee.chain.tokenBalance(key(1).payee)));
			const least = await payer.signClaim(secrets.signer, key(1), 0, 1n);
			await done(payee.chain, { type: 'redeem', claims: [least] });
			expect(unwrap(await settle(payee.chain.tokenBalance(key(1).payee))) - before).toBe(1n);
		});
	});
};
