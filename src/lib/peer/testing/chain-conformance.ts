/**
 * What every {@link ChainPort} must do, on a real node and in memory alike: the life of channels, the
 * names of refusals, several transactions at once, and what is said when nobody answers.
 */
import { describe, expect, it } from 'vitest';
import { toHex0x, type Hex } from '../bytes.ts';
import { nobleCrypto } from '../crypto/noble-crypto.ts';
import { unwrap, type Result } from '../result.ts';
import type {
	Address,
	ChainEvent,
	ChainPort,
	ChannelKey,
	FundingAuthorization
} from '../settlement/chain.ts';
import { createEvmScheme } from '../settlement/evm/scheme.ts';
import { createTypedData } from '../settlement/evm/typed-data.ts';
import { createChainActs } from './chain-acts.ts';

export interface ChainConformance {
	/** Ports with a key and gas each, one without a key, one whose endpoint nobody answers at. */
	readonly payer: ChainPort;
	readonly payee: ChainPort;
	readonly onlooker: ChainPort;
	readonly unreachable: ChainPort;
	readonly secrets: { readonly payer: Uint8Array; readonly payee: Uint8Array };
	/** The faucet of the token. */
	mint(owner: Address, amount: bigint): Promise<void>;
	/** Moves the chain's clock, and its newest block, ahead. */
	skip(seconds: number): Promise<void>;
	/** Makes everything that is mined by now final. */
	finalize(): Promise<void>;
	/** Waits for a promise, letting time go by where it does not go by itself. */
	settle<T>(promise: Promise<T>): Promise<T>;
	/** Lets this much time go by. */
	wait(ms: number): Promise<void>;
	/** Resolves when this much time has gone by, and does nothing for it. */
	sleep(ms: number): Promise<void>;
}

const DAY = 24 * 60 * 60;
const DOLLAR = 1_000_000n;
const SIGNER_SECRET = new Uint8Array(32).fill(0x51);
const SIGNER = toHex0x(nobleCrypto.evmAddress(SIGNER_SECRET));

