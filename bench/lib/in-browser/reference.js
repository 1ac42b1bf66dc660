/** The reference STREAM client in a worker, over the reference's BTP plugin, both with shims of Node. */
import './shims/globals.js';
import { createConnection } from 'ilp-protocol-stream';
import PluginBtp from 'ilp-plugin-btp';
import { answerWith, timed } from './answering.js';

let stream;
let paid = 0;

/** Resolves when everything that may be paid is acknowledged. */
const arrived = () =>
	new Promise((resolve) => {
		const look = () => {
			if (Number(stream.totalSent) < paid) return;
			stream.removeListener('outgoing_money', look);
			resolve();
		};
		stream.on('outgoing_money', look);
		look();
	});

answerWith({
	connect: async ({ url, destinationAccount, secret, amount }) => {
		const plugin = new PluginBtp({ server: `btp+${url.replace('://', '://:token@')}` });
		await plugin.connect();
		const connection = await createConnection({
			plugin,
			destinationAccount,
			sharedSecret: Buffer.from(secret, 'base64'),
			slippage: 0,
			maximumPacketAmount: String(amount)
		});
		stream = connection.createStream();
	},
	money: (packets, amount) =>
		timed(async () => {
			paid += packets * amount;
			stream.setSendMax(paid);
			await arrived();
		}),
	messages: (count, amount, bytes) => {
		const message = Buffer.alloc(bytes, 0x61);
		return timed(async () => {
			for (let sent = 0; sent < count; sent += 1) {
				// One packet at a time is all it sends; written ahead, messages would share packets.
				const gone = new Promise((resolve) => stream.once('outgoing_money', resolve));
				paid += amount;
				stream.write(message);
				stream.setSendMax(paid);
				await gone;
			}
			await arrived();
		});
	}
});
