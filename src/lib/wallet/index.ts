/**
 * A person's wallet: found by EIP-6963 among the browser's extensions (and, on a local chain, the
 * demo wallets), or on another device by WalletConnect, and asked through `@wagmi/core`. Main thread only, because extensions live on `window`;
 * downloaded when somebody presses Connect.
 *
 * A wallet funds channels and gets money back. It never sees a claim.
 */
import {
	connect,
	createConfig,
	createStorage,
	disconnect,
	getConnection,
	http,
	injected,
	reconnect,
	sendTransaction,
	signTypedData,
	switchChain,
	waitForTransactionReceipt,
	watchConnection,
	type Config,
	type Connector
} from '@wagmi/core';
import { defineChain } from 'viem';
import type { Discovery } from '../client/discovery.ts';
import type { Answer, WalletTransaction } from '../peer/api.ts';
import { fromHex, type Hex } from '../peer/bytes.ts';
import { peerError } from '../peer/errors.ts';
import { err, ok } from '../peer/result.ts';
import type { Address } from '../peer/settlement/chain.ts';
import type { FundingTypedData } from '../peer/settlement/scheme.ts';
import { toPeerError } from './wallet-errors.ts';

export interface WalletChoice {
	/** Reverse domain name of the wallet (EIP-6963), stable over visits. */
	readonly id: string;
	readonly name: string;
	/** A data: URI. */
	readonly icon: string | undefined;
	readonly demo: boolean;
	/** The account is known to be a contract (ERC-1271). */
	readonly contract: boolean;
	/** On another device: it is paired with first. */
	readonly remote: boolean;
}

export interface ConnectedWallet {
	readonly id: string;
	readonly name: string;
	readonly address: Address;
}

/** For a wallet on another device: what is shown to it, and a way to stop waiting. */
export interface Pairing {
	/** A `wc:` URI, to be drawn as a QR code. */
	readonly onUri: (uri: string) => void;
	readonly signal: AbortSignal;
}

export interface Wallets {
	list(): Promise<readonly WalletChoice[]>;
	/** Asks the wallet's owner. */
	connect(id: string, pairing?: Pairing): Promise<Answer<ConnectedWallet>>;
	/** Asks nobody; `undefined` when the wallet is gone or does not remember this site. */
	reconnect(id: string): Promise<ConnectedWallet | undefined>;
	disconnect(): Promise<void>;
	/** Calls back when the wallet itself changes account or leaves. */
	watch(onChange: (connected: ConnectedWallet | undefined) => void): () => void;
	signFunding(typedData: FundingTypedData): Promise<Answer<Uint8Array>>;
	/** Resolves once the transaction is in a block and succeeded. */
	send(transaction: WalletTransaction): Promise<Answer<Hex>>;
}

/** Only here does the demo wallet exist: a signature made with it must be worthless anywhere else. */
const LOCAL_CHAIN_ID = 31_337;
const DEMO_WALLETS = { key: 'org.tributary.demo', contract: 'org.tributary.demo.smart' } as const;
/** Milliseconds a wallet may take to announce itself; extensions answer within the event. */
const ANNOUNCEMENT_MS = 50;
const RECEIPT_TIMEOUT_MS = 120_000;

