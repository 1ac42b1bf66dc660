import hre, { network } from 'hardhat';
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import {
	encodeAbiParameters,
	encodeFunctionData,
	keccak256,
	parseEventLogs,
	zeroAddress,
	zeroHash,
	type Hex
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

const DAY = 24 * 60 * 60;
/** Written anew with `UPDATE_SNAPSHOTS=1`; a change in cost is then a line in the diff. */
const SNAPSHOT = new URL('../snapshots/gas.json', import.meta.url);
const TEN_DOLLARS = 10_000_000n;
/** A claim key of the paying device: never a wallet, never holds money. */
const signer = privateKeyToAccount(keccak256('0x516e'));

const claimTypes = {
	Claim: [
		{ name: 'channelId', type: 'bytes32' },
		{ name: 'epoch', type: 'uint24' },
		{ name: 'cumulative', type: 'uint96' }
	]
} as const;

async function world() {
	const { viem, networkHelpers } = await network.create({ network: 'default', chainType: 'op' });
	const [faucet, payer, payee, relayer] = await viem.getWalletClients();
	assert.ok(faucet && payer && payee && relayer);
	const publicClient = await viem.getPublicClient();
	const channels = await viem.deployContract('Channels');
	const dollar = await viem.deployContract('TestDollar', [faucet.account.address]);
	await dollar.write.mint([payer.account.address, 100_000_000n]);
	const key = {
		payer: payer.account.address,
		payee: payee.account.address,
		token: dollar.address,
		signer: signer.address,
		grace: DAY,
		expiry: 0,
		salt: zeroHash as Hex
	};
	const id = await channels.read.channelId([key]);
	const [, name, version, chainId, verifyingContract] = await channels.read.eip712Domain();
	const domain = { name, version, chainId: Number(chainId), verifyingContract };
	const signClaim = (epoch: number, cumulative: bigint) =>
		signer.signTypedData({
			domain,
			types: claimTypes,
			primaryType: 'Claim',
			message: { channelId: id, epoch, cumulative }
		});
	const authorize = async (epoch: number, index: bigint, value: bigint) => {
		const nonce = await channels.read.authorizationNonce([id, epoch, index]);
		const validBefore = BigInt(await networkHelpers.time.latest()) + 3600n;
		const signature = await payer.signTypedData({
			domain: {
				name: await dollar.read.name(),
				version: await dollar.read.version(),
				chainId: Number(chainId),
				verifyingContract: dollar.address
			},
			types: {
				ReceiveWithAuthorization: [
					{ name: 'from', type: 'address' },
					{ name: 'to', type: 'address' },
					{ name: 'value', type: 'uint256' },
					{ name: 'validAfter', type: 'uint256' },
					{ name: 'validBefore', type: 'uint256' },
					{ name: 'nonce', type: 'bytes32' }
				]
			},
			primaryType: 'ReceiveWithAuthorization',
			message: {
				from: payer.account.address,
				to: channels.address,
				value,
				validAfter: 0n,
				validBefore,
				nonce
			}
		});
		return { validAfter: 0n, validBefore, signature };
	};
	const logs = async (hash: Hex) =>
		parseEventLogs({
			abi: channels.abi,
			logs: (await publicClient.waitForTransactionReceipt({ hash })).logs
		});
	return {
		viem,
		networkHelpers,
		payer,
		payee,
		relayer,
		channels,
		dollar,
		key,
		id,
		domain,
		signClaim,
		authorize,
		logs
	};
}

void test('a channel lives without its payer ever holding gas: opened, topped up, claimed, closed, opened again', async () => {
	const w = await world();
	const asRelayer = { account: w.relayer.account };

	const opened = await w.logs(
		await w.channels.write.openWithAuthorization(
			[w.key, TEN_DOLLARS, await w.authorize(0, 0n, TEN_DOLLARS)],
			asRelayer
		)
	);
	assert.equal(opened[0]?.eventName, 'Opened');
	assert.deepEqual(await w.channels.read.getChannel([w.id]), {
		deposited: TEN_DOLLARS,
		claimed: 0n,
		closeAt: 0,
		epoch: 0
	});

	await w.channels.write.topUpWithAuthorization(
		[w.key, 5_000_000n, 1n, await w.authorize(0, 1n, 5_000_000n)],
		asRelayer
	);

	await w.channels.write.claim([w.key, 4_000_000n, await w.signClaim(0, 4_000_000n)], asRelayer);
	assert.equal(await w.dollar.read.balanceOf([w.payee.account.address]), 4_000_000n);

	const final = await w.signClaim(0, 6_000_000n);
	await w.channels.write.close([w.key, 6_000_000n, 6_000_000n, final], { account: w.payee.account });
	assert.equal(await w.dollar.read.balanceOf([w.payee.account.address]), 6_000_000n);
	assert.equal(await w.dollar.read.balanceOf([w.payer.account.address]), 94_000_000n);

	await w.channels.write.openWithAuthorization(
		[w.key, TEN_DOLLARS, await w.authorize(1, 0n, TEN_DOLLARS)],
		asRelayer
	);
	await w.viem.assertions.revertWithCustomError(
		w.channels.write.claim([w.key, 6_000_000n, final], asRelayer),
		w.channels,
		'InvalidSignature'
	);
	await w.channels.write.claim([w.key, 1_000_000n, await w.signClaim(1, 1_000_000n)], asRelayer);
	assert.equal(await w.dollar.read.balanceOf([w.payee.account.address]), 7_000_000n);
});

void test('a payer whose payee is gone gets out by himself', async () => {
	const w = await world();
	const asPayer = { account: w.payer.account };
	await w.dollar.write.approve([w.channels.address, TEN_DOLLARS], asPayer);
	await w.channels.write.open([w.key, TEN_DOLLARS], asPayer);

	await w.channels.write.requestClose([w.key], asPayer);
	await w.viem.assertions.revertWithCustomError(w.channels.write.withdraw([w.key]), w.channels, 'TooEarly');
	const { closeAt } = await w.channels.read.getChannel([w.id]);
	await w.networkHelpers.time.setNextBlockTimestamp(closeAt);
	await w.channels.write.withdraw([w.key], { account: w.relayer.account });

	assert.equal(await w.dollar.read.balanceOf([w.payer.account.address]), 100_000_000n);
	assert.equal(await w.dollar.read.balanceOf([w.channels.address]), 0n);
});

void test('one batch redeems many channels, and its bad row pays nothing', async () => {
	const w = await world();
	const asPayer = { account: w.payer.account };
	await w.dollar.write.approve([w.channels.address, 100_000_000n], asPayer);
	const rows = [];
	for (let i = 1n; i <= 5n; i++) {
		const key = { ...w.key, salt: keccak256(encodeAbiParameters([{ type: 'uint256' }], [i])) };
		await w.channels.write.open([key, TEN_DOLLARS], asPayer);
		const signature = await signer.signTypedData({
			domain: w.domain,
			types: claimTypes,
			primaryType: 'Claim',
			message: {
				channelId: await w.channels.read.channelId([key]),
				epoch: i === 3n ? 7 : 0,
				cumulative: i * 1000n
			}
		});
		rows.push({ ...key, cumulative: i * 1000n, signature });
	}
	const logs = await w.logs(
		await w.channels.write.claimBatch([w.payee.account.address, w.dollar.address, rows])
	);
	const skipped = logs.filter((log) => log.eventName === 'ClaimSkipped');
	assert.equal(skipped.length, 1);
	assert.equal(logs.filter((log) => log.eventName === 'Claimed').length, 4);
	assert.equal(await w.dollar.read.balanceOf([w.payee.account.address]), 12_000n);
});

void test('a channel holds ether as well', async () => {
	const w = await world();
	const key = { ...w.key, token: zeroAddress };
	await w.channels.write.open([key, 10n ** 18n], { account: w.payer.account, value: 10n ** 18n });
	const signature = await signer.signTypedData({
		domain: w.domain,
		types: claimTypes,
		primaryType: 'Claim',
		message: { channelId: await w.channels.read.channelId([key]), epoch: 0, cumulative: 10n ** 17n }
	});
	await w.viem.assertions.balancesHaveChanged(
		w.channels.write.claim([key, 10n ** 17n, signature], { account: w.relayer.account }),
		[{ address: w.payee.account.address, amount: 10n ** 17n }]
	);
});

void test('all the channels can be rebuilt from the logs alone', async () => {
	const w = await world();
	const publicClient = await w.viem.getPublicClient();
	const asPayer = { account: w.payer.account };
	await w.dollar.write.approve([w.channels.address, 100_000_000n], asPayer);
	await w.channels.write.open([w.key, TEN_DOLLARS], asPayer);
	await w.channels.write.claim([w.key, 1000n, await w.signClaim(0, 1000n)]);
	await w.channels.write.requestClose([w.key], asPayer);
	await w.channels.write.topUp([w.key, 500n], asPayer);
	await w.channels.write.close([w.key, 1000n, 0n, '0x'], { account: w.payee.account });
	await w.channels.write.open([w.key, 700n], asPayer);
	await w.channels.write.claim([w.key, 300n, await w.signClaim(1, 300n)]);
	await w.channels.write.requestClose([w.key], { account: w.payer.account });

	const logs = parseEventLogs({
		abi: w.channels.abi,
		logs: await publicClient.getLogs({ address: w.channels.address, fromBlock: 0n })
	});
	const state = { deposited: 0n, claimed: 0n, closeAt: 0, epoch: 0 };
	let key: typeof w.key | undefined;
	for (const log of logs) {
		switch (log.eventName) {
			case 'Opened': {
				const { payer, payee, token, signer: claimKey, grace, expiry, salt } = log.args;
				key = { payer, payee, token, signer: claimKey, grace, expiry, salt };
				Object.assign(state, { deposited: log.args.deposited, epoch: log.args.epoch });
				break;
			}
			case 'ToppedUp':
				Object.assign(state, { deposited: log.args.deposited, closeAt: 0 });
				break;
			case 'Claimed':
				state.claimed = log.args.claimed;
				break;
			case 'CloseRequested':
				state.closeAt = log.args.closeAt;
				break;
			case 'ClaimSkipped':
				break;
			case 'Closed':
			case 'Withdrawn':
				Object.assign(state, { deposited: 0n, claimed: 0n, closeAt: 0, epoch: log.args.epoch + 1 });
		}
	}
	assert.deepEqual(state, await w.channels.read.getChannel([w.id]));
	assert.ok(key);
	assert.equal(await w.channels.read.channelId([key]), w.id);
});

void test('what the acts cost on the op chain is what the snapshot says, within half a percent', async () => {
	const w = await world();
	const publicClient = await w.viem.getPublicClient();
	const asPayer = { account: w.payer.account };
	const gas = async (data: Hex, account: typeof w.payer) => {
		const hash = await account.sendTransaction({ to: w.channels.address, data });
		return Number((await publicClient.waitForTransactionReceipt({ hash })).gasUsed);
	};
	const { abi } = w.channels;
	await w.dollar.write.approve([w.channels.address, 100_000_000n], asPayer);
	// The payee and the contract have held dollars before, as they mostly will.
	const warm = { ...w.key, salt: keccak256('0x01') };
	await w.channels.write.open([warm, TEN_DOLLARS], asPayer);
	await w.dollar.write.transfer([w.payee.account.address, 1n], asPayer);

	const open = await gas(
		encodeFunctionData({ abi, functionName: 'open', args: [w.key, TEN_DOLLARS] }),
		w.payer
	);
	const topUp = await gas(encodeFunctionData({ abi, functionName: 'topUp', args: [w.key, 1n] }), w.payer);
	const claim = await gas(
		encodeFunctionData({ abi, functionName: 'claim', args: [w.key, 1000n, await w.signClaim(0, 1000n)] }),
		w.relayer
	);
	const close = await gas(
		encodeFunctionData({
			abi,
			functionName: 'close',
			args: [w.key, 2000n, 2000n, await w.signClaim(0, 2000n)]
		}),
		w.payee
	);
	const rows = [];
	for (let i = 0n; i < 100n; i++) {
		const key = { ...w.key, salt: keccak256(encodeAbiParameters([{ type: 'uint256' }], [i])) };
		await w.channels.write.open([key, 1000n], asPayer);
		const message = { channelId: await w.channels.read.channelId([key]), epoch: 0, cumulative: 10n };
		const signature = await signer.signTypedData({
			domain: w.domain,
			types: claimTypes,
			primaryType: 'Claim',
			message
		});
		await w.channels.write.claim([key, 10n, signature]);
		const next = await signer.signTypedData({
			domain: w.domain,
			types: claimTypes,
			primaryType: 'Claim',
			message: { ...message, cumulative: 20n }
		});
		rows.push({ ...key, cumulative: 20n, signature: next });
	}
	const batch = await gas(
		encodeFunctionData({
			abi,
			functionName: 'claimBatch',
			args: [w.payee.account.address, w.dollar.address, rows]
		}),
		w.relayer
	);
	const measured = {
		open,
		topUp,
		claim,
		close,
		claimBatchPerRow: Math.round(batch / rows.length),
		codeSizeBytes: ((await publicClient.getCode({ address: w.channels.address }))?.length ?? 2) / 2 - 1
	};
	// Coverage turns the optimizer off.
	if (hre.globalOptions.coverage) return;
	if (process.env.UPDATE_SNAPSHOTS) await writeFile(SNAPSHOT, `${JSON.stringify(measured, null, '\t')}\n`);
	const committed: Record<string, number> = JSON.parse(await readFile(SNAPSHOT, 'utf8'));
	for (const [what, now] of Object.entries(measured)) {
		const before = committed[what] ?? 0;
		assert.ok(Math.abs(now - before) <= before / 200, `${what}: ${before} before, ${now} now`);
	}
});
