import { afterAll, beforeAll, expect, it } from 'vitest';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { WebSocket, WebSocketServer } from 'ws';
import { bePartner } from '../../src/lib/peer/testing/conformance-partner.ts';
import { describeSocket } from '../../src/lib/peer/testing/socket-conformance.ts';
import { acceptWebSocket, dialWebSocket, SERVER_OPTIONS } from './node-socket.ts';

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
