import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { WebSocket, WebSocketServer } from 'ws';
import { bePartner } from '../../src/lib/peer/testing/conformance-partner.ts';
import { describeSocket } from '../../src/lib/peer/testing/socket-conformance.ts';
import { LIMITS } from '../../src/lib/peer/limits.ts';
import { acceptWebSocket, dialWebSocket, SERVER_OPTIONS, type NodeSocket } from './node-socket.ts';

let server: WebSocketServer;
let url: string;

beforeAll(async () => {
	server = new WebSocketServer({ ...SERVER_OPTIONS, host: '127.0.0.1', port: 0 });
	server.on('connection', (webSocket) => bePartner(acceptWebSocket(webSocket, 'test')));
	await once(server, 'listening');
	url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
	for (const client of server.clients) client.terminate();
	server.close();
});

describeSocket('a WebSocket of ws', () => ({
	dial: dialWebSocket,
	url,
	deadUrl: 'ws://127.0.0.1:9',
	wait: (ms) => wait(ms)
}));

it('ends a connection that speaks text', async () => {
	const webSocket = new WebSocket(url);
	await once(webSocket, 'open');
	webSocket.send('hello');
	const [code] = (await once(webSocket, 'close')) as [number];
	expect(code).toBe(1003);
});

it('ends a connection whose message comes in more pieces than bytes are worth', async () => {
	const webSocket = new WebSocket(url);
	await once(webSocket, 'open');
	for (let i = 0; i < 2 * LIMITS.socketMessageFragments; i++)
		webSocket.send(new Uint8Array(1), { fin: false });
	const [code] = (await once(webSocket, 'close')) as [number];
	expect(code).toBe(1008);
});

describe('somebody who does not read', () => {
	/** Two ends of one connection; theirs has stopped reading. */
	const open = async (): Promise<{ readonly ours: NodeSocket; readonly theirs: WebSocket }> => {
		const theirs = new WebSocket(url);
		const [[ours]] = (await Promise.all([once(server, 'connection'), once(theirs, 'open')])) as [
			[WebSocket],
			unknown[]
		];
		theirs.pause();
		return { ours: acceptWebSocket(ours, 'slow'), theirs };
	};
	const send = (socket: NodeSocket, messages: number, bytes: number): void => {
		for (let i = 0; i < messages; i++) socket.send(new Uint8Array(bytes));
	};
	const until = async (holds: () => boolean): Promise<void> => {
		for (let tries = 0; !holds() && tries < 500; tries++) await wait(10);
		expect(holds()).toBe(true);
	};

	it('has small messages counted for what they cost here, until they are read', async () => {
		const { ours, theirs } = await open();
		send(ours, 20_000, 1);
		expect(ours.bufferedBytes()).toBeGreaterThan(LIMITS.socketBufferedBytes);
		theirs.resume();
		await until(() => ours.bufferedBytes() === 0);
		theirs.terminate();
	});

	it('is cut off when all together hold too much, whoever holds most first', async () => {
		const [most, less] = [await open(), await open()];
		let isCut = false;
		most.ours.listen({ onMessage: () => undefined, onClose: () => (isCut = true) });
		const share = (part: number): number => (LIMITS.socketsBufferedBytes * part) / LIMITS.socketMessageBytes;
		send(most.ours, share(0.6), LIMITS.socketMessageBytes);
		send(less.ours, share(0.35), LIMITS.socketMessageBytes);
		expect(most.ours.bufferedBytes()).toBeGreaterThan(less.ours.bufferedBytes());
		send(less.ours, share(0.1), LIMITS.socketMessageBytes);
		expect(most.ours.bufferedBytes()).toBe(0);
		expect(less.ours.bufferedBytes()).toBeGreaterThan(0);
		await until(() => isCut);
		for (const { theirs } of [most, less]) theirs.terminate();
		await until(() => less.ours.bufferedBytes() === 0);
	});
});
