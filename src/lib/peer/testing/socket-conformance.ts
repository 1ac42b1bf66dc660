/**
 * What every {@link Socket} must do, whatever carries it. The other end is conformance-partner.ts,
 * reached through the same kind of socket.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { LIMITS } from '../limits.ts';
import type { Dial, Socket } from '../platform.ts';
import { unwrap } from '../result.ts';
import { PARTNER } from './conformance-partner.ts';

export interface SocketConformance {
	readonly dial: Dial;
	/** Where a partner answers. */
	readonly url: string;
	/** Where nobody does. */
	readonly deadUrl: string;
	/** Lets this much time go by (really, or on the simulated clock). */
	readonly wait: (ms: number) => Promise<void>;
}

export const describeSocket = (name: string, world: () => SocketConformance): void => {
	describe(`${name} as a socket of the peer`, () => {
		const opened: Socket[] = [];
		afterEach(() => {
			for (const socket of opened.splice(0)) socket.close();
		});

		/** Lets time go by while the dial is under way: on a simulated clock nothing happens otherwise. */
		const dial = async (): Promise<Socket> => {
			const { dial, url, wait } = world();
			const dialling = dial(url);
			let done = false;
			void dialling.then(() => (done = true));
			await until(() => done, wait);
			const socket = unwrap(await dialling);
			opened.push(socket);
			return socket;
		};

		const listen = (socket: Socket): { readonly messages: Uint8Array[]; closes: number } => {
			const heard = { messages: [] as Uint8Array[], closes: 0 };
			socket.listen({ onMessage: (message) => heard.messages.push(message), onClose: () => heard.closes++ });
			return heard;
		};

		const greeted = async (): Promise<{ socket: Socket; heard: ReturnType<typeof listen> }> => {
			const socket = await dial();
			const heard = listen(socket);
			await until(() => heard.messages.length === 1, world().wait);
			heard.messages.length = 0;
			return { socket, heard };
		};

		it('keeps what arrives before anybody listens', async () => {
			const socket = await dial();
			await world().wait(50);
			const heard = listen(socket);
			expect(heard.messages).toEqual([]);
			await until(() => heard.messages.length > 0, world().wait);
			expect(heard.messages).toEqual([Uint8Array.of(PARTNER.greeting)]);
		});

		it('keeps the boundaries and the order of messages of any size', async () => {
			const { socket, heard } = await greeted();
			const sizes = [1, 2, 125, 126, 127, 65_535, 65_536, 1, LIMITS.socketMessageBytes, 3];
			const sent = sizes.map((size, i) => new Uint8Array(size).fill(i).fill(PARTNER.echo, 0, 1));
			sent.splice(3, 0, new Uint8Array(0));
			for (const message of sent) socket.send(message);
			await until(() => heard.messages.length === sent.length, world().wait);
			expect(heard.messages.map((message) => message.length)).toEqual(sent.map((message) => message.length));
			expect(heard.messages.every((message, i) => message.at(-1) === sent[i]?.at(-1))).toBe(true);
		});

		it('delivers a burst in order', async () => {
			const { socket, heard } = await greeted();
			socket.send(Uint8Array.of(PARTNER.burst, 200));
			await until(() => heard.messages.length === 200, world().wait);
			expect(heard.messages.map((message) => message[0])).toEqual(Array.from({ length: 200 }, (_, i) => i));
		});

		it.each([2, LIMITS.btpBundleBytes])('has taken a copy of %d bytes when send returns', async (size) => {
			const { socket, heard } = await greeted();
			const reused = new Uint8Array(size).fill(7).fill(PARTNER.echo, 0, 1);
			const sent = reused.slice();
			socket.send(reused);
			reused.fill(8);
			await until(() => heard.messages.length === 1, world().wait);
			expect(heard.messages[0]).toEqual(sent);
		});

		it('says once that the other end closed, after the last message', async () => {
			const { socket, heard } = await greeted();
			socket.send(Uint8Array.of(PARTNER.lastWord));
			await until(() => heard.closes > 0, world().wait);
			expect(heard.messages).toEqual([Uint8Array.of(PARTNER.lastWord)]);
			socket.close();
			await world().wait(50);
			expect(heard.closes).toBe(1);
		});

		it('hands over what came before the end to somebody who listens only then', async () => {
			const socket = await dial();
			socket.send(Uint8Array.of(PARTNER.lastWord));
			await world().wait(100);
			const heard = listen(socket);
			await until(() => heard.closes > 0, world().wait);
			expect(heard.messages.map((message) => message[0])).toEqual([PARTNER.greeting, PARTNER.lastWord]);
		});

		it('reports its own close once, later, and is quiet from then on', async () => {
			const { socket, heard } = await greeted();
			socket.send(Uint8Array.of(PARTNER.burst, 50));
			socket.close();
			socket.close();
			expect(heard.closes).toBe(0);
			expect(() => socket.send(Uint8Array.of(PARTNER.echo))).not.toThrow();
			await world().wait(100);
			expect(heard).toEqual({ messages: [], closes: 1 });
		});

		it('ends at a message larger than a link ever sends', async () => {
			const { socket, heard } = await greeted();
			socket.send(new Uint8Array(LIMITS.socketMessageBytes + 1));
			await until(() => heard.closes > 0, world().wait);
			expect(heard).toEqual({ messages: [], closes: 1 });
		});

		it('counts what waits to be sent, down to nothing', async () => {
			const { socket, heard } = await greeted();
			socket.send(new Uint8Array(100_000));
			expect(socket.bufferedBytes()).toBeGreaterThanOrEqual(0);
			await until(() => heard.messages.length === 1, world().wait);
			expect(socket.bufferedBytes()).toBe(0);
		});

		it('answers a failed dial as a value', async () => {
			const { dial, deadUrl, wait } = world();
			const dialling = dial(deadUrl);
			let done = false;
			void dialling.then(() => (done = true));
			await until(() => done, wait);
			const answer = await dialling;
			expect(answer).toMatchObject({ ok: false, error: { type: 'DialFailed', url: deadUrl } });
		});
	});
};

const until = async (isSo: () => boolean, wait: (ms: number) => Promise<void>): Promise<void> => {
	for (let i = 0; i < 500; i++) {
		if (isSo()) return;
		await wait(10);
	}
	expect.fail('it did not happen within five seconds');
};
