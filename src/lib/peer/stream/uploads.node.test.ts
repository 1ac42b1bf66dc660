/** Frames too large for one packet, from an opener to a node, over a wire that does what it likes. */
import { afterEach, describe, expect, it } from 'vitest';
import { createNodeSql } from '../../../../server/akash-peer/node-sql.ts';
import { nobleCrypto } from '../crypto/noble-crypto.ts';
import type { Frame } from '../codec/frames.ts';
import type { NostrEvent } from '../codec/nostr-event.ts';
import { signEvent } from '../events/verify.ts';
import { LIMITS } from '../limits.ts';
import { storeAt } from '../market/ask-once.ts';
import { createSessionWire, rejection, type SessionWire, type WirePeer } from '../testing/session-wire.ts';
import type { OpenerSession, SessionsDependencies } from './session.ts';

const KIB = 1_024;
const MINUTE = 60_000;
const PRICE = 5_000_000n;

const wires: SessionWire[] = [];
afterEach(() => {
	for (const wire of wires.splice(0)) wire.close();
});

const meet = async (
	hops = 0,
	limits: Pick<SessionsDependencies, 'uploads' | 'unpaidPerLink'> = {}
): Promise<{ wire: SessionWire; writer: WirePeer; node: WirePeer; session: OpenerSession }> => {
	const wire = createSessionWire({
		seed: 'uploads',
		turn: () => new Promise((resolve) => setImmediate(resolve)),
		openSql: () => createNodeSql(':memory:'),
		hops
	});
	wires.push(wire);
	const writer = await wire.peer('writer');
	const node = await wire.peer('node', limits);
	return { wire, writer, node, session: writer.sessions.open(node.contact) };
};

const eventOf = (wire: SessionWire, bytes: number): Promise<NostrEvent> =>
	signEvent(nobleCrypto, wire.random, wire.random.bytes(32), {
		kind: 1,
		created_at: Math.floor(wire.clock.now() / 1000),
		tags: [],
		content: 'x'.repeat(bytes)
	});

const publish = (wire: SessionWire, session: OpenerSession, event: NostrEvent, amount = 0n) =>
	storeAt(session, wire.clock, { requestId: 1, event, amount });

const ACCEPTED = { ok: true, value: { accepted: true, text: '' } };

