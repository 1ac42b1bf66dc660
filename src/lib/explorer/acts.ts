/** What the channel contract's events and calls say, as plain values. */
import { decodeFunctionData, parseEventLogs, type RpcLog } from 'viem';
import type { Hex } from '../peer/bytes.ts';
import { tokenToLink } from '../peer/money.ts';
import { unpackAmounts } from '../peer/settlement/evm/calldata.ts';
import { channelsAbi, testDollarAbi } from '../peer/settlement/evm/generated.ts';

export type ActType = 'Opened' | 'ToppedUp' | 'Claimed' | 'CloseRequested' | 'Closed' | 'Withdrawn';

/** One thing that happened to a channel on the chain. */
export interface ChannelAct {
	readonly type: ActType;
	readonly channel: Hex;
	readonly transaction: Hex;
	readonly block: bigint;
	/** Place in the block: two acts may share a transaction. */
	readonly index: number;
	/** Link units: put in, paid to the payee, or given back to the payer; 0 for a request to close. */
	readonly amount: bigint;
}

/** In the order of the chain; other events are left out. */
export const actsOf = (logs: readonly RpcLog[], tokenScale: number): readonly ChannelAct[] =>
	parseEventLogs({ abi: channelsAbi, logs: [...logs] as never }).flatMap((event): readonly ChannelAct[] => {
		const { eventName, blockNumber, transactionHash, logIndex } = event;
		if (eventName === 'ClaimSkipped') return [];
		const token =
			eventName === 'Opened'
				? event.args.deposited
				: eventName === 'CloseRequested'
					? 0n
					: eventName === 'Closed' || eventName === 'Withdrawn'
						? unpackAmounts(event.args.amounts).second
						: unpackAmounts(event.args.amounts).first;
		return [
			{
				type: eventName,
				channel: event.args.channelId,
				transaction: transactionHash,
				// Undefined only in blocks that are not mined yet, whose logs nobody asks for.
				block: BigInt(blockNumber ?? 0n),
				index: logIndex ?? 0,
				amount: tokenToLink(token, tokenScale)
			}
		];
	});

/** The name of the called function, of the channel contract or of a token; undefined for anything else. */
export const callNameOf = (data: Hex): string | undefined => {
	try {
		return decodeFunctionData({ abi: [...channelsAbi, ...testDollarAbi], data }).functionName;
	} catch {
		return undefined;
	}
};
