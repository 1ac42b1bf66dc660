/**
 * Links: authenticated connections to neighbours, from the first message of a socket to the last.
 *
 * ```
 * dialler                                   listener
 *   auth (token by its device key,    ──>     checks token and delegation
 *         delegation)
 *         time, its own token over    <──     so both know whom they talk to
 *         the dialler's
 *   link: hello                       ──>     learns terms, adopts its own higher claims
 *         hello                       <──
 *   link: outcomes                    ──>     what became of the packets it lost sight of
 *   link: outcomes                    <──
 *   ilp (+ claim), settle, …          <─>
 * ```
 *
 * A neighbour is its **device key**; the person behind it is named by the delegation. There is at most
 * one live connection per device: a newer one replaces the older, whose requests end unanswered.
 *
 * Anything but `auth` before authentication ends the socket. A forged claim ends it too; a claim that
 * is not higher than the one held is noted and changes nothing.
 */
import { encodeSettleRequest, decodeSettleAnswer } from '../codec/link.ts';
import type { Transport } from '../ilp/transport.ts';
import { LIMITS } from '../limits.ts';
import type { Cancel, Socket } from '../platform.ts';
import { err, ok, type Result } from '../result.ts';
import type { Address } from '../settlement/chain.ts';
import { createAccept } from './accepting.ts';
import type { LinkRole } from './accounts.ts';
import type { BtpConnection } from './btp-connection.ts';
import { createClaims } from './claims.ts';
import { createDialOnce } from './dialling.ts';
import type { HandshakeParts } from './handshake.ts';
import { createGreeter } from './hello.ts';
import { createLinkMessages } from './link-messages.ts';
import { createLinkTransport } from './link-transport.ts';
import type { LinksDeps, Uplink } from './links-deps.ts';
import { createLiveLink, orStartOver, type LiveLink } from './live-link.ts';
import type { Hello, SettleAnswer, SettleRequest } from './messages.ts';
import { createOutcomes } from './outcomes.ts';
import { find, octets } from './protocol-data.ts';
import { keepDialling, type Redialler } from './redial.ts';
import { createSpawn } from './spawn.ts';

export interface Links extends Transport {
	/** A socket somebody opened to this node at `url`. */
	accept(socket: Socket, url: string): void;
	/** Keeps a link to a node, reconnecting with back-off, until the answer is called. */
	connect(uplink: Uplink): Cancel;
	/** Dial now instead of waiting for the back-off. */
	retryNow(): void;
	/** Drops the links to parents and dials again: the other side learns what changed here. */
	reconnect(): void;
	/** Neighbours that are connected and have said hello. `peer` and `owner`: keys of device and person, hex. */
	live(): readonly {
		readonly peer: string;
		readonly owner: string;
		readonly role: LinkRole;
		readonly label: string;
	}[];
	/** A settle request to a neighbour; waits for the chain if it must, up to {@link LIMITS.settleAnswerMs}. */
	ask(
		peer: string,
		request: SettleRequest
	): Promise<Result<SettleAnswer, { readonly type: 'NotConnected' | 'HubRefused'; readonly reason: string }>>;
	/** EVM address that the live neighbour's delegation names as the signer of its claims. */
	signerOf(peer: string): Address | undefined;
	/** Of BTP messages since the start, over all links. */
	bytes(): { readonly in: number; readonly out: number };
	/** Neighbours that are here and have been told all they had lost sight of. */
	settled(): readonly string[];
	/** Closes every socket and dials no more. */
	stop(): void;
}

