/**
 * Being paid out, at the guest's end.
 *
 * The hub's word is not money. It names the transaction; the guest books it when the chain shows that the
 * hub's own account moved that much of the token to an address the guest named, once for each hash, and only
 * at the fee that was announced. What the hub says it paid and the guest has not counted (the totals of the
 * hello differ) the hub tells again (payouts.ts).
 */
import type { Hex } from '../bytes.ts';
import { peerError, type PeerError } from '../errors.ts';
import { tokenToLink } from '../money.ts';
import { err, ok, type Result } from '../result.ts';
import type { Address } from '../settlement/chain.ts';
import type { PayoutsDeps } from './payouts.ts';

export interface PayoutsTakenDeps extends Pick<
	PayoutsDeps,
	| 'platform'
	| 'sql'
	| 'commits'
	| 'ledger'
	| 'accounts'
	| 'scheme'
	| 'ask'
	| 'asked'
	| 'isStopped'
	| 'onChange'
> {
	/** Where this node is paid out to: the address of now, and those of before. */
	readonly payees: () => readonly Address[];
	/** A payout was booked here: the books agree with that neighbour's again. */
	readonly onBooked: (peer: string) => void;
}

export interface PaidOut {
	/** Link units. */
	readonly amount: bigint;
	readonly fee: bigint;
	readonly transaction: Hex;
}

export interface PayoutsTaken {
	/** Asks to be paid all that is held. Errors: HubUnreachable, HubRefused, PayoutTooSmall, PayoutFailed. */
	request(peer: string): Promise<Result<PaidOut, PeerError>>;
	/** The hub says that it paid. Books it once, if the chain shows it. Error: PayoutFailed. */
	take(peer: string, paid: PaidOut): Promise<Result<null, PeerError>>;
}

/** How often a guest's chain that lags behind the hub's is asked, and how long apart. */
const LAG_TRIES = 10;
const LAG_EVERY_MS = 500;

export const createPayoutsTaken = (deps: PayoutsTakenDeps): PayoutsTaken => {
	const {
		platform: { clock, log },
		sql,
		commits,
		ledger,
		accounts,
		scheme,
		asked
	} = deps;
	const { chain } = scheme;
	const toLink = (token: bigint): bigint => tokenToLink(token, scheme.tokenScale);
	const wait = (ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));

	const isTaken = (hash: Hex): boolean =>
		sql.all('SELECT 1 FROM payout_taken WHERE hash = ?', [hash]).length > 0;

	/** Whether the chain shows what the hub says: its account paid one of my addresses exactly that. */
	const isShown = async (payer: Address | undefined, { amount, transaction }: PaidOut): Promise<boolean> => {
		for (let tries = 0; tries < LAG_TRIES && !deps.isStopped(); tries += 1) {
			if (tries > 0) await wait(LAG_EVERY_MS);
			const fate = asked(await chain.fate({ hashes: [transaction] }));
			if (fate.ok && fate.value.type === 'mined')
				return fate.value.transfers.some(
					(transfer) =>
						transfer.from === payer &&
						deps.payees().includes(transfer.to) &&
						toLink(transfer.amount) === amount
				);
		}
		return false;
	};

	const take = async (peer: string, paid: PaidOut): Promise<Result<null, PeerError>> => {
		const { amount, fee, transaction } = paid;
		if (isTaken(transaction)) return ok(null);
		const row = accounts.get(peer);
		const isAgreed = (): boolean =>
			amount + fee <= accounts.held(peer, 'peer') && fee <= (row?.payoutFee ?? 0n);
		const notAgreed = (): Result<null, PeerError> => {
			log('warn', 'a payout of more than is held or announced', { peer, amount, fee });
			return err(peerError('PayoutFailed', 'the hub took more than it held or announced'));
		};
		if (!row || !isAgreed()) return notAgreed();
		if (!(await isShown(row.payee, paid)))
			return err(peerError('PayoutFailed', 'the chain does not show it'));
		const isNew = await commits.run(() => {
			if (isTaken(transaction)) return false;
			// Another may have been booked while the chain was asked about this one.
			if (!isAgreed()) return undefined;
			const at = clock.now();
			const group = `payout/${transaction}`;
			const memo = { peer, transaction };
			const from = `link/${peer}`;
			if (amount > 0n) ledger.record({ kind: 'payout', from, to: 'wallet', amount, at, group, memo });
			if (fee > 0n)
				ledger.record({ kind: 'payout-fee', from, to: 'expense/payout-fees', amount: fee, at, group, memo });
			accounts.paidOut(peer, 'peer', amount + fee);
			sql.run('INSERT INTO payout_taken (hash, peer, amount, fee, at) VALUES (?, ?, ?, ?, ?)', [
				transaction,
				peer,
				amount,
				fee,
				at
			]);
			return true;
		});
		if (isNew === undefined) return notAgreed();
		if (isNew) deps.onBooked(peer);
		deps.onChange();
		return ok(null);
	};

	return {
		take,
		request: async (peer) => {
			if (deps.payees().length === 0) return err(peerError('PayoutFailed', 'no address to be paid at'));
			const answer = await deps.ask(peer, { op: 'payout' });
			if (!answer.ok)
				return err(
					peerError(
						answer.error.type === 'NotConnected' ? 'HubUnreachable' : 'HubRefused',
						answer.error.reason
					)
				);
			if (answer.value.op !== 'paidOut') {
				const { value } = answer;
				const isSmall = value.op === 'refused' && value.code === 'PayoutTooSmall';
				return err(
					peerError(
						isSmall ? 'PayoutTooSmall' : 'PayoutFailed',
						value.op === 'refused' ? value.text : undefined
					)
				);
			}
			const { amount, fee, transaction } = answer.value;
			const paid = { amount, fee, transaction };
			const taken = await take(peer, paid);
			return taken.ok ? ok(paid) : taken;
		}
	};
};
