/** The document by which browsers find this node and its chain (`/.well-known/tributary.json`). */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Discovery } from '../../src/lib/client/discovery.ts';
import type { ChainPort } from '../../src/lib/peer/settlement/chain.ts';
import type { ChainConfig, NodeConfig } from './config.ts';

/** What a chain of people's own machines is called, and any other. */
const LOCAL_CHAIN_ID = 31337;
const AGAIN_MS = 1_000;
/** A browser gives up on the document after three seconds. */
const PATIENCE_MS = 2_000;

/**
 * Asks the chain who it is until it answers. Links do not wait for that; the document does, for a moment, and then
 * has an empty genesis, which browsers do not take for an answer.
 */
export const createDiscovery = (
	config: NodeConfig,
	chainConfig: ChainConfig,
	chain: ChainPort,
	node: { readonly pubkey: string; readonly btp: () => string }
): (() => Promise<Discovery>) => {
	let genesis: `0x${string}` | undefined;
	const learnGenesis = async (): Promise<void> => {
		const answer = await chain.genesisHash();
		if (answer.ok) genesis = answer.value;
		else setTimeout(() => void learnGenesis(), AGAIN_MS).unref();
	};
	const asked = learnGenesis();
	const isLocal = chainConfig.chainId === LOCAL_CHAIN_ID;
	const document = (): Discovery => ({
		name: config.name,
		network: config.network,
		btp: node.btp(),
		pubkey: node.pubkey,
		chain: {
			id: chainConfig.chainId,
			name: isLocal ? 'Local Base' : 'Base',
			rpcUrl: chainConfig.rpcUrl,
			contract: chainConfig.contract,
			token: chainConfig.token,
			tokenSymbol: isLocal ? 'tUSD' : 'USDC',
			tokenScale: chainConfig.tokenScale,
			genesis: genesis ?? '0x',
			...(chainConfig.explorer === undefined ? {} : { explorer: chainConfig.explorer })
		},
		...(config.faucetUrl === undefined ? {} : { faucet: config.faucetUrl }),
		...(config.walletConnect === undefined ? {} : { walletConnect: config.walletConnect })
	});
	return async () => {
		if (genesis === undefined) await Promise.race([asked, sleep(PATIENCE_MS, undefined, { ref: false })]);
		return document();
	};
};
