/**
 * What the chain holds, against the rows of channels and payouts. The chain is read after the books: a channel
 * of which it shows more was used meanwhile, or while this node was off, and counts as behind and not as wrong.
 */
import type { Hex } from '../bytes.ts';
import { ok, type Result } from '../result.ts';
import type { ChainError, ChainPort } from '../settlement/chain.ts';
import { createSettings } from '../storage/settings.ts';
import { channelRows } from './channel-checks.ts';
import { big, count, skippedCheck, startCheck, text, type Books, type Check } from './check.ts';

/** What an audit asks of a chain. */
export type AuditedChain = Pick<ChainPort, 'genesisHash' | 'channel' | 'fate'>;

interface Row {
	readonly id: Hex;
	readonly epoch: number;
	readonly status: string;
	readonly direction: string;
	readonly deposited: bigint;
	readonly settled: bigint;
	readonly promised: bigint;
	/** Unix seconds, 0 while nobody asked to close. */
	readonly closeAt: number;
}

/** What the chain is asked about, read from the books. */
export interface ChainQuestions {
	readonly genesis: string | undefined;
	readonly channels: readonly Row[];
	readonly payouts: readonly { readonly name: string; readonly hash: Hex }[];
}

/** The newest; an older payout was looked up when it was booked. */
const PAYOUTS_ASKED = 200;

export const chainQuestions = (books: Books): ChainQuestions => ({
	genesis: createSettings(books.sql).get('chain.genesis'),
	channels: channelRows(books)
		.filter((row) => row['status'] !== 'archived')
		.map((row) => ({
			id: text(row, 'id') as Hex,
			epoch: Number(row['epoch']),
			status: text(row, 'status'),
			direction: text(row, 'direction'),
			deposited: big(row['shown']),
			settled: big(row['settled']),
			promised: big(row['promised']),
			closeAt: Number(row['close_at'])
		})),
	payouts: books.sql
		.all(
			`SELECT hash, peer FROM payout WHERE state = 'done' UNION ALL SELECT hash, peer FROM payout_taken
			ORDER BY hash LIMIT ${PAYOUTS_ASKED}`
		)
		.map((row) => ({ name: `payout ${text(row, 'hash')}`, hash: text(row, 'hash') as Hex }))
});

const CHANNELS = 'each channel holds on the chain what its row says';
const PAYOUTS = 'each payout that is done is on the chain';

const checkChannel = async (
	check: ReturnType<typeof startCheck>,
	row: Row,
	chain: AuditedChain
): Promise<Result<null, ChainError>> => {
	const found = await chain.channel(row.id);
	if (!found.ok) return found;
	const { deposited, claimed, epoch, closeAt } = found.value;
	const where = `channel/${row.id}`;
	if (epoch < row.epoch) check.wrong(where, `the chain is in epoch ${epoch}, its row in ${row.epoch}`);
	else if (row.status === 'closed') {
		if (epoch === row.epoch) check.wrong(where, 'closed by its row, and open on the chain');
	} else if (epoch > row.epoch) check.behind(where, `epoch ${row.epoch} has ended on the chain`);
	else {
		const compare = (name: string, mine: bigint, theirs: bigint): void => {
			if (mine > theirs) check.wrong(where, `${name} ${mine} by its row, ${theirs} on the chain`);
			if (mine < theirs) check.behind(where, `${name} ${mine} by its row, ${theirs} on the chain`);
		};
		compare('deposited', row.deposited, deposited);
		// An older copy of the books, or a claim that was signed and captured after they were read.
		if (row.direction === 'out' && claimed > row.promised)
			check.behind(
				where,
				`${claimed} was captured on the chain, and only ${row.promised} promised by its row`
			);
		else compare('settled', row.settled, claimed);
		if (closeAt !== row.closeAt)
			check.behind(where, `to be left from ${row.closeAt} by its row, from ${closeAt} on the chain`);
	}
	return ok(null);
};

export const checkChain = async (
	questions: ChainQuestions,
	chain: AuditedChain
): Promise<readonly Check[]> => {
	const skip = (why: string): readonly Check[] => [skippedCheck(CHANNELS, why), skippedCheck(PAYOUTS, why)];
	const genesis = await chain.genesisHash();
	if (!genesis.ok) return skip('the chain does not answer');
	if (questions.genesis !== undefined && questions.genesis !== genesis.value)
		return skip('another chain answers than these books are about');
	const channels = startCheck(CHANNELS);
	for (const row of questions.channels) {
		const asked = await checkChannel(channels, row, chain);
		if (!asked.ok) return skip('the chain does not answer');
	}
	const payouts = startCheck(PAYOUTS);
	for (const { name, hash } of questions.payouts) {
		const fate = await chain.fate({ hashes: [hash] });
		if (!fate.ok) return skip('the chain does not answer');
		if (fate.value.type === 'mined') continue;
		if (fate.value.type === 'pending') payouts.behind(name, 'the chain does not show it');
		else payouts.wrong(name, `done by its row, and ${fate.value.type} on the chain`);
	}
	return [
		channels.done(count(questions.channels.length, 'channel')),
		payouts.done(count(questions.payouts.length, 'payout'))
	];
};
