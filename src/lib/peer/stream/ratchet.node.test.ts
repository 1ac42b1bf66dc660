/** Two ends of a session whose keys move on, over a wire that loses, delays, repeats and remembers. */
import { afterEach, describe, expect, it } from 'vitest';
import { createNodeSql } from '../../../../server/akash-peer/node-sql.ts';
import { bytesToHex, fromHex } from '../bytes.ts';
import type { Frame } from '../codec/frames.ts';
import type { NostrEvent } from '../codec/nostr-event.ts';
import { nobleCrypto } from '../crypto/noble-crypto.ts';
import { signEvent } from '../events/verify.ts';
import { LIMITS } from '../limits.ts';
import { storeAt } from '../market/ask-once.ts';
import { createSessionWire, type Carried, type SessionWire, type WirePeer } from '../testing/session-wire.ts';
import { epochOf, OLD_KEY_MS } from './ratchet.ts';
import { openFrames } from './session-packets.ts';
import type { OpenerSession, SessionReply } from './session.ts';
import { deriveSessionSecrets, tokenFromSegment } from './token.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const PRICE = 1_000n;

const wires: SessionWire[] = [];
afterEach(() => {
	for (const wire of wires.splice(0)) wire.close();
});

interface Met {
	readonly wire: SessionWire;
	readonly writer: WirePeer;
	readonly node: WirePeer;
	readonly session: OpenerSession;
	/** A question that costs nothing. */
	ask(): Promise<SessionReply>;
	/** Has an event kept, for money. */
	pay(): Promise<unknown>;
	/** Names of the session the opener used, in order. */
	names(): readonly string[];
	/** The opener began a session anew. */
	renamed: number;
}

const meet = async (seed = 'ratchet'): Promise<Met> => {
	const wire = createSessionWire({
		seed,
		turn: () => new Promise((resolve) => setImmediate(resolve)),
		openSql: () => createNodeSql(':memory:')
	});
	wires.push(wire);
	const writer = await wire.peer('writer');
	const node = await wire.peer('node');
	node.price = PRICE;
	const session = writer.sessions.open(node.contact);
	let requestId = 0;
	let events = 0;
	const met: Met = {
		wire,
		writer,
		node,
		session,
		renamed: 0,
		ask: () => session.request([{ type: 'REQ', requestId: ++requestId, filters: [{}], live: false }]),
		pay: async () => {
			const event: NostrEvent = await signEvent(nobleCrypto, wire.random, new Uint8Array(32).fill(9), {
				kind: 1,
				created_at: Math.floor(wire.clock.now() / 1000),
				tags: [],
				content: `event ${++events}`
			});
			const answer = await storeAt(session, wire.clock, { requestId: ++requestId, event, amount: PRICE });
			return answer.ok && answer.value.accepted;
		},
		names: () => [
			...new Set(
				wire.carried.filter(({ from }) => from === 'writer').map(({ prepare }) => nameOf({ prepare }))
			)
		]
	};
	session.onRenamed(() => {
		met.renamed += 1;
	});
	return met;
};

const nameOf = ({ prepare }: Pick<Carried, 'prepare'>): string =>
	prepare.destination.split('.').at(-1) as string;
const isFirstName = (name: string): boolean => tokenFromSegment(name).ok;

