/**
 * One end of a link with its channels, books and way to the chain, and none of what rides on links: what tests
 * of settling put on a simulated chain and on a real one.
 */
import { toHex0x } from '../bytes.ts';
import { createChannels, type Channels } from '../channel/channels.ts';
import { createHeldClaims, type HeldClaims } from '../channel/held-claims.ts';
import { gasPerDayOf } from '../channel/gas-budget.ts';
import { createSettler, type Settler } from '../channel/settler.ts';
import type { MayCommit } from '../commitments.ts';
import { nobleCrypto } from '../crypto/noble-crypto.ts';
import type { PeerError } from '../errors.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { createLedger } from '../ledger/sqlite-ledger.ts';
import { LIMITS } from '../limits.ts';
import { createLinkAccounts, type LinkAccounts, type LinkRole } from '../link/accounts.ts';
import type { SettleRequest } from '../link/messages.ts';
import { createPackets, type Packets } from '../link/packets.ts';
import type { Clock } from '../platform.ts';
import type { Address, ChainPort } from '../settlement/chain.ts';
import { createEvmScheme } from '../settlement/evm/scheme.ts';
import { createCommits, type Commits } from '../storage/commit.ts';
import type { SqlDriver } from '../storage/sql.ts';
import { createSeededRandom } from './seeded-random.ts';

/** Link units of a hub's payout. */
export const PAYOUT_FEE = 5_500n;
/** More than anybody earns here: nothing is paid out unasked. */
const NEVER = 1_000_000_000_000n;

export interface EndOptions {
	readonly clock: Clock;
	/** Migrated. */
	readonly sql: SqlDriver;
	readonly port: ChainPort;
	/** What the neighbour is to this end. */
	readonly role: LinkRole;
	/** Device keys, hex. */
	readonly device: string;
	readonly neighbour: string;
	readonly neighbourPayee: Address | undefined;
	/** Signs this end's claims. */
	readonly claimSecret: Uint8Array;
	/** The address that signs the neighbour's. */
	readonly neighbourSigner?: Address;
	/** Of an end that is its own payee. */
	readonly payeeSecret?: Uint8Array;
	/** Where this end is paid out to. */
	readonly payee: Address;
	/** Link units at which it pays out by itself. */
	readonly threshold?: bigint;
	readonly redeemThreshold?: bigint;
	readonly etherPrice?: bigint;
	/** Link units; more than anybody can spend here, unless given. */
	readonly gasPerDay?: bigint;
	/** Whether it may lock more in channels by itself; anything, unless given. */
	readonly mayCommit?: MayCommit;
	/** The database knows the neighbour already. */
	readonly isKnown?: boolean;
	/** Undefined while the link is down. */
	readonly ask?: () => Settler | undefined;
}

export interface End<Port extends ChainPort = ChainPort> {
	readonly settler: Settler;
	readonly sql: SqlDriver;
	/** Neighbours whose payouts were booked here. */
	readonly booked: string[];
	/** What a person was told, and of what it was told that it is over. */
	readonly troubles: PeerError['type'][];
	readonly reliefs: PeerError['type'][];
	readonly ledger: Ledger;
	readonly channels: Channels;
	readonly heldClaims: HeldClaims;
	readonly accounts: LinkAccounts;
	readonly packets: Packets;
	readonly commits: Commits;
	readonly chain: Port;
}

export const createEnd = (given: EndOptions): End => {
	const { clock, sql, port, role, neighbour, device } = given;
	const commits = createCommits(sql, clock);
	const ledger = createLedger(sql);
	const channels = createChannels(sql, ledger, port.tokenScale);
	const packets = createPackets(sql);
	const accounts = createLinkAccounts(sql, ledger, channels, packets);
	if (!given.isKnown)
		accounts.meet(neighbour, { owner: neighbour, role, credit: 0n, window: LIMITS.windowGuest, at: 0 });
	accounts.learn(neighbour, {
		payee: given.neighbourPayee,
		peerCredit: 0n,
		peerWindow: 0n,
		peerMaxPacket: 0n,
		payoutFee: role === 'parent' ? PAYOUT_FEE : undefined,
		payoutThreshold: 0n
	});
	const booked: string[] = [];
	const troubles: PeerError['type'][] = [];
	const reliefs: PeerError['type'][] = [];
	const scheme = createEvmScheme(port, nobleCrypto);
	const heldClaims = createHeldClaims({
		platform: { clock, log: () => undefined },
		commits,
		channels,
		scheme,
		onHeld: () => undefined,
		onForged: () => undefined
	});
	const settler = createSettler({
		platform: { clock, random: createSeededRandom(role), crypto: nobleCrypto, log: () => undefined },
		sql,
		commits,
		ledger,
		accounts,
		channels,
		heldClaims,
		scheme,
		claimAddress: () => toHex0x(nobleCrypto.evmAddress(given.claimSecret)),
		payeeSecret: given.payeeSecret,
		payoutTerms: given.payeeSecret
			? { fee: PAYOUT_FEE, threshold: given.threshold ?? NEVER, delaySeconds: 60 }
			: undefined,
		redeemThreshold: given.redeemThreshold ?? LIMITS.redeemThreshold,
		etherPrice: given.etherPrice ?? LIMITS.etherPrice,
		gasPerDay: gasPerDayOf(given.gasPerDay ?? NEVER * 1_000n),
		mayCommit: given.mayCommit ?? (() => true),
		signerOf: () => given.neighbourSigner,
		ask: async (_, request) => {
			const other = given.ask?.();
			if (!other) return { ok: false, error: { type: 'NotConnected', reason: 'the link is down' } };
			const asked = request as Exclude<SettleRequest, { op: 'late' }>;
			return { ok: true, value: await other.answer(device, asked) };
		},
		onChange: () => undefined,
		onTrouble: (error) => troubles.push(error.type),
		onRelief: (type) => reliefs.push(type),
		payees: () => [given.payee],
		onBooked: (peer) => booked.push(peer)
	});
	return {
		settler,
		sql,
		booked,
		troubles,
		reliefs,
		ledger,
		channels,
		heldClaims,
		accounts,
		packets,
		commits,
		chain: port
	};
};
