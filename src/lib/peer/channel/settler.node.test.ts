import { describe, expect, it } from 'vitest';
import { createNodeSql } from '../../../../server/akash-peer/node-sql.ts';
import { toHex0x } from '../bytes.ts';
import { nobleCrypto } from '../crypto/noble-crypto.ts';
import { createLedger } from '../ledger/sqlite-ledger.ts';
import { LIMITS } from '../limits.ts';
import { createLinkAccounts, type LinkRole } from '../link/accounts.ts';
import type { SettleRequest } from '../link/messages.ts';
import { createPackets } from '../link/packets.ts';
import type { Result } from '../result.ts';
import type { Address, ChannelKey, FundingAuthorization } from '../settlement/chain.ts';
import { createEvmScheme } from '../settlement/evm/scheme.ts';
import { createTypedData } from '../settlement/evm/typed-data.ts';
import { createCommits } from '../storage/commit.ts';
import { migrate } from '../storage/migrations.ts';
import type { SqlDriver } from '../storage/sql.ts';
import { createSeededRandom } from '../testing/seeded-random.ts';
import { createSimulatedChain, type SimulatedChain } from '../testing/simulated-chain.ts';
import { createSimulatedClock, type SimulatedClock } from '../testing/simulated-clock.ts';
import { createChannels, type Channel } from './channels.ts';
import { createSettler, type Settler } from './settler.ts';

const START = Date.UTC(2030, 0, 1);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const secret = (n: number): Uint8Array => new Uint8Array(32).fill(n);
const addressOf = (key: Uint8Array): Address => toHex0x(nobleCrypto.evmAddress(key));
const WALLET = secret(1);
const CLAIM = secret(2);
const HUB = secret(3);
const GUEST_DEVICE = '9e'.repeat(32);
const HUB_DEVICE = '48'.repeat(32);
const DOLLAR = 1_000_000n;
const TOKEN = 1_000n;
const FEE = 5_500n;

interface End {
	readonly settler: Settler;
	readonly sql: SqlDriver;
	readonly troubles: string[];
	readonly ledger: ReturnType<typeof createLedger>;
	readonly channels: ReturnType<typeof createChannels>;
	readonly accounts: ReturnType<typeof createLinkAccounts>;
	readonly packets: ReturnType<typeof createPackets>;
	readonly commits: ReturnType<typeof createCommits>;
	readonly chain: ReturnType<SimulatedChain['port']>;
}

const end = (
	clock: SimulatedClock,
	chain: SimulatedChain,
	given: {
		role: LinkRole;
		neighbour: string;
		neighbourPayee: Address | undefined;
		account?: Address;
		payeeSecret?: Uint8Array;
		sql?: SqlDriver;
		ask?: () => Settler | undefined;
	}
): End => {
	const sql = given.sql ?? createNodeSql(':memory:');
	migrate(sql);
	const commits = createCommits(sql, clock);
	const ledger = createLedger(sql);
	const channels = createChannels(sql, ledger, 6);
	const accounts = createLinkAccounts(sql, ledger, channels);
	if (!given.sql)
		accounts.meet(given.neighbour, {
			owner: given.neighbour,
			role: given.role,
			credit: 0n,
			window: LIMITS.windowGuest,
			at: 0
		});
	accounts.learn(given.neighbour, {
		payee: given.neighbourPayee,
		peerCredit: 0n,
		peerWindow: 0n,
		peerMaxPacket: 0n,
		payoutFee: given.role === 'parent' ? FEE : undefined,
		payoutThreshold: 0n
	});
	const port = chain.port(given.account);
	const troubles: string[] = [];
	const settler = createSettler({
		platform: { clock, random: createSeededRandom(given.role), crypto: nobleCrypto, log: () => undefined },
		sql,
		commits,
		ledger,
		accounts,
		channels,
		scheme: createEvmScheme(port, nobleCrypto),
		claimAddress: () => addressOf(CLAIM),
		payeeSecret: given.payeeSecret,
		payoutTerms: given.payeeSecret ? { fee: FEE, threshold: 0n, delaySeconds: 60 } : undefined,
		redeemThreshold: 1_000_000_000n,
		signerOf: () => (given.role === 'child' ? addressOf(CLAIM) : undefined),
		ask: async (_, request) => {
			const other = given.ask?.();
			if (!other) return { ok: false, error: { type: 'NotConnected', reason: 'the link is down' } };
			return {
				ok: true,
				value: await other.answer(GUEST_DEVICE, request as Exclude<SettleRequest, { op: 'late' }>)
			};
		},
		onChange: () => undefined,
		onTrouble: (error) => troubles.push(error.type),
		payee: () => given.account ?? addressOf(WALLET)
	});
	return {
		settler,
		sql,
		troubles,
		ledger,
		channels,
		accounts,
		packets: createPackets(sql),
		commits,
		chain: port
	};
};

