/**
 * One tab among several: leads when it holds the lock, follows while another does. See
 * lib/client/tab-protocol.ts for who says what to whom.
 */
import type { Call, Outcome, TabMessage, TabRole, Update } from '../lib/client/tab-protocol.ts';

/** What only the leader has. */
export interface Leadership {
	/** Asked twice under one id, it is done once and answered twice. */
	answer(call: Call): Promise<Outcome>;
}

export interface TabPorts {
	/** Calls `whileHeld` once the lock is ours, and keeps it until that promise settles or the worker dies. */
	withLock(whileHeld: () => Promise<void>): void;
	/** To and from the workers of all other tabs; what is sent does not come back. */
	send(message: TabMessage): void;
	receive(onMessage: (message: TabMessage) => void): void;
	/** Opens everything and calls `onUpdate` with each change. Rejects when that is impossible: the lock is then given up. */
	lead(onUpdate: (update: Update) => void): Promise<Leadership>;
}

export interface Tab {
	/** Settles when some leader has answered, however many it takes. */
	call(call: Call): Promise<Outcome>;
}

const NOTHING_YET: Update = { state: undefined, discovery: undefined, trouble: undefined };

export const createTab = (
	ports: TabPorts,
	onUpdate: (update: Update & { readonly tab: TabRole }) => void
): Tab => {
	let role: TabRole = 'waiting';
	let leadership: Leadership | undefined;
	let latest = NOTHING_YET;
	const unanswered = new Map<string, { readonly call: Call; readonly settle: (outcome: Outcome) => void }>();

	const show = (): void => onUpdate({ ...latest, tab: role });

	const settle = (id: string, outcome: Outcome): void => {
		unanswered.get(id)?.settle(outcome);
		unanswered.delete(id);
	};

	const ask = (call: Call): void => {
		if (leadership !== undefined) void leadership.answer(call).then((outcome) => settle(call.id, outcome));
		else if (role === 'follower') ports.send({ type: 'call', call });
		// While waiting: asked as soon as there is somebody to ask.
	};

	const askAgain = (): void => {
		for (const { call } of unanswered.values()) ask(call);
	};

	const follow = (): void => {
		if (role !== 'waiting') return;
		role = 'follower';
		askAgain();
	};

	ports.receive((message) => {
		switch (message.type) {
			case 'call': {
				const { call } = message;
				// A leader that is still opening stays silent: it calls for everything again with `leads`.
				void leadership?.answer(call).then((outcome) => ports.send({ type: 'answer', id: call.id, outcome }));
				break;
			}
			case 'answer':
				settle(message.id, message.outcome);
				break;
			case 'update':
				if (role === 'leader') break;
				follow();
				latest = message.update;
				show();
				break;
			case 'leads':
				if (role === 'leader') break;
				if (role === 'follower') askAgain();
				else follow();
				break;
			case 'hello':
				if (role === 'leader') ports.send({ type: 'update', update: latest });
		}
	});

	ports.withLock(async () => {
		role = 'leader';
		show();
		leadership = await ports.lead((update) => {
			latest = update;
			show();
			ports.send({ type: 'update', update });
		});
		ports.send({ type: 'leads' });
		askAgain();
		// The lock is held for as long as this worker lives.
		await new Promise<never>(() => {});
	});
	ports.send({ type: 'hello' });

	return {
		call: (call) =>
			new Promise((resolve) => {
				unanswered.set(call.id, { call, settle: resolve });
				ask(call);
			})
	};
};
