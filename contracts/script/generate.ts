/**
 * Writes what the core must know of the contracts, their ABIs and bytecode, into
 * `src/lib/peer/settlement/evm/generated.ts`. The file is committed, so that building the app needs
 * no Solidity compiler; with `--check` it only says whether the file is what the sources give.
 */
import hre from 'hardhat';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

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

const generated = await generate();
const committed = await readFile(FILE, 'utf8').catch(() => '');

if (committed === generated) {
	console.log('The contract bindings are up to date.');
} else if (process.argv.includes('--check')) {
	console.error('The contract bindings are stale: run `npm run contracts` and commit the result.');
	process.exitCode = 1;
} else {
	await writeFile(FILE, generated);
	console.log('The contract bindings were written anew.');
}

/** Solidity's own type names serve nobody outside the compiler. */
function withoutInternalTypes(name: string, value: unknown): unknown {
	return name === 'internalType' ? undefined : value;
}

async function generate(): Promise<string> {
	await hre.tasks.getTask('build').run({ noTests: true, quiet: true });
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
	const options = await resolveConfig(FILE);
	return format(parts.join('\n'), { ...options, filepath: FILE });
}
