/** Payment pointers between two of our nodes, over a real socket each for packets and questions. */
import { createServer } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { startInterop, type InteropNode } from '../../server/akash-peer/interop.ts';
import { nodeCrypto } from '../../server/akash-peer/node-crypto.ts';
import { LINK_ASSET } from '../../src/lib/peer/money.ts';
import { verifyReceipt } from '../../src/lib/peer/stream/connection/receipt.ts';
import { until } from './btp-world.ts';
import { nodeRandom } from './support.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close();
});

const start = async (options: Partial<Parameters<typeof startInterop>[0]> = {}): Promise<InteropNode> => {
	const node = await startInterop({ log: () => undefined, ...options });
	closing.push(() => node.stop());
	return node;
};
/** A receiver, and a payer that is its child. */
const open = async () => {
	const receiver = await start();
	const { url, token, account } = receiver.description.btp.a;
	const payer = await start({
		config: { address: 'child' },
		accounts: [
			{
				name: 'up',
				role: 'parent',
				asset: LINK_ASSET,
				maxBalance: 0n,
				over: { type: 'btp', url, token, username: account }
			}
		]
	});
	await until('the payer has an address', () => payer.peer.status().addresses.length > 0);
	return { receiver, payer };
};

describe('a payment pointer', () => {
	it('is resolved and paid, and the receipt proves it to whoever asked for one', async () => {
		const { receiver, payer } = await open();
		const receipts = { nonce: nodeRandom.bytes(16), secret: nodeRandom.bytes(32) };
		const paid = await payer.receiver!.payPointer(receiver.description.spsp, {
			amount: 2_500_000_000n,
			receipts
		});
		if (!paid.ok) throw new Error(paid.error.type);
		expect(paid.value).toMatchObject({ sent: 2_500_000_000n, delivered: 2_500_000_000n, error: undefined });
		expect(receiver.receiver!.server.totals().money).toBe(2_500_000_000n);
		const receipt = await verifyReceipt(nodeCrypto, receipts.secret, paid.value.receipt ?? new Uint8Array());
		expect(receipt).toMatchObject({ nonce: receipts.nonce, totalReceived: 2_500_000_000n });
		expect(receiver.peer.status().balances.get('income/streams')).toBe(-2_500_000_000n);
	});

	it('that leads elsewhere, nowhere or to a page is not paid', async () => {
		const { receiver, payer } = await open();
		const server = createServer((request, response) => {
			if (request.url === '/away') response.writeHead(302, { location: receiver.description.spsp }).end();
			else response.writeHead(200, { 'content-type': 'text/html' }).end('<html>');
		});
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		closing.push(() => server.close());
		const address = server.address();
		const base = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
		const errorOf = async (url: string): Promise<unknown> => {
			const paid = await payer.receiver!.payPointer(url, { amount: 1n });
			return paid.ok ? 'paid' : paid.error.type;
		};
		expect(await errorOf(`${base}/away`)).toBe('SpspRedirected');
		expect(await errorOf(`${base}/page`)).toBe('MalformedSpsp');
		expect(await errorOf('http://127.0.0.1:1/')).toBe('SpspUnreachable');
		expect(await errorOf(receiver.description.spsp.replace('pay', 'other'))).toBe('InvalidReceiver');
		expect(await errorOf('https://example.com/pay?amount=1')).toBe('MalformedPaymentPointer');
		expect(receiver.receiver!.server.totals().packets).toBe(0);
	});
});