/** A guest with a wallet of ten dollars, and a hub with an account of its own. */
const open = () => {
	const clock = createSimulatedClock(START, turn);
	const chain = createSimulatedChain({ clock });
	chain.mint(addressOf(WALLET), 10n * DOLLAR);
	chain.mint(addressOf(HUB), 10n * DOLLAR);
	let linked = true;
	const hub = end(clock, chain, {
		role: 'child',
		neighbour: GUEST_DEVICE,
		neighbourPayee: addressOf(WALLET),
		account: addressOf(HUB),
		payeeSecret: HUB
	});
	const guest = end(clock, chain, {
		role: 'parent',
		neighbour: HUB_DEVICE,
		neighbourPayee: addressOf(HUB),
		ask: () => (linked ? hub.settler : undefined)
	});
	const wait = async <T>(promise: Promise<T>, mostMs = 120_000): Promise<T> => {
		let done = false;
		const seen = promise.finally(() => (done = true));
		seen.catch(() => undefined);
		await clock.runWhile(() => !done, clock.now() + mostMs);
		return seen;
	};
	const sign = (funding: Omit<FundingAuthorization, 'signature'>, epoch = 0): FundingAuthorization => {
		const unsigned = { ...funding, signature: new Uint8Array(65) };
		const digest = createTypedData(chain.chainId, chain.contract).fundingDigest(
			unsigned,
			epoch,
			chain.tokenDomain
		);
		return { ...funding, signature: nobleCrypto.ecdsaSign(WALLET, digest) };
	};
	const value = <T, E>(result: Result<T, E>): T => {
		if (!result.ok) throw new Error(JSON.stringify(result.error));
		return result.value;
	};
	const start = async (): Promise<void> => {
		await wait(Promise.all([guest.settler.start(), hub.settler.start()]));
	};
	const fund = async (amount = 2n * DOLLAR) => {
		await start();
		const prepared = value(await wait(guest.settler.prepareFunding(HUB_DEVICE, addressOf(WALLET), amount)));
		const funded = await wait(guest.settler.fund(HUB_DEVICE, sign(prepared.funding)));
		return { id: prepared.channel, key: prepared.funding.key, funded };
	};
	/** The guest promises `claimed` and `spent` of it is delivered, in link units. */
	const spend = async (id: `0x${string}`, claimed: bigint, spent: bigint): Promise<void> => {
		guest.accounts.meet(HUB_DEVICE, {
			owner: HUB_DEVICE,
			role: 'parent',
			credit: 0n,
			window: claimed,
			at: 0
		});
		const covered = await wait(guest.commits.run(() => guest.accounts.cover(HUB_DEVICE, claimed, 1)));
		if (!covered.covered || !covered.promised) throw new Error('not covered');
		const { key, epoch, cumulative } = covered.promised;
		const claim = await guest.settler.scheme.signClaim(CLAIM, key, epoch, cumulative);
		await wait(hub.commits.run(() => hub.channels.accept(claim, hub.channels.get(id) as Channel, 1)));
		await wait(
			guest.commits.run(() => {
				guest.ledger.record({
					kind: 'buy',
					from: `link/${HUB_DEVICE}`,
					to: 'expense/notes',
					amount: spent,
					at: 1,
					group: `buy${spent}`
				});
				guest.accounts.fulfilled(HUB_DEVICE, 'peer', spent);
			})
		);
		await wait(
			hub.commits.run(() => {
				hub.ledger.record({
					kind: 'sell',
					from: 'income/notes',
					to: `link/${GUEST_DEVICE}`,
					amount: spent,
					at: 1,
					group: `sell${spent}`
				});
				hub.accounts.fulfilled(GUEST_DEVICE, 'me', spent);
			})
		);
	};
	/** The guest sold notes through the hub, which owes it that much. */
	const earn = async (amount: bigint): Promise<void> => {
		await wait(
			hub.commits.run(() => {
				hub.ledger.record({
					kind: 'buy',
					from: `link/${GUEST_DEVICE}`,
					to: 'expense/notes',
					amount,
					at: 1,
					group: 'earned'
				});
				hub.accounts.fulfilled(GUEST_DEVICE, 'peer', amount);
			})
		);
		await wait(
			guest.commits.run(() => {
				guest.ledger.record({
					kind: 'sell',
					from: 'income/notes',
					to: `link/${HUB_DEVICE}`,
					amount,
					at: 1,
					group: 'earned'
				});
				guest.accounts.fulfilled(HUB_DEVICE, 'me', amount);
			})
		);
	};
	const balance = (owner: Uint8Array): bigint =>
		new Map(chain.snapshot().balances).get(addressOf(owner)) ?? 0n;
	const audit = (): void => {
		for (const [{ ledger, accounts }, neighbour] of [
			[hub, GUEST_DEVICE],
			[guest, HUB_DEVICE]
		] as const) {
			expect(ledger.audit()).toEqual({ sum: 0n, differences: [] });
			expect(accounts.audit(neighbour)).toBe(0n);
		}
	};
	return {
		clock,
		chain,
		hub,
		guest,
		wait,
		sign,
		value,
		start,
		fund,
		spend,
		earn,
		balance,
		audit,
		cutLink: () => (linked = false)
	};
};

