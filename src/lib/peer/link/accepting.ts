/**
 * The listening end: from a socket that anybody opened to a link, or to a plain account.
 *
 * Anything but `auth` first, then a hello, ends the socket, and so does taking longer than
 * {@link LIMITS.authWindowMs}. Of those who have proved nothing yet so many may be at the door; for each further one the
 * one that has been there longest goes. Proving something takes a moment, so a crowd that stays keeps nobody out.
 */
import type { ProtocolData } from '../codec/btp.ts';
import { decodeHello, encodeHello } from '../codec/link.ts';
import { LIMITS } from '../limits.ts';
import type { Authenticated } from '../peering/auth-token.ts';
import type { Socket } from '../platform.ts';
import { err, ok, type Result } from '../result.ts';
import { authData, readToken, takesBundles } from './auth-data.ts';
import type { TakenConnection } from './btp-accounts.ts';
import {
	createBtpConnection,
	type BtpConnection,
	type BtpHandler,
	type BtpRefusal
} from './btp-connection.ts';
import type { HandshakeParts } from './handshake.ts';
import type { LinkTerms } from './links-deps.ts';
import type { LiveLink } from './live-link.ts';
import { find, findText, octets, refusal, text } from './protocol-data.ts';

/** `url`: under which this node was reached; the dialler's token names it. */
export type Accept = (socket: Socket, url: string) => void;

export const createAccept = (parts: HandshakeParts): Accept => {
	const { deps, unauthenticated, greeter } = parts;
	const { platform, commits, accounts, auth } = deps;
	const { clock } = platform;
	/** Those that others opened, of all who have proved nothing; the longest here first. */
	const atTheDoor = new Set<BtpConnection>();
	const leaveTheDoor = (connection: BtpConnection): void => {
		unauthenticated.delete(connection);
		atTheDoor.delete(connection);
	};

	const accept = (socket: Socket, url: string): void => {
		if (atTheDoor.size >= LIMITS.unauthenticatedSockets) atTheDoor.values().next().value?.close();
		let link: LiveLink | undefined;
		let plain: TakenConnection | undefined;
		let greeted = false;
		let candidate: { who: Authenticated; terms: LinkTerms } | undefined;
		/** One step at a time: whoever does not wait for an answer has something else in mind. */
		let inHandshake = false;

		const onMessage: BtpHandler = (data) => {
			if (link && greeted) return parts.onLinkMessage(link, data);
			if (plain) return plain.onMessage(data);
			return oneStep(data);
		};

		const oneStep: BtpHandler = async (data) => {
			if (inHandshake) return refusal('F00', 'one step at a time', true);
			inHandshake = true;
			try {
				return await handshake(data);
			} finally {
				inHandshake = false;
			}
		};

		const handshake = async (
			data: readonly ProtocolData[]
		): Promise<Result<readonly ProtocolData[], BtpRefusal>> => {
			const now = text('time', String(clock.now()));
			if (!candidate) {
				if (data[0]?.protocolName !== 'auth') return refusal('F00', 'auth comes first', true);
				const plainToken = find(data, 'delegation') ? undefined : findText(data, 'auth_token');
				if (deps.plain && plainToken !== undefined) {
					const name = await deps.plain.authenticate(findText(data, 'auth_username'), plainToken);
					if (name === undefined) return refusal('F00', 'no such account', true);
					if (connection.closed) return refusal('T00', 'closed');
					stopTimer();
					leaveTheDoor(connection);
					plain = deps.plain.take(name, connection);
					return ok([]);
				}
				const token = readToken(data);
				if (!token) return err({ code: 'F01', text: 'no auth_token', protocolData: [now], close: true });
				const checked = await auth.check(token, url);
				if (!checked.ok)
					return err({ code: 'F00', text: checked.error.type, protocolData: [now], close: true });
				const terms = deps.admit(checked.value.owner, checked.value.device);
				if (!terms) return err({ code: 'F00', text: 'not admitted here', protocolData: [now], close: true });
				await commits.run(() =>
					accounts.meet(checked.value.device, { owner: checked.value.owner, ...terms, at: clock.now() })
				);
				candidate = { who: checked.value, terms };
				// My own token answers theirs, so that nobody can stand in for me.
				const mine = await auth.create(await auth.answerEndpoint(token.authToken));
				if (takesBundles(data)) connection.useBundles();
				return ok([...authData(mine), now]);
			}
			if (data[0]?.protocolName !== 'link') return refusal('F00', 'hello comes first', true);
			const theirs = decodeHello(data[0].data);
			if (!theirs.ok) return refusal('F01', theirs.error.reason, true);
			if (!greeter.isOnMyNetwork(theirs.value)) return refusal('F00', 'another network', true);
			if (connection.closed) return refusal('T00', 'closed');
			stopTimer();
			leaveTheDoor(connection);
			link = parts.goLive(connection, candidate.who, candidate.terms);
			await greeter.prepare(link.peer);
			const mine = greeter.hello(link.peer);
			// (What it tells is on disk by the end of this.)
			if (!(await greeter.learn(link.peer, theirs.value))) return refusal('T00', 'try again later', true);
			greeted = true;
			const up = link;
			// Behind the answer.
			clock.after(0, () => parts.greeted(up, theirs.value));
			return ok([octets('link', encodeHello(mine))]);
		};

		const connection = createBtpConnection(socket, platform, {
			onMessage,
			onBytes: parts.onBytes,
			onClose: () => {
				stopTimer();
				leaveTheDoor(connection);
				plain?.onClose();
				parts.onDown(link);
			}
		});
		const stopTimer = clock.after(LIMITS.authWindowMs, () => {
			if (!link && !plain) connection.close();
		});
		unauthenticated.add(connection);
		atTheDoor.add(connection);
		if (parts.isStopped()) connection.close();
	};

	return accept;
};
