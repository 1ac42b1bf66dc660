import { describe, expect, it } from 'vitest';
import { createNodeLog } from './node-log.ts';

const open = () => {
	const lines: Record<string, unknown>[] = [];
	const time = { now: Date.UTC(2030, 0, 1) };
	const log = createNodeLog(
		'info',
		(line) => lines.push(JSON.parse(line) as Record<string, unknown>),
		() => time.now
	);
	return { lines, time, log };
};

describe('the log of a node', () => {
	it('has a line for each thing, money as decimal text, and nothing for debugging', () => {
		const { lines, log } = open();
		log('warn', 'a claim was refused', { peer: 'aa', amount: 5n });
		log('debug', 'routes changed');
		expect(lines).toEqual([
			{ at: '2030-01-01T00:00:00.000Z', level: 'warn', what: 'a claim was refused', peer: 'aa', amount: '5' }
		]);
	});

	it('is not filled by a stranger who provokes the same line again and again', () => {
		const { lines, time, log } = open();
		for (let i = 0; i < 100_000; i++) log('warn', 'a claim was refused', { peer: 'aa' });
		log('error', 'the chain is another one');
		expect(lines).toHaveLength(21);
		expect(lines.at(-1)).toMatchObject({ what: 'the chain is another one' });
		time.now += 11_000;
		log('warn', 'a claim was refused', { peer: 'bb' });
		log('warn', 'a claim was refused', { peer: 'cc' });
		expect(lines.slice(21)).toMatchObject([{ peer: 'bb', leftOut: 99_980 }, { peer: 'cc' }]);
		expect(lines.at(-1)).not.toHaveProperty('leftOut');
	});
});
