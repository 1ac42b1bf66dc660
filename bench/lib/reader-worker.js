/**
 * A reader in a browser's worker, for the bench: the same core and the same browser parts as the
 * app's worker (OPFS database, WebCrypto, WebSocket), with one thing the app does not let a page
 * choose, `maxIdsPerGet`, and without tabs. Built by bench/lib/browser.ts, never part of the app.
 *
 *   page → worker   { id, method, args }     worker → page   { id, returned } or { id, failed }
 */
import { browserClock } from '../../src/lib/host/browser-clock.ts';
import { dialWebSocket } from '../../src/lib/host/browser-socket.ts';
import { createWebCrypto } from '../../src/lib/host/web-crypto.ts';
import { webRandom } from '../../src/lib/host/web-random.ts';
import { createPeer, DEFAULT_PRICE } from '../../src/lib/peer/index.ts';
import { createViemChain } from '../../src/lib/peer/settlement/evm/viem-chain.ts';
import { openStorage } from '../../src/workers/browser-storage.ts';

const begin = async ({ wasmUrl, maxIdsPerGet }) => {
	const discovery = await (await fetch('/.well-known/tributary.json')).json();
	const { sql, kind } = await openStorage({ name: 'bench', wasmUrl });
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
			log: (level, what, details) => {
				if (level === 'error') console.error(what, details ?? '');
			}
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
			rpcUrl: chain.rpcUrl,
			storageKind: kind,
			...(maxIdsPerGet === undefined ? {} : { maxIdsPerGet })
		}
	);
	peer.start();
	return peer;
};

let peer;
onmessage = async ({ data: { id, method, args } }) => {
	try {
		if (method === 'begin') {
			peer = await begin(...args);
			postMessage({ id, returned: null });
		} else if (method === 'status') postMessage({ id, returned: peer.status() });
		else postMessage({ id, returned: await peer.api[method](...args) });
	} catch (error) {
		postMessage({ id, failed: String(error) });
	}
};
