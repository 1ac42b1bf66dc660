import { describe, expect, test } from 'vitest';
import { err, ok } from '../../src/lib/peer/result.ts';
import type { ChainPort } from '../../src/lib/peer/settlement/chain.ts';
import type { ChainConfig, NodeConfig } from './config.ts';
import { createDiscovery } from './discovery.ts';

const GENESIS = `0x${'ab'.repeat(32)}` as const;
const CHAIN = { chainId: 31337, rpcUrl: 'http://127.0.0.1:1' } as ChainConfig;
const CONFIG = { name: 'hub', network: 'test' } as NodeConfig;
const NODE = { pubkey: 'ab', btp: () => 'ws://127.0.0.1:1/btp' };

const documentOf = (genesisHash: ChainPort['genesisHash']) =>
	createDiscovery(CONFIG, CHAIN, { genesisHash } as ChainPort, NODE);

describe('the document by which browsers find a node', () => {
	test('waits for a chain that takes a moment to say which it is', async () => {
		let answer: () => void = () => undefined;
		const answered = new Promise<void>((resolve) => (answer = resolve));
		const asked = documentOf(async () => {
			await answered;
			return ok(GENESIS);
		})();
		answer();
		expect((await asked).chain.genesis).toBe(GENESIS);
	});

	test('comes without it when the chain does not answer, and browsers ask again', async () => {
		const document = await documentOf(() =>
			Promise.resolve(err({ type: 'ChainUnreachable', reason: 'nobody answers' }))
		)();
		expect(document.chain.genesis).toBe('0x');
		expect(document.btp).toBe('ws://127.0.0.1:1/btp');
	});
});
