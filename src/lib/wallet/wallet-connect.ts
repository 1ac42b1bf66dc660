/**
 * A wallet on another device, by WalletConnect 2. Both ends keep a symmetric key that only the pairing
 * URI carries, so it is shown as a picture and read by the wallet's camera; a relay passes the sealed
 * messages on and can read none. The library (of the last release under Apache-2.0, ADR 27) is
 * downloaded when somebody chooses it, and nobody's modal comes with it: the app draws the URI itself.
 *
 *     connect ──> message { type: 'display_uri', data: 'wc:…' } ──> the wallet agrees ──> connected
 *
 * The relay is on the internet. Where it does not answer, connecting ends with an error that says so.
 */
import { createConnector, type CreateConnectorFn } from '@wagmi/core';
import { getAddress, http, numberToHex, type Address, type EIP1193RequestFn } from 'viem';
import type { Discovery } from '../client/discovery.ts';

export const WALLET_CONNECT_ID = 'walletConnect';

export interface WalletConnectOptions extends NonNullable<Discovery['walletConnect']> {
	readonly rpcUrl: string;
	/** Of this page; the wallet tells its owner who asks. */
	readonly origin: string;
	/** Milliseconds the relay may take to take the pairing in. */
	readonly relayWithinMs?: number;
	/** Names the library's own storage, of which there is one to a page. */
	readonly storagePrefix?: string;
}

/** What the wallet is asked to be able to do, and nothing else. */
const METHODS = ['eth_sendTransaction', 'eth_signTypedData_v4', 'personal_sign'] as const;
const EVENTS = ['accountsChanged', 'chainChanged'] as const;
const RELAY_WITHIN_MS = 10_000;

/** Named for wallet-errors.ts. */
class RelayUnreachableError extends Error {
	override readonly name = 'RelayUnreachableError';
}
class PairingCanceledError extends Error {
	override readonly name = 'PairingCanceledError';
}
class ChainNotApprovedError extends Error {
	override readonly name = 'ChainNotConfiguredError';
}

const withinTime = async <T>(work: Promise<T>, ms: number): Promise<T> => {
	let timer: ReturnType<typeof setTimeout> | undefined;
	const late = new Promise<never>((_resolve, reject) => {
		timer = setTimeout(() => reject(new RelayUnreachableError('the relay did not answer')), ms);
	});
	try {
		return await Promise.race([work, late]);
	} finally {
		clearTimeout(timer);
	}
};

type Library = Awaited<
	ReturnType<(typeof import('@walletconnect/universal-provider'))['UniversalProvider']['init']>
>;

interface Provider {
	request(request: { readonly method: string; readonly params?: unknown }): Promise<unknown>;
}

