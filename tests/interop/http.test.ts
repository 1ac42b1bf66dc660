/** ILP over HTTP with `ilp-plugin-http` on the other side, both ways, over real sockets. */
import { createServer } from 'node:http';
import PluginHttp from 'ilp-plugin-http';
import { afterEach, describe, expect, it } from 'vitest';
import { decodePrepare, decodeReply, encodeIlpPacket, encodePrepare } from '../../src/lib/peer/codec/ilp.ts';
import { LIMITS } from '../../src/lib/peer/limits.ts';
import type { AccountTransport } from '../../src/lib/peer/link/account-transport.ts';
import { createHttpAccounts } from '../../src/lib/peer/link/http-account.ts';
import { answerHttp, createNodeHttp } from '../../server/akash-peer/ilp-http.ts';
import { nodeClock } from '../../server/akash-peer/node-clock.ts';
import { freePort, nodeRandom } from './support.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close();
});

const prepare = (dataBytes: number): Uint8Array =>
	encodePrepare({
		type: 'prepare',
		amount: 7n,
		expiresAt: Date.now() + 5_000,
		condition: new Uint8Array(32),
		destination: 'test.bob',
		data: new Uint8Array(dataBytes)
	});
/** The answer tells how much data came. */
const fulfill = (bytes: Uint8Array): Uint8Array => {
	const asked = decodePrepare(bytes);
	return encodeIlpPacket({
		type: 'fulfill',
		fulfillment: new Uint8Array(32),
		data: new Uint8Array(asked.ok ? asked.value.data.length : 0)
	});
};
const dataBytesOf = (reply: Uint8Array | undefined): number | string | undefined => {
	const decoded = reply && decodeReply(new Uint8Array(reply));
	if (!decoded?.ok) return undefined;
	return decoded.value.type === 'reject' ? decoded.value.code : decoded.value.data.length;
};

/** Our server and one of theirs, each knowing the other's token. */
const open = async () => {
	const [ours, theirs] = [await freePort(), await freePort()];
	const node = createNodeHttp();
	closing.push(() => node.close());
	let transport: AccountTransport | undefined;
	const accounts = createHttpAccounts({
		clock: nodeClock,
		random: nodeRandom,
		log: () => undefined,
		http: node.http,
		accounts: {
			attach: (_, attached) => {
				transport = attached;
				return () => undefined;
			},
			handle: (_, bytes) => Promise.resolve(fulfill(bytes))
		},
		configs: [
			{
				name: 'theirs',
				role: 'peer',
				asset: { code: 'USD', scale: 9 },
				maxBalance: 0n,
				over: {
					type: 'http',
					incomingToken: 'to-ours',
					url: `http://127.0.0.1:${theirs}/`,
					outgoingToken: 'to-theirs'
				}
			}
		]
	});
	const server = createServer((request, response) => {
		void answerHttp(request, response, {
			maxBodyBytes: LIMITS.httpPacketBytes,
			handle: (given, isLive) => accounts.handle(given, isLive)
		});
	});
	await new Promise<void>((resolve) => server.listen(ours, '127.0.0.1', resolve));
	closing.push(() => {
		server.closeAllConnections();
		server.close();
	});
	const plugin = (token: string) => {
		const made = new PluginHttp({
			incoming: { port: theirs, staticToken: 'to-theirs' },
			outgoing: { url: `http://127.0.0.1:${ours}/ilp`, staticToken: token }
		});
		closing.push(() => made.disconnect());
		made.registerDataHandler((bytes) => Promise.resolve(Buffer.from(fulfill(new Uint8Array(bytes)))));
		return made;
	};
	const send = (bytes: Uint8Array): Promise<Uint8Array | undefined> =>
		transport?.send(bytes, Date.now() + 5_000) ?? Promise.resolve(undefined);
	return { plugin, send };
};

describe('ilp-plugin-http', () => {
	it('sends packets to our account, full ones too', async () => {
		const { plugin } = await open();
		const theirs = plugin('to-ours');
		await theirs.connect();
		expect(dataBytesOf(await theirs.sendData(Buffer.from(prepare(0))))).toBe(0);
		expect(dataBytesOf(await theirs.sendData(Buffer.from(prepare(LIMITS.ilpDataBytes))))).toBe(32_767);
	});

	it('with a wrong token is turned away', async () => {
		const { plugin } = await open();
		const theirs = plugin('something else');
		await theirs.connect();
		await expect(theirs.sendData(Buffer.from(prepare(0)))).rejects.toThrow('code=401');
	});

	it('answers packets from our account, up to its own limit', async () => {
		const { plugin, send } = await open();
		expect(dataBytesOf(await send(prepare(0)))).toBe('T01');
		await plugin('to-ours').connect();
		expect(dataBytesOf(await send(prepare(1_000)))).toBe(1_000);
		// It takes bodies of 32,767 bytes, which is less than a packet may have.
		expect(dataBytesOf(await send(prepare(LIMITS.ilpDataBytes)))).toBe('F00');
	});
});
