/**
 * Where the channel contract lives on every chain, and whether what lives there is it.
 *
 * It is deployed through the proxy that stands at the same address on nearly every chain (Arachnid's
 * "deterministic deployment proxy"): the address follows from the proxy, a salt and the creation code
 * (CREATE2, EIP-1014) and from nothing else. Whoever deploys it first, with whatever key, deploys this.
 */
import {
	BaseError,
	concatHex,
	createPublicClient,
	getCreate2Address,
	http,
	keccak256,
	toHex,
	type Address,
	type Hex,
	type PublicClient
} from 'viem';
import { refuse } from './options.ts';

/** Deployed by a transaction without a known key, so that nobody can put anything else there. */
export const CREATE2_PROXY: Address = '0x4e59b44847b379578588920ca78fbf26c0b4956c';

/** Another one gives another address for the same code. */
export const SALT: Hex = keccak256(toHex('Tributary Channels 1'));

/** The chains with real and with test money that the contract is meant for. */
export const CHAINS = {
	8453: { name: 'Base', explorer: 'https://basescan.org' },
	84532: { name: 'Base Sepolia', explorer: 'https://sepolia.basescan.org' }
} as const;

export const addressOf = (creationCode: Hex): Address =>
	getCreate2Address({ from: CREATE2_PROXY, salt: SALT, bytecode: creationCode }).toLowerCase() as Address;

/** Of the chain whose node answers at this URL; where none does, the program ends with a sentence. */
export async function chainIdAt(rpcUrl: string): Promise<number> {
	try {
		return await createPublicClient({ transport: http(rpcUrl) }).getChainId();
	} catch (error) {
		const why = error instanceof BaseError ? error.shortMessage : String(error);
		return refuse(`No chain answers at ${rpcUrl}: ${why}`);
	}
}

/** What is sent to the proxy. */
export const deploymentData = (creationCode: Hex): Hex => concatHex([SALT, creationCode]);

/** The part of a compiler's artifact that is needed to know a contract again. */
export interface Artifact {
	readonly deployedBytecode: string;
	/** Where in the code each immutable stands. */
	readonly immutableReferences?: Record<string, readonly { start: number; length: number }[]>;
}

export type Verdict = 'is the contract' | 'is something else' | 'is nothing';

/**
 * Whether the code at an address is what the compiler made. Immutables are compared by running the
 * constructor's own answers: they are left out here and checked through `eip712Domain` and `channelId`.
 */
export async function judgeCode(
	client: PublicClient,
	address: Address,
	artifact: Artifact
): Promise<Verdict> {
	const code = await client.getCode({ address });
	if (code === undefined) return 'is nothing';
	const blank = (hex: string): string => {
		const bytes = Buffer.from(hex.slice(2), 'hex');
		for (const places of Object.values(artifact.immutableReferences ?? {})) {
			for (const { start, length } of places) bytes.fill(0, start, start + length);
		}
		return bytes.toString('hex');
	};
	return blank(code) === blank(artifact.deployedBytecode) ? 'is the contract' : 'is something else';
}
