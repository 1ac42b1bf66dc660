/**
 * `npm run contracts:coverage`: which lines, statements and branches of the contracts the Solidity tests reach.
 * Fails below a hundred in a hundred. The invariants are left out: what they reach by chance proves nothing.
 *
 * Lines and statements are counted by Hardhat, branches by forge, which Hardhat's count lacks. Forge is no
 * dependency, for nobody else needs its 80 MB: it is installed into a temporary folder, at the version below.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readOptions } from './options.ts';

readOptions({});
const root = fileURLToPath(new URL('..', import.meta.url));
const FORGE = '@foundry-rs/forge@1.7.1';
const TESTS = ['Channels.t.sol', 'ChannelsAttacks.t.sol', 'TestDollar.t.sol'];

if (!areLinesReached()) {
	console.error('Not every line and statement is reached.');
	process.exitCode = 1;
}
if (!areBranchesReached()) {
	console.error('Not every branch is reached.');
	process.exitCode = 1;
}

function areLinesReached(): boolean {
	const { stdout, stderr, status } = spawnSync(
		process.execPath,
		[
			'node_modules/hardhat/dist/src/cli.js',
			...['test', 'solidity', '--coverage'],
			...TESTS.map((file) => `contracts/test/${file}`)
		],
		{ cwd: root, encoding: 'utf8', env: { ...process.env, CONTRACTS_QUICK: '1' } }
	);
	process.stdout.write(stdout);
	process.stderr.write(stderr);
	const total = /║ Total\s+│\s+([\d.]+)\s+│\s+([\d.]+)/.exec(stdout);
	return status === 0 && total?.[1] === '100.00' && total[2] === '100.00';
}

function areBranchesReached(): boolean {
	const folder = mkdtempSync(join(tmpdir(), 'tributary-coverage-'));
	try {
		const forge = installForge(folder);
		cpSync(join(root, 'contracts/src'), join(folder, 'contracts/src'), { recursive: true });
		cpSync(join(root, 'contracts/test'), join(folder, 'contracts/test'), {
			recursive: true,
			filter: (path) => !path.endsWith('.ts')
		});
		writeRequiresOut(join(folder, 'contracts/src/ChannelAccounting.sol'));
		writeFileSync(join(folder, 'foundry.toml'), settings(writeCompiler(folder)));
		const { stdout, stderr, status } = spawnSync(
			forge,
			['coverage', '--ir-minimum', '--no-match-path', '*Invariants*', '--report', 'summary'],
			{ cwd: folder, encoding: 'utf8' }
		);
		// | contracts/src/Channels.sol | lines | statements | 100.00% (37/37) | functions |
		const rows = stdout.split('\n').filter((line) => line.startsWith('| contracts/src/'));
		for (const row of rows) {
			const [, file, , , branches] = row.split('|').map((cell) => cell.trim());
			console.log(`branches of ${file}: ${branches}`);
		}
		if (status !== 0 || rows.length === 0) console.error(`${stdout}${stderr}`);
		return (
			status === 0 && rows.length > 0 && rows.every((row) => row.split('|')[4]?.trim().startsWith('100.00%'))
		);
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

/** The path of forge's program for this system. */
function installForge(folder: string): string {
	writeFileSync(join(folder, 'package.json'), '{"private":true}');
	const npm = process.env['npm_execpath'];
	const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', FORGE];
	const installed =
		npm === undefined
			? spawnSync('npm', args, { cwd: folder, encoding: 'utf8' })
			: spawnSync(process.execPath, [npm, ...args], { cwd: folder, encoding: 'utf8' });
	if (installed.status !== 0) throw new Error(`forge cannot be installed:\n${installed.stderr}`);
	const arch = process.arch === 'x64' ? 'amd64' : process.arch;
	return join(folder, `node_modules/@foundry-rs/forge-${process.platform}-${arch}/bin/forge`);
}

/** Forge counts a `require` that the optimizer moved as never refused; as an `if` it counts both ways. */
function writeRequiresOut(file: string): void {
	const text = readFileSync(file, 'utf8');
	const changed = text.replace(
		/^(\s*)require\((.*), (IChannels\.\w+\(.*\))\);$/gm,
		'$1if (!($2)) revert $3;'
	);
	if (changed === text || changed.includes('require(')) throw new Error(`${file} does not look as expected`);
	writeFileSync(file, changed);
}

/** The compiler of the lock file behind the two options that forge uses. Its path. */
function writeCompiler(folder: string): string {
	const solc = createRequire(import.meta.url).resolve('solc');
	const program = join(folder, 'solc.cjs');
	writeFileSync(
		program,
		`const solc = require(${JSON.stringify(solc)});
if (process.argv.includes('--version')) console.log('solc\\nVersion: ' + solc.version());
else process.stdout.write(solc.compile(require('node:fs').readFileSync(0, 'utf8')));
`
	);
	const path = join(folder, 'solc');
	writeFileSync(path, `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
	chmodSync(path, 0o755);
	return path;
}

function settings(compiler: string): string {
	return `[profile.default]
src = 'contracts/src'
test = 'contracts/test'
libs = []
evm_version = 'prague'
via_ir = true
optimizer = true
solc = '${compiler}'
offline = true
[fuzz]
runs = 32
`;
}
