/** What tests in a browser need of the machine: a partner for socket-conformance.ts, on a free port. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { TestProject } from 'vitest/node';
import { WebSocketServer } from 'ws';
import { acceptWebSocket, SERVER_OPTIONS } from '../../server/akash-peer/node-socket.ts';
import { bePartner } from '../../src/lib/peer/testing/conformance-partner.ts';

declare module 'vitest' {
	interface ProvidedContext {
		conformancePartner: string;
	}
}

export default async function setup(project: TestProject): Promise<() => void> {
	const server = new WebSocketServer({ ...SERVER_OPTIONS, host: '127.0.0.1', port: 0 });
	server.on('connection', (webSocket) => bePartner(acceptWebSocket(webSocket, 'a test in a browser')));
	await once(server, 'listening');
	project.provide('conformancePartner', `ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
	return () => {
		for (const client of server.clients) client.terminate();
		server.close();
	};
}