describe('the first exchange of a session', () => {
	it('moves both ends to keys that nobody can derive who has the announced one and all that was recorded', async () => {
		const { wire, node, ask, pay, names } = await meet();
		await wire.during(ask());
		expect(await wire.during(pay())).toBe(true);
		expect(names().map(isFirstName)).toEqual([true, false]);
		expect(node.met.size).toBe(1);

		const [first, second] = wire.carried as [Carried, Carried];
		const token = tokenFromSegment(nameOf(first));
		if (!token.ok) throw new Error('no token');
		const secrets = await deriveSessionSecrets(nobleCrypto, {
			ikm: nobleCrypto.x25519(node.streamSecret, token.value.ephemeralPublic)!,
			network: 2,
			receiverPubkey: fromHex(node.contact.pubkey),
			token: token.value.bytes,
			streamPublic: node.contact.streamKey
		});
		const stolen = await epochOf(nobleCrypto, 'stolen', secrets);
		expect(await openFrames(nobleCrypto, stolen.openerKeys, first.prepare.data)).toBeDefined();
		for (const data of [second.prepare.data, second.reply?.data ?? new Uint8Array()])
			for (const keys of [stolen.openerKeys, stolen.nodeKeys])
				expect(await openFrames(nobleCrypto, keys, data)).toBeUndefined();

		// Nor does the node have the old keys any more, once what was under way has arrived.
		await wire.clock.advance(OLD_KEY_MS + SECOND);
		const stored = JSON.stringify(node.sql.all('SELECT * FROM session'), (_, value: unknown) =>
			value instanceof Uint8Array ? bytesToHex(value) : typeof value === 'bigint' ? `${value}` : value
		);
		expect(stored).not.toContain(bytesToHex(secrets.opener));
		expect(stored).not.toContain(bytesToHex(secrets.node));
	});

	it('is confirmed by an empty packet when the opener has nothing more to say', async () => {
		const { wire, node, ask, names } = await meet();
		await wire.during(ask());
		expect(names()).toHaveLength(1);
		await wire.clock.advance(15 * SECOND);
		expect(names().map(isFirstName)).toEqual([true, false]);
		const old = (wire.carried[0] as Carried).prepare;
		await wire.clock.advance(OLD_KEY_MS);
		expect(await wire.during(wire.deliver({ ...old, expiresAt: wire.clock.now() + SECOND }))).toMatchObject({
			type: 'reject',
			code: 'F06'
		});
		expect(node.met.size).toBe(1);
	});

	it('has sixty-four packets under way, and each is answered under the key it came with', async () => {
		const { wire, node, ask, pay, names } = await meet();
		wire.delay = () => 20 + wire.random.int(3_000);
		const answers = await wire.during(Promise.all(Array.from({ length: 64 }, () => pay())), 2 * MINUTE);
		expect(answers.every((accepted) => accepted === true)).toBe(true);
		expect(node.earned).toBe(64n * PRICE);
		const more = await wire.during(Promise.all(Array.from({ length: 64 }, () => ask())), 2 * MINUTE);
		expect(more.every(({ type }) => type === 'fulfilled')).toBe(true);
		expect(names().map(isFirstName)).toEqual([true, false]);
		expect(node.met.size).toBe(1);
	});

	it('may lose answers: the node says the same again, and both meet in the same keys', async () => {
		const { wire, node, ask, names } = await meet();
		let answers = 0;
		wire.onReply = (_, reply) => (++answers <= 5 ? 'lose' : reply);
		await wire.during(Promise.all(Array.from({ length: 8 }, () => ask())), MINUTE);
		expect((await wire.during(ask())).type).toBe('fulfilled');
		expect(names().map(isFirstName)).toEqual([true, false]);
		expect(node.met.size).toBe(1);
	});

	it('may lose every packet under the new key for a while', async () => {
		const { wire, ask, names } = await meet();
		await wire.during(ask());
		wire.onPrepare = (carried) => (isFirstName(nameOf(carried)) ? 'pass' : 'lose');
		expect((await wire.during(ask())).type).toBe('timedOut');
		wire.onPrepare = () => 'pass';
		expect((await wire.during(ask())).type).toBe('fulfilled');
		expect(names()).toHaveLength(2);
	});

	it('is overtaken: old packets that come after new ones are taken, for as long as any can be under way', async () => {
		const { wire, node, ask } = await meet();
		const carried: Carried[] = [];
		wire.onPrepare = (one) => {
			carried.push(one);
			return carried.length === 2 ? 'lose' : 'pass';
		};
		const both = Promise.all([ask(), ask()]);
		await wire.clock.advance(SECOND);
		expect((await wire.during(ask())).type).toBe('fulfilled');
		expect(carried.map((one) => isFirstName(nameOf(one)))).toEqual([true, true, false]);
		// The second was held back on the way.
		expect(await wire.during(wire.deliver((carried[1] as Carried).prepare))).toMatchObject({
			type: 'fulfill'
		});
		await wire.during(both);
		expect(node.met.size).toBe(1);
	});

	it('is replayed: nothing happens twice, and no second session is opened by its first packet', async () => {
		const { wire, node, pay } = await meet();
		await wire.during(pay());
		await wire.during(pay());
		const recorded = [...wire.carried];
		const replay = () =>
			wire.during(
				Promise.all(
					recorded.map(({ prepare }) =>
						wire.deliver({ ...prepare, expiresAt: wire.clock.now() + 10 * SECOND })
					)
				)
			);
		expect((await replay()).map((reply) => reply.type === 'reject' && reply.code)).toEqual(['F99', 'F99']);
		await wire.clock.advance(OLD_KEY_MS + SECOND);
		expect((await replay()).map((reply) => reply.type === 'reject' && reply.code)).toEqual(['F06', 'F99']);
		node.restart();
		expect((await replay()).map((reply) => reply.type === 'reject' && reply.code)).toEqual(['F06', 'F99']);
		expect(node.earned).toBe(2n * PRICE);
		expect(node.met.size).toBe(1);
	});
});

