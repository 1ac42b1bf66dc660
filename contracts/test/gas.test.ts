/**
 * What the acts cost, as `receipt.gasUsed` on the op chain: the test dollar, an allowance given once for
 * all, a payer who keeps a balance, a payee who has one, fresh channel ids.
 *
 * The figures are committed; a run that is worse by more than one percent, or above the most that an act
 * may cost, fails. `UPDATE_SNAPSHOTS=1` writes them anew: a change in cost is then a
 * line in the diff.
 */
import hre, { network } from 'hardhat';
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import {
	concatHex,
	encodeFunctionData,
	keccak256,
	maxUint256,
	numberToHex,
	padHex,
	parseSignature,
	serializeCompactSignature,
	signatureToCompactSignature,
	sliceHex,
	zeroAddress,
	type Hex
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

const SNAPSHOT = new URL('../snapshots/gas.json', import.meta.url);
const TOLERANCE = 0.01;
const ROWS = 100;
const signer = privateKeyToAccount(keccak256('0x516e'));
const claimTypes = {
	Claim: [
		{ name: 'channelId', type: 'bytes32' },
		{ name: 'epoch', type: 'uint24' },
		{ name: 'cumulative', type: 'uint96' }
	]
} as const;

/**
 * The most that an act may cost, in gas; a batch per channel of a hundred. An allowance that leaves a rest has a word to
 * write and none to give back: what that costs on top is the token's, and nothing that this contract could leave out
 * safely would make up for it. The peer leaves none.
 */
const MOST: Record<string, number> = {
	'ether: open': 53_000,
	'ether: top up': 32_000,
	'ether: claim': 45_000,
	'ether: close': 55_000,
	'ether: packed batch, a channel': 14_500,
	'ether: whole life': 110_000,
	'token: open': 73_000,
	'token: open, exact allowance': 73_000,
	'token: top up': 52_000,
	'token: claim': 53_000,
	'token: close': 63_000,
	'token: packed batch, a channel': 14_500,
	'token: whole life': 137_000
};

const compact = (signature: Hex): Hex =>
	serializeCompactSignature(signatureToCompactSignature(parseSignature(signature)));

/** The two words of a signature in the shorter form. */
const split = (signature: Hex): [Hex, Hex] => [sliceHex(signature, 0, 32), sliceHex(signature, 32)];

async function measure(): Promise<Record<string, number>> {
	const { viem } = await network.create({ network: 'default', chainType: 'op' });
	const [faucet, payer, payee, relayer] = await viem.getWalletClients();
	assert.ok(faucet && payer && payee && relayer);
	const publicClient = await viem.getPublicClient();
	const channels = await viem.deployContract('Channels');
	const dollar = await viem.deployContract('TestDollar', [faucet.account.address]);
	const { abi } = channels;
	const domain = {
		name: 'Tributary Channels',
		version: '1',
		chainId: 31337,
		verifyingContract: channels.address
	} as const;
	const asPayer = { account: payer.account };
	await dollar.write.mint([payer.account.address, 1_000_000_000n]);
	await dollar.write.mint([payee.account.address, 1_000_000n]);
	await dollar.write.approve([channels.address, maxUint256], asPayer);

	const gasOf = async (data: Hex, from: typeof payer, value = 0n): Promise<number> => {
		const hash = await from.sendTransaction({ to: channels.address, data, value });
		const receipt = await publicClient.waitForTransactionReceipt({ hash });
		assert.equal(receipt.status, 'success');
		return Number(receipt.gasUsed);
	};
	let salts = 0n;
	const newKey = (token: Hex) => ({
		payer: payer.account.address,
		payee: payee.account.address,
		token,
		signer: signer.address,
		grace: 24 * 60 * 60,
		expiry: 2_000_000_000,
		// Eight bytes at random, as the peer makes them.
		salt: padHex(sliceHex(keccak256(numberToHex(salts++)), 0, 8), { size: 32 })
	});
	type Key = ReturnType<typeof newKey>;
	/** The layout is told in `contracts/src/PackedRows.sol`. */
	const packRow = (key: Key, cumulative: bigint, signature: Hex): Hex =>
		concatHex([
			key.payer,
			key.signer,
			numberToHex(key.grace, { size: 4 }),
			numberToHex(key.expiry, { size: 5 }),
			key.salt,
			numberToHex(cumulative, { size: 12 }),
			signature
		]);
	/** In the shorter form of EIP-2098. */
	const signClaim = async (key: Key, cumulative: bigint): Promise<Hex> =>
		compact(await signLongClaim(key, cumulative));
	const signLongClaim = async (key: Key, cumulative: bigint): Promise<Hex> =>
		signer.signTypedData({
			domain,
			types: claimTypes,
			primaryType: 'Claim',
			message: { channelId: await channels.read.channelId([key]), epoch: 0, cumulative }
		});
	const fund = (functionName: 'open' | 'topUp', key: Key, amount: bigint) =>
		gasOf(
			encodeFunctionData({ abi, functionName, args: [key, amount] }),
			payer,
			key.token === zeroAddress ? amount : 0n
		);
	const close = async (key: Key, capture: bigint) =>
		gasOf(
			encodeFunctionData({
				abi,
				functionName: 'close',
				args: [key, capture, capture, await signClaim(key, capture)]
			}),
			payee
		);

	const measured: Record<string, number> = {};
	for (const [name, token, unit] of [
		['ether', zeroAddress, 10n ** 15n],
		['token', dollar.address, 1_000_000n]
	] as const) {
		// The contract holds something already, as it mostly will.
		await fund('open', newKey(token), unit);

		const key = newKey(token);
		measured[`${name}: open`] = await fund('open', key, unit);
		measured[`${name}: top up`] = await fund('topUp', key, unit);
		measured[`${name}: claim`] = await gasOf(
			encodeFunctionData({
				abi,
				functionName: 'claim',
				args: [key, unit / 3n, split(await signClaim(key, unit / 3n))]
			}),
			relayer
		);
		measured[`${name}: close`] = await close(key, unit / 2n);

		if (token !== zeroAddress) {
			// The peer approves exactly what it is about to pay in; the allowance that is cleared is refunded.
			await dollar.write.approve([channels.address, unit], asPayer);
			measured[`${name}: open, exact allowance`] = await fund('open', newKey(token), unit);
			await dollar.write.approve([channels.address, 10n * unit], asPayer);
			measured[`${name}: open, allowance with a rest`] = await fund('open', newKey(token), unit);
			await dollar.write.approve([channels.address, maxUint256], asPayer);
		}

		// A thousand payments are a thousand signatures; on the chain are only the first and the last act.
		const life = newKey(token);
		measured[`${name}: whole life`] = (await fund('open', life, unit)) + (await close(life, 1000n));

		const leaving = newKey(token);
		await fund('open', leaving, unit);
		measured[`${name}: request close`] = await gasOf(
			encodeFunctionData({ abi, functionName: 'requestClose', args: [leaving] }),
			payer
		);

		const rows = [];
		const packed: Hex[] = [];
		for (let i = 0; i < ROWS; i++) {
			const each = newKey(token);
			await fund('open', each, unit);
			const first = await signClaim(each, unit / 4n);
			rows.push({ ...each, cumulative: unit / 4n, signature: first });
			packed.push(packRow(each, unit / 3n, await signClaim(each, unit / 3n)));
		}
		measured[`${name}: batch, a channel`] = Math.round(
			(await gasOf(
				encodeFunctionData({ abi, functionName: 'claimBatch', args: [payee.account.address, token, rows] }),
				relayer
			)) / ROWS
		);
		measured[`${name}: packed batch, a channel`] = Math.round(
			(await gasOf(
				encodeFunctionData({
					abi,
					functionName: 'claimPacked',
					args: [payee.account.address, token, concatHex(packed)]
				}),
				relayer
			)) / ROWS
		);
	}
	const code = await publicClient.getCode({ address: channels.address });
	measured['code size in bytes'] = ((code?.length ?? 2) - 2) / 2;
	return measured;
}

void test('no act costs more than a hundredth above the snapshot, nor more than it may', async () => {
	// Coverage turns the optimizer off.
	if (hre.globalOptions.coverage) return;
	const measured = await measure();
	if (process.env.UPDATE_SNAPSHOTS) await writeFile(SNAPSHOT, `${JSON.stringify(measured, null, '\t')}\n`);
	const committed: Record<string, number> = JSON.parse(await readFile(SNAPSHOT, 'utf8'));
	assert.deepEqual(Object.keys(measured).sort(), Object.keys(committed).sort());
	for (const [what, gas] of Object.entries(measured)) console.log(what.padEnd(32), gas);
	const worse: string[] = [];
	for (const [what, now] of Object.entries(measured)) {
		const before = committed[what] ?? 0;
		const most = MOST[what] ?? Infinity;
		if (now > before * (1 + TOLERANCE)) worse.push(`${what}: ${before} before, ${now} now`);
		if (now > most) worse.push(`${what}: ${now} is more than ${most}`);
	}
	assert.deepEqual(worse, []);
});
