import {
	connect,
	createConfig,
	disconnect,
	getConnection,
	http,
	signTypedData,
	type Connector
} from '@wagmi/core';
import { SignClient } from '@walletconnect/sign-client';
import { recoverTypedDataAddress, type Hex } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { defineChain } from 'viem/utils';
import { afterEach, expect, it } from 'vitest';
import { startWalletRelay, type WalletRelay } from '../../../tests/wallet-relay.ts';
import { walletConnect } from './wallet-connect.ts';
import { toPeerError } from './wallet-errors.ts';

const PROJECT = '0123456789abcdef0123456789abcdef';
const RPC = 'http://127.0.0.1:9';
const CHAIN = defineChain({
	id: 84_532,
	name: 'Base Sepolia',
	nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
	rpcUrls: { default: { http: [RPC] } }
});
const account = privateKeyToAccount(generatePrivateKey());

let relay: WalletRelay | undefined;
afterEach(async () => {
	await relay?.close();
	relay = undefined;
});

/** The library keeps one core a process and prefix. */
let opened = 0;

const open = (relayUrl: string, relayWithinMs?: number) => {
	const config = createConfig({
		chains: [CHAIN],
		transports: { [CHAIN.id]: http(RPC) },
		storage: null,
		multiInjectedProviderDiscovery: false,
		connectors: [
			walletConnect({
				projectId: PROJECT,
				relayUrl,
				rpcUrl: RPC,
				origin: 'http://localhost',
				storagePrefix: `app ${++opened}`,
				...(relayWithinMs === undefined ? {} : { relayWithinMs })
			})
		]
	});
	return { config, connector: config.connectors[0] as Connector & { cancel(): void } };
};

/** The pairing URI that the app would draw. */
const uriOf = (connector: Connector): Promise<string> =>
	new Promise((resolve) => {
		connector.emitter.on('message', ({ type, data }) => {
			if (type === 'display_uri') resolve(String(data));
		});
	});

/** A wallet on another device, with the vendor's own library: agrees to everything, for one account. */
const openPhone = async (relayUrl: string) => {
	const phone = await SignClient.init({
		projectId: PROJECT,
		customStoragePrefix: 'phone',
		relayUrl,
		logger: 'silent',
		telemetryEnabled: false,
		metadata: { name: 'Phone', description: 'a wallet', url: 'https://phone.example', icons: [] }
	});
	phone.on('session_proposal', ({ id, params }) => {
		const asked = params.optionalNamespaces['eip155'];
		void phone.approve({
			id,
			namespaces: {
				eip155: {
					accounts: (asked?.chains ?? []).map((chain) => `${chain}:${account.address}`),
					methods: asked?.methods ?? [],
					events: asked?.events ?? []
				}
			}
		});
	});
	phone.on('session_request', ({ id, topic, params }) => {
		const [, data] = params.request.params as [Hex, string];
		void account
			.signTypedData(JSON.parse(data) as Parameters<typeof account.signTypedData>[0])
			.then((result) => phone.respond({ topic, response: { id, jsonrpc: '2.0', result } }));
	});
	return phone;
};

const TYPED_DATA = {
	domain: { name: 'Test Dollar', version: '1', chainId: CHAIN.id },
	types: { Amount: [{ name: 'value', type: 'uint256' }] },
	primaryType: 'Amount',
	message: { value: 2_000_000n }
} as const;

it('pairs by the URI that is shown, is asked to sign, and leaves', async () => {
	relay = await startWalletRelay();
	const { config, connector } = open(relay.url);
	const phone = await openPhone(relay.url);
	const shown = uriOf(connector);
	const connecting = connect(config, { connector, chainId: CHAIN.id });
	const uri = await shown;
	expect(uri).toMatch(/^wc:[0-9a-f]{64}@2\?.*symKey=[0-9a-f]{64}/);
	await phone.core.pairing.pair({ uri });
	expect((await connecting).accounts).toEqual([account.address]);

	const signature = await signTypedData(config, TYPED_DATA);
	expect(await recoverTypedDataAddress({ ...TYPED_DATA, signature })).toBe(account.address);

	await disconnect(config);
	expect(getConnection(config).status).toBe('disconnected');
	await phone.core.relayer.transportClose();
});

it('says that the relay does not answer, and can be asked again', async () => {
	// Nobody listens on the port of a relay that has gone.
	const gone = await startWalletRelay();
	await gone.close();
	const { config, connector } = open(gone.url, 300);
	for (const attempt of [1, 2]) {
		const error: unknown = await connect(config, { connector }).catch((thrown: unknown) => thrown);
		expect(toPeerError(error).type, `attempt ${attempt}`).toBe('WalletRelayUnreachable');
	}
});

it('stops waiting when the person does not want it any more', async () => {
	relay = await startWalletRelay();
	const { config, connector } = open(relay.url);
	const shown = uriOf(connector);
	const connecting = connect(config, { connector }).catch((thrown: unknown) => toPeerError(thrown).type);
	await shown;
	connector.cancel();
	expect(await connecting).toBe('WalletRefused');
});
