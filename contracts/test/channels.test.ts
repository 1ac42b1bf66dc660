import { network } from 'hardhat';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
	encodeAbiParameters,
	keccak256,
	parseEventLogs,
	parseSignature,
	serializeCompactSignature,
	signatureToCompactSignature,
	sliceHex,
	zeroAddress,
	zeroHash,
	type Hex
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

const DAY = 24 * 60 * 60;
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

/** The two words that a single claim takes its signature in (EIP-2098). */
const split = (signature: Hex): [Hex, Hex] => {
	const short = serializeCompactSignature(signatureToCompactSignature(parseSignature(signature)));
	return [sliceHex(short, 0, 32), sliceHex(short, 32)];
};

/** What an event says in one word: the epoch and two amounts. */
const unpack = (amounts: bigint) => ({
	epoch: Number(amounts >> 192n),
	moved: (amounts >> 96n) & (2n ** 96n - 1n),
	total: amounts & (2n ** 96n - 1n)
});

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
	const signClaim = async (epoch: number, cumulative: bigint) =>
		split(await signLongClaim(epoch, cumulative));
	const signLongClaim = (epoch: number, cumulative: bigint) =>
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
		signLongClaim,
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

	const final = await w.signLongClaim(0, 6_000_000n);
	await w.channels.write.close([w.key, 6_000_000n, 6_000_000n, final], { account: w.payee.account });
	assert.equal(await w.dollar.read.balanceOf([w.payee.account.address]), 6_000_000n);
	assert.equal(await w.dollar.read.balanceOf([w.payer.account.address]), 94_000_000n);

	await w.channels.write.openWithAuthorization(
		[w.key, TEN_DOLLARS, await w.authorize(1, 0n, TEN_DOLLARS)],
		asRelayer
	);
	await w.viem.assertions.revertWithCustomError(
		w.channels.write.claim([w.key, 6_000_000n, split(final)], asRelayer),
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
		w.channels.write.claim([key, 10n ** 17n, split(signature)], { account: w.relayer.account }),
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
				Object.assign(state, { deposited: unpack(log.args.amounts).total, closeAt: 0 });
				break;
			case 'Claimed':
				state.claimed = unpack(log.args.amounts).total;
				break;
			case 'CloseRequested':
				state.closeAt = log.args.closeAt;
				break;
			case 'ClaimSkipped':
				break;
			case 'Closed':
			case 'Withdrawn':
				Object.assign(state, {
					deposited: 0n,
					claimed: 0n,
					closeAt: 0,
					epoch: unpack(log.args.amounts).epoch + 1
				});
		}
	}
	assert.deepEqual(state, await w.channels.read.getChannel([w.id]));
	assert.ok(key);
	assert.equal(await w.channels.read.channelId([key]), w.id);
});
