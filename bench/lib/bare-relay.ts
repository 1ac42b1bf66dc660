/**
 * The least that a connector in Node can cost: two accounts over BTP on WebSockets, and every frame passed on as it came. It
 * reads no packet, hashes nothing, asks no rule and keeps no balance. Prints one JSON line, `{"relay", "left", "right"}`, with
 * the URLs of the accounts.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { encodeBtpPacket } from '../../src/lib/peer/codec/btp.ts';

const open = async (): Promise<{ readonly url: string; readonly account: Promise<WebSocket> }> => {
	const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
	await once(server, 'listening');
	const account = once(server, 'connection').then(async ([socket]) => {
		const [auth] = (await once(socket as WebSocket, 'message')) as [Buffer];
		const requestId = auth.readUInt32BE(1);
		(socket as WebSocket).send(encodeBtpPacket({ type: 'response', requestId, protocolData: [] }));
		return socket as WebSocket;
	});
	return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, account };
};

const [left, right] = [await open(), await open()];
process.stdout.write(`${JSON.stringify({ relay: true, left: left.url, right: right.url })}\n`);
const [a, b] = await Promise.all([left.account, right.account]);
a.on('message', (frame) => b.send(frame));
b.on('message', (frame) => a.send(frame));
process.on('SIGTERM', () => process.exit(0));
