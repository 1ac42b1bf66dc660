/** Getting what is wanted: one GET after another, what each outcome changes, and what is owed by receipt. */
import { bytesToHex } from '../bytes.ts';
import { peerError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { OpenerSession } from '../stream/session.ts';
import type { Batches } from './batches.ts';
import { NotAdmitted, type Outcome } from './buyer.ts';
import type { Offers } from './offers.ts';
import { RETRY_LAST_MS, type Pauses } from './pauses.ts';
import type { Purchase } from './purchases.ts';
import type { Batch, ReaderContext, Subscription } from './subscription.ts';

export interface Getting {
	/** Sends as many GETs as may be under way. */
	pump(subscription: Subscription): void;
	/** Asks by receipt for one purchase that never came. `answered`: it is known that the money moved. */
	recover(purchase: Purchase, answered: boolean): Promise<void>;
	/** Everything paid or perhaps paid to this node that never came, oldest first. */
	recoverNode(node: string): Promise<void>;
	/** Lets the session go once nothing of an unfollowed node is under way. */
	closeWhenIdle(subscription: Subscription): void;
}

/** Refusals for the price in a row before pausing. */
const PRICE_TRIES = 5;

/** Reached a limit; says which error the person sees. */
class LimitReached extends NotAdmitted {}

export const createGetting = (
	context: ReaderContext,
	{ reachLimit, pause, backOff, succeed, rejected }: Pauses,
	{ ask, reprice }: Pick<Offers, 'ask' | 'reprice'>,
	{ nextBatch, leftToday, beyondLimit }: Batches
): Getting => {
	const { dependencies, records, subscriptions, connections, buyer } = context;
	const { isActive, isRunning, inBackground, changed } = context;
	const { clock, commits, log } = dependencies;
	/** Receipts that are being asked for. */
	const asking = new Set<string>();

	const admit = (subscription: Subscription, amount: bigint): void => {
		if (!isActive(subscription) || amount > leftToday(subscription)) throw new LimitReached();
	};

	/** Waits for the next day, for a higher limit, or for the person, who is asked. */
	const stopAtLimit = (subscription: Subscription): void => {
		reachLimit(subscription);
		// What is under way may come to nothing, and the question names what is used to the unit.
		if (subscription.inFlight > 0) return;
		const beyond = beyondLimit(subscription);
		if (beyond) dependencies.onLimit?.(subscription.node, beyond);
	};

	const pump = (subscription: Subscription): void => {
		// Looked at anew each time: the limit may have been raised, or the day be another.
		if (subscription.error?.type === 'DailyLimitReached') subscription.error = undefined;
		while (isActive(subscription) && subscription.live && !subscription.recovering) {
			if (clock.now() < subscription.pausedUntil) return;
			const session = connections.known(subscription.node);
			if (!session) return;
			const batch = nextBatch(subscription);
			if (batch === 'limit') return stopAtLimit(subscription);
			if (typeof batch === 'string') return;
			inBackground('getting', getBatch(subscription, session, batch));
		}
	};

	const getBatch = async (
		subscription: Subscription,
		session: OpenerSession,
		batch: Batch
	): Promise<void> => {
		const { entries, amount } = batch;
		const isPaid = amount > 0n;
		for (const { id } of entries) subscription.busy.add(id);
		if (isPaid) subscription.inFlight++;
		else subscription.freeInFlight++;
		subscription.inFlightAmount += amount;
		let keepBusy = false;
		try {
			const outcome = await buyer.buy(session, {
				...batch,
				node: subscription.node,
				admit: () => admit(subscription, amount)
			});
			keepBusy = await settle(subscription, batch, outcome);
		} catch (error) {
			log('error', 'reader: a GET', { error: String(error) });
			backOff(subscription, 'Internal', String(error));
		} finally {
			if (isPaid) subscription.inFlight--;
			else subscription.freeInFlight--;
			subscription.inFlightAmount -= amount;
			if (!keepBusy) for (const { id } of entries) subscription.busy.delete(id);
			subscription.paceCache = undefined;
			changed();
		}
		if (subscription.closed) closeWhenIdle(subscription);
		else pump(subscription);
	};

	/** What an outcome changes; true while its ids must not be asked for again. */
	const settle = async (subscription: Subscription, batch: Batch, outcome: Outcome): Promise<boolean> => {
		const { entries, amount, part } = batch;
		switch (outcome.type) {
			case 'got': {
				const complete = !part || part.index === part.count - 1;
				if (complete) for (const { id } of entries) subscription.wanted.delete(id);
				subscription.priceRefusals = 0;
				subscription.spoiled = 0;
				if (amount > 0n) await learn(subscription, amount, outcome.arrived);
				succeed(subscription);
				return false;
			}
			case 'notAdmitted':
				if (isActive(subscription)) stopAtLimit(subscription);
				return false;
			case 'price': {
				reprice(subscription, outcome.offers);
				subscription.priceRefusals++;
				if (amount > 0n && outcome.arrived * 100n < amount * LIMITS.minDelivered) {
					subscription.error = peerError('WayTooDear', `${outcome.arrived} of ${amount}`);
					pause(subscription, RETRY_LAST_MS);
					return false;
				}
				const asked = batch.prices.reduce((sum, price) => sum + price, 0n);
				const measured = subscription.record.arrived > 0n;
				if (amount > 0n) await learn(subscription, amount, outcome.arrived);
				if (measured && outcome.arrived < asked) subscription.slack += asked - outcome.arrived;
				if (subscription.priceRefusals >= PRICE_TRIES) {
					subscription.priceRefusals = 0;
					backOff(subscription, 'PriceExpired');
				}
				return false;
			}
			case 'missing': {
				reprice(subscription, outcome.offers);
				const gone = outcome.ids.filter((id) => entries.some((entry) => entry.id === id));
				if (gone.length === 0) return refusedTwice(subscription, 'missing');
				await drop(subscription, gone);
				return false;
			}
			case 'tooLarge':
				reprice(subscription, outcome.offers);
				if (entries.length > 1) subscription.idsPerGet = Math.max(1, entries.length >> 1);
				else return refusedTwice(subscription, 'too-large');
				return false;
			case 'refused':
				reprice(subscription, outcome.offers);
				backOff(subscription, 'AuthorUnreachable', outcome.code);
				return false;
			case 'rejected':
				if (outcome.code === 'F08' && amount > 1n) {
					subscription.maxAmount = amount / 2n;
					if (entries.length > 1) return false;
				}
				rejected(subscription, outcome.code, outcome.triggeredBy);
				if (!subscription.live) void ask(subscription);
				return false;
			case 'unpaid':
				backOff(subscription, 'PacketTimedOut');
				return false;
			case 'open':
				if (outcome.spoiled) subscription.spoiled++;
				backOff(subscription, outcome.spoiled ? 'AnswerSpoiled' : 'PacketTimedOut');
				return amount > 0n;
			case 'lost':
				subscription.spoiled++;
				for (const { id } of entries) subscription.wanted.delete(id);
				return false;
			case 'cheated':
				subscription.record = records.record(subscription.node);
				subscription.error = peerError('AuthorCheated');
				return false;
		}
	};

	/** The same refusal for a changed offer is progress; for an unchanged one it would go on for ever. */
	const refusedTwice = (subscription: Subscription, code: string): boolean => {
		if (++subscription.priceRefusals >= 2) backOff(subscription, 'AuthorUnreachable', code);
		return false;
	};

	const drop = async (subscription: Subscription, ids: readonly string[]): Promise<void> => {
		for (const id of ids) subscription.wanted.delete(id);
		await commits.run(() => {
			for (const id of ids) records.dropWanted(id);
		});
	};

	/** Measures the way. `arrived` is the other end's word: never more than was sent. */
	const learn = async (
		subscription: Subscription,
		sent: bigint,
		arrived: bigint | undefined
	): Promise<void> => {
		const { node, record } = subscription;
		const isSane = arrived !== undefined && arrived <= sent && arrived * 100n >= sent * LIMITS.minDelivered;
		// Of GETs of one size nearly all teach the same.
		if (isSane && (sent !== record.sent || arrived !== record.arrived))
			await commits.run(() => records.saveRate(node, sent, arrived));
		subscription.record = records.record(node);
	};

	const recover = async (purchase: Purchase, answered: boolean): Promise<void> => {
		const key = bytesToHex(purchase.receipt);
		if (!isRunning() || asking.has(key) || !records.isOpen(purchase.receipt)) return;
		asking.add(key);
		try {
			const session = await connections.find(purchase.node);
			if (!session || !isRunning()) return;
			const outcome = await buyer.recover(session, purchase, answered);
			const subscription = subscriptions.get(purchase.node);
			if (!subscription) return;
			const isOver = outcome.type !== 'open';
			if (isOver) for (const id of purchase.ids) subscription.busy.delete(id);
			if (outcome.type === 'got') {
				const { part } = purchase;
				if (!part || part.index === part.count - 1)
					for (const id of purchase.ids) subscription.wanted.delete(id);
				subscription.record = records.record(purchase.node);
				subscription.spoiled = 0;
			}
			if (outcome.type === 'lost') for (const id of purchase.ids) subscription.wanted.delete(id);
			if (outcome.type === 'cheated') {
				subscription.record = records.record(purchase.node);
				subscription.error = peerError('AuthorCheated');
			}
			if (outcome.type === 'open' && outcome.spoiled) subscription.spoiled++;
			subscription.paceCache = undefined;
			changed();
		} finally {
			asking.delete(key);
		}
	};

	/** Everything paid or perhaps paid to this node that never came, oldest first. */
	const recoverNode = async (node: string): Promise<void> => {
		const subscription = subscriptions.get(node);
		const open = records
			.openPurchases()
			.filter(({ node: paid, receipt }) => paid === node && !buyer.isUnderWay(receipt));
		if (open.length === 0) return;
		if (subscription) subscription.recovering = true;
		try {
			for (const purchase of open) await recover(purchase, purchase.answered);
		} finally {
			if (subscription) subscription.recovering = false;
		}
		const isLeft = records.openPurchases().some((one) => one.node === node && !buyer.isUnderWay(one.receipt));
		if (isLeft && subscription && isActive(subscription)) backOff(subscription, 'AnswerSpoiled');
	};

	const closeWhenIdle = (subscription: Subscription): void => {
		if (!subscription.closed || subscription.inFlight > 0 || subscription.freeInFlight > 0) return;
		if (!subscriptions.has(subscription.node)) connections.close(subscription.node);
	};

	return { pump, recover, recoverNode, closeWhenIdle };
};
