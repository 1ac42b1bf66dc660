/**
 * Which keys a node's session has: those in use, those it offers (ratchet.ts), and for a while those before.
 * Pure state; the keys are derived elsewhere.
 */
import type { RatchetFrame } from '../codec/frames.ts';
import { eraseEpoch, OLD_KEY_MS, type Epoch, type RatchetStep } from './ratchet.ts';

/** Told in every answer under the current keys until a packet under these arrives. */
export interface Offer {
	readonly epoch: Epoch;
	readonly step: Pick<RatchetStep, 'nodePublic' | 'name'>;
}

/** As on disk. */
export interface StoredEpochs {
	readonly current: Epoch;
	readonly next?: Offer | undefined;
	readonly previous?: { readonly epoch: Epoch; readonly until: number } | undefined;
}

export interface NodeEpochs {
	current(): Epoch;
	/** The keys under this name; `undefined` when they are erased. */
	of(name: string): Epoch | undefined;
	/** Whether an offer may be made now. */
	mayOffer(): boolean;
	offer(next: Offer): void;
	/** What an answer under this epoch's keys must say beside its frames. */
	frame(epoch: Epoch): readonly RatchetFrame[];
	/** A packet under these keys was read; true when the session moves on to them. */
	arrived(epoch: Epoch, now: number): boolean;
	/** Erases what is over; true when something was. */
	expire(now: number): boolean;
	stored(): StoredEpochs;
}

export const createNodeEpochs = (stored: StoredEpochs): NodeEpochs => {
	let { current, next, previous } = stored;

	return {
		current: () => current,
		of: (name) => [current, next?.epoch, previous?.epoch].find((epoch) => epoch?.name === name),
		mayOffer: () => next === undefined && previous === undefined,
		offer: (made) => {
			if (next || previous) throw new Error('one step at a time');
			next = made;
		},
		frame: (epoch) =>
			epoch === current && next
				? [{ type: 'RATCHET', ephemeral: next.step.nodePublic, token: next.step.name }]
				: [],
		arrived: (epoch, now) => {
			if (epoch !== next?.epoch) return false;
			previous = { epoch: current, until: now + OLD_KEY_MS };
			current = epoch;
			next = undefined;
			return true;
		},
		expire: (now) => {
			if (!previous || now < previous.until) return false;
			eraseEpoch(previous.epoch);
			previous = undefined;
			return true;
		},
		stored: () => ({ current, next, previous })
	};
};
