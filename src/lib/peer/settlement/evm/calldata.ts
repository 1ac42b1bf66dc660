/**
 * What a person's own wallet sends to leave a channel without the other side: ask, wait for the
 * grace, withdraw. The peer only prepares these; it holds no key that could send them.
 */
import { encodeFunctionData } from 'viem/utils';
import type { Hex } from '../../bytes.ts';
import type { ChannelKey } from '../chain.ts';
import { channelsAbi } from './generated.ts';

export const encodeRequestClose = (key: ChannelKey): Hex =>
	encodeFunctionData({ abi: channelsAbi, functionName: 'requestClose', args: [key] });

export const encodeWithdraw = (key: ChannelKey): Hex =>
	encodeFunctionData({ abi: channelsAbi, functionName: 'withdraw', args: [key] });
