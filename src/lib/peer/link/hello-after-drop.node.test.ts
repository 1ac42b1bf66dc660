/**
 * A link breaks while money is under way on it in both directions. Two whole ends meet here, each with its links,
 * its connector, its books and a database, on sockets in memory; the next hello has to find out what became of
 * every packet, whichever of its two messages was lost.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { describe, expect, it } from 'vitest';
import { createNodeSql } from '../../../../server/akash-peer/node-sql.ts';
import { bytesToHex } from '../bytes.ts';
import { createChannels } from '../channel/channels.ts';
import type { IlpReply } from '../codec/ilp.ts';
import { nobleCrypto } from '../crypto/noble-crypto.ts';
import { loadIdentity } from '../identity.ts';
import { createConnector } from '../ilp/connector.ts';
import { createRoutes } from '../ilp/routes.ts';
import { createLedger } from '../ledger/sqlite-ledger.ts';
import { LIMITS } from '../limits.ts';
import { createCommits } from '../storage/commit.ts';
import { migrate } from '../storage/migrations.ts';
import { auditPacketEnds } from '../testing/packet-ends.ts';
import { createSeededRandom } from '../testing/seeded-random.ts';
import { createSimulatedClock, type SimulatedClock } from '../testing/simulated-clock.ts';
import { createSimulatedNetwork, type SimulatedNetwork } from '../testing/simulated-network.ts';
import { createLinkAccounts } from './accounts.ts';
import { createLinks, type Links } from './links.ts';
import { createPackets } from './packets.ts';

const START = Date.UTC(2030, 0, 1);
const URL = 'ws://hub/btp';
const LATENCY_MS = 20;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const TERMS = { role: 'peer', credit: 1_000_000n, window: LIMITS.windowNode } as const;

/** What the receiver makes of a packet; it says so in its first byte. */
const FATES = ['taken', 'taken', 'refused', 'taken late'] as const;
/** How long one that is taken late is judged, ms: until after the next hello. */
const JUDGED_MS = 900;
const EACH_MS = 10;
const PACKETS = 20;

/** A packet under way when the link broke, as its receiver knew it then. */
const LOST = ['never arrived', 'being judged', 'taken', 'refused'] as const;
type Lost = (typeof LOST)[number];

const createEnd = async (name: string, clock: SimulatedClock, network: SimulatedNetwork) => {
	const sql = createNodeSql(':memory:');
	migrate(sql);
	const random = createSeededRandom(name);
	const identity = await loadIdentity({ random, crypto: nobleCrypto, clock, sql }, undefined);
	const ledger = createLedger(sql);
	const channels = createChannels(sql, ledger, 6);
	const packets = createPackets(sql);
	const accounts = createLinkAccounts(sql, ledger, channels, packets);
	const routes = createRoutes();
	const commits = createCommits(sql, clock);
	/** Conditions of the packets that were decided here, hex, each as often as it was. */
	const decided: Readonly<Record<'taken' | 'refused', string[]>> = { taken: [], refused: [] };
	const signClaim = (): Promise<never> => Promise.reject(new Error('there is no channel'));
	const links: Links = createLinks({
		platform: { clock, random, crypto: nobleCrypto, log: () => undefined, dial: network.dial },
		commits,
		accounts,
		channels,
		packets,
		scheme: undefined,
		heldClaims: undefined,
		auth: identity.auth,
		network: 'test',
		payee: () => undefined,
		announcement: () => undefined,
		payoutTerms: undefined,
		admit: () => TERMS,
		connector: () => connector,
		signClaim,
		settle: () => Promise.resolve({ op: 'refused', code: 'PayoutFailed', text: '' }),
		onEvent: () => undefined,
		refresh: () => Promise.resolve(),
		onTime: () => undefined
	});
	const connector = createConnector({
		platform: { clock, crypto: nobleCrypto, log: () => undefined },
		commits,
		ledger,
		accounts,
		packets,
		routes,
		receiver: {
			judge: async ({ prepare }) => {
				const fate = FATES[prepare.data[0] ?? 0];
				const fulfillment = prepare.data.slice(1);
				if (fate === 'taken late') await new Promise<void>((resolve) => clock.after(JUDGED_MS, resolve));
				const reply: IlpReply =
					fate === 'refused'
						? { type: 'reject', code: 'F99', triggeredBy: '', message: '', data: new Uint8Array(0) }
						: { type: 'fulfill', fulfillment, data: new Uint8Array(0) };
				return {
					fulfillment,
					booking: { kind: 'sell', account: 'income/notes' },
					decide: () => {
						decided[fate === 'refused' ? 'refused' : 'taken'].push(bytesToHex(prepare.condition));
						return fate !== 'refused';
					},
					reply: () => Promise.resolve(reply)
				};
			}
		},
		feePpm: 0n,
		addresses: () => [`test.${name}`],
		childAddress: () => undefined,
		scheme: 'test',
		signClaim,
		transport: links
	});
	return { name, device: identity.device, sql, links, connector, accounts, ledger, packets, routes, decided };
};
type End = Awaited<ReturnType<typeof createEnd>>;

