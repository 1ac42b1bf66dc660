/**
 * Puts the channel contract on a chain, or says that it is there:
 *
 *   DEPLOYER_KEY=0x… npm run contracts:deploy -- --rpc https://sepolia.base.org
 *   npm run contracts:deploy -- --rpc https://mainnet.base.org --dry-run
 *
 * Anybody may deploy it, at any time, once; it comes to the same address and obeys nobody.
 */
import { createPublicClient, createWalletClient, formatEther, http, type Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { channelsBytecode } from '../src/lib/peer/settlement/evm/generated.ts';
import { addressOf, chainIdAt, CHAINS, CREATE2_PROXY, deploymentData } from './contracts-deployment.ts';
import { CHAIN_ID } from './chain-id.ts';
import { readOptions, refuse } from './options.ts';

const options = readOptions({ rpc: undefined, 'dry-run': false });
if (options.rpc === undefined) refuse('Usage: npm run contracts:deploy -- --rpc URL [--dry-run]');

const transport = http(options.rpc);
const client = createPublicClient({ transport });
const chainId = await chainIdAt(options.rpc);
const name = chainId === CHAIN_ID ? 'a local chain' : CHAINS[chainId as keyof typeof CHAINS]?.name;
if (name === undefined) refuse(`Chain ${chainId} is none that the contract is meant for.`);

const address = addressOf(channelsBytecode);
const data = deploymentData(channelsBytecode);
if (await client.getCode({ address })) {
	console.log(`The channel contract is on ${name} already, at ${address}.`);
} else {
	if (!(await client.getCode({ address: CREATE2_PROXY }))) {
		refuse(`${name} has no deployment proxy at ${CREATE2_PROXY}.`);
	}
	const key = process.env['DEPLOYER_KEY'];
	if (options['dry-run']) {
		const gas = await client.estimateGas({ to: CREATE2_PROXY, data });
		const price = await client.getGasPrice();
		console.log(
			`Would deploy to ${address} on ${name}: ${gas} gas, ${formatEther(gas * price)} ETH and the data fee.`
		);
	} else if (key === undefined) {
		refuse('DEPLOYER_KEY is not set: it holds the private key of the account that pays the gas.');
	} else {
		const wallet = createWalletClient({ account: privateKeyToAccount(key as Hex), transport });
		const hash = await wallet.sendTransaction({ to: CREATE2_PROXY, data, chain: null });
		const { status, gasUsed } = await client.waitForTransactionReceipt({ hash });
		if (status !== 'success' || !(await client.getCode({ address })))
			throw new Error(`${hash} did not deploy it`);
		console.log(`Deployed to ${address} on ${name} by ${hash} for ${gasUsed} gas.`);
	}
}
