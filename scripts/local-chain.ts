/**
 * What is known about the local development chain: its id, its first account, and how the contracts
 * get on it.
 *
 * The contracts are the first two transactions of the first account, so their addresses are the same
 * on every new local chain. Nothing of this is compiled into the app: it asks its origin.
 */
import {
	createWalletClient,
	defineChain,
	getContractAddress,
	http,
	publicActions,
	type Address,
	type Chain,
	type Hash
} from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import {
	channelsAbi,
	channelsBytecode,
	testDollarAbi,
	testDollarBytecode
} from '../src/lib/peer/settlement/evm/generated.ts';
import { CHAIN_ID } from './chain-id.ts';

/** The phrase every development chain uses. Its accounts are public knowledge. */
const MNEMONIC = 'test test test test test test test test test test test junk';

/** Deploys, owns the test dollar and is the faucet. */
export const faucetAccount = mnemonicToAccount(MNEMONIC);

const TOKEN_NONCE = 0n;
const CHANNELS_NONCE = 1n;

export interface LocalContracts {
	token: Address;
	contract: Address;
}

function localChain(rpcUrl: string): Chain {
	return defineChain({
		id: CHAIN_ID,
		name: 'Local Base',
		nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
		rpcUrls: { default: { http: [rpcUrl] } }
	});
}

/** The faucet account's client: reads and writes. */
export function faucetClient(rpcUrl: string) {
	return createWalletClient({
		account: faucetAccount,
		chain: localChain(rpcUrl),
		transport: http(rpcUrl),
		pollingInterval: 50
	}).extend(publicActions);
}

/** Puts the contracts on a new chain, or finds them on one that has them. */
export async function deployContracts(rpcUrl: string): Promise<LocalContracts> {
	const client = faucetClient(rpcUrl);
	const from = faucetAccount.address;
	const token = getContractAddress({ from, nonce: TOKEN_NONCE });
	const contract = getContractAddress({ from, nonce: CHANNELS_NONCE });
	if (await client.getCode({ address: contract })) return { token, contract };

	const nonce = await client.getTransactionCount({ address: from });
	if (nonce !== 0) {
		throw new Error(
			`The chain at ${rpcUrl} has been used without the contracts: start anew with npm start -- --fresh`
		);
	}
	const deployments = [
		await client.deployContract({ abi: testDollarAbi, bytecode: testDollarBytecode, args: [from], nonce: 0 }),
		await client.deployContract({ abi: channelsAbi, bytecode: channelsBytecode, nonce: 1 })
	];
	for (const hash of deployments) {
		const { status } = await client.waitForTransactionReceipt({ hash });
		if (status !== 'success') throw new Error(`Deployment ${hash} was refused`);
	}
	return { token, contract };
}

/** Tops a node's wallet up to what it starts with: gas and test dollars to open its channels. */
export async function fundWallets(
	rpcUrl: string,
	token: Address,
	wallets: readonly Address[]
): Promise<void> {
	const client = faucetClient(rpcUrl);
	const hashes: Hash[] = [];
	for (const to of wallets) {
		if ((await client.getBalance({ address: to })) < WALLET_WEI / 2n) {
			hashes.push(await client.sendTransaction({ to, value: WALLET_WEI }));
		}
		const held = await client.readContract({
			address: token,
			abi: testDollarAbi,
			functionName: 'balanceOf',
			args: [to]
		});
		if (held < WALLET_TOKEN / 2n) {
			hashes.push(
				await client.writeContract({
					address: token,
					abi: testDollarAbi,
					functionName: 'mint',
					args: [to, WALLET_TOKEN]
				})
			);
		}
	}
	for (const hash of hashes) await client.waitForTransactionReceipt({ hash });
}

/** 100 ETH in wei and 1,000 test dollars in millionths. */
const WALLET_WEI = 100n * 10n ** 18n;
const WALLET_TOKEN = 1_000_000_000n;
