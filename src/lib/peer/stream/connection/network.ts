/** STREAM connections on the node's own packet door. */
import type { Booking, PacketSender } from '../../ilp/delivery.ts';
import type { StreamNetwork } from './stream-api.ts';

/** @param booking where money that leaves is booked; asked for every packet with an amount */
export const createStreamNetwork = (
	sender: PacketSender,
	booking: (amount: bigint) => Booking
): StreamNetwork => ({
	send: (prepare, onReply) => {
		const outgoing = prepare.amount > 0n ? { prepare, booking: booking(prepare.amount) } : { prepare };
		void sender.send(outgoing).then(onReply);
	},
	addresses: () => sender.addresses(),
	maxPacket: () => sender.maxPacket()
});
