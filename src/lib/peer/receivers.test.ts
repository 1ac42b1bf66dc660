import { expect, it } from 'vitest';
import type { Incoming, PacketReceiver, Verdict } from './ilp/delivery.ts';
import { createReceivers } from './receivers.ts';

const verdict = (): Verdict => ({
	decide: () => false,
	reply: () => Promise.reject(new Error('not asked for'))
});
/** Knows the packets with this suffix. */
const receiverOf = (suffix: string, answer: Verdict): PacketReceiver => ({
	judge: (incoming) => Promise.resolve(incoming.suffix === suffix ? answer : undefined)
});
const packet = (suffix: string): Incoming => ({
	prepare: {
		type: 'prepare',
		amount: 0n,
		expiresAt: 0,
		condition: new Uint8Array(32),
		destination: `test.node.${suffix}`,
		data: new Uint8Array(0)
	},
	suffix,
	link: 'c'.repeat(64)
});

it('a packet goes to the sessions first, and to a guest of the host only when they do not know it', async () => {
	const [mine, theirs, later] = [verdict(), verdict(), verdict()];
	const { judge, receive } = createReceivers(() => receiverOf('mine', mine));
	expect(await judge(packet('stream'))).toBeUndefined();

	const end = receive({
		judge: ({ suffix }) => {
			if (suffix === 'mine') throw new Error('a packet of the sessions went further');
			return Promise.resolve(theirs);
		}
	});
	expect(await judge(packet('mine'))).toBe(mine);
	expect(await judge(packet('stream'))).toBe(theirs);

	// One at a time; the end of one whose place was taken ends nothing.
	const endLater = receive(receiverOf('stream', later));
	end();
	expect(await judge(packet('stream'))).toBe(later);
	endLater();
	expect(await judge(packet('stream'))).toBeUndefined();
	expect(await judge(packet('mine'))).toBe(mine);
});
