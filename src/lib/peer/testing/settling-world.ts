/**
 * A guest and its hub on a simulated chain, each with books and channels and nothing else, and what a test of
 * settling does to them.
 */
import { toHex0x } from '../bytes.ts';
import { nobleCrypto } from '../crypto/noble-crypto.ts';
import type { Result } from '../result.ts';
import type { Address, ChainPort, FundingAuthorization } from '../settlement/chain.ts';
import { createTypedData } from '../settlement/evm/typed-data.ts';
import { migrate } from '../storage/migrations.ts';
import type { SqlDriver } from '../storage/sql.ts';
import { createChainActs, type ChainActs } from './chain-acts.ts';
import { createEnd, type End, type EndOptions } from './settling-end.ts';
import { createSimulatedChain, type SimulatedChain, type SimulatedChainPort } from './simulated-chain.ts';
import { createSimulatedClock, type SimulatedClock } from './simulated-clock.ts';

export const START_MS = Date.UTC(2030, 0, 1);
const secret = (n: number): Uint8Array => new Uint8Array(32).fill(n);
export const addressOf = (key: Uint8Array): Address => toHex0x(nobleCrypto.evmAddress(key));
export const WALLET = secret(1);
export const CLAIM = secret(2);
export const HUB = secret(3);
export const STRANGER = secret(9);
export const GUEST_DEVICE = '9e'.repeat(32);
export const HUB_DEVICE = '48'.repeat(32);
/** Units of the token. */
export const DOLLAR = 1_000_000n;
/** Link units in one of them. */
export const TOKEN = 1_000n;

export interface SimulatedPlace {
	readonly clock: SimulatedClock;
	readonly chain: SimulatedChain;
	readonly openSql: () => SqlDriver;
}

/** A program that ends at its nth step: before or after a write, before or after a word with the chain. */
export interface Life {
	sql(sql: SqlDriver): SqlDriver;
	chain(port: ChainPort): ChainPort;
	readonly steps: () => number;
	readonly isOver: () => boolean;
	end(): void;
}

export const createLife = (endsAt: number): Life => {
	let steps = 0;
	let over = false;
	const step = (): void => {
		if (steps++ === endsAt) over = true;
	};
	const asked =
		<A extends readonly unknown[], R>(ask: (...inputs: A) => Promise<R>) =>
		(...inputs: A): Promise<R> =>
			new Promise((resolve, reject) => {
				step();
				if (over) return;
				ask(...inputs).then((answer) => {
					if (over) return;
					step();
					if (!over) resolve(answer);
				}, reject);
			});
	return {
		steps: () => steps,
		isOver: () => over,
		end: () => (over = true),
		sql: (sql) => ({
			...sql,
			run: (text, parameters) => {
				if (over) throw new Error('this program has ended');
				return sql.run(text, parameters);
			},
			transaction: (work) => {
				step();
				if (over) throw new Error('this program has ended');
				const answer = sql.transaction(work);
				step();
				return answer;
			}
		}),
		chain: (port) => ({
			...port,
			head: asked(port.head),
			prepare: asked(port.prepare),
			broadcast: asked(port.broadcast),
			outbid: asked(port.outbid),
			fate: asked(port.fate)
		})
	};
};

/** One end on a simulated chain. */
export const createSimulatedEnd = (
	{ clock, chain, openSql }: SimulatedPlace,
	{
		sql,
		life,
		account,
		through = (port) => port,
		...given
	}: Omit<EndOptions, 'clock' | 'port' | 'sql' | 'isKnown' | 'device'> & {
		readonly sql?: SqlDriver;
		readonly account?: Address;
		readonly life?: Life;
		/** What stands between this end and the chain. */
		readonly through?: (port: ChainPort) => ChainPort;
	}
): End<SimulatedChainPort> => {
	const disk = sql ?? openSql();
	migrate(disk);
	const port = chain.port(account);
	const made = createEnd({
		...given,
		clock,
		device: given.role === 'child' ? HUB_DEVICE : GUEST_DEVICE,
		isKnown: sql !== undefined,
		sql: life ? life.sql(disk) : disk,
		port: through(life ? life.chain(port) : port)
	});
	return { ...made, sql: disk, chain: port };
};

