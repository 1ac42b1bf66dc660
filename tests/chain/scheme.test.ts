/** The way to settle that money takes, on a real chain: the same suite as on the simulated one. */
import { afterAll, beforeAll } from 'vitest';
import { toHex0x } from '../../src/lib/peer/bytes.ts';
import { nobleCrypto } from '../../src/lib/peer/crypto/noble-crypto.ts';
import type { ChannelKey } from '../../src/lib/peer/settlement/chain.ts';
import { createEvmScheme } from '../../src/lib/peer/settlement/evm/scheme.ts';
import { describeScheme } from '../../src/lib/peer/testing/scheme-conformance.ts';
import { addressOf, freshSecret, startAnvil, type Anvil } from './anvil.ts';

let anvil: Anvil;
beforeAll(async () => {
	anvil = await startAnvil();
});
afterAll(() => anvil.stop());

describeScheme('EVM on a real chain', async () => {
	const world = await anvil.createWorld();
	const secrets = { payee: world.secrets.payee, signer: freshSecret(), stranger: freshSecret() };
	const payer = addressOf(world.secrets.payer);
	await world.mint(payer, 1_000_000n);
	let isCut = false;
	const rpcUrl = await anvil.meddle(() => (isCut ? 'request lost' : undefined));
	const key = (n: number): ChannelKey => ({
		payer,
		payee: addressOf(secrets.payee),
		token: world.token,
		signer: addressOf(secrets.signer),
		grace: 86_400,
		expiry: 4_000_000_000,
		salt: toHex0x(new Uint8Array(32).fill(n))
	});
	return {
		scheme: createEvmScheme(world.port({ rpcUrl }), nobleCrypto),
		elsewhere: [
			createEvmScheme(world.port({ chainId: 31338 }), nobleCrypto),
			createEvmScheme(world.port({ contract: world.token }), nobleCrypto)
		],
		payer: createEvmScheme(world.payer, nobleCrypto),
		payee: createEvmScheme(world.payee, nobleCrypto),
		key,
		secrets,
		cutChain: () => (isCut = true),
		skip: world.skip,
		settle: world.settle,
		sleep: world.sleep
	};
});
