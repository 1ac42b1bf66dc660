/**
 * Turning claims into money: what redeem-rule.ts says, in transactions that are written down before they are
 * sent. A batch that the chain refuses as a whole is tried in halves, so that one bad channel holds up no other.
 */
import type { Hex } from '../bytes.ts';
import type { PeerError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { err, ok, type Result } from '../result.ts';
import type { ChainMirror } from './chain-mirror.ts';
import { unredeemed, type Channel } from './channel.ts';
import type { Errands, SettlerDeps } from './errands.ts';
import { planRedemption, type Redeemable, type Redemption } from './redeem-rule.ts';

export interface Redeeming {
	/** Redeems all that is unredeemed now, whatever it costs; answers how much, in link units. */
	redeemAll(): Promise<Result<bigint, PeerError>>;
	/** After a claim came in: redeems when one channel holds enough. */
	considerRedeeming(id: Hex): void;
	/** Every now and then, and when a payer asks to close: what the rule says. */
	consider(): Promise<void>;
}

const PURPOSE = 'redeem';
const REDEEMED_AT = 'redeem.at';
const ETHER = 10n ** 18n;
/** After a refusal nothing is tried by itself for this long, then twice as long. */
const RETRY_FIRST_MS = 30_000;
const RETRY_LAST_MS = 3_600_000;

interface Due extends Redeemable {
	readonly channel: Channel;
}

export const createRedeeming = (
	deps: SettlerDeps,
	{ asked, gate, spawn, toLink, chainTime, settings, transactions }: Errands,
	{ refresh }: Pick<ChainMirror, 'refresh'>
): Redeeming => {
	const {
		platform: { clock, log },
		commits,
		channels,
		heldClaims,
		scheme: { chain }
	} = deps;
	let failures = 0;
	let retryAt = 0;

	const due = (): readonly Due[] =>
		channels
			.all()
			.filter(
				(channel) =>
					channel.direction === 'in' &&
					(channel.status === 'open' || channel.status === 'closing') &&
					channel.checked > channel.settled
			)
			.map((channel) => ({
				channel,
				unredeemed: toLink(channel.checked - channel.settled),
				closeAt: channel.closeAt,
				grace: channel.key.grace,
				expiry: channel.key.expiry
			}));

	/** What the chain would pay for the last batch may have been booked by its report already. */
	const settledOf = (batch: readonly Channel[]): bigint =>
		batch.reduce((sum, { id, epoch }) => sum + (channels.get(id, epoch)?.settled ?? 0n), 0n);

	/** Link units that came of it. */
	const redeem = async (batch: readonly Channel[]): Promise<Result<bigint, PeerError>> => {
		const claims = batch.map(({ key, epoch, checked, checkedSignature }) => ({
			key,
			epoch,
			cumulative: checked,
			signature: checkedSignature as Uint8Array
		}));
		const before = settledOf(batch);
		const sent = asked(await transactions.send({ type: 'redeem', claims }, PURPOSE));
		if (!sent.ok && sent.error.type === 'TransactionRefused' && batch.length > 1) {
			const middle = Math.ceil(batch.length / 2);
			const first = await redeem(batch.slice(0, middle));
			const second = await redeem(batch.slice(middle));
			if (!first.ok) return second;
			return second.ok ? ok(first.value + second.value) : first;
		}
		for (const { id } of batch) {
			const seen = await refresh(id, sent.ok ? sent.value.hash : undefined);
			if (!seen.ok) return seen;
		}
		deps.onChange();
		return sent.ok ? ok(toLink(settledOf(batch) - before)) : sent;
	};

	/** One redemption at a time: the next would only send the same claims once more. */
	let last: Promise<unknown> = Promise.resolve();
	const afterTheLast = <T>(work: () => Promise<T>): Promise<T> => {
		const mine = last.then(work, work);
		last = mine.catch(() => undefined);
		return mine;
	};

	const redeemDue = async (): Promise<Result<bigint, PeerError>> => {
		if (!chain.account) return ok(0n);
		const trusted = gate('gas');
		if (!trusted.ok) return trusted;
		await heldClaims.check();
		let total = 0n;
		let failed: PeerError | undefined;
		const batches = due().map(({ channel }) => channel);
		for (let at = 0; at < batches.length; at += LIMITS.redeemBatch) {
			const done = await redeem(batches.slice(at, at + LIMITS.redeemBatch));
			if (done.ok) total += done.value;
			else failed ??= done.error;
		}
		if (!failed) return ok(total);
		deps.onTrouble(failed);
		return err(failed);
	};

	const toLinkUnits = (wei: bigint): bigint => (wei * deps.etherPrice) / ETHER;

	const plan = async (): Promise<Redemption<Due> | undefined> => {
		const list = due();
		const time = chainTime();
		if (list.length === 0 || time === undefined) return undefined;
		const [one, two] = [asked(await chain.redeemCost(1)), asked(await chain.redeemCost(2))];
		if (!one.ok || !two.ok) return undefined;
		const row = toLinkUnits(two.value - one.value);
		return planRedemption(list, {
			time,
			now: clock.now(),
			lastAt: await lastAt(),
			threshold: deps.redeemThreshold,
			cost: { base: toLinkUnits(one.value) - row, row }
		});
	};

	/** The first time anything is due the day begins. */
	const lastAt = async (): Promise<number> => {
		const known = settings.get(REDEEMED_AT);
		if (known !== undefined) return Number(known);
		const now = clock.now();
		await commits.run(() => settings.set(REDEEMED_AT, `${now}`));
		return now;
	};

	let considering: Promise<void> | undefined;
	const consider = (): Promise<void> => {
		considering ??= afterTheLast(reconsider).finally(() => (considering = undefined));
		return considering;
	};

	const reconsider = async (): Promise<void> => {
		// The one under way takes all that was due then; it is followed, and what came since can wait for it.
		if (!chain.account || clock.now() < retryAt || transactions.underWay(PURPOSE).length > 0) return;
		if (!gate('gas').ok) return;
		await heldClaims.check();
		const planned = await plan();
		if (!planned) return;
		const { why } = planned;
		const done = await redeem(planned.channels.map(({ channel }) => channel));
		if (done.ok) {
			failures = 0;
			await commits.run(() => settings.set(REDEEMED_AT, `${clock.now()}`));
			log('info', 'redeemed', { why, channels: planned.channels.length, amount: `${done.value}` });
			return;
		}
		retryAt = clock.now() + Math.min(RETRY_LAST_MS, RETRY_FIRST_MS * 2 ** failures);
		failures += 1;
		// Without a block it is only late.
		if (done.error.type !== 'ChainUnreachable') deps.onTrouble(done.error);
	};

	return {
		redeemAll: () => afterTheLast(redeemDue),
		consider,
		considerRedeeming: (id) => {
			const channel = channels.get(id);
			if (channel && toLink(unredeemed(channel)) >= deps.redeemThreshold) spawn(consider());
		}
	};
};
