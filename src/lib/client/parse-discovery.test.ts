import { describe, expect, it } from 'vitest';
import { parseDiscovery } from './parse-discovery.ts';

const chain = {
	id: 31_337,
	name: 'Local Base',
	rpcUrl: 'http://127.0.0.1:7745',
	contract: `0x${'11'.repeat(20)}`,
	token: `0x${'22'.repeat(20)}`,
	tokenSymbol: 'tUSD',
	tokenScale: 6,
	genesis: `0x${'33'.repeat(32)}`
};
const document = {
	name: 'hub',
	network: 'test',
	btp: 'wss://hub.example/btp',
	pubkey: 'ab'.repeat(32),
	chain
};

describe('the discovery document', () => {
	it('is taken as it is, with or without a faucet, whatever else it says', () => {
		expect(parseDiscovery(document)).toEqual(document);
		expect(parseDiscovery({ ...document, faucet: 'http://127.0.0.1:7746', later: 1 })).toEqual({
			...document,
			faucet: 'http://127.0.0.1:7746'
		});
	});

	it('may say where transactions are looked up, and by which project wallets on other devices are reached', () => {
		const full = {
			...document,
			chain: { ...chain, explorer: 'https://basescan.org/tx/{transaction}' },
			walletConnect: { projectId: 'ab'.repeat(16), relayUrl: 'wss://relay.example' }
		};
		expect(parseDiscovery(full)).toEqual(full);
	});

	it('may write addresses with the capitals of a checksum', () => {
		const token = `0x${'aB'.repeat(20)}`;
		expect(parseDiscovery({ ...document, chain: { ...chain, token } })?.chain.token).toBe(
			token.toLowerCase()
		);
	});

	it('is refused when anything an app would act on is missing or another kind of thing', () => {
		const spoiled: unknown[] = [
			undefined,
			null,
			[],
			'hub',
			{ ...document, network: 'main' },
			{ ...document, btp: 'http://hub.example' },
			{ ...document, btp: 'javascript:alert(1)' },
			{ ...document, pubkey: 'AB'.repeat(32) },
			{ ...document, faucet: 'javascript:alert(1)' },
			{ ...document, walletConnect: { projectId: 'mine' } },
			{ ...document, walletConnect: { projectId: 'ab'.repeat(16), relayUrl: 'https://relay.example' } },
			{ ...document, chain: null },
			{ ...document, chain: { ...chain, explorer: 'https://basescan.org/tx/' } },
			{ ...document, chain: { ...chain, explorer: 'javascript:alert("{transaction}")' } },
			{ ...document, chain: { ...chain, id: -1 } },
			{ ...document, chain: { ...chain, id: '31337' } },
			{ ...document, chain: { ...chain, contract: '0x11' } },
			{ ...document, chain: { ...chain, tokenScale: 19 } },
			{ ...document, chain: { ...chain, genesis: undefined } }
		];
		for (const value of spoiled) expect(parseDiscovery(value), JSON.stringify(value)).toBeUndefined();
	});
});