/** @param createWorld A fresh contract, token and accounts for each test. */
export const describeChain = (name: string, createWorld: () => Promise<ChainConformance>): void => {
	/** A world, a channel key in it, and the acts on it that a test would otherwise spell out. */
	const setUp = async () => {
		const plain = await createWorld();
		const { settle } = plain;
		const acting = (port: ChainPort) => ({ ...port, ...createChainActs(port, plain.sleep) });
		const world = {
			...plain,
			payer: acting(plain.payer),
			payee: acting(plain.payee),
			onlooker: acting(plain.onlooker),
			unreachable: acting(plain.unreachable)
		};
		const payer = accountOf(world.payer);
		const payee = accountOf(world.payee);
		const key: ChannelKey = {
			payer,
			payee,
			token: world.payer.token,
			signer: SIGNER,
			grace: DAY,
			expiry: 0,
			salt: `0x${'00'.repeat(32)}`
		};
		await world.mint(payer, 100n * DOLLAR);
		const scheme = createEvmScheme(world.onlooker, nobleCrypto);
		const typedData = createTypedData(world.payer.chainId, world.payer.contract);
		const tokenDomain = unwrap(await settle(world.onlooker.tokenDomain()));
		const state = async (k: ChannelKey = key) =>
			unwrap(await settle(world.onlooker.channel(scheme.channelId(k))));
		const balance = async (owner: Address) => unwrap(await settle(world.onlooker.tokenBalance(owner)));
		const chainTime = async () => unwrap(await settle(world.onlooker.head())).time;
		const claim = (cumulative: bigint, k: ChannelKey = key, epoch = 0, secret: Uint8Array = SIGNER_SECRET) =>
			scheme.signClaim(secret, k, epoch, cumulative);
		const authorize = (
			amount: bigint,
			index: number,
			changes: Partial<FundingAuthorization> = {},
			epoch = 0
		): FundingAuthorization => {
			const funding = { key, amount, validAfter: 0, validBefore: 4_000_000_000, index };
			const digest = typedData.fundingDigest(funding, epoch, tokenDomain);
			return { ...funding, signature: nobleCrypto.ecdsaSign(world.secrets.payer, digest), ...changes };
		};
		const salted = (n: number): ChannelKey => ({ ...key, salt: `0x${n.toString(16).padStart(64, '0')}` });
		/** The promise's value; a refusal fails the test. */
		const done = async <T>(promise: Promise<Result<T>>): Promise<T> => unwrap(await settle(promise));
		const reason = async (promise: Promise<Result<unknown>>): Promise<unknown> => {
			const answer = await settle(promise);
			return answer.ok ? 'accepted' : answer.error;
		};
		return { ...world, key, scheme, state, balance, chainTime, claim, authorize, salted, done, reason };
	};

	const refusedWith = (what: string) => ({ type: 'TransactionRefused', reason: what });

	describe(`${name} as the chain of a peer`, () => {
		it('names itself by its genesis block and tells the time', async () => {
			const { onlooker, payee, settle, done, payer, key } = await setUp();
			const genesis = unwrap(await settle(onlooker.genesisHash()));
			expect(genesis).toMatch(/^0x[0-9a-f]{64}$/);
			expect(unwrap(await settle(payee.genesisHash()))).toBe(genesis);
			const before = unwrap(await settle(onlooker.head()));
			const used = unwrap(await settle(payer.nonce()));
			await done(payer.open(key, DOLLAR));
			expect(unwrap(await settle(payer.nonce()))).toBeGreaterThan(used);
			expect(unwrap(await settle(onlooker.nonce()))).toBe(0);
			const after = unwrap(await settle(onlooker.head()));
			expect(after.block).toBeGreaterThan(before.block);
			expect(after.time).toBeGreaterThanOrEqual(before.time);
		});

		it('says who pays and in what a wallet signs', async () => {
			const { onlooker, payer, settle, scheme } = await setUp();
			expect(onlooker.account).toBeUndefined();
			expect(payer.account).toMatch(/^0x[0-9a-f]{40}$/);
			expect(unwrap(await settle(onlooker.tokenDomain()))).toEqual({ name: 'Test Dollar', version: '1' });
			expect(scheme.asset).toBe(`eip155:31337/erc20:${payer.token}`);
		});

		it('answers zero for a channel that never was', async () => {
			const { state } = await setUp();
			expect(await state()).toEqual({ deposited: 0n, claimed: 0n, closeAt: 0, epoch: 0 });
		});

		it('opens a channel with the account’s own money', async () => {
			const { payer, key, done, state, balance } = await setUp();
			const receipt = await done(payer.open(key, 10n * DOLLAR));
			expect(receipt.transaction).toMatch(/^0x[0-9a-f]{64}$/);
			expect(await state()).toEqual({ deposited: 10n * DOLLAR, claimed: 0n, closeAt: 0, epoch: 0 });
			expect(await balance(key.payer)).toBe(90n * DOLLAR);
		});

		it('refuses openings that cannot be, by name', async () => {
			const { payer, payee, key, done, reason, balance } = await setUp();
			expect(await reason(payer.open(key, 101n * DOLLAR))).toEqual(refusedWith('InsufficientBalance'));
			expect(await reason(payee.open(key, DOLLAR))).toEqual(refusedWith('NotPayer'));
			expect(await reason(payer.open(key, 0n))).toEqual(refusedWith('ZeroAmount'));
			expect(await reason(payer.open({ ...key, expiry: 1 }, DOLLAR))).toEqual(refusedWith('ExpiryPassed'));
			expect(await reason(payer.open({ ...key, signer: key.payee }, DOLLAR))).toEqual(
				refusedWith('SignerRefused')
			);
			await done(payer.open(key, DOLLAR));
			expect(await reason(payer.open(key, DOLLAR))).toEqual(refusedWith('ChannelAlreadyOpen'));
			expect(await balance(key.payer)).toBe(99n * DOLLAR);
		});

		it('opens and tops up with a stranger’s authorization, each once', async () => {
			const { payee, done, reason, authorize, state } = await setUp();
			const opening = authorize(10n * DOLLAR, 0);
			await done(payee.fund(opening));
			expect(await reason(payee.fund(opening))).toEqual(refusedWith('ChannelAlreadyOpen'));
			const more = authorize(5n * DOLLAR, 1);
			await done(payee.fund(more));
			expect(await reason(payee.fund(more))).toEqual(refusedWith('AuthorizationUsedOrCanceled'));
			expect((await state()).deposited).toBe(15n * DOLLAR);
		});

		it('lets nobody turn an authorization to another channel, amount or time', async () => {
			const { payee, key, reason, authorize, chainTime } = await setUp();
			const own = { ...key, payee: `0x${'77'.repeat(20)}` as Hex };
			expect(await reason(payee.fund(authorize(DOLLAR, 0, { key: own })))).toEqual(
				refusedWith('InvalidSignature')
			);
			expect(await reason(payee.fund(authorize(DOLLAR, 0, { amount: 2n * DOLLAR })))).toEqual(
				refusedWith('InvalidSignature')
			);
			const past = { validBefore: (await chainTime()) - 1 };
			expect(await reason(payee.fund(authorize(DOLLAR, 0, past)))).toEqual(
				refusedWith('AuthorizationExpired')
			);
			expect(await reason(payee.fund(authorize(DOLLAR, 0, { validAfter: 3_999_999_999 })))).toEqual(
				refusedWith('AuthorizationNotYetValid')
			);
		});

		it('tops up, and the payer’s own top-up cancels a close where a relayed one may not', async () => {
			const { payer, payee, key, done, reason, authorize, state } = await setUp();
			expect(await reason(payer.topUp(key, DOLLAR))).toEqual(refusedWith('ChannelNotOpen'));
			await done(payer.open(key, DOLLAR));
			expect(await reason(payee.topUp(key, DOLLAR))).toEqual(refusedWith('NotPayer'));
			await done(payer.requestClose(key));
			expect(await reason(payee.fund(authorize(DOLLAR, 1)))).toEqual(refusedWith('ChannelClosing'));
			await done(payer.topUp(key, 2n * DOLLAR));
			expect(await state()).toEqual({ deposited: 3n * DOLLAR, claimed: 0n, closeAt: 0, epoch: 0 });
		});

		it('redeems the newest claim for the payee, whoever sends it', async () => {
			const { payer, key, done, reason, claim, balance, state } = await setUp();
			await done(payer.open(key, 10n * DOLLAR));
			await done(payer.redeem([await claim(3n * DOLLAR)]));
			expect(await balance(key.payee)).toBe(3n * DOLLAR);
			await done(payer.redeem([await claim(4n * DOLLAR)]));
			expect(await balance(key.payee)).toBe(4n * DOLLAR);
			expect(await reason(payer.redeem([await claim(4n * DOLLAR)]))).toEqual(
				refusedWith('ClaimNotIncreasing')
			);
			expect((await state()).claimed).toBe(4n * DOLLAR);
		});

		it('pays a claim above the deposit up to the deposit, and the rest after a top-up', async () => {
			const { payer, payee, key, done, claim, balance } = await setUp();
			await done(payer.open(key, 10n * DOLLAR));
			await done(payee.redeem([await claim(15n * DOLLAR)]));
			expect(await balance(key.payee)).toBe(10n * DOLLAR);
			await done(payer.topUp(key, 10n * DOLLAR));
			await done(payee.redeem([await claim(15n * DOLLAR)]));
			expect(await balance(key.payee)).toBe(15n * DOLLAR);
		});

		it('refuses claims by another key, of another epoch or channel', async () => {
			const { payer, payee, key, done, reason, claim, salted, secrets } = await setUp();
			await done(payer.open(key, 10n * DOLLAR));
			const forged = { ...(await claim(DOLLAR, key, 0, secrets.payee)), key };
			expect(await reason(payee.redeem([forged]))).toEqual(refusedWith('InvalidSignature'));
			expect(await reason(payee.redeem([await claim(DOLLAR, key, 1)]))).toEqual(
				refusedWith('InvalidSignature')
			);
			const elsewhere = { ...(await claim(DOLLAR, salted(9))), key };
			expect(await reason(payee.redeem([elsewhere]))).toEqual(refusedWith('InvalidSignature'));
			expect(await reason(payee.redeem([await claim(DOLLAR, salted(9))]))).toEqual(
				refusedWith('ChannelNotOpen')
			);
			expect(await reason(payee.redeem([]))).toEqual(refusedWith('ClaimNotIncreasing'));
		});

		it('redeems a batch, skipping the rows that are worth nothing', async () => {
			const { payer, payee, key, done, reason, claim, salted, balance, secrets } = await setUp();
			for (const n of [1, 2, 3]) await done(payer.open(salted(n), 10n * DOLLAR));
			const stale = await claim(DOLLAR, salted(1));
			await done(payee.redeem([stale]));
			const batch = [
				stale,
				await claim(2n * DOLLAR, salted(2)),
				await claim(9n * DOLLAR, salted(3), 0, secrets.payee),
				await claim(3n * DOLLAR, salted(3)),
				await claim(DOLLAR, salted(4))
			];
			await done(payee.redeem(batch));
			expect(await balance(key.payee)).toBe(6n * DOLLAR);
			expect(await reason(payee.redeem(batch))).toEqual(refusedWith('ClaimNotIncreasing'));
		});

		it('ends a channel with the payee’s consent and begins the next epoch afresh', async () => {
			const { payer, payee, key, done, reason, claim, balance, state, scheme, secrets, chainTime } =
				await setUp();
			await done(payer.open(key, 10n * DOLLAR));
			const deadline = (await chainTime()) + 3_600;
			const newest = await claim(4n * DOLLAR);
			const consent = await scheme.signClose(secrets.payee, key, 0, 4n * DOLLAR, deadline);
			const byPayer = await scheme.signClose(secrets.payer, key, 0, 0n, deadline);
			expect(await reason(payer.close(byPayer, undefined))).toEqual(refusedWith('InvalidSignature'));
			expect(await reason(payer.close(consent, undefined))).toEqual(refusedWith('CaptureAboveClaim'));
			const late = await scheme.signClose(secrets.payee, key, 0, 0n, 1);
			expect(await reason(payer.close(late, undefined))).toEqual(refusedWith('DeadlinePassed'));
			await done(payer.close(consent, newest));
			expect(await balance(key.payee)).toBe(4n * DOLLAR);
			expect(await balance(key.payer)).toBe(96n * DOLLAR);
			expect(await state()).toEqual({ deposited: 0n, claimed: 0n, closeAt: 0, epoch: 1 });
			await done(payer.open(key, 10n * DOLLAR));
			expect(await reason(payee.redeem([newest]))).toEqual(refusedWith('InvalidSignature'));
			await done(payee.redeem([await claim(DOLLAR, key, 1)]));
			expect(await balance(key.payee)).toBe(5n * DOLLAR);
		});

		it('ends a channel without the payee after the grace, and claims are good until then', async () => {
			const { payer, payee, onlooker, key, done, reason, claim, balance, state, skip, chainTime } =
				await setUp();
			await done(payer.open(key, 10n * DOLLAR));
			expect(await reason(payer.withdraw(key))).toEqual(refusedWith('TooEarly'));
			expect(await reason(payee.requestClose(key))).toEqual(refusedWith('NotPayerOrSigner'));
			await done(payer.requestClose(key));
			const { closeAt } = await state();
			expect(closeAt).toBeGreaterThan((await chainTime()) + DAY - 60);
			expect(await reason(payer.requestClose(key))).toEqual(refusedWith('ChannelClosing'));
			expect(await reason(payer.withdraw(key))).toEqual(refusedWith('TooEarly'));
			await skip(DAY + 1);
			await done(payee.redeem([await claim(DOLLAR)]));
			await done(payee.withdraw(key));
			expect(await balance(key.payer)).toBe(99n * DOLLAR);
			expect(await balance(onlooker.contract)).toBe(0n);
			expect((await state()).epoch).toBe(1);
			expect(await reason(payer.withdraw(key))).toEqual(refusedWith('ChannelNotOpen'));
		});

		it('lets the payer out at the expiry without a request', async () => {
			const { payer, key, done, reason, balance, skip, chainTime } = await setUp();
			const expiring = { ...key, expiry: (await chainTime()) + 3_600 };
			await done(payer.open(expiring, 10n * DOLLAR));
			expect(await reason(payer.withdraw(expiring))).toEqual(refusedWith('TooEarly'));
			await skip(3_601);
			await done(payer.withdraw(expiring));
			expect(await balance(key.payer)).toBe(100n * DOLLAR);
		});

		it('pays out of the account’s own balance', async () => {
			const { payer, key, done, reason, balance } = await setUp();
			await done(payer.transfer(key.payee, 7n));
			expect(await balance(key.payee)).toBe(7n);
			expect(await reason(payer.transfer(key.payee, 1_000n * DOLLAR))).toEqual(
				refusedWith('InsufficientBalance')
			);
		});

		it('signs a transfer that moves nothing until it is broadcast, and moves it once however often that is', async () => {
			const { payer, onlooker, key, done, reason, balance, wait, finalize } = await setUp();
			const signed = await done(payer.prepare({ type: 'transfer', to: key.payee, amount: 7n }));
			const { hash, nonce } = signed;
			const fate = () => done(payer.fate({ hashes: [hash], nonce }));
			expect(await fate()).toEqual({ type: 'pending' });
			expect(await balance(key.payee)).toBe(0n);
			await done(payer.broadcast(signed.raw));
			await reason(payer.broadcast(signed.raw));
			const transfers = [{ from: key.payer, to: key.payee, amount: 7n }];
			const moved = { type: 'mined', hash, transfers, isFinal: false };
			for (let i = 0; i < 50 && (await fate()).type === 'pending'; i++) await wait(200);
			expect(await fate()).toEqual(moved);
			// Anybody can look it up by its hash.
			expect(await done(onlooker.fate({ hashes: [hash] }))).toEqual(moved);
			await finalize();
			expect(await fate()).toEqual({ ...moved, isFinal: true });
			expect(await done(onlooker.fate({ hashes: [hash] }))).toEqual({ ...moved, isFinal: true });
			await reason(payer.broadcast(signed.raw));
			await wait(2_000);
			expect(await balance(key.payee)).toBe(7n);
			// And who lost sight of it finds it again.
			expect(await done(payer.payments(0n))).toContainEqual({ ...transfers[0], hash });
			const { block } = await done(onlooker.head());
			expect(await done(payer.payments(block + 1n))).toEqual([]);
			expect(await done(onlooker.payments(0n))).toEqual([]);
		});

		it('refuses to sign what the chain would refuse', async () => {
			const { payer, onlooker, unreachable, key, reason } = await setUp();
			expect(
				await reason(payer.prepare({ type: 'transfer', to: key.payee, amount: 1_000n * DOLLAR }))
			).toEqual(refusedWith('InsufficientBalance'));
			expect(await reason(onlooker.prepare({ type: 'transfer', to: key.payee, amount: 1n }))).toEqual({
				type: 'NoChainAccount'
			});
			const down = expect.objectContaining({ type: 'ChainUnreachable' }) as unknown;
			expect(await reason(unreachable.prepare({ type: 'transfer', to: key.payee, amount: 1n }))).toEqual(
				down
			);
			expect(await reason(unreachable.fate({ hashes: [`0x${'11'.repeat(32)}`] }))).toEqual(down);
		});

		it('calls a transfer impossible only once another has used its number in a final block', async () => {
			const { payer, key, done, balance, finalize, reason } = await setUp();
			const signed = await done(payer.prepare({ type: 'transfer', to: key.payee, amount: 7n }));
			await done(payer.transfer(key.payee, 1n));
			const { hash, nonce } = signed;
			expect(await done(payer.fate({ hashes: [hash], nonce }))).toEqual({ type: 'pending' });
			await finalize();
			expect(await done(payer.fate({ hashes: [hash], nonce }))).toEqual({ type: 'impossible' });
			expect(await reason(payer.broadcast(signed.raw))).toEqual({ type: 'NumberTaken' });
			expect(await balance(key.payee)).toBe(1n);
		});

		it('offers more for the same transaction, and only one of the two is mined', async () => {
			const { payer, onlooker, key, done, reason, balance, wait } = await setUp();
			const first = await done(payer.prepare({ type: 'transfer', to: key.payee, amount: 7n }));
			const second = await done(payer.outbid(first.raw));
			expect(second.nonce).toBe(first.nonce);
			expect(second.hash).not.toBe(first.hash);
			await done(payer.broadcast(second.raw));
			const hashes = [first.hash, second.hash];
			const fate = () => done(payer.fate({ hashes, nonce: first.nonce }));
			for (let i = 0; i < 50 && (await fate()).type === 'pending'; i++) await wait(200);
			expect(await fate()).toMatchObject({ type: 'mined', hash: second.hash });
			await reason(payer.broadcast(first.raw));
			await wait(2_000);
			expect(await balance(key.payee)).toBe(7n);
			expect(await reason(onlooker.outbid(first.raw))).not.toBe('accepted');
		});

		it('gives a transaction the number it is told when the chain does not know of those before', async () => {
			const { payer, key, done } = await setUp();
			const first = await done(payer.prepare({ type: 'transfer', to: key.payee, amount: 1n }));
			const next = await done(
				payer.prepare({ type: 'transfer', to: key.payee, amount: 1n }, first.nonce + 1)
			);
			expect(next.nonce).toBe(first.nonce + 1);
		});

		it('tells the states of many channels in their order, and what redeeming costs', async () => {
			const { payer, onlooker, done, salted, scheme } = await setUp();
			for (const n of [1, 2]) await done(payer.open(salted(n), BigInt(n) * DOLLAR));
			const ids = [2, 9, 1].map((n) => scheme.channelId(salted(n)));
			const states = await done(onlooker.channels(ids));
			expect(states.map(({ deposited }) => deposited)).toEqual([2n * DOLLAR, 0n, DOLLAR]);
			const [one, hundred] = [await done(onlooker.redeemCost(1)), await done(onlooker.redeemCost(100))];
			expect(hundred).toBeGreaterThan(one);
			expect(hundred).toBeLessThan(one * 100n);
		});

		it('keeps several transactions under way at once', async () => {
			const { payer, key, done, reason, balance, salted, state } = await setUp();
			const transfers = [1n, 2n, 4n, 8n, 16n, 32n].map((amount) => payer.transfer(key.payee, amount));
			const openings = [1, 2, 3].map((n) => payer.open(salted(n), DOLLAR));
			const hopeless = payer.withdraw(salted(9));
			for (const sent of [...transfers, ...openings]) await done(sent);
			expect(await reason(hopeless)).toEqual(refusedWith('ChannelNotOpen'));
			expect(await balance(key.payee)).toBe(63n);
			for (const n of [1, 2, 3]) expect((await state(salted(n))).deposited).toBe(DOLLAR);
			await done(payer.transfer(key.payee, 1n));
		});

		it('tells those who watch what happened to their channels, in order', async () => {
			const {
				payer,
				payee,
				onlooker,
				key,
				done,
				claim,
				salted,
				scheme,
				secrets,
				wait,
				settle,
				chainTime,
				skip
			} = await setUp();
			await done(payer.open(key, 10n * DOLLAR));
			const seen: ChainEvent[] = [];
			let upTo = -1n;
			const cancel = onlooker.watch(
				() => [scheme.channelId(key)],
				undefined,
				(report) => {
					seen.push(...report.events);
					expect(report.isReorganised).toBe(false);
					expect(report.upTo.block).toBeGreaterThan(upTo);
					upTo = report.upTo.block;
				}
			);
			await done(payer.open(salted(1), DOLLAR));
			await done(payer.topUp(key, DOLLAR));
			await done(payee.redeem([await claim(2n * DOLLAR)]));
			await done(payee.redeem([await claim(5n * DOLLAR), await claim(DOLLAR, salted(1))]));
			await done(payer.requestClose(key));
			const closeAt = unwrap(await settle(onlooker.channel(scheme.channelId(key)))).closeAt;
			const deadline = (await chainTime()) + 3_600;
			await done(
				payer.close(await scheme.signClose(secrets.payee, key, 0, 5n * DOLLAR, deadline), undefined)
			);
			await done(payer.open(key, DOLLAR));
			await done(payer.requestClose(key));
			const secondCloseAt = unwrap(await settle(onlooker.channel(scheme.channelId(key)))).closeAt;
			await skip(DAY + 1);
			await done(payer.withdraw(key));
			for (let i = 0; i < 50 && seen.length < 9; i++) await wait(200);
			cancel();
			const id = scheme.channelId(key);
			expect(seen).toEqual([
				{ type: 'Opened', id, key, epoch: 0, amount: 10n * DOLLAR },
				{ type: 'ToppedUp', id, epoch: 0, amount: DOLLAR },
				{ type: 'Claimed', id, epoch: 0, cumulative: 2n * DOLLAR, paid: 2n * DOLLAR },
				{ type: 'Claimed', id, epoch: 0, cumulative: 5n * DOLLAR, paid: 3n * DOLLAR },
				{ type: 'CloseRequested', id, epoch: 0, closeAt },
				{ type: 'Closed', id, epoch: 0, captured: 5n * DOLLAR, refunded: 6n * DOLLAR },
				{ type: 'Opened', id, key, epoch: 1, amount: DOLLAR },
				{ type: 'CloseRequested', id, epoch: 1, closeAt: secondCloseAt },
				{ type: 'Withdrawn', id, epoch: 1, captured: 0n, refunded: DOLLAR }
			]);
			await done(payer.open(key, DOLLAR));
			await wait(500);
			expect(seen).toHaveLength(9);
			// Who asks later is told the same, and what came since.
			const past = await done(onlooker.history({ id }));
			expect(past).toEqual([...seen, { type: 'Opened', id, key, epoch: 2, amount: DOLLAR }]);
			const ofPayer = await done(onlooker.history({ payer: key.payer }));
			expect(ofPayer.filter((event) => event.id === id)).toEqual(past);
			expect(ofPayer.filter((event) => event.id === scheme.channelId(salted(1)))).toHaveLength(2);
			expect(await done(onlooker.history({ payer: key.payee }))).toEqual([]);
		});

		it('says that it has no account rather than trying', async () => {
			const { onlooker, key, reason, claim, authorize } = await setUp();
			const none = { type: 'NoChainAccount' };
			expect(await reason(onlooker.open(key, DOLLAR))).toEqual(none);
			expect(await reason(onlooker.topUp(key, DOLLAR))).toEqual(none);
			expect(await reason(onlooker.fund(authorize(DOLLAR, 0)))).toEqual(none);
			expect(await reason(onlooker.redeem([await claim(DOLLAR)]))).toEqual(none);
			expect(await reason(onlooker.requestClose(key))).toEqual(none);
			expect(await reason(onlooker.withdraw(key))).toEqual(none);
			expect(await reason(onlooker.transfer(key.payee, 1n))).toEqual(none);
		});

		it('answers that nobody answers, to every question, and a watch goes on in silence', async () => {
			const { unreachable, key, reason, scheme, wait } = await setUp();
			const down = expect.objectContaining({ type: 'ChainUnreachable' }) as unknown;
			let calls = 0;
			const cancel = unreachable.watch(
				() => [scheme.channelId(key)],
				undefined,
				() => calls++
			);
			expect(await reason(unreachable.genesisHash())).toEqual(down);
			expect(await reason(unreachable.head())).toEqual(down);
			expect(await reason(unreachable.channel(scheme.channelId(key)))).toEqual(down);
			expect(await reason(unreachable.tokenBalance(key.payer))).toEqual(down);
			expect(await reason(unreachable.tokenDomain())).toEqual(down);
			expect(await reason(unreachable.history({ id: scheme.channelId(key) }))).toEqual(down);
			expect(await reason(unreachable.open(key, DOLLAR))).toEqual(down);
			expect(await reason(unreachable.transfer(key.payee, 1n))).toEqual(down);
			await wait(300);
			cancel();
			expect(calls).toBe(0);
		});

		it('gives each transaction a hash of its own', async () => {
			const { payer, key, done } = await setUp();
			const first = await done(payer.transfer(key.payee, 1n));
			const second = await done(payer.transfer(key.payee, 1n));
			expect(second.transaction).not.toBe(first.transaction);
		});
	});
};

const accountOf = (port: ChainPort): Address => {
	if (port.account === undefined) throw new Error('this port has no account');
	return port.account;
};