export const openWallets = async (discovery: Discovery): Promise<Wallets> => {
	const { chain, faucet, walletConnect } = discovery;
	if (chain.id === LOCAL_CHAIN_ID && faucet !== undefined) {
		const { announceDemoWallet } = await import('./demo-wallet.ts');
		for (const account of ['key', 'contract'] as const)
			announceDemoWallet({ id: DEMO_WALLETS[account], account, chain, faucet });
	}
	const config = createConfig({
		// Without a multicall contract, which a bare local chain does not have.
		chains: [
			defineChain({
				id: chain.id,
				name: chain.name,
				nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
				rpcUrls: { default: { http: [chain.rpcUrl] } }
			})
		],
		transports: { [chain.id]: http(chain.rpcUrl) },
		storage: createStorage({ storage: localStorage, key: 'tributary.wallets' })
	});

	/** On other devices; its library is downloaded when it is chosen. */
	let onPhone: Connector | undefined;
	if (walletConnect !== undefined) {
		const { walletConnect: connectorOf } = await import('./wallet-connect.ts');
		onPhone = config._internal.connectors.setup(
			connectorOf({ ...walletConnect, rpcUrl: chain.rpcUrl, origin: location.origin })
		);
	}

	const connectors = async (): Promise<readonly Connector[]> =>
		onPhone === undefined ? inBrowser() : [...(await inBrowser()), onPhone];

	const inBrowser = async (): Promise<readonly Connector[]> => {
		await new Promise((resolve) => setTimeout(resolve, ANNOUNCEMENT_MS));
		if (config.connectors.length === 0 && 'ethereum' in window) {
			// A wallet from before EIP-6963.
			return [config._internal.connectors.setup(injected())];
		}
		return config.connectors;
	};
	const find = async (id: string): Promise<Connector | undefined> =>
		(await connectors()).find((connector) => connector.id === id);

	/** What wagmi says is connected, as a plain value. */
	const connected = (): ConnectedWallet | undefined => {
		const { address, connector } = getConnection(config);
		if (address === undefined || connector === undefined) return undefined;
		return { id: connector.id, name: connector.name, address: address.toLowerCase() as Address };
	};

	/** A wallet signs for the chain it is on, so it must be on ours. */
	const onOurChain = async (): Promise<void> => {
		const { connector } = getConnection(config);
		if (connector !== undefined && (await connector.getChainId()) !== chain.id) {
			await switchChain(config, { chainId: chain.id });
		}
	};

	return {
		list: async () =>
			(await connectors()).map((connector) => ({
				id: connector.id,
				name: connector.name,
				icon: connector.icon,
				demo: Object.values<string>(DEMO_WALLETS).includes(connector.id),
				contract: connector.id === DEMO_WALLETS.contract,
				remote: connector === onPhone
			})),
		connect: async (id, pairing) => {
			const connector = await find(id);
			if (connector === undefined) return err(peerError('WalletMissing', id));
			const stopPairing = pairing === undefined ? undefined : startPairing(connector, pairing);
			try {
				if (connected()?.id !== id) await connect(config, { connector, chainId: chain.id });
				await onOurChain();
			} catch (error) {
				return err(toPeerError(error));
			} finally {
				stopPairing?.();
			}
			const wallet = connected();
			return wallet === undefined ? err(peerError('WalletRefused')) : ok(wallet);
		},
		reconnect: async (id) => {
			const connector = await find(id);
			if (connector === undefined) return undefined;
			await reconnect(config, { connectors: [connector] });
			return connected();
		},
		disconnect: async () => {
			await disconnect(config);
		},
		watch: (onChange) => {
			let last = JSON.stringify(connected());
			return watchConnection(config, {
				onChange: ({ status }) => {
					// While wagmi connects or reconnects nothing is known yet.
					if (status === 'connecting' || status === 'reconnecting') return;
					const now = connected();
					if (JSON.stringify(now) === last) return;
					last = JSON.stringify(now);
					onChange(now);
				}
			});
		},
		signFunding: async (typedData) => {
			try {
				await onOurChain();
				return ok(parseSignature(await signFundingWith(config, typedData)));
			} catch (error) {
				return err(toPeerError(error));
			}
		},
		send: async (transaction) => {
			try {
				await onOurChain();
				const hash = await sendTransaction(config, { ...transaction, chainId: chain.id });
				// Throws for a transaction that reverted.
				await waitForTransactionReceipt(config, { hash, chainId: chain.id, timeout: RECEIPT_TIMEOUT_MS });
				return ok(hash);
			} catch (error) {
				return err(toPeerError(error));
			}
		}
	};
};

/** Passes on what a connector of other devices shows while it connects; answers how to stop that. */
const startPairing = (connector: Connector, { onUri, signal }: Pairing): (() => void) => {
	const onMessage = ({ type, data }: { type: string; data?: unknown }): void => {
		if (type === 'display_uri') onUri(String(data));
	};
	const cancel = (): void => {
		if ('cancel' in connector) (connector as unknown as { cancel(): void }).cancel();
	};
	connector.emitter.on('message', onMessage);
	signal.addEventListener('abort', cancel);
	return () => {
		connector.emitter.off('message', onMessage);
		signal.removeEventListener('abort', cancel);
	};
};

const signFundingWith = (
	config: Config,
	{ domain, types, primaryType, message }: FundingTypedData
): Promise<Hex> =>
	signTypedData(config, { domain, types: { ...types }, primaryType, message: { ...message } });

/** Some wallets write the recovery id as 0 or 1; contracts and our checks want 27 or 28. */
const parseSignature = (hex: Hex): Uint8Array => {
	const signature = fromHex(hex.toLowerCase());
	const recovery = signature[64];
	if (signature.length === 65 && recovery !== undefined && recovery < 27) signature[64] = recovery + 27;
	return signature;
};
