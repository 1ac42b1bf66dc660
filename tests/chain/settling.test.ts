/** Settling on a real chain: what ends in the middle, what the chain takes back, what it is too late for. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodeSql } from '../../server/akash-peer/node-sql.ts';
import type { Settler } from '../../src/lib/peer/channel/settler.ts';
import { LIMITS } from '../../src/lib/peer/limits.ts';
import type { Clock } from '../../src/lib/peer/platform.ts';
import { unwrap } from '../../src/lib/peer/result.ts';
import type { Address, ChainPort, ChannelKey } from '../../src/lib/peer/settlement/chain.ts';
import { migrate } from '../../src/lib/peer/storage/migrations.ts';
import type { SqlDriver } from '../../src/lib/peer/storage/sql.ts';
import { createChainActs } from '../../src/lib/peer/testing/chain-acts.ts';
import { createEnd, PAYOUT_FEE, type End } from '../../src/lib/peer/testing/settling-end.ts';
import { addressOf, clock, freshSecret, startAnvil, type Anvil, type AnvilWorld } from './anvil.ts';

const GUEST = '9e'.repeat(32);
const HUB = '48'.repeat(32);
/** Units of the token, and link units in one of them. */
const DOLLAR = 1_000_000n;
const TOKEN = 1_000n;
const DAY = 24 * 3_600;
const CLAIM = freshSecret();

/** A peer's minute takes three seconds here. */
const HURRY = 20;
const began = Date.now();
const hurried: Clock = {
	now: () => began + (Date.now() - began) * HURRY,
	after: (delayMs, run) => clock.after(delayMs / HURRY, run)
};

let anvil: Anvil;
const running: Settler[] = [];
beforeAll(async () => {
	anvil = await startAnvil();
});
afterAll(() => anvil.stop());

const newDisk = (): SqlDriver => {
	const sql = createNodeSql(':memory:');
	migrate(sql);
	return sql;
};

/** A hub that is its own payee; each start of one is another program on the same disk. */
const startHub = (
	world: AnvilWorld,
	sql: SqlDriver,
	claimSigner: Address,
	changes: { readonly port?: ChainPort; readonly isKnown?: boolean } = {}
): End => {
	const hub = createEnd({
		clock: hurried,
		sql,
		port: changes.port ?? world.port({ accountSecret: world.secrets.payee }),
		role: 'child',
		device: HUB,
		neighbour: GUEST,
		neighbourPayee: addressOf(world.secrets.payer),
		neighbourSigner: claimSigner,
		claimSecret: world.secrets.payee,
		payeeSecret: world.secrets.payee,
		payee: addressOf(world.secrets.payee),
		// By itself it redeems what is in danger, and nothing else.
		redeemThreshold: 100n * DOLLAR * TOKEN,
		isKnown: changes.isKnown ?? false
	});
	running.push(hub.settler);
	return hub;
};

const stopAll = (): void => {
	for (const settler of running.splice(0)) settler.stop();
};

const soon = { timeout: 10_000, interval: 50 };
const stateOf = (sql: SqlDriver, table: string): readonly unknown[] =>
	sql.all(`SELECT state FROM ${table}`).map(({ state }) => state);

const audit = ({ ledger, accounts }: End): void => {
	expect(ledger.audit()).toEqual({ sum: 0n, differences: [] });
	expect(accounts.audit(GUEST)).toBe(0n);
};

const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

describe('a hub that is killed while it pays a guest out', () => {
	const EARNED = 1_000_000n;
	const DUE = 994n;

	it.each([
		['before it signed', (): Partial<ChainPort> => ({ prepare: never }), 'debited'],
		['before it handed it in', (): Partial<ChainPort> => ({ broadcast: never }), 'sent'],
		[
			'before it was told that the chain has it',
			(port: ChainPort): Partial<ChainPort> => ({
				broadcast: (raw) => port.broadcast(raw).then(never<never>)
			}),
			'sent'
		],
		['before it looked it up', (): Partial<ChainPort> => ({ fate: never }), 'sent']
	] as const)('%s pays exactly once', async (_, breaking, state) => {
		const world = await anvil.createWorld();
		await world.mint(addressOf(world.secrets.payee), 10_000n);
		const sql = newDisk();
		const dying = { ...world.payee, ...breaking(world.payee) };
		const first = startHub(world, sql, addressOf(freshSecret()), { port: dying });
		await first.commits.run(() => {
			const earned = { from: `link/${GUEST}`, to: 'expense/notes', amount: EARNED, at: 1, group: 'earned' };
			first.ledger.record({ kind: 'buy', ...earned });
			first.accounts.fulfilled(GUEST, 'peer', EARNED);
		});
		// It pays nobody before the chain has told what was paid before.
		expect(await first.settler.answer(GUEST, { op: 'payout' })).toMatchObject({ op: 'refused' });
		await first.settler.start();
		void first.settler.answer(GUEST, { op: 'payout' });
		await expect.poll(() => stateOf(sql, 'payout'), soon).toEqual([state]);
		await world.wait(100);
		first.settler.stop();

		const second = startHub(world, sql, addressOf(freshSecret()), { isKnown: true });
		await second.settler.start();
		await expect
			.poll(() => stateOf(sql, 'payout').filter((now) => now === 'debited' || now === 'sent'), soon)
			.toEqual([]);
		await second.settler.answer(GUEST, { op: 'payout' });
		expect(await world.onlooker.tokenBalance(addressOf(world.secrets.payer))).toEqual({
			ok: true,
			value: DUE
		});
		expect(second.ledger.balance('wallet')).toBe(-DUE * TOKEN);
		expect(second.accounts.get(GUEST)?.paidOutByMe).toBe(DUE * TOKEN + PAYOUT_FEE);
		audit(second);
		stopAll();
	});
});

