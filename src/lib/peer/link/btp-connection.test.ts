import { describe, expect, it } from 'vitest';
import { encodeBtpPacket } from '../codec/btp.ts';
import { LIMITS } from '../limits.ts';
import type { Socket } from '../platform.ts';
import { ok } from '../result.ts';
import { createSimulatedClock } from '../testing/simulated-clock.ts';
import { createBtpConnection, type BtpHandler } from './btp-connection.ts';
import { octets } from './protocol-data.ts';

/** Turns of promises between what comes in and what goes out, at most. */
const TURNS = 8;
const settle = async (): Promise<void> => {
	for (let turn = 0; turn < TURNS; turn += 1) await Promise.resolve();
};

/** A connection to somebody who reads only when told to. */
const open = (onMessage: BtpHandler) => {
	const clock = createSimulatedClock(Date.UTC(2030, 0, 1), settle);
	const there = { unread: 0, most: 0, isHungUp: false };
	let hear: (message: Uint8Array) => void = () => undefined;
	const socket: Socket = {
		label: 'a slow reader',
		send: ({ length }) => {
			there.unread += length;
			there.most = Math.max(there.most, there.unread);
		},
		bufferedBytes: () => there.unread,
		close: () => (there.isHungUp = true),
		listen: ({ onMessage: heard }) => (hear = heard)
	};
	const connection = createBtpConnection(
		socket,
		{ clock, log: () => undefined },
		{ onMessage, onClose: () => undefined }
	);
	const ask = (requestId: number): void =>
		hear(encodeBtpPacket({ type: 'message', requestId, protocolData: [] }));
	return { clock, connection, there, ask };
};

const ANSWER_BYTES = 30_000;

describe('somebody who asks and never reads the answers', () => {
	it('is hung up on before they fill the memory', async () => {
		const { connection, there, ask } = open(() =>
			Promise.resolve(ok([octets('ilp', new Uint8Array(ANSWER_BYTES))]))
		);
		for (let requestId = 1; requestId <= 2_000 && !there.isHungUp; requestId += 1) {
			ask(requestId);
			await settle();
		}
		expect([there.isHungUp, connection.closed]).toEqual([true, true]);
		expect(there.most).toBeGreaterThan(LIMITS.socketBufferedBytes);
		expect(there.most).toBeLessThan(2 * LIMITS.socketBufferedBytes + 2 * ANSWER_BYTES);
	});

	it('gets no packets before that, and more once it has read', async () => {
		const { connection, there, ask } = open(() =>
			Promise.resolve(ok([octets('ilp', new Uint8Array(ANSWER_BYTES))]))
		);
		for (let requestId = 1; connection.writable(); requestId += 1) {
			ask(requestId);
			await settle();
		}
		expect([there.isHungUp, connection.closed]).toEqual([false, false]);
		expect(there.unread).toBeLessThan(LIMITS.socketBufferedBytes + 2 * ANSWER_BYTES);
		there.unread = 0;
		expect(connection.writable()).toBe(true);
	});
});

describe('requests that nobody answers', () => {
	it('leave nothing behind once their time is over', async () => {
		const { clock, connection, there } = open(() => Promise.resolve(ok([])));
		for (let requests = 0; requests < 1_000; requests += 1) void connection.request([]);
		expect(clock.pending()).toBeGreaterThan(0);
		expect(there.unread).toBeGreaterThan(0);
		await clock.advance(LIMITS.btpResponseMs);
		expect(clock.pending()).toBe(0);
	});
});
