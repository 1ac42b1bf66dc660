/** Puts both sides of sessions behind the one door packets come in by. What sessions are: session.ts. */
import type { IlpReject } from '../codec/ilp.ts';
import type { Verdict } from '../ilp/delivery.ts';
import { createNodeSide } from './session-node.ts';
import { createOpeners } from './session-opener.ts';
import type { RequestHandler, Sessions, SessionsDependencies } from './session.ts';
import { TOKEN_CHARACTERS } from './token.ts';

export const createSessions = (dependencies: SessionsDependencies): Sessions => {
	const { sender } = dependencies;
	let handler: RequestHandler | undefined;
	let stopped = false;

	const refuse = (reject: Pick<IlpReject, 'code' | 'data'>): Verdict => ({
		decide: () => false,
		reply: () =>
			Promise.resolve({ type: 'reject', message: '', triggeredBy: sender.addresses()[0] ?? '', ...reject })
	});

	const openers = createOpeners(dependencies, refuse);
	const node = createNodeSide(dependencies, () => handler, refuse);

	return {
		judge: async (incoming) => {
			if (stopped) return undefined;
			// A packet of this node's own, sent back by a hop that hopes to be "paid" with its fulfillment.
			if (openers.isOwn(incoming.prepare.condition)) return refuse({ code: 'F06', data: new Uint8Array() });
			if (incoming.suffix.length === TOKEN_CHARACTERS) return node.judge(incoming);
			return openers.judgePush(incoming);
		},
		serve: (requests) => {
			handler = requests;
		},
		open: openers.open,
		tellRestarted: node.tellRestarted,
		sweep: node.sweep,
		stop: () => {
			stopped = true;
		}
	};
};