describe('an event too large for one packet', () => {
	it('goes up in pieces side by side, and only the last packet carries the money', async () => {
		const { wire, node, session } = await meet();
		node.price = PRICE;
		const event = await eventOf(wire, 200 * KIB);
		const progress: number[] = [];
		let together = 0;
		let most = 0;
		wire.onPrepare = () => {
			together += 1;
			most = Math.max(most, together);
			return 'pass';
		};
		wire.onReply = (_, reply) => {
			together -= 1;
			return reply;
		};
		const answer = storeAt(session, wire.clock, {
			requestId: 1,
			event,
			amount: PRICE,
			onProgress: (done, of) => progress.push(done / of)
		});
		expect(await wire.during(answer)).toMatchObject(ACCEPTED);
		expect(node.kept).toEqual([event.id]);
		expect(node.earned).toBe(PRICE);
		const amounts = wire.carried.map(({ prepare }) => prepare.amount);
		expect(amounts.length).toBeGreaterThan(6);
		expect(amounts.filter((amount) => amount > 0n)).toEqual([PRICE]);
		expect(amounts.at(-1)).toBe(PRICE);
		expect(most).toBeGreaterThan(1);
		expect(progress).toEqual([...progress].sort((a, b) => a - b));
		expect(progress.at(-1)).toBeGreaterThan(0.9);
	});

	it('is kept once, over two hops with loss, at the pace of what they give for nothing', async () => {
		const { wire, node, session } = await meet(2);
		const event = await eventOf(wire, 200 * KIB);
		let packets = 0;
		wire.delay = () => 20 + wire.random.int(400);
		wire.onPrepare = () => (++packets % 7 === 3 ? 'lose' : 'pass');
		wire.onReply = (_, reply) => (++packets % 9 === 4 ? 'lose' : reply);
		const began = wire.clock.now();
		expect(await wire.during(publish(wire, session, event), 20 * MINUTE)).toMatchObject({
			ok: true,
			value: { accepted: true }
		});
		expect(node.kept).toEqual([event.id]);
		// 64 KiB at once, the rest at 1 KiB/s: not much slower than that, and without a flood of refusals.
		const took = (wire.clock.now() - began) / 1_000;
		expect(took).toBeGreaterThan(130);
		expect(took).toBeLessThan(420);
		expect(wire.carried.length).toBeLessThan(200);
	});

	it('costs nothing when it is refused, however much money came with it', async () => {
		const { wire, node, session } = await meet();
		node.price = 2n * PRICE;
		const event = await eventOf(wire, 100 * KIB);
		expect(await wire.during(publish(wire, session, event, PRICE))).toMatchObject({
			ok: true,
			value: { accepted: false, text: `restricted: storing costs ${2n * PRICE}` }
		});
		expect(node.earned).toBe(0n);
	});

	it('beyond the limit of the node is refused with its first packet, and the limit is named', async () => {
		const { wire, node, session } = await meet(0, {
			uploads: { eventBytes: 64 * KIB, frameBytes: 128 * KIB, linkBytes: LIMITS.uploadLinkBytes }
		});
		const event = await eventOf(wire, 100 * KIB);
		expect(await wire.during(publish(wire, session, event, PRICE))).toMatchObject({
			ok: false,
			error: { type: 'InvalidInput', reason: `at most ${64 * KIB} bytes` }
		});
		expect(wire.carried.length).toBeLessThanOrEqual(4);
		expect(wire.carried.every(({ prepare }) => prepare.amount === 0n)).toBe(true);
		expect(node.asked).toEqual([]);
	});

	it('beyond the limit of everybody never leaves', async () => {
		const { wire, session } = await meet();
		const event = { ...(await eventOf(wire, 10)), content: 'x'.repeat(257 * KIB) };
		expect(await wire.during(publish(wire, session, event))).toMatchObject({
			ok: false,
			error: { type: 'InvalidInput' }
		});
		expect(wire.carried).toEqual([]);
	});

	it('of the largest size arrives, and a packet more or less is all the difference around one packet', async () => {
		const { wire, node, session } = await meet();
		for (const size of [LIMITS.eventBytes - 200, 32_300, 32_500, 33_000]) {
			const event = await eventOf(wire, size);
			expect(await wire.during(publish(wire, session, event))).toMatchObject(ACCEPTED);
			expect(node.kept.at(-1)).toBe(event.id);
		}
	});
});

