import { describe, expect, it } from 'vitest';
import type { Clock, Random, Socket } from '../platform.ts';
import { unwrap } from '../result.ts';
import { bePartner, PARTNER } from './conformance-partner.ts';
import { createSimulatedNetwork, type SimulatedNetworkOptions } from './simulated-network.ts';
import { describeSocket } from './socket-conformance.ts';

const URL = 'ws://partner';

/** A clock that goes as far as it is told, and randomness from a seed. */
const createWorld = (options: SimulatedNetworkOptions) => {
	let now = 0;
	let order = 0;
	const timers = new Map<number, { at: number; run: () => void }>();
	const clock: Clock = {
		now: () => now,
		after: (delayMs, run) => {
			const id = order++;
			timers.set(id, { at: now + delayMs, run });
			return () => timers.delete(id);
		}
	};
	const wait = async (ms: number): Promise<void> => {
		const end = now + ms;
		for (;;) {
			// What was awaited goes on before time does.
			for (let i = 0; i < 20; i++) await Promise.resolve();
			const [next] = [...timers]
				.filter(([, timer]) => timer.at <= end)
				.sort((a, b) => a[1].at - b[1].at || a[0] - b[0]);
			if (next === undefined) break;
			timers.delete(next[0]);
			now = Math.max(now, next[1].at);
			next[1].run();
		}
		now = end;
	};
	let seed = 1;
	const random: Random = {
		bytes: (length) =>
			Uint8Array.from({ length }, () => {
				seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
				return seed >>> 24;
			})
	};
	const network = createSimulatedNetwork(clock, random, options);
	const accepted: Socket[] = [];
	network.listen(URL, (socket) => {
		accepted.push(socket);
		bePartner(socket);
	});
	const connect = async (): Promise<{ socket: Socket; heard: { messages: number[]; closes: number } }> => {
		const dialling = network.dial(URL);
		await wait(100);
		const socket = unwrap(await dialling);
		const heard = { messages: [] as number[], closes: 0 };
		socket.listen({
			onMessage: (message) => heard.messages.push(message[0] ?? -1),
			onClose: () => heard.closes++
		});
		await wait(100);
		heard.messages.length = 0;
		return { socket, heard };
	};
	return { network, wait, connect, clock };
};

for (const [name, options] of Object.entries({
	'a quick simulated connection': { latencyMs: [1, 3] },
	'a slow and lossy simulated connection': { latencyMs: [5, 20], lossPercent: 5 }
} as const)) {
	const world = createWorld(options);
	describeSocket(name, () => ({
		dial: world.network.dial,
		url: URL,
		deadUrl: 'ws://nobody',
		wait: world.wait
	}));
}

describe('trouble in the simulated network', () => {
	it('delays everything behind a lost message, and loses nothing', async () => {
		const { wait, connect } = createWorld({ latencyMs: [10, 30], lossPercent: 20 });
		const { socket, heard } = await connect();
		socket.send(Uint8Array.of(PARTNER.burst, 100));
		await wait(60_000);
		expect(heard.messages).toEqual(Array.from({ length: 100 }, (_, i) => i));
	});

	it('tells both ends of a cut connection and can be dialled again', async () => {
		const { network, wait, connect } = createWorld({ latencyMs: [10, 10] });
		const { socket, heard } = await connect();
		socket.send(Uint8Array.of(PARTNER.burst, 3));
		network.cut(URL);
		await wait(100);
		expect(heard).toEqual({ messages: [], closes: 1 });
		expect(network.openConnections()).toBe(0);
		expect((await connect()).heard.closes).toBe(0);
	});

	it('loses, repeats or breaks at the messages it is told to', async () => {
		const fates = [undefined, 'lost', 'twice', 'break', undefined] as const;
		let sent: number | undefined;
		const { wait, connect } = createWorld({
			latencyMs: [10, 10],
			fateOf: (_, label) => (sent !== undefined && label === `from ${URL}` ? fates[sent++] : undefined)
		});
		const { socket, heard } = await connect();
		sent = 0;
		socket.send(Uint8Array.of(PARTNER.burst, 3));
		await wait(100);
		expect(heard).toEqual({ messages: [0, 2, 2], closes: 0 });
		socket.send(Uint8Array.of(PARTNER.burst, 1));
		await wait(100);
		expect(heard).toEqual({ messages: [0, 2, 2], closes: 1 });
	});

	it('holds messages while partitioned and delivers them in order afterwards', async () => {
		const { network, wait, connect } = createWorld({ latencyMs: [10, 30] });
		const { socket, heard } = await connect();
		network.partition(URL, true);
		socket.send(Uint8Array.of(PARTNER.burst, 3));
		socket.send(Uint8Array.of(PARTNER.echo));
		await wait(1_000);
		expect(heard.messages).toEqual([]);
		network.partition(URL, false);
		await wait(100);
		expect(heard.messages).toEqual([0, 1, 2, PARTNER.echo]);
	});

	it('breaks connections at the rate it was told', async () => {
		const { wait, connect } = createWorld({ latencyMs: [1, 1], breaksPerMille: 1_000 });
		const { socket, heard } = await connect();
		socket.send(Uint8Array.of(PARTNER.echo));
		await wait(10);
		expect(heard.closes).toBe(1);
	});
});
