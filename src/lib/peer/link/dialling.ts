/** The dialling end: one attempt, from the socket to the end of the link that came of it. */
import { decodeHello, encodeHello } from '../codec/link.ts';
import { LIMITS } from '../limits.ts';
import { authData, readToken, takesBundles } from './auth-data.ts';
import { createBtpConnection } from './btp-connection.ts';
import type { HandshakeParts } from './handshake.ts';
import type { Uplink } from './links-deps.ts';
import type { LiveLink } from './live-link.ts';
import { find, findText, octets, refusal } from './protocol-data.ts';
import type { DialOutcome } from './redial.ts';

/** Resolves when the attempt failed or the link is over; `isOff` says whether it is still wanted. */
export type DialOnce = (uplink: Uplink, isOff: () => boolean) => Promise<DialOutcome>;

export const createDialOnce = (parts: HandshakeParts): DialOnce => {
	const { deps, unauthenticated, greeter } = parts;
	const { platform, commits, accounts, auth } = deps;
	const { clock } = platform;

	const dialOnce = async (uplink: Uplink, isOff: () => boolean): Promise<DialOutcome> => {
		const dialled = await platform.dial(uplink.url);
		if (!dialled.ok) return { type: 'retry', reason: dialled.error.reason };
		let link: LiveLink | undefined;
		let greeted = false;
		/** The neighbour's first messages may come right behind its hello, before that is taken in. */
		let afterHello: Promise<void> | undefined;
		let endHello: () => void = () => undefined;
		let closed: () => void = () => undefined;
		const gone = new Promise<void>((resolve) => (closed = resolve));
		const connection = createBtpConnection(dialled.value, platform, {
			onMessage: async (data) => {
				await afterHello;
				return link && greeted ? parts.onLinkMessage(link, data) : refusal('F00', 'not yet');
			},
			onBytes: parts.onBytes,
			onClose: () => {
				parts.onDown(link);
				closed();
			}
		});
		unauthenticated.add(connection);
		try {
			if (isOff()) return { type: 'retry', reason: 'stopped' };
			const mine = await auth.create(uplink.url);
			const asked = clock.now();
			const answer = await connection.request(authData(mine), LIMITS.authWindowMs);
			const beside = answer.ok
				? answer.value
				: answer.error.type === 'BtpError'
					? answer.error.protocolData
					: [];
			const time = Number(findText(beside, 'time'));
			if (uplink.terms.role === 'parent' && Number.isFinite(time) && time > 0)
				deps.onTime(time - (asked + clock.now()) / 2);
			if (!answer.ok) {
				if (answer.error.type === 'BtpUnanswered') return { type: 'retry', reason: 'no answer to auth' };
				// A clock that was off is corrected by now; the next try tells.
				return { type: 'retry', reason: answer.error.text };
			}
			const token = readToken(answer.value);
			const who = token && (await auth.check(token, await auth.answerEndpoint(mine.authToken)));
			if (!who?.ok) return { type: 'retry', reason: 'the other side did not prove who it is' };
			if (uplink.owner !== undefined && who.value.owner !== uplink.owner)
				return { type: 'never', reason: 'another key answered than the one expected' };
			if (takesBundles(answer.value)) connection.useBundles();
			const { device, owner } = who.value;
			// What a hello tells is on disk before it leaves.
			await greeter.prepare(device);
			const told = await commits.run(() => {
				accounts.meet(device, { owner, ...uplink.terms, at: clock.now() });
				return greeter.hello(device);
			});
			afterHello = new Promise((resolve) => (endHello = resolve));
			const greeting = await connection.request([octets('link', encodeHello(told))], LIMITS.authWindowMs);
			const bytes = greeting.ok ? find(greeting.value, 'link') : undefined;
			const theirs = bytes && decodeHello(bytes);
			if (!theirs?.ok) return { type: 'retry', reason: 'no hello' };
			if (!greeter.isOnMyNetwork(theirs.value))
				return { type: 'never', reason: 'the other side is on another network' };
			if (connection.closed || isOff()) return { type: 'retry', reason: 'closed' };
			unauthenticated.delete(connection);
			const up = (link = parts.goLive(connection, who.value, uplink.terms));
			if (!(await greeter.learn(up.peer, theirs.value)))
				return { type: 'retry', reason: 'the chain must be asked first, and does not answer' };
			greeted = true;
			endHello();
			parts.greeted(up, theirs.value);
			await gone;
			return { type: 'was-up' };
		} finally {
			endHello();
			unauthenticated.delete(connection);
			connection.close();
		}
	};

	return dialOnce;
};
