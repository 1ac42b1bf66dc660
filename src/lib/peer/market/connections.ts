/** One session per node for everything this reader does there. */
import type { Frame } from '../codec/frames.ts';
import { bytesEqual } from '../bytes.ts';
import type { NodeContact, OpenerSession, Sessions } from '../stream/session.ts';

export interface Connections {
	/** From the announcement; `fresh` asks for a newer one. `undefined`: nobody knows where it is. */
	find(node: string, fresh?: boolean): Promise<OpenerSession | undefined>;
	to(contact: NodeContact): OpenerSession;
	/** Its session, if there is one. */
	known(node: string): OpenerSession | undefined;
	close(node: string): void;
	closeAll(): void;
}

export const createConnections = (dependencies: {
	readonly sessions: Pick<Sessions, 'open'>;
	readonly findNode: (pubkey: string, fresh: boolean) => Promise<NodeContact | undefined>;
	readonly onPush: (node: string, frames: readonly Frame[]) => void;
	/** `underOldName`: see OpenerSession.onRenamed. */
	readonly onRenamed: (node: string, underOldName: (frames: readonly Frame[]) => Promise<unknown>) => void;
}): Connections => {
	const open = new Map<string, OpenerSession>();

	const to = (contact: NodeContact): OpenerSession => {
		const node = contact.pubkey;
		const known = open.get(node);
		if (known?.contact.address === contact.address && bytesEqual(known.contact.streamKey, contact.streamKey))
			return known;
		known?.close();
		const session = dependencies.sessions.open(contact);
		session.onPush((frames) => {
			dependencies.onPush(node, frames);
			return [];
		});
		session.onRenamed((underOldName) => dependencies.onRenamed(node, underOldName));
		open.set(node, session);
		return session;
	};

	return {
		find: async (node, fresh = false) => {
			const known = open.get(node);
			if (known && !fresh) return known;
			const contact = await dependencies.findNode(node, fresh);
			return contact && to(contact);
		},
		to,
		known: (node) => open.get(node),
		close: (node) => {
			open.get(node)?.close();
			open.delete(node);
		},
		closeAll: () => {
			for (const session of open.values()) session.close();
			open.clear();
		}
	};
};