export const walletConnect = ({
	projectId,
	relayUrl,
	rpcUrl,
	origin,
	relayWithinMs = RELAY_WITHIN_MS,
	storagePrefix = 'tributary'
}: WalletConnectOptions): CreateConnectorFn<Provider, { cancel(): void }> =>
	createConnector<Provider, { cancel(): void }>((config) => {
		const [chain] = config.chains;
		const caip = `eip155:${chain.id}`;
		let opened: Promise<Library> | undefined;
		let cancelPairing = (): void => undefined;

		const open = async (): Promise<Library> => {
			const { UniversalProvider } = await import('@walletconnect/universal-provider');
			// With what an earlier visit left behind it asks the relay while it opens, and would wait without end.
			const library = await withinTime(
				UniversalProvider.init({
					projectId,
					customStoragePrefix: storagePrefix,
					...(relayUrl === undefined ? {} : { relayUrl }),
					metadata: {
						name: 'Tributary',
						description: 'Read notes and pay for each when it arrives.',
						url: origin,
						icons: [`${origin}/icons/icon-192.png`]
					},
					logger: 'silent',
					telemetryEnabled: false,
					disableProviderPing: true
				}),
				relayWithinMs
			);
			library.on('session_delete', () => config.emitter.emit('disconnect'));
			library.on('accountsChanged', (accounts: string[]) =>
				config.emitter.emit('change', { accounts: accounts.map((address) => getAddress(address)) })
			);
			return library;
		};
		const library = (): Promise<Library> => {
			opened ??= open();
			// What could not be downloaded is tried again.
			opened.catch(() => (opened = undefined));
			return opened;
		};

		const accountsOf = ({ session }: Library): readonly Address[] =>
			(session?.namespaces['eip155']?.accounts ?? [])
				.filter((account) => account.startsWith(`${caip}:`))
				.map((account) => getAddress(account.slice(caip.length + 1)));

		/** Resolves when a wallet has agreed. */
		const pair = async (provider: Library): Promise<void> => {
			let isShown = false;
			const show = (uri: string): void => {
				isShown = true;
				config.emitter.emit('message', { type: 'display_uri', data: uri });
			};
			provider.on('display_uri', show);
			let timer: ReturnType<typeof setTimeout> | undefined;
			try {
				await Promise.race([
					provider.connect({
						optionalNamespaces: {
							eip155: {
								methods: [...METHODS],
								events: [...EVENTS],
								chains: [caip],
								rpcMap: { [chain.id]: rpcUrl }
							}
						}
					}),
					new Promise<never>((_resolve, reject) => {
						cancelPairing = () => reject(new PairingCanceledError('canceled'));
						timer = setTimeout(() => {
							if (!isShown) reject(new RelayUnreachableError('the relay did not answer'));
						}, relayWithinMs);
					})
				]);
			} catch (error) {
				provider.abortPairingAttempt();
				throw error;
			} finally {
				clearTimeout(timer);
				cancelPairing = () => undefined;
				provider.removeListener('display_uri', show);
			}
		};

		const ask: EIP1193RequestFn = http(rpcUrl)({ chain }).request;

		return {
			id: WALLET_CONNECT_ID,
			name: 'WalletConnect',
			type: WALLET_CONNECT_ID,
			cancel: () => cancelPairing(),
			connect: async <withCapabilities extends boolean = false>({
				isReconnecting
			}: { isReconnecting?: boolean | undefined } = {}) => {
				const provider = await library();
				if (provider.session === undefined) {
					if (isReconnecting === true) throw new PairingCanceledError('no wallet is paired');
					await pair(provider);
				}
				const accounts = accountsOf(provider);
				if (accounts.length === 0) {
					await provider.disconnect();
					throw new ChainNotApprovedError('the wallet did not offer an account on this chain');
				}
				type Accounts = withCapabilities extends true
					? readonly { address: Address; capabilities: Record<string, unknown> }[]
					: readonly Address[];
				return { accounts: accounts as Accounts, chainId: chain.id };
			},
			disconnect: async () => {
				const provider = await library();
				if (provider.session !== undefined) await provider.disconnect();
			},
			getAccounts: async () => accountsOf(await library()),
			// Only accounts on this chain are asked for and taken.
			getChainId: () => Promise.resolve(chain.id),
			isAuthorized: async () => accountsOf(await library()).length > 0,
			getProvider: async () => {
				const provider = await library();
				return {
					request: ({ method, params }) => {
						switch (method) {
							case 'eth_accounts':
							case 'eth_requestAccounts':
								return Promise.resolve(accountsOf(provider));
							case 'eth_chainId':
								return Promise.resolve(numberToHex(chain.id));
							default:
								return (METHODS as readonly string[]).includes(method)
									? provider.request({ method, params: params as unknown[] }, caip)
									: (ask as Provider['request'])({ method, params });
						}
					}
				};
			},
			onAccountsChanged: (accounts) => {
				if (accounts.length === 0) config.emitter.emit('disconnect');
				else config.emitter.emit('change', { accounts: accounts.map((address) => getAddress(address)) });
			},
			onChainChanged: () => undefined,
			onDisconnect: () => config.emitter.emit('disconnect')
		};
	});