export type SettlingWorld = ReturnType<typeof openSettlingWorld>;

/** A guest with a wallet of ten dollars, and a hub with an account of its own. */
export const openSettlingWorld = ({
	turn,
	openSql,
	life,
	...changes
}: {
	readonly turn: () => Promise<void>;
	readonly openSql: () => SqlDriver;
	readonly life?: Life | undefined;
	readonly chainId?: number;
	/** Of the hub. */
	readonly threshold?: bigint | undefined;
	readonly redeemThreshold?: bigint;
	readonly etherPrice?: bigint;
	readonly gasPerDay?: bigint;
	readonly through?: (port: ChainPort) => ChainPort;
	/** The same between the guest and the chain. */
	readonly throughOfGuest?: (port: ChainPort) => ChainPort;
}) => {
	const { chainId = 31337, threshold, throughOfGuest, ...hubChanges } = changes;
	const clock = createSimulatedClock(START_MS, turn);
	const chain = createSimulatedChain({ clock, chainId });
	const place = { clock, chain, openSql };
	chain.mint(addressOf(WALLET), 10n * DOLLAR);
	chain.mint(addressOf(HUB), 10n * DOLLAR);
	let linked = true;
	const hubTerms = {
		role: 'child',
		neighbour: GUEST_DEVICE,
		neighbourPayee: addressOf(WALLET),
		neighbourSigner: addressOf(CLAIM),
		claimSecret: CLAIM,
		account: addressOf(HUB),
		payee: addressOf(HUB),
		payeeSecret: HUB,
		...hubChanges,
		...(threshold === undefined ? {} : { threshold }),
		ask: (): End['settler'] | undefined => (linked ? guest.settler : undefined)
	} as const;
	let hub = createSimulatedEnd(place, { ...hubTerms, ...(life ? { life } : {}) });
	const guest: End<SimulatedChainPort> = createSimulatedEnd(place, {
		role: 'parent',
		neighbour: HUB_DEVICE,
		neighbourPayee: addressOf(HUB),
		claimSecret: CLAIM,
		payee: addressOf(WALLET),
		...(throughOfGuest ? { through: throughOfGuest } : {}),
		ask: () => (linked ? hub.settler : undefined)
	});
	const wait = async <T>(promise: Promise<T>, mostMs = 120_000): Promise<T> => {
		let done = false;
		const seen = promise.finally(() => (done = true));
		seen.catch(() => undefined);
		await clock.runWhile(() => !done, clock.now() + mostMs);
		return seen;
	};
	const sign = (funding: Omit<FundingAuthorization, 'signature'>, epoch = 0): FundingAuthorization => {
		const unsigned = { ...funding, signature: new Uint8Array(65) };
		const digest = createTypedData(chain.chainId, chain.contract).fundingDigest(
			unsigned,
			epoch,
			chain.tokenDomain
		);
		return { ...funding, signature: nobleCrypto.ecdsaSign(WALLET, digest) };
	};
	const value = <T, E>(result: Result<T, E>): T => {
		if (!result.ok) throw new Error(JSON.stringify(result.error));
		return result.value;
	};
	const start = async (): Promise<void> => {
		await wait(Promise.all([guest.settler.start(), hub.settler.start()]));
	};
	const fund = async (amount = 2n * DOLLAR) => {
		await start();
		const prepared = value(await wait(guest.settler.prepareFunding(HUB_DEVICE, addressOf(WALLET), amount)));
		const funded = await wait(guest.settler.fund(HUB_DEVICE, sign(prepared.funding)));
		return { id: prepared.channel, key: prepared.funding.key, funded };
	};
	/** The guest promises `claimed` and `spent` of it is delivered, in link units. */
	const spend = async (id: `0x${string}`, claimed: bigint, spent: bigint): Promise<void> => {
		guest.accounts.meet(HUB_DEVICE, {
			owner: HUB_DEVICE,
			role: 'parent',
			credit: 0n,
			window: claimed,
			at: 0
		});
		const covered = await wait(guest.commits.run(() => guest.accounts.cover(HUB_DEVICE, claimed, 1)));
		if (!covered.covered || !covered.promised) throw new Error('not covered');
		const { key, epoch, cumulative } = covered.promised;
		const claim = await guest.settler.scheme.signClaim(CLAIM, key, epoch, cumulative);
		const wire = { scheme: 0, channel: id, epoch, cumulative, signature: claim.signature };
		const refused = await wait(hub.heldClaims.take(GUEST_DEVICE, wire));
		if (refused) throw new Error(`the claim was refused: ${JSON.stringify(refused)}`);
		await wait(
			guest.commits.run(() => {
				guest.ledger.record({
					kind: 'buy',
					from: `link/${HUB_DEVICE}`,
					to: 'expense/notes',
					amount: spent,
					at: 1,
					group: `buy${spent}`
				});
				guest.accounts.fulfilled(HUB_DEVICE, 'peer', spent);
			})
		);
		await wait(
			hub.commits.run(() => {
				hub.ledger.record({
					kind: 'sell',
					from: 'income/notes',
					to: `link/${GUEST_DEVICE}`,
					amount: spent,
					at: 1,
					group: `sell${spent}`
				});
				hub.accounts.fulfilled(GUEST_DEVICE, 'me', spent);
			})
		);
	};
	/** The guest sold notes through the hub, which owes it that much. */
	const earn = async (amount: bigint): Promise<void> => {
		await wait(
			hub.commits.run(() => {
				hub.ledger.record({
					kind: 'buy',
					from: `link/${GUEST_DEVICE}`,
					to: 'expense/notes',
					amount,
					at: 1,
					group: 'earned'
				});
				hub.accounts.fulfilled(GUEST_DEVICE, 'peer', amount);
			})
		);
		await wait(
			guest.commits.run(() => {
				guest.ledger.record({
					kind: 'sell',
					from: 'income/notes',
					to: `link/${HUB_DEVICE}`,
					amount,
					at: 1,
					group: 'earned'
				});
				guest.accounts.fulfilled(HUB_DEVICE, 'me', amount);
			})
		);
	};
	const balance = (owner: Uint8Array): bigint =>
		new Map(chain.snapshot().balances).get(addressOf(owner)) ?? 0n;
	/** Both books add up, and each account is explained by its totals. */
	const audit = (): void => {
		for (const [{ ledger, accounts }, neighbour] of [
			[hub, GUEST_DEVICE],
			[guest, HUB_DEVICE]
		] as const) {
			const { sum, differences } = ledger.audit();
			const unexplained = accounts.audit(neighbour);
			if (sum !== 0n || differences.length > 0 || unexplained !== 0n)
				throw new Error(`the books differ: ${sum}, ${differences.length}, ${unexplained}`);
		}
	};
	const beginAgain = async (disk: { readonly sql?: SqlDriver }): Promise<End<SimulatedChainPort>> => {
		hub.settler.stop();
		hub = createSimulatedEnd(place, { ...hubTerms, ...disk });
		await wait(hub.settler.start());
		return hub;
	};
	return {
		place,
		clock,
		chain,
		/** Of the program that runs now. */
		get hub(): End<SimulatedChainPort> {
			return hub;
		},
		guest,
		wait,
		sign,
		value,
		start,
		fund,
		spend,
		earn,
		balance,
		/** Somebody with this key, who keeps no books. */
		acts: (key: Uint8Array): ChainActs =>
			createChainActs(
				chain.port(addressOf(key)),
				(ms) => new Promise((resolve) => void clock.after(ms, resolve))
			),
		audit,
		cutLink: () => (linked = false),
		/** Messages come through again; neither end had noticed that they did not, so there is no hello. */
		healLink: () => (linked = true),
		/** The link is back, and with it the hello that says what the guest has booked. */
		link: (): void => {
			linked = true;
			hub.settler.greet(GUEST_DEVICE, guest.accounts.get(HUB_DEVICE)?.paidOutByPeer ?? 0n);
		},
		/** The hub's program begins again on what is on its disk. */
		restartHub: () => beginAgain({ sql: hub.sql }),
		/** It begins again with its keys and an empty disk. */
		loseDiskOfHub: () => beginAgain({})
	};
};