/** A hub with a channel of ten dollars towards it, on which the payer has promised three. */
const beginPaid = async () => {
	const world = await anvil.createWorld();
	const { secrets, payer, onlooker } = world;
	await world.mint(addressOf(secrets.payer), 100n * DOLLAR);
	const { time } = unwrap(await onlooker.head());
	const key: ChannelKey = {
		payer: addressOf(secrets.payer),
		payee: addressOf(secrets.payee),
		token: world.token,
		signer: addressOf(CLAIM),
		grace: DAY,
		expiry: time + 365 * DAY,
		salt: `0x${'00'.repeat(32)}`
	};
	const acts = createChainActs(payer, world.sleep);
	unwrap(await acts.open(key, 10n * DOLLAR));
	const sql = newDisk();
	const hub = startHub(world, sql, addressOf(CLAIM));
	unwrap(await hub.settler.importChannel(GUEST, key, 0));
	const id = hub.settler.scheme.channelId(key);
	const promise = async (cumulative: bigint): Promise<void> => {
		const claim = await hub.settler.scheme.signClaim(CLAIM, key, 0, cumulative);
		const wire = { scheme: 0, channel: id, epoch: 0, cumulative, signature: claim.signature };
		expect(await hub.heldClaims.take(GUEST, wire)).toBeUndefined();
	};
	await promise(3n * DOLLAR);
	const earned = async (): Promise<bigint> => unwrap(await onlooker.tokenBalance(key.payee));
	const state = async () => unwrap(await onlooker.channel(id));
	return { world, acts, key, id, sql, hub, promise, earned, state };
};

describe('a redemption', () => {
	it('that gas became too dear for is offered more under the same number, and paid once', async () => {
		const { world, hub, sql, earned, id } = await beginPaid();
		await anvil.rpc('evm_setAutomine', [false]);
		try {
			await hub.settler.start();
			void hub.settler.redeemAll();
			const nonceOf = () => anvil.rpc('eth_getTransactionCount', [addressOf(world.secrets.payee), 'latest']);
			await expect.poll(() => stateOf(sql, 'chain_transaction'), soon).toEqual(['sent']);
			await anvil.rpc('anvil_setNextBlockBaseFeePerGas', ['0x2540be400']);
			await anvil.rpc('evm_mine');
			expect(await nonceOf()).toBe('0x0');
			const attempts = () => sql.all('SELECT 1 FROM chain_attempt').length;
			await expect.poll(attempts, soon).toBeGreaterThan(1);
			await world.wait(200);
			await anvil.rpc('evm_mine');
			expect(await nonceOf()).toBe('0x1');
			await expect.poll(() => hub.channels.get(id)?.settled, soon).toBe(3n * DOLLAR);
			expect(await earned()).toBe(3n * DOLLAR);
			audit(hub);
		} finally {
			await anvil.rpc('evm_setAutomine', [true]);
			await anvil.rpc('anvil_setNextBlockBaseFeePerGas', ['0x3b9aca00']);
			await anvil.rpc('evm_mine');
			stopAll();
		}
	});

	it.each([
		['before it signed', (): Partial<ChainPort> => ({ prepare: never }), 0],
		['before it handed it in', (): Partial<ChainPort> => ({ broadcast: never }), 1],
		['before it saw the block', (): Partial<ChainPort> => ({ fate: never }), 1]
	] as const)('of a hub that is killed %s is done once', async (_, breaking, written) => {
		const { world, hub, sql, earned, id } = await beginPaid();
		hub.settler.stop();
		const port = { ...world.payee, ...breaking() };
		const dying = startHub(world, sql, addressOf(CLAIM), { port, isKnown: true });
		void dying.settler.redeemAll();
		await world.wait(300);
		expect(stateOf(sql, 'chain_transaction')).toHaveLength(written);
		dying.settler.stop();
		const next = startHub(world, sql, addressOf(CLAIM), { isKnown: true });
		await next.settler.start();
		await next.settler.redeemAll();
		await expect.poll(() => next.channels.get(id)?.settled, soon).toBe(3n * DOLLAR);
		expect(await earned()).toBe(3n * DOLLAR);
		expect(next.ledger.balance('wallet')).toBe(3n * DOLLAR * TOKEN);
		audit(next);
		stopAll();
	});
});

