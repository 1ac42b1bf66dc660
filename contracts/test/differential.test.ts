/**
 * The contract and the core must hash the same bytes: ids, nonces, digests, packed rows, packed amounts.
 * Ten thousand cases, many of them at the limits of a field, and the same ones in every run.
 *
 * The first few are committed as vectors, with the chain and contract they hold for, for whoever writes
 * this a third time. `UPDATE_SNAPSHOTS=1` writes them anew.
 */
import { network } from 'hardhat';
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import {
	bytesToHex,
	getContract,
	hexToBytes,
	keccak256,
	numberToHex,
	parseAbi,
	sliceHex,
	type Hex
} from 'viem';
import type { ChannelKey } from '../../src/lib/peer/settlement/chain.ts';
import { packRows, unpackAmounts } from '../../src/lib/peer/settlement/evm/calldata.ts';
import {
	createTypedData,
	MAX_UINT24,
	MAX_UINT32,
	MAX_UINT40,
	MAX_UINT96
} from '../../src/lib/peer/settlement/evm/typed-data.ts';

const CASES = 10_000;
const BATCH = 500;
const VECTORS = 24;
const FILE = new URL('../vectors/typed-data.json', import.meta.url);
const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

interface Case {
	readonly key: ChannelKey;
	readonly epoch: number;
	readonly amount: bigint;
	readonly deadline: number;
	readonly index: number;
}

/** Words that are the same in every run. */
function source() {
	let counter = 0;
	const word = (): Hex => keccak256(numberToHex(counter++, { size: 32 }));
	/** Below and including `max`; one in four is 0, 1, the largest or the one before it. */
	const upTo = (max: bigint): bigint => {
		const seed = BigInt(word());
		if (seed % 4n !== 0n) return (seed >> 8n) % (max + 1n);
		return [0n, 1n, max, max - 1n][Number((seed >> 2n) % 4n)] ?? 0n;
	};
	const address = (): Hex => numberToHex(upTo(2n ** 160n - 1n), { size: 20 });
	return { word, upTo, address };
}

function caseFrom({ word, upTo, address }: ReturnType<typeof source>): Case {
	return {
		key: {
			payer: address(),
			payee: address(),
			token: address(),
			signer: address(),
			grace: Number(upTo(BigInt(MAX_UINT32))),
			expiry: Number(upTo(BigInt(MAX_UINT40))),
			salt: word()
		},
		epoch: Number(upTo(BigInt(MAX_UINT24))),
		amount: upTo(MAX_UINT96),
		deadline: Number(upTo(BigInt(MAX_UINT40))),
		index: Number(upTo(2n ** 32n))
	};
}

/** Hardhat writes types for the contracts of `src` alone. */
const oracleAbi = parseAbi([
	'struct Key { address payer; address payee; address token; address signer; uint32 grace; uint40 expiry; bytes32 salt; }',
	'struct Case { Key key; uint24 epoch; uint96 amount; uint40 deadline; uint256 index; }',
	'struct Said { bytes32 id; bytes32 nonce; bytes32 claim; bytes32 close; bytes32 requestClose; uint256 amounts; }',
	'struct RowSaid { bytes32 id; address signer; uint256 cumulative; bytes32 r; uint256 vs; }',
	'function say(Case[] cases) view returns (Said[])',
	'function sayRows(address payee, address token, bytes rows) view returns (RowSaid[])'
]);

async function oracle() {
	const { viem } = await network.create({ network: 'default', chainType: 'op' });
	const { address } = await viem.deployContract('ChannelsOracle');
	const client = await viem.getPublicClient();
	const contract = getContract({ address, abi: oracleAbi, client });
	const chainId = await client.getChainId();
	return { contract, chainId, typedData: createTypedData(chainId, contract.address.toLowerCase() as Hex) };
}

void test('ten thousand keys and messages are hashed by the contract as by the core', async () => {
	const { contract, chainId, typedData } = await oracle();
	const numbers = source();
	const vectors: object[] = [];
	for (let at = 0; at < CASES; at += BATCH) {
		const cases = Array.from({ length: BATCH }, () => caseFrom(numbers));
		const said = await contract.read.say([cases.map((each) => ({ ...each, index: BigInt(each.index) }))]);
		cases.forEach(({ key, epoch, amount, deadline, index }, i) => {
			const id = typedData.channelId(key);
			const ours = {
				id,
				nonce: typedData.authorizationNonce(id, epoch, index),
				claim: bytesToHex(typedData.claimDigest(id, epoch, amount)),
				close: bytesToHex(typedData.closeDigest(id, epoch, amount, deadline)),
				requestClose: bytesToHex(typedData.requestCloseDigest(id, epoch, amount, deadline))
			};
			const { amounts, ...theirs } = said[i] ?? assert.fail('an answer for every case');
			assert.deepEqual(ours, theirs);
			assert.deepEqual(unpackAmounts(amounts), { epoch, first: amount, second: BigInt(deadline) });
			if (vectors.length < VECTORS) {
				vectors.push({ key, epoch, amount: amount.toString(), deadline, index, ...ours });
			}
		});
	}
	const written = `${JSON.stringify({ chainId, contract: contract.address.toLowerCase(), vectors }, null, '\t')}\n`;
	if (process.env.UPDATE_SNAPSHOTS) await writeFile(FILE, written);
	assert.equal(await readFile(FILE, 'utf8'), written, 'the committed vectors');
});

void test('a thousand packed rows are read by the contract as the core wrote them', async () => {
	const { contract, typedData } = await oracle();
	const numbers = source();
	const payee = numbers.address();
	const token = numbers.address();
	for (let at = 0; at < 1_000; at += BATCH) {
		const claims = Array.from({ length: BATCH }, () => {
			const { key, epoch, amount } = caseFrom(numbers);
			const s = numbers.upTo(HALF_ORDER);
			const v = numbers.upTo(1n) === 0n ? 27 : 28;
			const signature = hexToBytes(
				`${numbers.word()}${numberToHex(s, { size: 32 }).slice(2)}${v.toString(16)}`
			);
			return { key: { ...key, payee, token }, epoch, cumulative: amount, signature };
		});
		const said = await contract.read.sayRows([payee, token, packRows(claims)]);
		assert.equal(said.length, BATCH);
		claims.forEach(({ key, cumulative, signature }, i) => {
			const bytes = bytesToHex(signature);
			const { id, signer, cumulative: amount, r, vs } = said[i] ?? assert.fail('an answer for every row');
			assert.equal(id, typedData.channelId(key));
			assert.equal(signer.toLowerCase(), key.signer);
			assert.equal(amount, cumulative);
			assert.equal(r, sliceHex(bytes, 0, 32));
			assert.equal(vs & (2n ** 255n - 1n), BigInt(sliceHex(bytes, 32, 64)));
			assert.equal(27n + (vs >> 255n), BigInt(sliceHex(bytes, 64)));
		});
	}
});
