/** A link that is up: its connection and what must be known about it to speak on it. */
import type { Authenticated } from '../peering/auth-token.ts';
import type { Address } from '../settlement/chain.ts';
import type { BtpConnection } from './btp-connection.ts';
import type { LinkTerms } from './links-deps.ts';

export interface LiveLink {
	readonly connection: BtpConnection;
	/** Device key, hex. */
	readonly peer: string;
	/** The person's key, hex. */
	readonly owner: string;
	readonly terms: LinkTerms;
	/** EVM address the delegation names as the signer of its claims. */
	readonly signer: Address | undefined;
	/** Claims are applied one after another, and packets judged after the claims before them. */
	claims: Promise<unknown>;
	/** My newest claims are on their way: packets may follow. */
	readonly ready: Promise<void>;
	readonly setReady: () => void;
	/** A claim was refused: the neighbour holds less than I promised, and must get it before it is relied on. */
	claimsOwed: boolean;
	/** That is being done; packets wait for it. */
	presenting: Promise<void> | undefined;
	/** The neighbour knows the outcome of every packet that an earlier connection left open. */
	settled: boolean;
}

export const createLiveLink = (connection: BtpConnection, who: Authenticated, terms: LinkTerms): LiveLink => {
	let setReady: () => void = () => undefined;
	const ready = new Promise<void>((resolve) => (setReady = resolve));
	return {
		connection,
		peer: who.device,
		owner: who.owner,
		terms,
		signer: who.delegation.signer,
		claims: Promise.resolve(),
		ready,
		setReady,
		claimsOwed: false,
		presenting: undefined,
		settled: false
	};
};

/** What could not be written down is exchanged again by the next hello. */
export const orStartOver = <T>(link: LiveLink, work: Promise<T>): Promise<T> =>
	work.catch((error: unknown) => {
		link.connection.close();
		throw error;
	});
