/** What a running peer says of itself to operators and tests: money, links, channels, packets. */
import type { Hex } from './bytes.ts';
import type { ConnectorCounts } from './ilp/connector/counts.ts';
import type { PeerParts } from './peer-parts.ts';

/** Amounts are link units, of channels the token's unit. */
export interface PeerStatus {
	readonly pubkey: string;
	readonly device: string;
	readonly addresses: readonly string[];
	readonly links: readonly {
		readonly peer: string;
		readonly owner: string;
		readonly role: string;
		readonly balance: bigint;
		readonly audit: bigint;
		readonly pendingIn: bigint;
		readonly pendingOut: bigint;
		readonly packets: ConnectorCounts;
	}[];
	readonly channels: readonly {
		readonly id: Hex;
		readonly epoch: number;
		readonly direction: 'in' | 'out';
		readonly status: string;
		readonly deposited: bigint;
		readonly claimed: bigint;
		readonly settled: bigint;
	}[];
	readonly balances: ReadonlyMap<string, bigint>;
	readonly audit: { readonly sum: bigint; readonly differences: number };
	readonly packets: ConnectorCounts;
	readonly traffic: { readonly in: number; readonly out: number };
	readonly events: number;
	readonly commits: { readonly commits: number; readonly units: number };
}

/** `traffic`: bytes since the start. */
export const statusOf = (
	{ identity, neighbours, accounts, ledger, connector, channels, store, commits }: PeerParts,
	traffic: PeerStatus['traffic']
): PeerStatus => {
	const { sum, differences } = ledger.audit();
	return {
		pubkey: identity.pubkey(),
		device: identity.device,
		addresses: neighbours.addresses(),
		links: accounts.all().map(({ peer, owner, role }) => ({
			peer,
			owner,
			role,
			balance: ledger.balance(`link/${peer}`),
			audit: accounts.audit(peer),
			pendingIn: accounts.pendingIn(peer),
			pendingOut: accounts.pendingOut(peer),
			packets: connector.countsOf(peer)
		})),
		channels: channels.all().map(({ id, epoch, direction, status, deposited, claimed, settled }) => ({
			id,
			epoch,
			direction,
			status,
			deposited,
			claimed,
			settled
		})),
		balances: ledger.balances(),
		audit: { sum, differences: differences.length },
		packets: connector.counts(),
		traffic,
		events: store.stats().events,
		commits: commits.counts()
	};
};