/** Dials nobody and accepts nobody until it is told to. */
export const createLinks = (deps: LinksDeps): Links => {
	const { platform } = deps;
	const { clock, log } = platform;
	const live = new Map<string, LiveLink>();
	const unauthenticated = new Set<BtpConnection>();
	const diallers = new Set<Redialler>();
	/** URLs of uplinks to parents. */
	const parents = new Set<string>();
	const traffic = { in: 0, out: 0 };
	let stopped = false;

	const spawn = createSpawn(log);
	const claims = createClaims(deps, spawn);
	const transport = createLinkTransport(deps, { live, claims, spawn });
	const outcomes = createOutcomes(deps, { refuseLate: transport.refuseLate, spawn });

	/** First of all on a new connection: what the other side must hold before packets make sense. */
	const openUp = async (link: LiveLink, theirs: Hello): Promise<void> => {
		try {
			await claims.present(link, theirs.claims);
		} finally {
			link.setReady();
		}
		const late = deps.connector().untold(link.peer);
		if (late.length > 0) transport.refuseLate(link.peer, late);
		// A hello names so many; a neighbour with more asks for the others in its next.
		await outcomes.tell(link, theirs.unresolved, theirs.unresolved.length < LIMITS.inFlightPerLink);
	};

	const parts: HandshakeParts = {
		deps,
		greeter: createGreeter(deps),
		unauthenticated,
		isStopped: () => stopped,
		onBytes: (direction, bytes) => {
			traffic[direction] += bytes;
		},
		onLinkMessage: createLinkMessages(deps, { claims, outcomes }),
		goLive: (connection, who, terms) => {
			const older = live.get(who.device);
			const link = createLiveLink(connection, who, terms);
			live.set(who.device, link);
			connection.keepAlive();
			older?.connection.close();
			return link;
		},
		greeted: (link, hello) => {
			const { peer, owner, terms } = link;
			deps.onEvent({ type: 'up', peer, owner, role: terms.role, hello });
			spawn('greeting', orStartOver(link, openUp(link, hello)));
		},
		onDown: (link) => {
			link?.setReady();
			if (!link || live.get(link.peer) !== link) return;
			live.delete(link.peer);
			deps.onEvent({ type: 'down', peer: link.peer, owner: link.owner, role: link.terms.role });
		}
	};
	const dialOnce = createDialOnce(parts);

	const connect = (uplink: Uplink): Cancel => {
		const { url } = uplink;
		const dialler = keepDialling(platform, (isOff) => dialOnce(uplink, () => isOff() || stopped), {
			connecting: () => deps.onEvent({ type: 'connecting', url }),
			waiting: (retryAt, reason) => deps.onEvent({ type: 'waiting', url, retryAt, reason }),
			refused: (reason) => deps.onEvent({ type: 'refused', url, reason })
		});
		diallers.add(dialler);
		if (uplink.terms.role === 'parent') parents.add(url);
		return () => {
			dialler.stop();
			diallers.delete(dialler);
			parents.delete(url);
			for (const link of live.values()) if (link.connection.label === url) link.connection.close();
		};
	};

	const retryNow = (): void => {
		for (const dialler of diallers) dialler.now();
	};

	return {
		...transport,
		accept: createAccept(parts),
		connect,
		retryNow,
		reconnect: () => {
			for (const link of live.values()) if (link.terms.role === 'parent') link.connection.close();
			// A hello that is under way may say what was true before.
			for (const connection of unauthenticated) if (parents.has(connection.label)) connection.close();
			// Their diallers wait for the back-off now; cut that short.
			clock.after(0, retryNow);
		},
		live: () =>
			[...live.values()].map(({ peer, owner, terms, connection }) => ({
				peer,
				owner,
				role: terms.role,
				label: connection.label
			})),
		signerOf: (peer) => live.get(peer)?.signer,
		bytes: () => ({ ...traffic }),
		settled: () => [...live.values()].filter((link) => link.settled).map((link) => link.peer),
		ask: async (peer, request) => {
			// A link that was just dropped to tell it something new is back within a second or two.
			const patience = clock.now() + LIMITS.reconnectPatienceMs;
			while (!live.has(peer) && !stopped && clock.now() < patience)
				await new Promise<void>((resolve) => void clock.after(LIMITS.reconnectLeastMs / 2, resolve));
			const link = live.get(peer);
			if (!link) return err({ type: 'NotConnected', reason: 'the link is down' });
			const answer = await link.connection.request(
				[octets('settle', encodeSettleRequest(request))],
				LIMITS.settleAnswerMs
			);
			if (!answer.ok)
				return answer.error.type === 'BtpUnanswered'
					? err({ type: 'NotConnected', reason: 'the link broke before the answer' })
					: err({ type: 'HubRefused', reason: answer.error.text });
			const bytes = find(answer.value, 'settle');
			const decoded = bytes && decodeSettleAnswer(bytes);
			return decoded?.ok
				? ok(decoded.value)
				: err({ type: 'HubRefused', reason: 'an answer that cannot be read' });
		},

		stop: () => {
			stopped = true;
			for (const dialler of diallers) dialler.stop();
			for (const connection of [...unauthenticated]) connection.close();
			for (const link of [...live.values()]) link.connection.close();
		}
	};
};
