/** What contracts wrote down: events of channels, and movements of the token. */
import { formatLog, parseEventLogs, type RpcLog } from 'viem';
import type { Hex } from '../../bytes.ts';
import type { Address, ChainEvent, ChannelKey, Payment, TokenTransfer } from '../chain.ts';
import { unpackAmounts } from './calldata.ts';
import { channelsAbi, testDollarAbi } from './generated.ts';

const lower = (hex: Hex): Hex => hex.toLowerCase() as Hex;

/** Of logs by the channel contract; what is no event of it is passed over. */
export const eventsOf = (logs: readonly RpcLog[]): ChainEvent[] =>
	parseEventLogs({ abi: channelsAbi, logs: logs.map((log) => formatLog(log)) }).flatMap(
		(log): ChainEvent[] => {
			const { channelId: id } = log.args;
			switch (log.eventName) {
				case 'Opened': {
					const { payer, payee, token, signer, grace, expiry, salt, epoch, deposited } = log.args;
					const key: ChannelKey = {
						payer: lower(payer),
						payee: lower(payee),
						token: lower(token),
						signer: lower(signer),
						grace,
						expiry,
						salt
					};
					return [{ type: 'Opened', id, key, epoch, amount: deposited }];
				}
				case 'ToppedUp': {
					const { epoch, first: amount } = unpackAmounts(log.args.amounts);
					return [{ type: 'ToppedUp', id, epoch, amount }];
				}
				case 'Claimed': {
					const { epoch, first: paid, second: cumulative } = unpackAmounts(log.args.amounts);
					return [{ type: 'Claimed', id, epoch, cumulative, paid }];
				}
				case 'CloseRequested':
					return [{ type: 'CloseRequested', id, epoch: log.args.epoch, closeAt: log.args.closeAt }];
				case 'Closed':
				case 'Withdrawn': {
					const { epoch, first: captured, second: refunded } = unpackAmounts(log.args.amounts);
					return [{ type: log.eventName, id, epoch, captured, refunded }];
				}
				case 'ClaimSkipped':
					return [];
			}
		}
	);

/** Of logs by the token, those that move it out of the account. */
export const paymentsIn = (logs: readonly RpcLog[], token: Address, account: Address): readonly Payment[] =>
	logs.flatMap((log) =>
		transfersIn([log], token).flatMap((transfer) =>
			transfer.from === account && log.transactionHash
				? [{ ...transfer, hash: lower(log.transactionHash) }]
				: []
		)
	);

export const transfersIn = (logs: readonly RpcLog[], token: Address): readonly TokenTransfer[] =>
	parseEventLogs({
		abi: testDollarAbi,
		eventName: 'Transfer',
		logs: logs.filter(({ address }) => lower(address) === token).map((log) => formatLog(log))
	}).map(({ args }) => ({ from: lower(args.from), to: lower(args.to), amount: args.value }));
