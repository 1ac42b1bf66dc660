import { describe, expect, it } from 'vitest';
import { createNodeSql } from '../../../../server/akash-peer/node-sql.ts';
import { LIMITS } from '../limits.ts';
import type { ChainPort, ChannelKey } from '../settlement/chain.ts';
import type { SqlDriver } from '../storage/sql.ts';
import { PAYOUT_FEE as FEE } from '../testing/settling-end.ts';
import {
	addressOf,
	CLAIM,
	createLife,
	createSimulatedEnd,
	DOLLAR,
	GUEST_DEVICE,
	HUB,
	HUB_DEVICE,
	openSettlingWorld,
	START_MS,
	STRANGER,
	TOKEN,
	WALLET,
	type Life
} from '../testing/settling-world.ts';
import { createSimulatedChain, type SimulatedChain } from '../testing/simulated-chain.ts';

const open = (
	changes: { readonly threshold?: bigint; readonly redeemThreshold?: bigint; readonly life?: Life } = {}
) =>
	openSettlingWorld({
		...changes,
		turn: () => new Promise((resolve) => setImmediate(resolve)),
		openSql: () => createNodeSql(':memory:')
	});

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
		['ends too soon', { expiry: START_MS / 1000 + 2 * 86_400 }]
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

describe('a hub that lost its database', () => {
	it.each([
		['goes on', 'open'],
		['ends before that is believed', 'closed']
	])('serves for no more than W of what a channel that %s had paid before', async (_, status) => {
		const world = open({ redeemThreshold: 1n });
		const { id, key } = await world.fund();
		const [claimed, spent] = [1_000_000_000n, 985_000_000n];
		await world.spend(id, claimed, spent);
		await world.clock.advance(60_000);
		expect(world.hub.channels.get(id)?.settled).toBe(DOLLAR);

		world.hub.settler.stop();
		if (status === 'closed') {
			await world.wait(world.acts(WALLET).requestClose(key));
			await world.clock.advance(key.grace * 1_000);
		}
		const hub = await world.loseDiskOfHub();
		expect(await world.wait(hub.settler.importChannel(GUEST_DEVICE, key, 0))).toMatchObject({ ok: true });
		if (status === 'closed') await world.wait(world.acts(WALLET).withdraw(key));
		await world.clock.advance(LIMITS.lostConfirmMs + LIMITS.surveyMs);
		expect(hub.channels.get(id)).toMatchObject({
			status,
			settled: DOLLAR,
			claimed: DOLLAR
		});
		expect(hub.accounts.available(GUEST_DEVICE)).toBe(LIMITS.windowGuest);
		// What its payer had claimed ahead is all there once it says how much it got.
		const told = { fulfilledByMe: 0n, fulfilledByYou: spent };
		await world.wait(hub.commits.run(() => hub.accounts.recover(GUEST_DEVICE, told, world.clock.now())));
		expect(hub.accounts.available(GUEST_DEVICE)).toBe(claimed - spent);
		expect([hub.ledger.audit().sum, hub.accounts.audit(GUEST_DEVICE)]).toEqual([0n, 0n]);
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
			expiresAt: START_MS + 60_000,
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

	it('whose answers are lost is looked up, and the guest hears of it in the end', async () => {
		const world = open();
		await world.start();
		await world.earn(1_000_000n);
		const asked = world.guest.settler.payout(HUB_DEVICE);
		// The hub has looked at the chain; what it sends from here on is mined and not answered.
		await world.clock.advance(30);
		world.hub.chain.setFault({ type: 'silent' });
		await world.clock.advance(30_000);
		world.hub.chain.setFault(undefined);
		await world.wait(asked);
		await world.clock.advance(60_000);
		expect(world.guest.accounts.get(HUB_DEVICE)?.paidOutByPeer).toBe(
			world.hub.accounts.get(GUEST_DEVICE)?.paidOutByMe
		);
		world.audit();
	});

	it.each([
		['names a transaction that never was', { transaction: `0x${'77'.repeat(32)}` }],
		['is of more than the chain shows', { amount: 995_000n }],
		['takes a higher fee than was announced', { amount: 900_000n, fee: FEE + 1n }],
		['is of more than is held', { amount: 2_000_000n }]
	] as const)('that the hub only talks of is not booked: it %s', async (_, change) => {
		const world = open();
		await world.start();
		await world.earn(1_000_000n);
		const sent = world.value(await world.wait(world.acts(HUB).transfer(addressOf(WALLET), 994n)));
		const told = {
			op: 'paid',
			transaction: sent.transaction,
			amount: 994_000n,
			fee: FEE,
			...change
		} as const;
		const answer = await world.wait(world.guest.settler.answer(HUB_DEVICE, told));
		expect(answer).toMatchObject({ op: 'refused' });
		expect(world.guest.accounts.held(HUB_DEVICE, 'peer')).toBe(1_000_000n);
	});

	it('is not booked from somebody else’s money that came to the wallet', async () => {
		const world = open();
		await world.start();
		await world.earn(1_000_000n);
		const stranger = STRANGER;
		world.chain.mint(addressOf(stranger), DOLLAR);
		const sent = world.value(await world.wait(world.acts(stranger).transfer(addressOf(WALLET), 900n)));
		const told = { op: 'paid', transaction: sent.transaction, amount: 900_000n, fee: FEE } as const;
		expect(await world.wait(world.guest.settler.answer(HUB_DEVICE, told))).toMatchObject({ op: 'refused' });
		expect(world.guest.accounts.held(HUB_DEVICE, 'peer')).toBe(1_000_000n);
	});

	it('told twice is booked once', async () => {
		const world = open();
		await world.start();
		await world.earn(1_000_000n);
		const paid = world.value(await world.wait(world.guest.settler.payout(HUB_DEVICE)));
		const { paid: amount, fee, transaction } = paid;
		const told = { op: 'paid', transaction, amount, fee } as const;
		expect(await world.wait(world.guest.settler.answer(HUB_DEVICE, told))).toEqual({ op: 'done' });
		world.audit();
		expect(world.guest.booked).toEqual([HUB_DEVICE]);
	});

	it('of all that is held, told of in two at once, is booked for one of them', async () => {
		const world = open();
		await world.start();
		await world.earn(1_000_000n);
		const pay = async () => world.value(await world.wait(world.acts(HUB).transfer(addressOf(WALLET), 600n)));
		const transactions = [(await pay()).transaction, (await pay()).transaction];
		const answers = transactions.map((transaction) =>
			world.guest.settler.answer(HUB_DEVICE, { op: 'paid', transaction, amount: 600_000n, fee: FEE })
		);
		const told = await Promise.all(answers.map((answer) => world.wait(answer)));
		expect(told.map(({ op }) => op)).toEqual(['done', 'refused']);
		expect(world.guest.accounts.held(HUB_DEVICE, 'peer')).toBe(400_000n - FEE);
	});

	it('that a restored hub finds on the chain is that of the guest it owed, whoever else named its address', async () => {
		const world = open();
		await world.start();
		await world.earn(1_000_000n);
		const other = 'ff'.repeat(32);
		await world.wait(
			world.hub.commits.run(() => {
				const row = world.hub.accounts.get(GUEST_DEVICE);
				if (!row) throw new Error('no guest');
				world.hub.accounts.meet(other, {
					owner: other,
					role: 'child',
					credit: 0n,
					window: row.window,
					at: 0
				});
				world.hub.accounts.learn(other, { ...row, payee: addressOf(WALLET) });
			})
		);
		// Of this its database knows nothing.
		world.value(await world.wait(world.acts(HUB).transfer(addressOf(WALLET), 994n)));
		const hub = await world.restartHub();
		await world.wait(hub.settler.answer(GUEST_DEVICE, { op: 'payout' }));
		expect(world.balance(WALLET)).toBe(10n * DOLLAR + 994n);
		expect(hub.accounts.get(other)?.paidOutByMe).toBe(0n);
	});

	it('that another transaction pushed aside is credited back once that is final, and can be had again', async () => {
		const world = open();
		await world.start();
		await world.earn(1_000_000n);
		const asked = world.guest.settler.payout(HUB_DEVICE);
		// It is signed and written down, and does not get through; meanwhile something else takes its number.
		await world.clock.advance(30);
		world.hub.chain.setFault({ type: 'down' });
		await world.clock.advance(30);
		expect(world.hub.sql.all('SELECT state FROM payout')).toEqual([{ state: 'sent' }]);
		await world.wait(world.acts(HUB).transfer(addressOf(HUB), 1n));
		world.hub.chain.setFault(undefined);
		expect(await world.wait(asked)).toMatchObject({ ok: false });
		// A block that could still be undone proves nothing.
		expect(world.hub.accounts.held(GUEST_DEVICE, 'me')).toBeLessThan(TOKEN);
		world.chain.skip(3_600);
		await world.clock.advance(LIMITS.lostConfirmMs + 60_000);
		expect(world.hub.accounts.held(GUEST_DEVICE, 'me')).toBe(1_000_000n);
		world.value(await world.wait(world.guest.settler.payout(HUB_DEVICE)));
		expect(world.balance(WALLET)).toBe(10n * DOLLAR + 994n);
		world.audit();
	});
});

describe('a payout unasked', () => {
	const DUE = 994_000n;

	it('comes above the threshold although the guest is away, and the books agree when it is back', async () => {
		const world = open({ threshold: 1_000_000n });
		await world.start();
		world.cutLink();
		await world.earn(1_000_000n);
		await world.clock.advance(60_000);
		expect(world.balance(WALLET)).toBe(10n * DOLLAR + DUE / TOKEN);
		expect(world.hub.accounts.get(GUEST_DEVICE)?.paidOutByMe).toBe(DUE + FEE);
		expect(world.guest.accounts.get(HUB_DEVICE)?.paidOutByPeer).toBe(0n);
		world.link();
		await world.clock.advance(10_000);
		expect(world.guest.accounts.get(HUB_DEVICE)?.paidOutByPeer).toBe(DUE + FEE);
		expect(world.guest.accounts.held(HUB_DEVICE, 'peer')).toBe(1_000_000n - DUE - FEE);
		expect(world.guest.booked).toEqual([HUB_DEVICE]);
		world.audit();
	});

	it('is told again to a guest that did not hear of it, though its link never broke', async () => {
		const world = open({ threshold: 1_000_000n });
		await world.start();
		world.cutLink();
		await world.earn(1_000_000n);
		while (world.balance(WALLET) === 10n * DOLLAR) await world.clock.advance(1_000);
		await world.clock.advance(5_000);
		expect(world.guest.booked).toEqual([]);
		world.healLink();
		await world.clock.advance(60_000);
		expect(world.guest.accounts.get(HUB_DEVICE)?.paidOutByPeer).toBe(DUE + FEE);
		expect(world.guest.booked).toEqual([HUB_DEVICE]);
		world.audit();
	});

	it('does not come below it, nor to a guest that named no address', async () => {
		const below = open({ threshold: 1_000_001n });
		await below.start();
		await below.earn(1_000_000n);
		await below.clock.advance(120_000);
		expect(below.balance(WALLET)).toBe(10n * DOLLAR);
		const nameless = open({ threshold: 1_000n });
		await nameless.start();
		const { owner, role, credit, window } = nameless.hub.accounts.get(GUEST_DEVICE) ?? {
			owner: '',
			role: 'child',
			credit: 0n,
			window: 0n
		};
		nameless.hub.accounts.meet(GUEST_DEVICE, { owner, role, credit, window, at: 1 });
		nameless.hub.accounts.learn(GUEST_DEVICE, {
			payee: undefined,
			peerCredit: 0n,
			peerWindow: 0n,
			peerMaxPacket: 0n,
			payoutFee: undefined,
			payoutThreshold: undefined
		});
		await nameless.earn(1_000_000n);
		await nameless.clock.advance(120_000);
		expect(nameless.balance(WALLET)).toBe(10n * DOLLAR);
	});

	it('and one asked for at the same time are one', async () => {
		const world = open({ threshold: 1_000_000n });
		await world.start();
		await world.earn(1_000_000n);
		// The hub looks every fifteen seconds: from just before to just after it acts by itself.
		await world.clock.advance(14_900);
		const answers = [];
		for (let i = 0; i < 6; i += 1) {
			answers.push(world.guest.settler.payout(HUB_DEVICE));
			await world.clock.advance(60);
		}
		const paid = (await Promise.all(answers.map((answer) => world.wait(answer)))).filter(({ ok }) => ok);
		expect(paid.length).toBeGreaterThan(0);
		await world.clock.advance(60_000);
		expect(world.balance(WALLET)).toBe(10n * DOLLAR + DUE / TOKEN);
		expect(world.hub.sql.all('SELECT state FROM payout')).toEqual([{ state: 'done' }]);
		world.audit();
	});

	it('that fails is tried again, later and later, and the operator is told', async () => {
		const world = open({ threshold: 1_000_000n });
		await world.start();
		await world.earn(1_000_000n);
		world.chain.block(addressOf(WALLET), true);
		await world.clock.advance(600_000);
		const tries = world.hub.sql.all('SELECT state FROM payout').map(({ state }) => state);
		expect(new Set(tries)).toEqual(new Set(['undone']));
		expect(tries.length).toBeLessThan(7);
		expect(world.hub.troubles).toContain('PayoutFailed');
		world.chain.block(addressOf(WALLET), false);
		await world.clock.advance(3_600_000);
		expect(world.balance(WALLET)).toBe(10n * DOLLAR + DUE / TOKEN);
		world.audit();
	});
});

describe('a hub that ends in the middle of a payout', () => {
	/** One run that ends at a step; answers whether that step was ever reached. */
	const run = async (endsAt: number): Promise<boolean> => {
		const life = createLife(Number.POSITIVE_INFINITY);
		const from = { at: 0 };
		const mortal = createLife(endsAt);
		// Nothing but the payout is to be cut: the steps before it belong to a life without end.
		const current = (): Life => (from.at === 0 ? life : mortal);
		const world = open({
			life: {
				...mortal,
				sql: (sql) => {
					const both = [life.sql(sql), mortal.sql(sql)] as const;
					const now = (): SqlDriver => (current() === life ? both[0] : both[1]);
					return {
						...sql,
						run: (text, parameters) => now().run(text, parameters),
						transaction: (work) => now().transaction(work)
					};
				},
				chain: (port) => {
					const both = [life.chain(port), mortal.chain(port)] as const;
					const now = (): ChainPort => (current() === life ? both[0] : both[1]);
					return {
						...port,
						head: () => now().head(),
						prepare: (act, firstNonce) => now().prepare(act, firstNonce),
						broadcast: (raw) => now().broadcast(raw),
						fate: (transaction) => now().fate(transaction)
					};
				}
			}
		});
		await world.start();
		await world.earn(1_000_000n);
		from.at = 1;
		const asked = world.guest.settler.payout(HUB_DEVICE);
		asked.catch(() => undefined);
		await world.clock.advance(20_000);
		const wasCut = mortal.isOver();
		mortal.end();
		world.cutLink();
		await world.restartHub();
		await world.clock.advance(30_000);
		world.link();
		await world.clock.advance(30_000);
		const paid = world.balance(WALLET) - 10n * DOLLAR;
		expect([0n, 994n]).toContain(paid);
		const gross = paid === 0n ? 0n : 994_000n + FEE;
		const at = `ended at step ${endsAt}`;
		expect(world.hub.accounts.get(GUEST_DEVICE)?.paidOutByMe, at).toBe(gross);
		expect(world.guest.accounts.get(HUB_DEVICE)?.paidOutByPeer, at).toBe(gross);
		expect(world.hub.ledger.balance('wallet'), at).toBe(-paid * TOKEN);
		// Whatever happened: asked again, it is paid exactly once altogether.
		await world.wait(world.guest.settler.payout(HUB_DEVICE));
		await world.clock.advance(30_000);
		expect(world.balance(WALLET), at).toBe(10n * DOLLAR + 994n);
		world.audit();
		return wasCut;
	};

	it('pays once or not at all, wherever it ends, and both ends and the chain agree', async () => {
		let step = 0;
		while (await run(step)) step += 1;
		// Debit, sign, write down, hand in, look up, conclude: before and after each.
		expect(step).toBeGreaterThanOrEqual(14);
	});
});

describe('the end of a channel', () => {
	it('comes when it is asked for again although the hub ended between freezing it and writing the Close down', async () => {
		const world = open();
		const { id } = await world.fund();
		await world.spend(id, 1_000_000n, 400_000n);
		await world.wait(
			world.hub.commits.run(() => world.hub.channels.freeze(id, 0, 400_000n / TOKEN, world.clock.now()))
		);
		await world.restartHub();
		const refunded = await world.wait(world.guest.settler.requestCooperativeClose(id));
		expect(refunded).toMatchObject({ ok: true });
		expect(world.hub.channels.get(id)).toMatchObject({ status: 'closed', settled: 400_000n / TOKEN });
		expect(world.guest.channels.get(id)?.status).toBe('closed');
		world.audit();
	});

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

	it('with the hub stops both ends while the Close is on its way, whatever was claimed ahead', async () => {
		const world = open();
		const { id } = await world.fund();
		await world.spend(id, 1_000_000n, 400_000n);
		expect(world.hub.accounts.available(GUEST_DEVICE)).toBe(600_000n);
		const asked = world.guest.settler.requestCooperativeClose(id);
		await world.clock.runWhile(() => world.hub.channels.get(id)?.status === 'open', START_MS + 120_000);
		expect(world.hub.accounts.available(GUEST_DEVICE)).toBe(0n);
		const more = world.guest.commits.run(() => world.guest.accounts.cover(HUB_DEVICE, 1n, 2));
		expect(await world.wait(more)).toEqual({ covered: false });
		world.value(await world.wait(asked));
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
			expiresAt: START_MS + 600_000,
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

	it('that the hub cannot hand to a chain that does not answer is said of the chain, not of the hub', async () => {
		const world = open();
		const { id } = await world.fund();
		await world.spend(id, 1_000_000n, 400_000n);
		world.hub.chain.setFault({ type: 'down' });
		expect(await world.wait(world.guest.settler.requestCooperativeClose(id))).toMatchObject({
			ok: false,
			error: { type: 'ChainUnreachable' }
		});
		expect(world.guest.channels.get(id)?.status).toBe('open');
		world.audit();
	});

	it('that the chain took is done, also when the hub did not hear of it and says no', async () => {
		const world = open();
		const { id } = await world.fund();
		await world.spend(id, 1_000_000n, 400_000n);
		const asked = world.guest.settler.requestCooperativeClose(id);
		const isMined = () => world.balance(WALLET) === 10n * DOLLAR - 400n;
		await world.clock.runWhile(() => !isMined(), START_MS + 120_000);
		// From here on the hub's service tells nothing, so the hub answers that it does not know.
		world.hub.chain.setFault({ type: 'down' });
		const refunded = world.value(await world.wait(asked));
		expect(refunded).toBe(2n * DOLLAR * TOKEN - 400_000n);
		expect(world.guest.channels.get(id)?.status).toBe('closed');
		expect(world.balance(WALLET)).toBe(10n * DOLLAR - 400n);
	});

	it('that never reached the chain is given up once its deadline has passed there', async () => {
		const world = open();
		const { id } = await world.fund();
		await world.spend(id, 1_000_000n, 400_000n);
		const asked = world.hub.settler.answer(GUEST_DEVICE, { op: 'close', channel: id, epoch: 0 });
		// It is signed and written down, and does not get through.
		await world.clock.advance(30);
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
		await world.wait(world.acts(WALLET).requestClose(key));
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
		await world.wait(world.acts(WALLET).requestClose(key));
		await world.clock.advance(60_000);
		world.hub.chain.setFault(undefined);
		await world.clock.advance(60_000);
		expect(world.balance(HUB)).toBe(10n * DOLLAR + 1_000n);
	});

	it('without the hub gives back after the grace what was not captured', async () => {
		const world = open();
		const { id, key } = await world.fund();
		const wallet = world.acts(WALLET);
		await world.wait(wallet.requestClose(key));
		world.chain.skip(LIMITS.graceSeconds + 1);
		await world.wait(wallet.withdraw(key));
		await world.clock.advance(10_000);
		expect(world.guest.channels.get(id)?.status).toBe('closed');
		expect(world.balance(WALLET)).toBe(10n * DOLLAR);
		world.audit();
	});
});

describe('a claim that nobody checked yet', () => {
	/** Of 1,000 token units one claim was checked; the next, of 50 more, was not, and may be by a stranger. */
	const withUnchecked = async (signer: Uint8Array) => {
		const world = open();
		const { id, key } = await world.fund();
		await world.spend(id, 1_000_000n, 1_000_000n);
		const { signature } = await world.hub.settler.scheme.signClaim(signer, key, 0, 1_050n);
		const newest = { scheme: 0, channel: id, epoch: 0, cumulative: 1_050n, signature };
		expect(await world.wait(world.hub.heldClaims.take(GUEST_DEVICE, newest))).toBeUndefined();
		expect(world.hub.channels.get(id)).toMatchObject({ promised: 1_050n, checked: 1_000n });
		return { world, id, key };
	};

	it('is checked before the chain is asked to pay: a good one is paid in full', async () => {
		const { world, id } = await withUnchecked(CLAIM);
		expect(world.value(await world.wait(world.hub.settler.redeemAll()))).toBe(1_050_000n);
		expect(world.hub.channels.get(id)).toMatchObject({ checked: 1_050n, settled: 1_050n });
		world.audit();
	});

	it('is checked before the chain is asked to pay: a forged one costs no redemption of the good one', async () => {
		const { world, id } = await withUnchecked(STRANGER);
		expect(world.value(await world.wait(world.hub.settler.redeemAll()))).toBe(1_000_000n);
		expect(world.hub.channels.get(id)).toMatchObject({ promised: 1_000n, claimed: 1_000n, settled: 1_000n });
		expect(world.balance(HUB)).toBe(10n * DOLLAR + 1_000n);
		world.audit();
	});

	it('is checked before a Close is signed, and none comes in unchecked until that is through', async () => {
		const { world, id, key } = await withUnchecked(STRANGER);
		const closing = world.hub.settler.answer(GUEST_DEVICE, { op: 'close', channel: id, epoch: 0 });
		// Between the request and the freeze.
		await world.clock.advance(1);
		const { signature } = await world.hub.settler.scheme.signClaim(STRANGER, key, 0, 1_060n);
		const forged = { scheme: 0, channel: id, epoch: 0, cumulative: 1_060n, signature };
		expect(await world.wait(world.hub.heldClaims.take(GUEST_DEVICE, forged))).toBe('ClaimForged');
		expect(await world.wait(closing)).toMatchObject({ op: 'closed', captured: 1_000n });
		expect(world.balance(HUB)).toBe(10n * DOLLAR + 1_000n);
		world.audit();
	});

	it('is checked when its payer asks the chain for the end', async () => {
		const { world, id, key } = await withUnchecked(STRANGER);
		await world.wait(world.acts(WALLET).requestClose(key));
		await world.clock.advance(10_000);
		expect(world.hub.channels.get(id)).toMatchObject({ status: 'closing', claimed: 1_000n, settled: 1_000n });
		world.audit();
	});
});

describe('another chain under the same id', () => {
	/** The guest's program begins again on its database, before this chain. */
	const guestAgain = ({ place, guest }: ReturnType<typeof open>, chain: SimulatedChain) =>
		createSimulatedEnd(
			{ ...place, chain },
			{
				role: 'parent',
				neighbour: HUB_DEVICE,
				neighbourPayee: addressOf(HUB),
				claimSecret: CLAIM,
				payee: addressOf(WALLET),
				sql: guest.sql
			}
		);

	it('archives the channels of the old one, clears what was owed in its money, and says so', async () => {
		const world = open();
		const { id } = await world.fund();
		await world.spend(id, 1_000_000n, 400_000n);
		world.guest.settler.stop();
		const fresh = createSimulatedChain({ clock: world.clock, name: 'fresh' });
		const again = guestAgain(world, fresh);
		await world.wait(again.settler.start());
		expect(again.channels.get(id)?.status).toBe('archived');
		expect(again.accounts.prepaid(HUB_DEVICE)).toBe(0n);
		expect(again.troubles).toContain('ChainReplaced');
		expect(again.accounts.audit(HUB_DEVICE)).toBe(0n);
		expect(again.ledger.audit()).toEqual({ sum: 0n, differences: [] });
	});

	it('that answers once ends nothing', async () => {
		const world = open();
		const { id } = await world.fund();
		await world.spend(id, 1_000_000n, 400_000n);
		world.guest.settler.stop();
		const fresh = createSimulatedChain({ clock: world.clock, name: 'fresh' });
		const { chain } = world;
		let answers = 0;
		const starting: typeof chain = {
			...chain,
			port: (account) => {
				const port = chain.port(account);
				return {
					...port,
					genesisHash: () => (answers++ === 0 ? fresh.port() : port).genesisHash()
				};
			}
		};
		const again = guestAgain(world, starting);
		await world.wait(again.settler.start());
		expect(answers).toBeGreaterThan(1);
		expect(again.channels.get(id)?.status).toBe('open');
		expect(again.troubles).not.toContain('ChainReplaced');
		world.audit();
	});
});
