/**
 * What channels cost on the chain, against one transfer of the token for each payment.
 *
 *     alone    = payments × gas of one transfer
 *     together = gas of every transaction of the channels
 *     saved    = (alone − together) × the price that these transactions paid for gas on average
 *
 * Both sides are taken at the same price, so that a change of it between the days does not count as a saving.
 */
export interface GasOfTransaction {
	readonly gas: bigint;
	/** Wei, with the data fee of OP chains. */
	readonly feeWei: bigint;
}

export interface Savings {
	readonly payments: number;
	readonly transactions: number;
	/** Gas of one transfer, of all payments by transfers, and of what was really sent. */
	readonly transferGas: bigint;
	readonly aloneGas: bigint;
	readonly togetherGas: bigint;
	/** Wei for one gas, on average; 0 before the first transaction. */
	readonly gasPriceWei: bigint;
	readonly aloneWei: bigint;
	readonly togetherWei: bigint;
	/** Below zero while the channels have not paid off yet. */
	readonly savedWei: bigint;
	/** The number of payments from which on they do. */
	readonly paysOffAt: number;
}

export const savingsOf = (
	payments: number,
	transferGas: bigint,
	transactions: readonly GasOfTransaction[]
): Savings => {
	const togetherGas = transactions.reduce((sum, { gas }) => sum + gas, 0n);
	const togetherWei = transactions.reduce((sum, { feeWei }) => sum + feeWei, 0n);
	const gasPriceWei = togetherGas === 0n ? 0n : togetherWei / togetherGas;
	const aloneGas = BigInt(payments) * transferGas;
	// Not by the rounded price: equal gas must cost exactly the same.
	const aloneWei = togetherGas === 0n ? 0n : (aloneGas * togetherWei) / togetherGas;
	return {
		payments,
		transactions: transactions.length,
		transferGas,
		aloneGas,
		togetherGas,
		gasPriceWei,
		aloneWei,
		togetherWei,
		savedWei: aloneWei - togetherWei,
		paysOffAt: transferGas === 0n ? 0 : Number(togetherGas / transferGas) + 1
	};
};
