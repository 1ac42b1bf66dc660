import { expect, it } from 'vitest';
import { createNotices } from '../notices.ts';
import { createDisagreements } from './disagreements.ts';

it('the person is told of differing books until the last neighbour agrees again, and each link begins anew', () => {
	const dropped: string[] = [];
	const later: (() => void)[] = [];
	const clock = {
		now: () => 0,
		after: (_: number, run: () => void) => {
			later.push(run);
			return () => undefined;
		}
	};
	const notices = createNotices(clock, () => undefined);
	const told = (): readonly string[] => notices.all().map(({ error }) => error.type);
	const { begun, over } = createDisagreements({ clock, notices, drop: (peer) => dropped.push(peer) });

	begun('bob', 'bob says 3');
	begun('carol', 'carol says 5');
	expect(told()).toEqual(['HubDisagrees']);
	// It was noticed in an answer on that link, which is written first.
	expect(dropped).toEqual([]);
	for (const run of later) run();
	expect(dropped).toEqual(['bob', 'carol']);

	over('bob');
	expect(told()).toEqual(['HubDisagrees']);
	over('carol');
	expect(told()).toEqual([]);
});
