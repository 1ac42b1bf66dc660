/**
 * The demo wallet's second account: a contract on the local chain that the wallet's key speaks for. Its
 * address follows from that key alone (CREATE2 through the proxy that development chains have), so it is
 * known before it is there. Downloaded when somebody chooses it.
 */
import { concatHex, encodeFunctionData, getCreate2Address, pad, type Hex, type LocalAccount } from 'viem';
import { smartAccountAbi, smartAccountBytecode } from './smart-account.generated.ts';

export interface Call {
	readonly to: Hex;
	readonly data: Hex;
	readonly value: bigint;
}

export interface SmartAccount {
	/** In lower case. */
	readonly address: Hex;
	/** What its owner sends to make it. */
	readonly deployment: Call;
	/** ERC-1271: the owner's signature over the digest in the account's own domain, behind a byte for its kind. */
	signDigest(digest: Hex): Promise<Hex>;
	/** What its owner sends so that the account makes this call. */
	execute(call: Call): Call;
}

const CREATE2_PROXY: Hex = '0x4e59b44847b379578588920ca78fbf26c0b4956c';
const SALT: Hex = `0x${'00'.repeat(32)}`;
const BY_OWNER: Hex = '0x01';

export const smartAccountOf = (owner: LocalAccount, chainId: number): SmartAccount => {
	const creationCode = concatHex([smartAccountBytecode, pad(owner.address)]);
	const address = getCreate2Address({
		from: CREATE2_PROXY,
		salt: SALT,
		bytecode: creationCode
	}).toLowerCase() as Hex;
	return {
		address,
		deployment: { to: CREATE2_PROXY, data: concatHex([SALT, creationCode]), value: 0n },
		signDigest: async (digest) =>
			concatHex([
				BY_OWNER,
				await owner.signTypedData({
					domain: { name: 'Demo Smart Account', version: '1', chainId, verifyingContract: address },
					types: { AccountMessage: [{ name: 'digest', type: 'bytes32' }] },
					primaryType: 'AccountMessage',
					message: { digest }
				})
			]),
		execute: ({ to, data, value }) => ({
			to: address,
			data: encodeFunctionData({ abi: smartAccountAbi, functionName: 'execute', args: [to, value, data] }),
			value: 0n
		})
	};
};