describe('an upload in trouble', () => {
	it('whose pieces come twice and out of order is taken once', async () => {
		const { wire, node, session } = await meet();
		const event = await eventOf(wire, 150 * KIB);
		const again: Promise<unknown>[] = [];
		wire.delay = () => wire.random.int(2_000);
		wire.onPrepare = ({ prepare }) => {
			const late = new Promise<void>((resolve) => wire.clock.after(wire.random.int(4_000), resolve));
			again.push(late.then(() => wire.deliver(prepare)));
			return 'pass';
		};
		const answer = await wire.during(publish(wire, session, event), 5 * MINUTE);
		expect(answer).toMatchObject({ ok: true, value: { accepted: true } });
		await wire.during(Promise.all(again));
		expect(node.kept).toEqual([event.id]);
	});

	it('whose last packet is not answered brings it again, and is paid once', async () => {
		const { wire, node, session } = await meet();
		node.price = PRICE;
		const event = await eventOf(wire, 100 * KIB);
		let lost = 0;
		wire.onReply = ({ prepare }, reply) => (prepare.amount > 0n && ++lost === 1 ? 'lose' : reply);
		expect(await wire.during(publish(wire, session, event, PRICE), 2 * MINUTE)).toMatchObject({
			ok: true,
			value: { accepted: true, text: 'duplicate: already here' }
		});
		expect(node.earned).toBe(PRICE);
		// The pieces did not go up again.
		expect(wire.carried.length).toBeLessThan(8);
	});

	it('gets its money back when the node has lost its pieces, and goes up again', async () => {
		const { wire, node, session } = await meet();
		node.price = PRICE;
		// A session that paid is known to the node over a restart, its half an upload is not.
		await wire.during(publish(wire, session, await eventOf(wire, 40 * KIB), PRICE));
		const event = await eventOf(wire, 100 * KIB);
		let isFirst = true;
		wire.onPrepare = ({ prepare }) => {
			if (prepare.amount > 0n && isFirst) {
				isFirst = false;
				node.restart();
			}
			return 'pass';
		};
		expect(await wire.during(publish(wire, session, event, PRICE), 2 * MINUTE)).toMatchObject(ACCEPTED);
		expect(node.earned).toBe(2n * PRICE);
		const paid = wire.carried.filter(({ prepare }) => prepare.amount > 0n);
		expect(paid.map(({ reply }) => reply?.type)).toEqual(['fulfill', 'reject', 'fulfill']);
	});

	it('begins again when the node forgot the session midway', async () => {
		const { wire, node, session } = await meet();
		const event = await eventOf(wire, 150 * KIB);
		let pieces = 0;
		wire.onPrepare = () => {
			if (++pieces === 4) node.restart();
			return 'pass';
		};
		expect(await wire.during(publish(wire, session, event), 2 * MINUTE)).toMatchObject(ACCEPTED);
		expect(node.kept).toEqual([event.id]);
	});

	it('that cannot get through is given up with the reason, and nothing is kept', async () => {
		const { wire, node, session } = await meet();
		const event = await eventOf(wire, 150 * KIB);
		let pieces = 0;
		wire.onPrepare = () => (++pieces > 3 ? 'T01' : 'pass');
		expect(await wire.during(publish(wire, session, event), 10 * MINUTE)).toMatchObject({
			ok: false,
			error: { type: 'AuthorUnreachable', reason: 'T01 ' }
		});
		expect(node.kept).toEqual([]);
	});

	it('learns nothing from replies that a hop made up', async () => {
		const { wire, node, session } = await meet();
		const event = await eventOf(wire, 80 * KIB);
		let first = true;
		wire.onReply = (_, reply) => {
			if (!first) return reply;
			first = false;
			return { ...rejection('F99'), data: new Uint8Array(100) };
		};
		expect(await wire.during(publish(wire, session, event))).toMatchObject({ ok: false });
		expect(node.kept).toEqual([]);
	});
});

describe('a session that lives long', () => {
	it('never runs out of streams or credit, whatever gets lost', async () => {
		const { wire, node, session } = await meet();
		for (let round = 0; round < 40; round++) {
			let pieces = 0;
			// Of every third upload nothing but the first piece leaves, of every fifth nothing at all.
			wire.onPrepare = () => (round % 3 === 1 && ++pieces > 1 ? 'F00' : round % 5 === 2 ? 'F00' : 'pass');
			const event = await eventOf(wire, 60 * KIB);
			const answer = await wire.during(publish(wire, session, event), 10 * MINUTE);
			const gotThrough = round % 3 !== 1 && round % 5 !== 2;
			expect(answer.ok, `round ${round}`).toBe(gotThrough);
		}
		expect(node.met.size).toBe(1);
		expect(node.kept).toHaveLength(22);
	});

	it('goes on over a restart of the node when it has paid', async () => {
		const { wire, node, session } = await meet();
		node.price = PRICE;
		for (let round = 0; round < 30; round++) {
			const event = await eventOf(wire, 60 * KIB);
			expect(await wire.during(publish(wire, session, event, PRICE), 10 * MINUTE)).toMatchObject(ACCEPTED);
			if (round % 7 === 3) node.restart();
		}
		expect(node.met.size).toBe(1);
	});

	it('asks other things while an upload is under way', async () => {
		const { wire, node, session } = await meet();
		const event = await eventOf(wire, 200 * KIB);
		const up = publish(wire, session, event);
		const question: Frame = { type: 'REQ', requestId: 2, filters: [{}], live: false };
		const asked = await wire.during(session.request([question]));
		expect(asked.type).toBe('fulfilled');
		expect(node.kept).toEqual([]);
		expect(await wire.during(up)).toMatchObject(ACCEPTED);
	});
});