/** A hub and a guest that let each other owe, their link up. */
const open = async () => {
	const clock = createSimulatedClock(START, turn);
	const network = createSimulatedNetwork(clock, createSeededRandom('network'), {
		latencyMs: [LATENCY_MS, LATENCY_MS]
	});
	const hub = await createEnd('hub', clock, network);
	const guest = await createEnd('guest', clock, network);
	network.listen(URL, (socket) => hub.links.accept(socket, URL));
	guest.links.connect({ url: URL, owner: undefined, terms: TERMS });
	guest.routes.set({ prefix: 'test.hub', peer: hub.device, links: 1 });
	hub.routes.set({ prefix: 'test.guest', peer: guest.device, links: 1 });
	await clock.advance(1_000);
	expect([hub.links.live().length, guest.links.live().length]).toEqual([1, 1]);

	/** Each packet of `payer`, and what it was told of it. */
	const pay = (payer: End, payee: End) => {
		const sent: { readonly condition: string; readonly amount: bigint; told: IlpReply | undefined }[] = [];
		for (let n = 0; n < PACKETS; n += 1)
			clock.after(n * EACH_MS, () => {
				const preimage = sha256(Uint8Array.of(n, ...new TextEncoder().encode(payer.name)));
				const condition = sha256(preimage);
				const amount = 1n << BigInt(n % 16);
				const one = { condition: bytesToHex(condition), amount, told: undefined as IlpReply | undefined };
				sent.push(one);
				const prepare = {
					type: 'prepare',
					amount,
					expiresAt: clock.now() + 20_000,
					condition,
					destination: `test.${payee.name}.shop`,
					data: Uint8Array.of(n % FATES.length, ...preimage)
				} as const;
				const booking = { kind: 'buy', account: 'expense/notes' } as const;
				void payer.connector.send({ prepare, booking }).then((reply) => (one.told = reply));
			});
		return sent;
	};
	return { clock, network, hub, guest, pay };
};

const lostOf = (payer: End, payee: End): Lost[] =>
	payer.connector.lost(payee.device).map((hash) => {
		if (payee.connector.isJudging(payer.device, hash)) return 'being judged';
		const condition = payer.packets.find(payee.device, 'out', hash)?.condition ?? new Uint8Array(0);
		const { taken, refused } = payee.decided;
		if (taken.includes(bytesToHex(condition))) return 'taken';
		return refused.includes(bytesToHex(condition)) ? 'refused' : 'never arrived';
	});

/** Every packet ended once and in the same way for both, and so did its money. */
const checkPaid = (
	sent: ReturnType<Awaited<ReturnType<typeof open>>['pay']>,
	payer: End,
	payee: End
): void => {
	expect(sent).toHaveLength(PACKETS);
	const paid = sent.filter(({ told }) => told?.type === 'fulfill');
	expect(sent.filter(({ told }) => told === undefined)).toEqual([]);
	expect(paid.map(({ condition }) => condition).sort()).toEqual([...payee.decided.taken].sort());
	const money = paid.reduce((sum, { amount }) => sum + amount, 0n);
	expect(payer.ledger.balance('expense/notes')).toBe(money);
	expect(payee.ledger.balance('income/notes')).toBe(-money);
	expect(payer.accounts.get(payee.device)?.fulfilledByPeer).toBe(money);
	expect(payee.accounts.get(payer.device)?.fulfilledByMe).toBe(money);
};
const checkBooks = (...ends: readonly [End, End]): void => {
	expect(auditPacketEnds(ends)).toEqual({ wrong: [], late: [] });
	const [one, other] = ends;
	for (const [end, neighbour] of [
		[one, other],
		[other, one]
	] as const) {
		expect(end.links.settled()).toEqual([neighbour.device]);
		expect(end.ledger.audit()).toEqual({ sum: 0n, differences: [] });
		expect(end.accounts.audit(neighbour.device)).toBe(0n);
		expect(end.sql.all(`SELECT hash FROM packet WHERE state = 'pending'`)).toEqual([]);
	}
};

describe('a link that breaks with money under way in both directions', () => {
	it('settles every packet by the next hello, whenever it breaks: none is lost or paid twice', async () => {
		const seen = { fromHub: new Set<Lost>(), fromGuest: new Set<Lost>() };
		for (let afterMs = 5; afterMs < PACKETS * EACH_MS + 80; afterMs += 23) {
			const { clock, network, hub, guest, pay } = await open();
			const [fromHub, fromGuest] = [pay(hub, guest), pay(guest, hub)];
			await clock.advance(afterMs);
			network.cut(URL);
			await clock.advance(0);
			for (const lost of lostOf(hub, guest)) seen.fromHub.add(lost);
			for (const lost of lostOf(guest, hub)) seen.fromGuest.add(lost);
			await clock.advance(10_000);
			checkPaid(fromHub, hub, guest);
			checkPaid(fromGuest, guest, hub);
			checkBooks(hub, guest);
		}
		expect(seen).toEqual({ fromHub: new Set(LOST), fromGuest: new Set(LOST) });
	});

	it('does so although the new connection breaks as well, wherever its hello is', async () => {
		const { reconnectLeastMs } = LIMITS;
		for (let afterMs = reconnectLeastMs / 2; afterMs < reconnectLeastMs + 260; afterMs += 23) {
			const { clock, network, hub, guest, pay } = await open();
			const [fromHub, fromGuest] = [pay(hub, guest), pay(guest, hub)];
			await clock.advance(105);
			network.cut(URL);
			await clock.advance(afterMs);
			network.cut(URL);
			await clock.advance(10_000);
			checkPaid(fromHub, hub, guest);
			checkPaid(fromGuest, guest, hub);
			checkBooks(hub, guest);
		}
	});
});
