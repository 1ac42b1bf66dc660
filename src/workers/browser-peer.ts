/**
 * The parts a peer gets in a browser: WebCrypto, WebSocket, SQLite on OPFS, the chain over JSON-RPC.
 * It is a guest: one hub above it, no account on the chain, no listening socket.
 */
import { browserClock } from '../lib/host/browser-clock.ts';
import { dialWebSocket } from '../lib/host/browser-socket.ts';
import { createWebCrypto } from '../lib/host/web-crypto.ts';
import { webRandom } from '../lib/host/web-random.ts';
import { createPeer, DEFAULT_PRICE, type Log } from '../lib/peer/index.ts';
import { createViemChain } from '../lib/peer/settlement/evm/viem-chain.ts';
import type { PeerSetup, RunningPeer } from './leader.ts';

export const runBrowserPeer = async ({ discovery, sql, storageKind }: PeerSetup): Promise<RunningPeer> => {
	const { chain } = discovery;
	const peer = await createPeer(
		{
			clock: browserClock,
			random: webRandom,
			crypto: createWebCrypto(),
			sql,
			dial: dialWebSocket,
			chain: createViemChain({
				rpcUrl: chain.rpcUrl,
				chainId: chain.id,
				contract: chain.contract,
				token: chain.token,
				tokenScale: chain.tokenScale,
				clock: browserClock
			}),
			log: toConsole
		},
		{
			network: discovery.network,
			address: 'child',
			uplinks: [{ url: discovery.btp, owner: discovery.pubkey, role: 'parent' }],
			neighbours: [],
			acceptGuests: false,
			routes: [],
			deposits: [],
			feePpm: 0n,
			price: DEFAULT_PRICE,
			keepsAnnouncements: false,
			payoutTerms: undefined,
			payeeSecret: undefined,
			asksPerson: true,
			rpcUrl: chain.rpcUrl,
			storageKind
		}
	);
	peer.start();
	return peer;
};

/** What a person reports with a bug; the rest would drown it. */
const toConsole: Log = (level, what, details) => {
	if (level === 'warn' || level === 'error') console[level](`tributary: ${what}`, details ?? '');
};
