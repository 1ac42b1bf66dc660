/**
 * The one thing the app knows by itself is its own origin: everything else (hub, chain, contract,
 * token) is read from `/.well-known/tributary.json` there.
 */
export interface Discovery {
	readonly name: string;
	readonly network: 'live' | 'test';
	/** WebSocket URL of the hub's BTP endpoint. */
	readonly btp: string;
	/** The hub's Nostr key, hex; the link is refused when another key answers. */
	readonly pubkey: string;
	readonly chain: {
		readonly id: number;
		readonly name: string;
		readonly rpcUrl: string;
		readonly contract: `0x${string}`;
		readonly token: `0x${string}`;
		readonly tokenSymbol: string;
		readonly tokenScale: number;
		/** Hash of block 0: tells one local chain from the next. */
		readonly genesis: `0x${string}`;
		/** Where people look a transaction up, such as `https://basescan.org/tx/{transaction}`; local chains have none. */
		readonly explorer?: string;
	};
	/** Only on local networks. */
	readonly faucet?: string;
	/** Only where the operator has a project with a WalletConnect relay. */
	readonly walletConnect?: {
		/** 32 hex digits; the relay knows who sends it traffic by this. */
		readonly projectId: string;
		/** Another relay than WalletConnect's own. */
		readonly relayUrl?: string;
	};
}
