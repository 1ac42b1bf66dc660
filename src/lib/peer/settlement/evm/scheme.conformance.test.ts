import { toHex0x, type Hex } from '../../bytes.ts';
import { nobleCrypto } from '../../crypto/noble-crypto.ts';
import { describeScheme } from '../../testing/scheme-conformance.ts';
import { createSimulatedChain } from '../../testing/simulated-chain.ts';
import { createSimulatedClock } from '../../testing/simulated-clock.ts';
import type { ChannelKey } from '../chain.ts';
import { createEvmScheme } from './scheme.ts';

const START_MS = 1_800_000_000_000;
const secrets = {
	payer: new Uint8Array(32).fill(1),
	payee: new Uint8Array(32).fill(2),
	signer: new Uint8Array(32).fill(3),
	stranger: new Uint8Array(32).fill(4)
};
const addressOf = (secret: Uint8Array): Hex => toHex0x(nobleCrypto.evmAddress(secret));

/** Node and Chromium both have MessageChannel; its message comes after every promise that can settle. */
const turn = (): Promise<void> =>
	new Promise((resolve) => {
		const { port1, port2 } = new MessageChannel();
		port1.onmessage = () => {
			port1.close();
			resolve();
		};
		port2.postMessage(0);
	});

describeScheme('EVM', async () => {
	const clock = createSimulatedClock(START_MS, turn);
	const chain = createSimulatedChain({ clock });
	const payer = addressOf(secrets.payer);
	const payee = addressOf(secrets.payee);
	chain.mint(payer, 1_000_000n);
	const port = chain.port();
	const key = (n: number): ChannelKey => ({
		payer,
		payee,
		token: chain.token,
		signer: addressOf(secrets.signer),
		grace: 86_400,
		expiry: START_MS / 1_000 + 30 * 86_400,
		salt: toHex0x(new Uint8Array(32).fill(n))
	});
	const settle = async <T>(promise: Promise<T>): Promise<T> => {
		let isSettled = false;
		const mark = (): void => {
			isSettled = true;
		};
		promise.then(mark, mark);
		await clock.runWhile(() => !isSettled, clock.now() + 120_000);
		return promise;
	};
	return {
		scheme: createEvmScheme(port, nobleCrypto),
		elsewhere: [
			createEvmScheme(createSimulatedChain({ clock, chainId: 31338 }).port(), nobleCrypto),
			createEvmScheme(createSimulatedChain({ clock, name: 'other' }).port(), nobleCrypto)
		],
		payer: createEvmScheme(chain.port(payer), nobleCrypto),
		payee: createEvmScheme(chain.port(payee), nobleCrypto),
		key,
		secrets,
		cutChain: () => port.setFault({ type: 'down' }),
		skip: async (seconds) => chain.skip(seconds),
		settle,
		sleep: (ms) => new Promise((resolve) => void clock.after(ms, resolve))
	};
});
