/**
 * # Does the money add up?
 *
 * Recomputes everything that one database says about money from single transfers, from claims and, when it
 * answers, from the chain; and, given the books of several nodes, compares both ends of their links. It
 * writes nothing, and believes no stored sum.
 *
 * | checks | what against what |
 * |---|---|
 * | `readable-check.ts` | first of all: whether there is something to add up |
 * | `ledger-checks.ts` | balances against postings; all of them against zero; accounts and transfers against the chart |
 * | `packet-checks.ts` | packets against pending, posted and voided transfers, fulfilments against conditions |
 * | `link-checks.ts` | totals told in hellos against postings, claims and balances |
 * | `channel-checks.ts` | deposits, claims, captures against postings and each other |
 * | `claim-checks.ts` | signatures of the claims held, terms of all channels |
 * | `payout-checks.ts`, `market-checks.ts` | payouts, receipts, days, notes bought and sold against postings |
 * | `event-checks.ts` | signatures of what was paid for |
 * | `chain-checks.ts` | channels and payouts against the chain |
 * | `end-checks.ts` | one end of a link against the other |
 *
 * A check is *wrong* when one unit is where it must not be; *behind* when the chain or a neighbour knows more
 * than these books, which is learned by itself.
 */
import type { Crypto } from '../platform.ts';
import type { SettlementScheme } from '../settlement/scheme.ts';
import { checkChain, chainQuestions, type AuditedChain } from './chain-checks.ts';
import { checkChannels } from './channel-checks.ts';
import type { Books, Check, Finding } from './check.ts';
import { skippedCheck } from './check.ts';
import { channelTerms, checkClaims, checkTerms, CLAIMS, heldClaims, TERMS } from './claim-checks.ts';
import { endOf, type End } from './end-checks.ts';
import { checkSignatures, paidEvents } from './event-checks.ts';
import { checkBalances, checkChart, checkTransfers } from './ledger-checks.ts';
import { checkLinks } from './link-checks.ts';
import { checkMarket } from './market-checks.ts';
import { checkFulfilments, checkPackets, rememberedFulfilments } from './packet-checks.ts';
import { checkPayouts } from './payout-checks.ts';
import { checkReadable } from './readable-check.ts';

export type { Books, Check, Finding } from './check.ts';
export { checkEnds, type End } from './end-checks.ts';
export type { AuditedChain } from './chain-checks.ts';

export interface AuditSubject {
	readonly name: string;
	readonly books: Books;
	readonly crypto: Crypto;
	/** Of the chain the claims are for; without it signatures of claims are not looked at. */
	readonly scheme?: Pick<SettlementScheme, 'channelId' | 'verifyClaim'> | undefined;
	readonly chain?: AuditedChain | undefined;
}

export interface NodeAudit {
	readonly name: string;
	readonly checks: readonly Check[];
	/** For {@link checkEnds}; undefined for a database that no peer was started on. */
	readonly end: End | undefined;
}

/**
 * All checks of one database. `read` runs its synchronous part, all reads of the database: a host whose database
 * is written by somebody else meanwhile wraps it in one read transaction.
 */
export const auditNode = async (
	{ name, books, crypto, scheme, chain }: AuditSubject,
	read: <T>(work: () => T) => T = (work) => work()
): Promise<NodeAudit> => {
	const readBooks = () => ({
		checks: [
			...checkBalances(books),
			checkTransfers(books),
			checkChart(books),
			...checkPackets(books),
			...checkLinks(books),
			...checkChannels(books),
			checkPayouts(books),
			...checkMarket(books)
		],
		fulfilments: rememberedFulfilments(books),
		terms: channelTerms(books),
		claims: heldClaims(books),
		events: paidEvents(books),
		questions: chainQuestions(books),
		end: endOf(name, books, crypto)
	});
	const { readable, found } = read(() => {
		const check = checkReadable(books);
		return { readable: check, found: check.wrong.length === 0 ? readBooks() : undefined };
	});
	if (!found) return { name, checks: [readable], end: undefined };
	return {
		name,
		checks: [
			readable,
			...found.checks,
			await checkFulfilments(found.fulfilments, crypto),
			await checkSignatures(found.events, crypto),
			...(scheme
				? [checkTerms(found.terms, scheme), await checkClaims(found.claims, scheme)]
				: [skippedCheck(TERMS, 'no chain is named'), skippedCheck(CLAIMS, 'no chain is named')]),
			...(chain
				? await checkChain(found.questions, chain)
				: [skippedCheck('each channel holds on the chain what its row says', 'no chain is named')])
		],
		end: await found.end
	};
};

/** Everything wrong, as sentences that name account and figures. */
export const wrongIn = (checks: readonly Check[]): readonly string[] =>
	checks.flatMap(({ name, wrong }) => wrong.map(({ where, what }: Finding) => `${where}: ${what} (${name})`));
