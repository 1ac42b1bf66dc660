/**
 * What the demo wallet tells its owner about a request. What it does not understand it shows in
 * full and says so. Its words are its own, as an extension's would be, and not in the app's catalogue.
 */
import { decodeFunctionData, formatUnits, hexToString, type Hex } from 'viem';
import type { Discovery } from '../client/discovery.ts';
import { channelsAbi } from '../peer/settlement/evm/generated.ts';

export interface Question {
	/** The wallet's own name. */
	readonly wallet: string;
	readonly title: string;
	readonly sentence: string;
	/** Rows of a table: what, value. Values are shown whole. */
	readonly facts: readonly (readonly [string, string])[];
	/** Shown as code, when the wallet cannot say in words what it is. */
	readonly raw: string | undefined;
	readonly approve: string;
}

export interface Circumstances {
	readonly wallet: string;
	readonly site: string;
	readonly address: Hex;
	/** The key that speaks for the account, where that is a contract. */
	readonly owner: Hex | undefined;
	readonly chain: Discovery['chain'];
	/** In the token's unit; undefined when the chain does not answer. */
	readonly balance: bigint | undefined;
}

export const wordsFor = (
	request: { readonly method: string; readonly params: readonly unknown[] },
	circumstances: Circumstances
): Question => ({ wallet: circumstances.wallet, ...questionFor(request, circumstances) });

type Words = Omit<Question, 'wallet'>;

const questionFor = (
	request: { readonly method: string; readonly params: readonly unknown[] },
	circumstances: Circumstances
): Words => {
	const { site, address, owner, balance } = circumstances;
	const inWallet: readonly (readonly [string, string])[] = [
		['Wallet', address],
		...(owner === undefined ? [] : [['Signs for it', `the key of ${owner}`] as const]),
		...(balance === undefined ? [] : [['In it', money(balance, circumstances)] as const])
	];
	switch (request.method) {
		case 'eth_requestAccounts':
			return {
				title: `Connect to ${site}?`,
				sentence: `The site will see your address and what is in this wallet, and may ask you to sign. It cannot move anything by itself.${balance === 0n ? ' An empty wallet is filled with test money when you connect.' : ''}`,
				facts: inWallet,
				raw: undefined,
				approve: 'Connect'
			};
		case 'personal_sign':
			return {
				title: `Sign a message for ${site}?`,
				sentence: 'It shows that this wallet is yours. It moves no money.',
				facts: inWallet,
				raw: readable(request.params[0] as Hex),
				approve: 'Sign'
			};
		case 'eth_signTypedData_v4':
			return (
				fundingWords(request.params[1], circumstances, inWallet) ??
				unknownData(request.params[1], site, inWallet)
			);
		case 'eth_sendTransaction':
			return transactionWords(request.params[0] as Transaction, circumstances, inWallet);
		default:
			return unknownData(request, site, inWallet);
	}
};

interface Transaction {
	readonly to?: Hex;
	readonly data?: Hex;
	readonly value?: Hex;
}

type Facts = readonly (readonly [string, string])[];

/** EIP-3009 `ReceiveWithAuthorization` of our token to our contract: money for one channel. */
const fundingWords = (
	typedData: unknown,
	circumstances: Circumstances,
	inWallet: Facts
): Words | undefined => {
	const { chain, site } = circumstances;
	const { primaryType, domain, message } = typedData as {
		primaryType?: string;
		domain?: { verifyingContract?: string };
		message?: { to?: string; value?: string | bigint; validBefore?: string | bigint; nonce?: string };
	};
	if (primaryType !== 'ReceiveWithAuthorization' || message?.value === undefined) return undefined;
	if (
		domain?.verifyingContract?.toLowerCase() !== chain.token ||
		message.to?.toLowerCase() !== chain.contract
	) {
		return undefined;
	}
	const amount = money(BigInt(message.value), circumstances);
	return {
		title: `Put ${amount} into a payment channel?`,
		sentence: `${site} asks you to let the hub move ${amount} from your wallet into one payment channel: into no other, and only once. What you do not spend comes back when the channel is closed.`,
		facts: [
			['Amount', amount],
			['To', `channel contract ${message.to}`],
			// The nonce is a hash of the channel, so that the signature is good for that channel alone.
			['Bound to', message.nonce ?? ''],
			['Valid until', time(message.validBefore)],
			['Costs you', 'no network fee: the hub pays it'],
			...inWallet
		],
		raw: undefined,
		approve: `Put in ${amount}`
	};
};

const transactionWords = (transaction: Transaction, circumstances: Circumstances, inWallet: Facts): Words => {
	const { chain, site } = circumstances;
	const call = transaction.to?.toLowerCase() === chain.contract ? decode(transaction.data) : undefined;
	const costs = ['Costs you', 'a network fee, paid from the test ETH in this wallet'] as const;
	switch (call) {
		case 'requestClose':
			return {
				title: 'Ask to close your payment channel?',
				sentence: `${site} asks you to start closing a channel without the hub. After the grace you can take back what was not spent.`,
				facts: [['Contract', chain.contract], costs, ...inWallet],
				raw: undefined,
				approve: 'Ask to close'
			};
		case 'withdraw':
			return {
				title: 'Take back what is in your payment channel?',
				sentence: 'The unspent deposit of the channel comes back to the wallet that paid it in.',
				facts: [['Contract', chain.contract], costs, ...inWallet],
				raw: undefined,
				approve: 'Take it back'
			};
		default:
			return {
				title: `Send a transaction for ${site}?`,
				sentence: 'This wallet cannot say what it does. Approve it only if you know.',
				facts: [['To', transaction.to ?? 'a new contract'], costs, ...inWallet],
				raw: json(transaction),
				approve: 'Send'
			};
	}
};

const unknownData = (data: unknown, site: string, inWallet: Facts): Words => ({
	title: `Sign something for ${site}?`,
	sentence: 'This wallet cannot say what this signature allows. Approve it only if you know.',
	facts: inWallet,
	raw: json(data),
	approve: 'Sign'
});

const decode = (data: Hex | undefined): string | undefined => {
	try {
		return data === undefined ? undefined : decodeFunctionData({ abi: channelsAbi, data }).functionName;
	} catch {
		return undefined;
	}
};

/** At least two digits after the point, as money is written. */
const money = (amount: bigint, { chain }: Circumstances): string => {
	const [whole = '0', fraction = ''] = formatUnits(amount, chain.tokenScale).split('.');
	return `${whole}.${fraction.padEnd(2, '0')} ${chain.tokenSymbol}`;
};

const time = (unixSeconds: string | bigint | undefined): string =>
	unixSeconds === undefined ? 'always' : new Date(Number(unixSeconds) * 1_000).toLocaleString();

const readable = (message: Hex): string => {
	try {
		return hexToString(message);
	} catch {
		return message;
	}
};

const json = (value: unknown): string =>
	JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? inner.toString() : inner), 2);
