import type { Discovery } from './discovery.ts';

const HEX_32 = /^[0-9a-f]{64}$/;
const HASH = /^0x[0-9a-f]{64}$/;
const ADDRESS = /^0x[0-9a-fA-F]{40}$/;
/** Decimals a token may have: more would be below a link's unit by so much that rounding is all that is left. */
const MAX_TOKEN_SCALE = 18;
const PROJECT_ID = /^[0-9a-f]{32}$/;

/** Checks what an origin serves as `/.well-known/tributary.json`; `undefined` for anything else. */
export const parseDiscovery = (value: unknown): Discovery | undefined => {
	if (!isRecord(value) || !isRecord(value['chain'])) return undefined;
	const { name, network, btp, pubkey, chain, faucet, walletConnect } = value;
	const { id, rpcUrl, contract, token, tokenSymbol, tokenScale, genesis, explorer } = chain;
	if (typeof name !== 'string' || (network !== 'live' && network !== 'test')) return undefined;
	if (!isUrl(btp, 'ws:', 'wss:') || typeof pubkey !== 'string' || !HEX_32.test(pubkey)) return undefined;
	if (!isCount(id) || typeof chain['name'] !== 'string' || !isUrl(rpcUrl, 'http:', 'https:'))
		return undefined;
	if (!isHex(contract, ADDRESS) || !isHex(token, ADDRESS) || !isHex(genesis, HASH)) return undefined;
	if (typeof tokenSymbol !== 'string' || !isCount(tokenScale) || tokenScale > MAX_TOKEN_SCALE)
		return undefined;
	if (faucet !== undefined && !isUrl(faucet, 'http:', 'https:')) return undefined;
	if (explorer !== undefined && !(isUrl(explorer, 'http:', 'https:') && explorer.includes('{transaction}')))
		return undefined;
	if (walletConnect !== undefined && !isWalletConnect(walletConnect)) return undefined;
	return {
		name,
		network,
		btp,
		pubkey,
		chain: {
			id,
			name: chain['name'],
			rpcUrl,
			contract: lowerCase(contract),
			token: lowerCase(token),
			tokenSymbol,
			tokenScale,
			genesis,
			...(explorer === undefined ? {} : { explorer })
		},
		...(faucet === undefined ? {} : { faucet }),
		...(walletConnect === undefined ? {} : { walletConnect })
	};
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

const isWalletConnect = (value: unknown): value is NonNullable<Discovery['walletConnect']> =>
	isRecord(value) &&
	typeof value['projectId'] === 'string' &&
	PROJECT_ID.test(value['projectId']) &&
	(value['relayUrl'] === undefined || isUrl(value['relayUrl'], 'ws:', 'wss:'));

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const isHex = (value: unknown, pattern: RegExp): value is `0x${string}` =>
	typeof value === 'string' && pattern.test(value);

/** The core writes addresses in lower case; a discovery document may carry the checksum's capitals. */
const lowerCase = (address: `0x${string}`): `0x${string}` => `0x${address.slice(2).toLowerCase()}`;

const isUrl = (value: unknown, ...protocols: readonly string[]): value is string =>
	typeof value === 'string' && URL.canParse(value) && protocols.includes(new URL(value).protocol);
