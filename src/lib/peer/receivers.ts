/**
 * Who gets a packet that is addressed to this node: its own sessions, and what none of them knows goes to whoever the
 * host lets in beside them (a STREAM server of other people's kind). What nobody takes is answered with F02.
 */
import type { PacketReceiver } from './ilp/delivery.ts';
import type { Cancel } from './platform.ts';

export interface Receivers extends PacketReceiver {
	/** Lets one in beside the sessions, in the place of the one before, until the answer is called. */
	receive(guest: PacketReceiver): Cancel;
}

/** `sessions`: asked for with each packet, because sessions are made after the connector that brings it. */
export const createReceivers = (sessions: () => PacketReceiver): Receivers => {
	let guest: PacketReceiver | undefined;
	return {
		judge: async (incoming) => (await sessions().judge(incoming)) ?? (await guest?.judge(incoming)),
		receive: (given) => {
			guest = given;
			return () => {
				if (guest === given) guest = undefined;
			};
		}
	};
};
