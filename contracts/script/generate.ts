/**
 * Writes what the core must know of the contracts, their ABIs and bytecode, into
 * `src/lib/peer/settlement/evm/generated.ts`. The file is committed, so that building the app needs
 * no Solidity compiler; where the contract lives into `addresses.ts` beside it; and the demo wallet's
 * smart account, which is no product, into `src/lib/wallet/smart-account.generated.ts`. With `--check` it
 * only says whether the files are what the sources give.
 */
import hre from 'hardhat';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import type { Hex } from 'viem';
import { addressOf, CHAINS } from '../../scripts/contracts-deployment.ts';

const CONTRACTS = [
	{
		name: 'Channels',
		constant: 'channels',
		what: 'The channel contract; `contracts/src/interfaces/IChannels.sol` is its manual.'
	},
	{
		name: 'TestDollar',
		constant: 'testDollar',
		what: 'The dollar of local chains. Constructor: its owner, who mints.'
	}
];
const FILE = fileURLToPath(new URL('../../src/lib/peer/settlement/evm/generated.ts', import.meta.url));

const ADDRESSES = fileURLToPath(new URL('../../src/lib/peer/settlement/evm/addresses.ts', import.meta.url));

const SMART_ACCOUNT = 'contracts/test/support/SmartAccount.sol';
const SMART_ACCOUNT_FILE = fileURLToPath(
	new URL('../../src/lib/wallet/smart-account.generated.ts', import.meta.url)
);

await hre.tasks.getTask('build').run({ noTests: true, quiet: true });
const files = [
	{ file: FILE, text: await bindings() },
	{ file: ADDRESSES, text: await addresses() },
	{ file: SMART_ACCOUNT_FILE, text: await smartAccount() }
];
const stale: typeof files = [];
for (const each of files) {
	if ((await readFile(each.file, 'utf8').catch(() => '')) !== each.text) stale.push(each);
}

if (stale.length === 0) {
	console.log('The contract bindings are up to date.');
} else if (process.argv.includes('--check')) {
	console.error('The contract bindings are stale: run `npm run contracts` and commit the result.');
	process.exitCode = 1;
} else {
	for (const { file, text } of stale) await writeFile(file, text);
	console.log('The contract bindings were written anew.');
}

/** Solidity's own type names serve nobody outside the compiler. */
function withoutInternalTypes(name: string, value: unknown): unknown {
	return name === 'internalType' ? undefined : value;
}

/** Where the contract lives follows from its code, so a change of the code is a change of address. */
async function addresses(): Promise<string> {
	const { bytecode } = await hre.artifacts.readArtifact('Channels');
	const address = addressOf(bytecode as Hex);
	const rows = Object.entries(CHAINS).map(([id, { name }]) => `\t/** ${name} */\n\t${id}: '${address}'`);
	return formatted(
		ADDRESSES,
		[
			'/**',
			' * Generated from contracts/src by `npm run contracts`. Do not edit.',
			' *',
			' * Where the channel contract lives on the chains it is meant for, by chain id. The address follows from',
			' * its code (CREATE2); that it is named here does not say that it has been deployed there yet:',
			' * `npm run contracts:verify` asks the chain.',
			' */',
			"import type { Address } from '../chain.ts';",
			'',
			'export const CHANNELS_ADDRESSES: Readonly<Record<number, Address>> = {',
			rows.join(',\n'),
			'};'
		].join('\n')
	);
}

/** Compiled by itself: what is under `test` has no artifacts. */
async function smartAccount(): Promise<string> {
	const solc = createRequire(import.meta.url)('solc') as { compile(input: string): string };
	const [compiler] = hre.config.solidity.profiles['default']?.compilers ?? [];
	const input = {
		language: 'Solidity',
		sources: { [SMART_ACCOUNT]: { content: await readFile(SMART_ACCOUNT, 'utf8') } },
		settings: {
			...compiler?.settings,
			outputSelection: { '*': { SmartAccount: ['abi', 'evm.bytecode.object'] } }
		}
	};
	const output = JSON.parse(solc.compile(JSON.stringify(input))) as {
		errors?: readonly { severity: string; formattedMessage: string }[];
		contracts: Record<string, { SmartAccount: { abi: unknown; evm: { bytecode: { object: string } } } }>;
	};
	const failed = output.errors?.find(({ severity }) => severity === 'error');
	const made = output.contracts[SMART_ACCOUNT]?.SmartAccount;
	if (failed !== undefined || made === undefined) throw new Error(failed?.formattedMessage ?? 'no output');
	return formatted(
		SMART_ACCOUNT_FILE,
		[
			`/**\n * Generated from ${SMART_ACCOUNT} by \`npm run contracts\`. Do not edit.\n */`,
			"import type { Hex } from '../peer/bytes.ts';\n",
			`export const smartAccountAbi = ${JSON.stringify(made.abi, withoutInternalTypes)} as const;\n`,
			'/** What makes it; followed by its owner as a word. */',
			`export const smartAccountBytecode: Hex = '0x${made.evm.bytecode.object}';`
		].join('\n')
	);
}

async function formatted(file: string, text: string): Promise<string> {
	return format(text, { ...(await resolveConfig(file)), filepath: file });
}

async function bindings(): Promise<string> {
	const parts = [
		'/**\n * Generated from contracts/src by `npm run contracts`. Do not edit.\n */\n' +
			"import type { Hex } from '../../bytes.ts';\n"
	];
	for (const { name, constant, what } of CONTRACTS) {
		const artifact = await hre.artifacts.readArtifact(name);
		parts.push(
			`/** ${what} */\nexport const ${constant}Abi = ${JSON.stringify(artifact.abi, withoutInternalTypes)} as const;\n`,
			`/** What deploys it. */\nexport const ${constant}Bytecode: Hex = '${artifact.bytecode}';\n`
		);
	}
	return formatted(FILE, parts.join('\n'));
}