describe('a block that is undone', () => {
	it('with a redemption in it: the books follow, and it is redeemed again', async () => {
		const { world, hub, earned, id, acts, key } = await beginPaid();
		await hub.settler.start();
		unwrap(await hub.settler.redeemAll());
		await world.wait(300);
		expect(hub.ledger.balance('wallet')).toBe(3n * DOLLAR * TOKEN);
		await anvil.rpc('anvil_reorg', [1, []]);
		const wallet = () => hub.ledger.balance('wallet');
		await expect.poll(wallet, { timeout: 10_000, interval: 20 }).toBe(0n);
		expect(hub.channels.get(id)).toMatchObject({ status: 'open', settled: 0n, claimed: 3n * DOLLAR });
		audit(hub);
		await expect.poll(earned, soon).toBe(3n * DOLLAR);
		await expect.poll(wallet, soon).toBe(3n * DOLLAR * TOKEN);
		expect(await acts.requestClose(key)).toMatchObject({ ok: true });
		audit(hub);
		stopAll();
	});

	it('with a top-up and the request to close after it: neither is there any more', async () => {
		const { world, hub, id, acts, key } = await beginPaid();
		await hub.settler.start();
		unwrap(await acts.topUp(key, DOLLAR));
		unwrap(await acts.requestClose(key));
		await expect.poll(() => hub.channels.get(id)?.status, soon).toBe('closing');
		// The hub redeems what is in danger, in a block after these.
		await expect.poll(() => hub.channels.get(id)?.settled, soon).toBe(3n * DOLLAR);
		await world.wait(300);
		const head = unwrap(await world.onlooker.head()).block;
		await anvil.rpc('anvil_reorg', [3, []]);
		expect(unwrap(await world.onlooker.head()).block).toBe(head);
		await expect.poll(() => hub.channels.get(id)?.status, soon).toBe('open');
		await expect.poll(() => hub.channels.get(id)?.settled, soon).toBe(3n * DOLLAR);
		audit(hub);
		stopAll();
	});
});

describe('a claim against the withdrawal', () => {
	/** The payer has asked to close; the hub looks the other way until told. */
	const beginLeaving = async () => {
		const story = await beginPaid();
		unwrap(await story.acts.requestClose(story.key));
		const { closeAt } = await story.state();
		/** The next block is of this time, and it and all after it are mined when somebody sends. */
		const nextBlockAt = (time: number) => anvil.rpc('evm_setNextBlockTimestamp', [time]);
		return { ...story, closeAt, nextBlockAt };
	};

	it.each([-1, 0, 1])(
		'counts as long as nobody has withdrawn: %i s after the payer could have',
		async (after) => {
			const { hub, closeAt, nextBlockAt, earned, acts, key, id, world } = await beginLeaving();
			await nextBlockAt(closeAt + after);
			expect(await hub.settler.redeemAll()).toEqual({ ok: true, value: 3n * DOLLAR * TOKEN });
			expect(unwrap(await world.onlooker.head()).time).toBe(closeAt + after);
			expect(await earned()).toBe(3n * DOLLAR);
			await nextBlockAt(closeAt + 2);
			await anvil.rpc('evm_mine');
			unwrap(await acts.withdraw(key));
			await hub.settler.start();
			await expect.poll(() => hub.channels.get(id)?.status, soon).toBe('closed');
			expect(await world.onlooker.tokenBalance(key.payer)).toEqual({ ok: true, value: 97n * DOLLAR });
			audit(hub);
			stopAll();
		}
	);

	it('comes too late after it, and the hub’s books say what is lost', async () => {
		const { hub, closeAt, nextBlockAt, earned, acts, key, id } = await beginLeaving();
		await nextBlockAt(closeAt);
		await anvil.rpc('evm_mine');
		unwrap(await acts.withdraw(key));
		expect(await hub.settler.redeemAll()).toMatchObject({ error: { type: 'TransactionRefused' } });
		await hub.settler.start();
		await expect.poll(() => hub.channels.get(id)?.status, soon).toBe('closed');
		expect(await earned()).toBe(0n);
		expect(hub.channels.get(id)).toMatchObject({ settled: 0n, claimed: 0n });
		expect(hub.ledger.balance(`claims/${id}`)).toBe(0n);
		audit(hub);
		stopAll();
	});

	it.each([
		['the claim offers more', true, 3n],
		['the withdrawal offers more', false, 0n]
	] as const)('in one block: %s', async (_, isClaimFirst, dollars) => {
		const { hub, closeAt, nextBlockAt, earned, key, id, sql, world } = await beginLeaving();
		await nextBlockAt(closeAt);
		await anvil.rpc('evm_mine');
		await anvil.rpc('evm_setAutomine', [false]);
		try {
			let withdrawal = unwrap(await world.payer.prepare({ type: 'withdraw', key }));
			if (!isClaimFirst) withdrawal = unwrap(await world.payer.outbid(withdrawal.raw));
			const redeemed = hub.settler.redeemAll();
			await expect.poll(() => stateOf(sql, 'chain_transaction'), soon).toEqual(['sent']);
			await world.wait(200);
			if (isClaimFirst) {
				const { raw } = sql.all('SELECT raw FROM chain_attempt')[0] ?? {};
				const better = unwrap(await world.payee.outbid(raw as `0x${string}`));
				unwrap(await world.payee.broadcast(better.raw));
				await hub.commits.run(() =>
					sql.run('INSERT INTO chain_attempt (hash, number, raw) VALUES (?, 1, ?)', [better.hash, better.raw])
				);
			}
			unwrap(await world.payer.broadcast(withdrawal.raw));
			await world.wait(100);
			await anvil.rpc('evm_mine');
			expect((await redeemed).ok).toBe(isClaimFirst);
		} finally {
			await anvil.rpc('evm_setAutomine', [true]);
		}
		await hub.settler.start();
		await expect.poll(() => hub.channels.get(id)?.status, soon).toBe('closed');
		expect(await earned()).toBe(dollars * DOLLAR);
		expect(hub.ledger.balance('wallet')).toBe(dollars * DOLLAR * TOKEN);
		audit(hub);
		stopAll();
	});
});