describe('funding through the hub', () => {
	it('opens a channel with one signature that the hub relays', async () => {
		const world = open();
		const { id, funded } = await world.fund();
		expect(funded).toEqual({ ok: true, value: id });
		expect(world.guest.channels.get(id)).toMatchObject({ status: 'open', deposited: 2n * DOLLAR });
		expect(world.hub.channels.get(id)).toMatchObject({
			status: 'open',
			direction: 'in',
			deposited: 2n * DOLLAR
		});
		expect(world.guest.ledger.balance('wallet')).toBe(-2n * DOLLAR * TOKEN);
		world.audit();
	});

	it.each([
		['pays somebody else', { payee: `0x${'77'.repeat(20)}` }],
		['is signed for by another key than the delegation names', { signer: `0x${'77'.repeat(20)}` }],
		['holds another token', { token: `0x${'77'.repeat(20)}` }],
		['gives too little grace', { grace: 3_600 }],
		['ends too soon', { expiry: START / 1000 + 2 * 86_400 }]
	] as const)('is refused when the channel %s', async (_, change) => {
		const world = open();
		await world.start();
		const prepared = world.value(
			await world.wait(world.guest.settler.prepareFunding(HUB_DEVICE, addressOf(WALLET), DOLLAR))
		);
		const key: ChannelKey = { ...prepared.funding.key, ...change };
		const answer = await world.wait(
			world.hub.settler.answer(GUEST_DEVICE, {
				op: 'fund',
				funding: world.sign({ ...prepared.funding, key }),
				epoch: 0
			})
		);
		expect(answer).toMatchObject({ op: 'refused', code: 'ChannelTerms' });
		expect(world.balance(WALLET)).toBe(10n * DOLLAR);
	});

	it('tops up under an index of its own, also after an answer that was lost', async () => {
		const world = open();
		const { id } = await world.fund(DOLLAR);
		const first = world.value(
			await world.wait(world.guest.settler.prepareFunding(HUB_DEVICE, addressOf(WALLET), DOLLAR, id))
		);
		expect(first.funding.index).toBe(1);
		world.cutLink();
		const lost = await world.wait(world.guest.settler.fund(HUB_DEVICE, world.sign(first.funding)));
		expect(lost.ok).toBe(false);
		const second = world.value(
			await world.wait(world.guest.settler.prepareFunding(HUB_DEVICE, addressOf(WALLET), DOLLAR, id))
		);
		expect(second.funding.index).toBe(2);
	});

	it('does not let one neighbour register the channel of another', async () => {
		const world = open();
		const { key } = await world.fund();
		const thief = '77'.repeat(32);
		world.hub.accounts.meet(thief, { owner: thief, role: 'child', credit: 0n, window: 0n, at: 0 });
		expect(await world.wait(world.hub.settler.importChannel(thief, key, 0))).toMatchObject({
			ok: false,
			error: { type: 'ChannelUnknown' }
		});
	});
});

