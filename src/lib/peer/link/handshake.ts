/** What the two ends of a handshake share (accepting.ts, dialling.ts). */
import type { Authenticated } from '../peering/auth-token.ts';
import type { BtpConnection } from './btp-connection.ts';
import type { Greeter } from './hello.ts';
import type { OnLinkMessage } from './link-messages.ts';
import type { LinksDeps, LinkTerms } from './links-deps.ts';
import type { LiveLink } from './live-link.ts';
import type { Hello } from './messages.ts';

export interface HandshakeParts {
	readonly deps: LinksDeps;
	readonly greeter: Greeter;
	/** Connections of whoever has not said hello yet. */
	readonly unauthenticated: Set<BtpConnection>;
	readonly isStopped: () => boolean;
	/** Of BTP messages. */
	readonly onBytes: (direction: 'in' | 'out', bytes: number) => void;
	readonly onLinkMessage: OnLinkMessage;
	/** From now on the device's link; an older connection of it is closed. */
	readonly goLive: (connection: BtpConnection, who: Authenticated, terms: LinkTerms) => LiveLink;
	/** Both hellos are taken in: tells the node, and the neighbour what it must hold before packets make sense. */
	readonly greeted: (link: LiveLink, theirs: Hello) => void;
	readonly onDown: (link: LiveLink | undefined) => void;
}
