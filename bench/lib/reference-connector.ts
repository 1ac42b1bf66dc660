/**
 * `ilp-connector` in a process of its own, with two child accounts over BTP. Arguments: the ports of their listeners and of
 * its admin API. Prints one JSON line when both may connect, and one when they
 * have. Everything is as it comes but one thing: packets are not
 * limited to 10,000 a minute.
 */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const createApp = (
	require('ilp-connector/dist/app.js') as {
		default: (options: object) => { listen(): Promise<void>; shutdown(): Promise<void> };
	}
).default;

const [left, right, adminApiPort] = process.argv.slice(2).map(Number);
const account = (port: number | undefined, secret: string): object => ({
	relation: 'child',
	plugin: 'ilp-plugin-btp',
	assetCode: 'USD',
	assetScale: 9,
	balance: { minimum: '-Infinity', maximum: '1000000000000000' },
	rateLimit: { refillCount: 1e9, capacity: 1e9 },
	options: { listener: { port, secret } }
});
const app = createApp({
	env: 'test',
	ilpAddress: 'test.hop',
	backend: 'one-to-one',
	spread: 0,
	adminApi: true,
	adminApiPort,
	initialConnectTimeout: 20_000,
	accounts: { left: account(left, 'token-of-left'), right: account(right, 'token-of-right') }
});
process.on('SIGTERM', () => void app.shutdown().then(() => process.exit(0)));
const connected = app.listen();
process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
await connected;
process.stdout.write(`${JSON.stringify({ connected: true })}\n`);
