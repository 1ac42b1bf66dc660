import { describe, expect, it } from 'vitest';
import { createRoutes } from './routes.ts';

const table = (...prefixes: string[]) => {
	const routes = createRoutes();
	for (const prefix of prefixes) routes.set({ prefix, peer: `to ${prefix}`, links: 1 });
	return routes;
};

describe('static routes', () => {
	it('lead along the longest prefix', () => {
		const routes = table('test.hub', 'test.hub.bob', 'test.hub.bob.desk');
		expect(routes.find('test.hub.bob.desk.token')?.peer).toBe('to test.hub.bob.desk');
		expect(routes.find('test.hub.bob.phone')?.peer).toBe('to test.hub.bob');
		expect(routes.find('test.hub')?.peer).toBe('to test.hub');
	});

	it('compare whole segments: bobby is not below bob', () => {
		expect(table('test.hub.bob').find('test.hub.bobby.x')).toBeUndefined();
	});

	it('fall back to the default route, and to nothing without one', () => {
		expect(table('', 'test.hub').find('test.other')?.peer).toBe('to ');
		expect(table('test.hub').find('test.other')).toBeUndefined();
	});

	it('forget what was removed', () => {
		const routes = table('test.hub');
		routes.remove('test.hub');
		expect(routes.find('test.hub.bob')).toBeUndefined();
		expect(routes.all()).toEqual([]);
	});
});

describe('learnt routes', () => {
	const learnt = (prefix: string) => ({ prefix, peer: `taught ${prefix}`, links: 2, path: [prefix] });

	it('are taken where nothing was configured, and a longer one before a shorter configured one', () => {
		const routes = table('test.hub');
		routes.learn(learnt('test.hub.bob'));
		routes.learn(learnt('test.far'));
		expect(routes.find('test.hub.bob.x')?.peer).toBe('taught test.hub.bob');
		expect(routes.find('test.far.x')?.peer).toBe('taught test.far');
	});

	it('give way to what is configured for the same prefix, and are there again without it', () => {
		const routes = table('test.hub');
		routes.learn(learnt('test.hub'));
		expect(routes.find('test.hub.x')?.peer).toBe('to test.hub');
		routes.remove('test.hub');
		expect(routes.find('test.hub.x')?.peer).toBe('taught test.hub');
		routes.unlearn('test.hub');
		expect(routes.find('test.hub.x')).toBeUndefined();
	});
});
