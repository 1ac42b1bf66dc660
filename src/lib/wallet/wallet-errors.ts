import { peerError, type PeerError } from '../peer/errors.ts';

/** EIP-1193 and EIP-1474. */
const USER_REJECTED = 4001;
const UNAUTHORIZED = 4100;
const UNKNOWN_CHAIN = 4902;
const EXECUTION_REVERTED = 3;
/** WalletConnect: the person, its chains, its methods, its events. */
const REJECTED_BY_PHONE = [5000, 5001, 5002, 5003] as const;

/** Names of viem's and wagmi's errors; they are thrown with the wallet's own error as their cause. */
const BY_NAME: Readonly<Record<string, PeerError['type']>> = {
	UserRejectedRequestError: 'WalletRefused',
	PairingCanceledError: 'WalletRefused',
	RelayUnreachableError: 'WalletRelayUnreachable',
	ProviderNotFoundError: 'WalletMissing',
	ConnectorNotFoundError: 'WalletMissing',
	ConnectorNotConnectedError: 'WalletMissing',
	ConnectorUnavailableReconnectingError: 'WalletMissing',
	ConnectorChainMismatchError: 'WalletWrongChain',
	ChainMismatchError: 'WalletWrongChain',
	ChainNotConfiguredError: 'WalletWrongChain',
	SwitchChainError: 'WalletWrongChain',
	SwitchChainNotSupportedError: 'WalletWrongChain',
	HttpRequestError: 'ChainUnreachable',
	TimeoutError: 'ChainUnreachable',
	WaitForTransactionReceiptTimeoutError: 'ChainUnreachable',
	ExecutionRevertedError: 'TransactionRefused',
	InsufficientFundsError: 'TransactionRefused',
	CallExecutionError: 'TransactionRefused'
};

/** What a wallet, wagmi or viem threw, as one of the peer's errors; the innermost known cause decides. */
export const toPeerError = (error: unknown): PeerError => {
	let type: PeerError['type'] | undefined;
	for (
		let cause: unknown = error, depth = 0;
		isObject(cause) && depth < 10;
		cause = cause['cause'], depth++
	) {
		type = byCode(cause['code']) ?? BY_NAME[String(cause['name'])] ?? type;
	}
	return peerError(type ?? 'Internal', messageOf(error));
};

const byCode = (code: unknown): PeerError['type'] | undefined => {
	switch (code) {
		case USER_REJECTED:
		case UNAUTHORIZED:
			return 'WalletRefused';
		case UNKNOWN_CHAIN:
			return 'WalletWrongChain';
		case EXECUTION_REVERTED:
			return 'TransactionRefused';
		default:
			return REJECTED_BY_PHONE.some((rejected) => rejected === code) ? 'WalletRefused' : undefined;
	}
};

const isObject = (value: unknown): value is Record<string, unknown> =>
	typeof value === 'object' && value !== null;

/** viem's messages go on for a page; its `shortMessage` is the sentence. */
const messageOf = (error: unknown): string => {
	if (!isObject(error)) return String(error);
	const text = typeof error['shortMessage'] === 'string' ? error['shortMessage'] : error['message'];
	return typeof text === 'string' ? text : 'unknown';
};
