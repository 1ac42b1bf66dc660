/** A payment to a payment pointer: SPSP says where and under which secret, STREAM sends. */
import type { Http } from '../http.ts';
import { err, ok, type Result } from '../result.ts';
import { pay } from '../stream/connection/client.ts';
import type { PaymentTotals, PayOptions, StreamClientDeps } from '../stream/connection/stream-api.ts';
import { querySpsp, type SpspAnswer, type SpspError } from './client.ts';
import type { ReceiptRequest } from './server.ts';

export interface SpspPayment extends PaymentTotals {
	/** Who was asked and what he said. */
	readonly receiver: SpspAnswer;
}

/** The receiver is an invoice that wants less than was to be paid, in its asset; 0 when it is paid already. */
export type InvoiceWantsLess = { readonly type: 'InvoiceWantsLess'; readonly outstanding: bigint };

/**
 * Pays `amount` (link units) to a pointer or SPSP URL. An error here means that nothing was sent; what a
 * payment achieved before it stopped is in its totals. An invoice in `options.asset` is never overpaid.
 */
export const paySpsp = async (
	http: Http,
	stream: StreamClientDeps,
	pointer: string,
	options: Omit<PayOptions, 'destinationAccount' | 'sharedSecret'> & { readonly receipts?: ReceiptRequest }
): Promise<Result<SpspPayment, SpspError | InvoiceWantsLess>> => {
	const { receipts, ...paying } = options;
	const answer = await querySpsp(http, pointer, receipts);
	if (!answer.ok) return answer;
	const receiver = answer.value;
	const { outstanding, asset } = receiver;
	const isOurs =
		asset !== undefined && asset.code === paying.asset?.code && asset.scale === paying.asset.scale;
	if (outstanding !== undefined && (outstanding === 0n || (isOurs && outstanding < paying.amount)))
		return err({ type: 'InvoiceWantsLess', outstanding });
	const { destinationAccount, sharedSecret } = receiver;
	return ok({ ...(await pay(stream, { ...paying, destinationAccount, sharedSecret })), receiver });
};