describe('a node’s channel to its neighbour', () => {
	it('is followed by the next when the payee closes it, and again before its end; what is left comes home', async () => {
		const world = await anvil.createWorld();
		await world.mint(addressOf(world.secrets.payer), 10n * DOLLAR);
		const hub = startHub(world, newDisk(), addressOf(CLAIM));
		const node = createEnd({
			clock: hurried,
			sql: newDisk(),
			port: world.payer,
			role: 'peer',
			device: GUEST,
			neighbour: HUB,
			neighbourPayee: addressOf(world.secrets.payee),
			claimSecret: CLAIM,
			payee: addressOf(world.secrets.payer),
			ask: () => hub.settler
		});
		running.push(node.settler);
		await Promise.all([hub.settler.start(), node.settler.start()]);
		const statuses = ({ channels }: End) => channels.all().map(({ status }) => status);
		const open = ({ channels }: End) => channels.all().find(({ status }) => status === 'open');
		const balance = () => world.onlooker.tokenBalance(addressOf(world.secrets.payer));

		await node.settler.keepFunded(HUB, 2n * DOLLAR);
		const first = open(node);
		expect(open(hub)?.id).toBe(first?.id);
		const request = { op: 'close', channel: first?.id ?? '0x', epoch: 0 } as const;
		expect(await hub.settler.answer(GUEST, request)).toMatchObject({ op: 'closed', captured: 0n });
		await expect.poll(() => statuses(node), soon).toEqual(['closed']);
		await node.settler.keepFunded(HUB, 2n * DOLLAR);
		const second = open(node);
		expect(open(hub)?.id).toBe(second?.id);

		// Nothing is opened as long as its end is far.
		await node.settler.keepFunded(HUB, 2n * DOLLAR);
		expect(node.channels.all()).toHaveLength(2);
		await world.skip(365 * DAY - LIMITS.graceSeconds - LIMITS.renewBeforeSeconds);
		const seen = unwrap(await world.onlooker.head()).time;
		await expect.poll(() => node.settler.chainTime() ?? 0, soon).toBeGreaterThanOrEqual(seen);
		await node.settler.keepFunded(HUB, 2n * DOLLAR);
		expect(statuses(node).filter((status) => status === 'open')).toHaveLength(2);
		await world.skip(LIMITS.renewBeforeSeconds + LIMITS.graceSeconds);
		await expect.poll(() => node.channels.get(second?.id ?? '0x')?.status, soon).toBe('closed');
		expect(await balance()).toEqual({ ok: true, value: 8n * DOLLAR });
		expect(node.ledger.balance('wallet')).toBe(-2n * DOLLAR * TOKEN);
		expect(node.ledger.audit()).toEqual({ sum: 0n, differences: [] });
		expect(node.accounts.audit(HUB)).toBe(0n);
		audit(hub);
		stopAll();
	});
});
