/**
 * Says whether the contract on a chain is the one of these sources:
 *
 *   npm run contracts:verify -- --rpc https://sepolia.base.org
 *   npm run contracts:verify -- --rpc https://sepolia.base.org --publish
 *
 * It compiles the sources, compares the code byte for byte (immutables by what they make the contract
 * answer), and with `--publish` hands the sources to Sourcify, whence explorers take them.
 */
import hre from 'hardhat';
import { isDeepStrictEqual } from 'node:util';
import { createPublicClient, http, zeroAddress, zeroHash } from 'viem';
import { channelsAbi, channelsBytecode } from '../src/lib/peer/settlement/evm/generated.ts';
import { CHANNELS_DOMAIN, createTypedData } from '../src/lib/peer/settlement/evm/typed-data.ts';
import { addressOf, chainIdAt, CHAINS, judgeCode } from './contracts-deployment.ts';
import { readOptions, refuse } from './options.ts';

const SOURCIFY = 'https://sourcify.dev/server';
const CONTRACT = 'contracts/src/Channels.sol:Channels';

const options = readOptions({ rpc: undefined, publish: false, sourcify: SOURCIFY });
if (options.rpc === undefined) refuse('Usage: npm run contracts:verify -- --rpc URL [--publish]');

const client = createPublicClient({ transport: http(options.rpc) });
const chainId = await chainIdAt(options.rpc);
await hre.tasks.getTask('build').run({ noTests: true, quiet: true });
const artifact = await hre.artifacts.readArtifact('Channels');
if (artifact.bytecode !== channelsBytecode) {
	refuse('The bindings are stale: run `npm run contracts` first.');
}

const address = addressOf(channelsBytecode);
const verdict = await judgeCode(client, address, artifact);
console.log(`What is at ${address} on chain ${chainId} ${verdict}.`);
if (verdict !== 'is the contract') process.exit(1);

const [, name, version, domainChainId, verifyingContract] = await client.readContract({
	address,
	abi: channelsAbi,
	functionName: 'eip712Domain'
});
const key = {
	payer: zeroAddress,
	payee: zeroAddress,
	token: zeroAddress,
	signer: zeroAddress,
	grace: 0,
	expiry: 0,
	salt: zeroHash
};
const id = await client.readContract({ address, abi: channelsAbi, functionName: 'channelId', args: [key] });
const answers = {
	name,
	version,
	chainId: Number(domainChainId),
	contract: verifyingContract.toLowerCase(),
	id
};
const expected = {
	...CHANNELS_DOMAIN,
	chainId,
	contract: address,
	id: createTypedData(chainId, address).channelId(key)
};
if (!isDeepStrictEqual(answers, expected)) {
	console.error('It answers otherwise than the contract does:', answers, expected);
	process.exit(1);
}
console.log('It signs for this chain and this address.');
if (options.publish) await publish();
process.exit(0);

/** Sourcify's API, version 2: takes the compiler's input and compiles it anew. */
async function publish(): Promise<void> {
	const buildInfoId = await hre.artifacts.getBuildInfoId(CONTRACT);
	const path = buildInfoId && (await hre.artifacts.getBuildInfoPath(buildInfoId));
	if (!path) throw new Error('The compiler left no build info');
	const { readFile } = await import('node:fs/promises');
	const { input, solcLongVersion, userSourceNameMap } = JSON.parse(await readFile(path, 'utf8')) as {
		input: unknown;
		solcLongVersion: string;
		userSourceNameMap: Record<string, string>;
	};
	const [source = '', contract = ''] = CONTRACT.split(':');
	const server = options.sourcify;
	const answer = await fetch(`${server}/v2/verify/${chainId}/${address}`, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({
			stdJsonInput: input,
			compilerVersion: solcLongVersion,
			contractIdentifier: `${userSourceNameMap[source] ?? source}:${contract}`
		})
	});
	const said = (await answer.json()) as { verificationId?: string; message?: string };
	if (!answer.ok) throw new Error(`Sourcify answered ${answer.status}: ${said.message ?? ''}`);
	const { explorer } = CHAINS[chainId as keyof typeof CHAINS] ?? { explorer: '' };
	console.log(
		`Sourcify is at it (${said.verificationId ?? 'no id'}). ${explorer && `${explorer}/address/${address}`}`
	);
}
