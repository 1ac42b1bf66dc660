/** The rejects of this node: every one names it as who triggered it. */
import { encodeAmountTooLarge, type IlpErrorCode, type IlpReject } from '../codec/ilp.ts';

const EMPTY = new Uint8Array(0);

/** A neighbour's own T04 carries what its books say is covered: UInt64, link units. */
export const COVERED_BYTES = 8;

export interface Rejects {
	reject(code: IlpErrorCode, message: string, data?: Uint8Array): IlpReject;
	/** F08, with both amounts in link units. */
	tooLarge(receivedAmount: bigint, maximumAmount: bigint): IlpReject;
	/** T04 that tells what my books say the neighbour may still send, so that it can see who of us is wrong. */
	notCovered(available: bigint): IlpReject;
}

/** `here`: this node's own address, empty while it has none. */
export const createRejects = (here: () => string): Rejects => {
	const reject = (code: IlpErrorCode, message: string, data: Uint8Array = EMPTY): IlpReject => ({
		type: 'reject',
		code,
		triggeredBy: here(),
		message,
		data
	});
	return {
		reject,
		tooLarge: (receivedAmount, maximumAmount) =>
			reject(
				'F08',
				'more than one packet may carry',
				encodeAmountTooLarge({ receivedAmount, maximumAmount })
			),
		notCovered: (available) => {
			const covered = new Uint8Array(COVERED_BYTES);
			new DataView(covered.buffer).setBigUint64(0, available > 0n ? available : 0n);
			return reject('T04', 'not covered', covered);
		}
	};
};