describe('a node that ends in the middle of a step', () => {
	it('goes on with a session that paid, wherever it was', async () => {
		const points: readonly ((met: Met) => Promise<void>)[] = [
			// Its offer was told and not used.
			async () => Promise.resolve(),
			// Its offer was not heard of.
			async ({ wire }) => {
				wire.onReply = () => 'lose';
				return Promise.resolve();
			},
			// The new keys are in use, the old ones not erased.
			async ({ wire, ask }) => {
				await wire.during(ask());
				await wire.clock.advance(OLD_KEY_MS / 2);
			},
			// The old ones are erased.
			async ({ wire, ask }) => {
				await wire.during(ask());
				await wire.clock.advance(2 * OLD_KEY_MS);
			}
		];
		for (const [at, point] of points.entries()) {
			const met = await meet(`restart ${at}`);
			if (at === 1) await point(met);
			await met.wire.during(met.pay());
			if (at !== 1) await point(met);
			met.wire.onReply = (_, reply) => reply;
			met.node.restart();
			expect((await met.wire.during(met.ask())).type, `point ${at}`).toBe('fulfilled');
			expect(await met.wire.during(met.pay())).toBe(true);
			expect(met.node.met.size).toBe(1);
			expect(met.renamed).toBe(0);
		}
	});

	it('knows a session that an earlier release wrote, at its first keys and without a name', async () => {
		const { wire, node, ask, pay } = await meet();
		wire.onReply = (_, reply) => (reply.type === 'fulfill' ? { ...reply, data: new Uint8Array() } : reply);
		await wire.during(pay());
		wire.onReply = (_, reply) => reply;
		node.sql.run(
			`UPDATE session SET id = NULL, name = NULL, next_name = NULL, next_public = NULL, next_opener = NULL,
				next_node = NULL`
		);
		const [id] = node.met.keys();
		node.restart();
		expect((await wire.during(ask())).type).toBe('fulfilled');
		expect(await wire.during(pay())).toBe(true);
		expect([...node.met.keys()]).toEqual([id]);
	});

	it('forgets a session that never paid, and its opener begins another by itself', async () => {
		const { wire, node, session, ask } = await meet();
		await wire.during(ask());
		await wire.during(ask());
		let begun = 0;
		session.onRenamed(() => (begun += 1));
		node.restart();
		expect((await wire.during(ask())).type).toBe('rejected');
		expect((await wire.during(ask())).type).toBe('fulfilled');
		expect(begun).toBe(1);
		expect(node.met.size).toBe(2);
	});
});

describe('a session that lives on', () => {
	it('has a new name and new keys before each hour is over, and is the same session', async () => {
		const met = await meet();
		const { wire, node, ask, pay, names } = met;
		await wire.during(pay());
		for (let minute = 0; minute < 200; minute++) {
			await wire.during(ask());
			await wire.clock.advance(MINUTE);
		}
		expect(names().length).toBe(5);
		for (const name of names()) {
			const times = wire.carried
				.filter((one) => nameOf(one) === name)
				.map(({ prepare }) => prepare.expiresAt);
			expect(Math.max(...times) - Math.min(...times)).toBeLessThanOrEqual(HOUR);
		}
		expect(node.met.size).toBe(1);
		expect(met.renamed).toBe(0);
		expect(await wire.during(pay())).toBe(true);
		expect(node.sql.all('SELECT count(*) AS n FROM session')).toEqual([{ n: 1 }]);
	});

	it('is pushed to under its newest keys, at an address of its own each time', async () => {
		const { wire, node, session, ask } = await meet();
		const told: Frame[] = [];
		session.onPush((frames) => {
			told.push(...frames);
			return [];
		});
		const push = (): Promise<string> => {
			const [known] = [...node.met.values()];
			return wire.during(known!.push([{ type: 'NOTICE', code: 'hello', text: '' }]));
		};
		await wire.during(ask());
		expect(await push()).toBe('answered');
		await wire.during(ask());
		expect(await push()).toBe('answered');
		for (let minute = 0; minute < 70; minute++) {
			await wire.during(ask());
			await wire.clock.advance(MINUTE);
		}
		expect(await push()).toBe('answered');
		expect(told).toHaveLength(3);
		const addresses = wire.carried.filter(({ from }) => from === 'node');
		expect(new Set(addresses.map(({ prepare }) => prepare.destination)).size).toBe(3);
	});

	it('that was silent for an hour is opened anew', async () => {
		const { wire, node, ask, names } = await meet();
		await wire.during(ask());
		await wire.clock.advance(LIMITS.tokenRotateMs + MINUTE);
		expect((await wire.during(ask())).type).toBe('fulfilled');
		expect(names().filter(isFirstName)).toHaveLength(2);
		expect(node.met.size).toBe(2);
	});

	it('keeps its upload over a step', async () => {
		const { wire, node, session } = await meet();
		const event = await signEvent(nobleCrypto, wire.random, wire.random.bytes(32), {
			kind: 1,
			created_at: Math.floor(wire.clock.now() / 1000),
			tags: [],
			content: 'x'.repeat(150_000)
		});
		const answer = storeAt(session, wire.clock, { requestId: 1, event, amount: PRICE });
		expect(await wire.during(answer)).toMatchObject({ ok: true, value: { accepted: true } });
		expect(new Set(wire.carried.map(nameOf)).size).toBe(2);
		expect(node.met.size).toBe(1);
		expect(node.earned).toBe(PRICE);
	});
});