describe('a payout', () => {
	it('is what is held less the fee, in whole token units; the rest stays held', async () => {
		const world = open();
		await world.start();
		await world.earn(1_234_567n);
		const paid = world.value(await world.wait(world.guest.settler.payout(HUB_DEVICE)));
		expect([paid.paid, paid.fee]).toEqual([1_229_000n, FEE]);
		expect(world.balance(WALLET)).toBe(10n * DOLLAR + 1_229n);
		expect(world.guest.accounts.held(HUB_DEVICE, 'peer')).toBe(1_234_567n - 1_229_000n - FEE);
		expect(world.hub.accounts.held(GUEST_DEVICE, 'me')).toBe(world.guest.accounts.held(HUB_DEVICE, 'peer'));
		world.audit();
	});

	it('of less than the fee and a token unit is refused and costs nothing', async () => {
		const world = open();
		await world.start();
		await world.earn(FEE + 999n);
		expect(await world.wait(world.guest.settler.payout(HUB_DEVICE))).toMatchObject({
			ok: false,
			error: { type: 'PayoutTooSmall' }
		});
		expect(world.hub.accounts.held(GUEST_DEVICE, 'me')).toBe(FEE + 999n);
	});

	it('leaves what packets under way may still spend', async () => {
		const world = open();
		await world.start();
		await world.earn(1_000_000n);
		world.hub.packets.insert({
			link: GUEST_DEVICE,
			direction: 'in',
			hash: new Uint8Array(32),
			amount: 400_000n,
			expiresAt: START + 60_000,
			condition: new Uint8Array(32),
			group: 'under way',
			inLink: undefined,
			inHash: undefined
		});
		const paid = world.value(await world.wait(world.guest.settler.payout(HUB_DEVICE)));
		expect(paid.paid + paid.fee).toBeLessThanOrEqual(600_000n);
	});

	it('that the chain refuses is undone', async () => {
		const world = open();
		await world.start();
		await world.earn(1_000_000n);
		world.hub.chain.setFault({ type: 'reject', reason: 'AccountBlacklisted' });
		expect((await world.wait(world.guest.settler.payout(HUB_DEVICE))).ok).toBe(false);
		expect(world.hub.accounts.held(GUEST_DEVICE, 'me')).toBe(1_000_000n);
		expect(world.guest.accounts.held(HUB_DEVICE, 'peer')).toBe(1_000_000n);
		world.audit();
	});

	it('of unknown fate stays debited at the hub, and the guest believes it once the wallet shows it', async () => {
		const world = open();
		await world.start();
		await world.earn(1_000_000n);
		const asked = world.guest.settler.payout(HUB_DEVICE);
		// The hub has looked at the chain; what it sends from here on is mined and not answered.
		await world.clock.advance(30);
		world.hub.chain.setFault({ type: 'silent' });
		expect((await world.wait(asked)).ok).toBe(false);
		const total = world.hub.accounts.get(GUEST_DEVICE)?.paidOutByMe ?? 0n;
		expect(total).toBeGreaterThan(0n);
		await world.wait(world.guest.settler.takePayout(HUB_DEVICE, total));
		expect(world.guest.accounts.get(HUB_DEVICE)?.paidOutByPeer).toBe(total);
		world.audit();
	});

	it('that the hub only talks of is not booked', async () => {
		const world = open();
		await world.start();
		await world.earn(1_000_000n);
		await world.wait(world.guest.settler.takePayout(HUB_DEVICE, 900_000n));
		expect(world.guest.accounts.held(HUB_DEVICE, 'peer')).toBe(1_000_000n);
	});
});

