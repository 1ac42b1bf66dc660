import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../limits.ts';
import { createUploadPlan, type PlannedPiece } from './upload-plan.ts';

const KIB = 1_024;

describe('the plan of an upload', () => {
	it('sends within the credit, waits for what is under way, and asks when nothing is', () => {
		const plan = createUploadPlan(200 * KIB, 64 * KIB);
		const pieces: PlannedPiece[] = [];
		for (let step = plan.next(); step.type === 'send'; step = plan.next()) pieces.push(step.piece);
		expect(pieces.map(({ end }) => end)).toEqual([31_000, 62_000]);
		expect(plan.next()).toEqual({ type: 'wait' });
		for (const piece of pieces) plan.taken(piece);
		expect(plan.next()).toEqual({ type: 'blocked' });
		plan.raise(128 * KIB);
		expect(plan.next()).toMatchObject({ type: 'send', piece: { start: 62_000 } });
	});

	it('sends smaller pieces, one at a time and further apart, once the links give no more', () => {
		const plan = createUploadPlan(200 * KIB, 1_024 * KIB);
		const first = plan.next();
		const second = plan.next();
		if (first.type !== 'send' || second.type !== 'send') throw new Error('nothing to send');
		plan.limited(first.piece);
		const slow = plan.pause();
		expect(slow).toBeGreaterThan(0);
		expect(plan.next()).toEqual({ type: 'wait' });
		plan.limited(second.piece);
		expect(plan.pause()).toBe(2 * slow);
		const third = plan.next();
		if (third.type !== 'send') throw new Error('nothing to send');
		expect(third.piece.end - third.piece.start).toBeLessThan(first.piece.end / 2);
		plan.taken(third.piece);
		expect(plan.pause()).toBeLessThan(2 * slow);
	});

	it('never pauses for as long as a node waits', () => {
		const plan = createUploadPlan(100 * KIB, 64 * KIB);
		for (let i = 0; i < 100; i++) plan.limited(undefined);
		expect(plan.pause()).toBeLessThan(LIMITS.uploadIdleMs / 2);
	});

	it('brings every byte but the last piece exactly once, whatever happens on the way', () => {
		const fates = fc.infiniteStream(fc.constantFrom('taken', 'failed', 'limited', 'later'));
		fc.assert(
			fc.property(fc.integer({ min: 33_000, max: 400_000 }), fates, (size, fate) => {
				const plan = createUploadPlan(size, 64 * KIB);
				const there = new Set<number>();
				const underWay: PlannedPiece[] = [];
				const settle = (how: unknown): void => {
					const piece = underWay.shift();
					if (!piece) return;
					if (how === 'limited') plan.limited(piece);
					else if (how === 'failed') plan.failed(piece);
					else {
						for (let at = piece.start; at < piece.end; at++) {
							if (there.has(at)) throw new Error(`byte ${at} twice`);
							there.add(at);
						}
						plan.taken(piece);
						plan.raise(plan.done() + 64 * KIB);
					}
				};
				for (let steps = 0; steps < 5_000; steps++) {
					const step = plan.next();
					if (step.type === 'complete') {
						expect(step.piece.end).toBe(size);
						expect(there.size).toBe(step.piece.start);
						expect(plan.done()).toBe(step.piece.start);
						expect(underWay).toEqual([]);
						return;
					}
					if (step.type === 'send') {
						expect(step.piece.end).toBeLessThanOrEqual(plan.credit());
						underWay.push(step.piece);
						const how = fate.next().value;
						if (how !== 'later') settle(how);
					} else if (step.type === 'wait') settle('taken');
					else plan.raise(plan.credit() + 1_000);
				}
				throw new Error('it does not end');
			}),
			{ numRuns: 40 }
		);
	});
});
