/** The claims this node holds are signed by who locked the money, and the terms of each channel are those its id names. */
import type { Hex } from '../bytes.ts';
import type { SqlRow, SqlValue } from '../storage/sql.ts';
import type { Address, ChannelKey } from '../settlement/chain.ts';
import type { SettlementScheme } from '../settlement/scheme.ts';
import { channelRows, isLive } from './channel-checks.ts';
import { big, count, startCheck, text, type Books, type Check } from './check.ts';

export const keyOf = (row: SqlRow): ChannelKey => ({
	payer: text(row, 'payer') as Address,
	payee: text(row, 'payee') as Address,
	token: text(row, 'token') as Address,
	signer: text(row, 'signer') as Address,
	grace: Number(row['grace']),
	expiry: Number(row['expiry']),
	salt: text(row, 'salt') as Hex
});

export const TERMS = 'the terms of each channel are those that its id names';
export const CLAIMS = 'each claim held is signed and can be redeemed';

const bytesOf = (value: SqlValue | undefined): Uint8Array | undefined =>
	(value as Uint8Array | null) ?? undefined;

/** Of a channel that pays this node. */
export interface HeldClaim {
	readonly id: Hex;
	readonly key: ChannelKey;
	readonly epoch: number;
	/** Captured already: needs no signature any more. Token units. */
	readonly settled: bigint;
	/** The newest held, and the newest whose signature was checked when it came. */
	readonly claims: readonly { readonly cumulative: bigint; readonly signature: Uint8Array | undefined }[];
}

export const heldClaims = (books: Books): readonly HeldClaim[] =>
	channelRows(books)
		.filter((row) => row['direction'] === 'in' && isLive(row))
		.map((row) => ({
			id: text(row, 'id') as Hex,
			key: keyOf(row),
			epoch: Number(row['epoch']),
			settled: big(row['settled']),
			claims: [
				{ cumulative: big(row['promised']), signature: bytesOf(row['signature']) },
				{ cumulative: big(row['checked']), signature: bytesOf(row['checked_signature']) }
			]
		}));

/** The terms of every channel, also of those that are over: with others nothing of it could be claimed or had back. */
export interface ChannelTerms {
	readonly id: Hex;
	readonly key: ChannelKey;
}

export const channelTerms = (books: Books): readonly ChannelTerms[] =>
	channelRows(books).map((row) => ({ id: text(row, 'id') as Hex, key: keyOf(row) }));

export const checkTerms = (
	channels: readonly ChannelTerms[],
	scheme: Pick<SettlementScheme, 'channelId'>
): Check => {
	const check = startCheck(TERMS);
	for (const { id, key } of channels)
		if (scheme.channelId(key) !== id) check.wrong(`channel/${id}`, 'its terms are those of another channel');
	return check.done(count(channels.length, 'channel'));
};

export const checkClaims = async (
	claims: readonly HeldClaim[],
	scheme: Pick<SettlementScheme, 'verifyClaim'>
): Promise<Check> => {
	const check = startCheck(CLAIMS);
	for (const { id, key, epoch, settled, claims: held } of claims) {
		const where = `claims/${id}`;
		for (const { cumulative, signature } of held) {
			if (cumulative <= settled) continue;
			if (!signature)
				check.wrong(where, `${cumulative} was promised, ${settled} captured, and there is no signature`);
			else if (!(await scheme.verifyClaim({ key, epoch, cumulative, signature })))
				check.wrong(where, `the signature is not for ${cumulative} in epoch ${epoch}`);
		}
	}
	return check.done(count(claims.length, 'claim'));
};