describe('the end of a channel', () => {
	it('with the hub captures exactly what was delivered, rounded up to a token unit', async () => {
		const world = open();
		const { id } = await world.fund();
		await world.spend(id, 1_000_000n, 400_001n);
		const refunded = world.value(await world.wait(world.guest.settler.requestCooperativeClose(id)));
		expect(refunded).toBe(2n * DOLLAR * TOKEN - 401_000n);
		expect(world.balance(WALLET)).toBe(10n * DOLLAR - 401n);
		expect(world.balance(HUB)).toBe(10n * DOLLAR + 401n);
		expect([world.guest.channels.get(id)?.status, world.hub.channels.get(id)?.status]).toEqual([
			'closed',
			'closed'
		]);
		world.audit();
	});

	it('keeps back what packets under way may still cost', async () => {
		const world = open();
		const { id } = await world.fund();
		await world.spend(id, 1_000_000n, 400_000n);
		world.hub.packets.insert({
			link: GUEST_DEVICE,
			direction: 'in',
			hash: new Uint8Array(32),
			amount: 100_000n,
			expiresAt: START + 600_000,
			condition: new Uint8Array(32),
			group: 'under way',
			inLink: undefined,
			inHash: undefined
		});
		await world.wait(world.guest.settler.requestCooperativeClose(id));
		expect(world.hub.channels.get(id)?.settled).toBe(500n);
	});

	it('that the chain refuses leaves the channel as it was, at both ends', async () => {
		const world = open();
		const { id } = await world.fund();
		await world.spend(id, 1_000_000n, 400_000n);
		world.hub.chain.setFault({ type: 'reject', reason: 'DeadlinePassed' });
		expect((await world.wait(world.guest.settler.requestCooperativeClose(id))).ok).toBe(false);
		expect(world.hub.channels.get(id)).toMatchObject({ status: 'open', claimed: 1_000n });
		expect(world.guest.channels.get(id)?.status).toBe('open');
		world.audit();
	});

	it('that never reached the chain is given up once its deadline has passed there', async () => {
		const world = open();
		const { id } = await world.fund();
		await world.spend(id, 1_000_000n, 400_000n);
		const asked = world.hub.settler.answer(GUEST_DEVICE, { op: 'close', channel: id, epoch: 0 });
		await world.clock.advance(10);
		world.hub.chain.setFault({ type: 'down' });
		expect(await world.wait(asked)).toMatchObject({ op: 'refused' });
		expect(world.hub.channels.get(id)?.status).toBe('frozen');
		world.hub.chain.setFault(undefined);
		world.chain.skip(2 * 3_600);
		await world.clock.advance(40_000);
		expect(world.hub.channels.get(id)?.status).toBe('open');
		world.audit();
	});

	it('is not asked for twice, and nothing brings back a channel that is over', async () => {
		const world = open();
		const { id } = await world.fund();
		await world.wait(world.guest.settler.requestCooperativeClose(id));
		expect(await world.wait(world.guest.settler.requestCooperativeClose(id))).toMatchObject({
			ok: false,
			error: { type: 'ChannelClosed' }
		});
		expect(world.guest.channels.get(id)?.status).toBe('closed');
	});

	it('asked for on the chain makes the payee redeem at once, however little it is', async () => {
		const world = open();
		const { id, key } = await world.fund();
		await world.spend(id, 1_000_000n, 400_000n);
		await world.wait(world.chain.port(addressOf(WALLET)).requestClose(key));
		await world.clock.advance(10_000);
		expect(world.hub.channels.get(id)).toMatchObject({ status: 'closing', settled: 1_000n });
		expect(world.balance(HUB)).toBe(10n * DOLLAR + 1_000n);
		world.audit();
	});

	it('asked for while the payee’s chain is away is noticed when that is back', async () => {
		const world = open();
		const { id, key } = await world.fund();
		await world.spend(id, 1_000_000n, 400_000n);
		world.hub.chain.setFault({ type: 'down' });
		await world.wait(world.chain.port(addressOf(WALLET)).requestClose(key));
		await world.clock.advance(60_000);
		world.hub.chain.setFault(undefined);
		await world.clock.advance(60_000);
		expect(world.balance(HUB)).toBe(10n * DOLLAR + 1_000n);
	});

	it('without the hub gives back after the grace what was not captured', async () => {
		const world = open();
		const { id, key } = await world.fund();
		const wallet = world.chain.port(addressOf(WALLET));
		await world.wait(wallet.requestClose(key));
		world.chain.skip(LIMITS.graceSeconds + 1);
		await world.wait(wallet.withdraw(key));
		await world.clock.advance(10_000);
		expect(world.guest.channels.get(id)?.status).toBe('closed');
		expect(world.balance(WALLET)).toBe(10n * DOLLAR);
		world.audit();
	});
});

describe('another chain under the same id', () => {
	it('archives the channels of the old one, clears what was owed in its money, and says so', async () => {
		const world = open();
		const { id } = await world.fund();
		await world.spend(id, 1_000_000n, 400_000n);
		world.guest.settler.stop();
		const fresh = createSimulatedChain({ clock: world.clock, name: 'fresh' });
		const again = end(world.clock, fresh, {
			role: 'parent',
			neighbour: HUB_DEVICE,
			neighbourPayee: addressOf(HUB),
			sql: world.guest.sql
		});
		await world.wait(again.settler.start());
		expect(again.channels.get(id)?.status).toBe('archived');
		expect(again.accounts.prepaid(HUB_DEVICE)).toBe(0n);
		expect(again.troubles).toContain('ChainReplaced');
		expect(again.accounts.audit(HUB_DEVICE)).toBe(0n);
		expect(again.ledger.audit()).toEqual({ sum: 0n, differences: [] });
	});
});
