/**
 * How long each suite may take, in seconds. A suite that takes longer fails: slowness is noticed on
 * the day it is added. Measured on two cores, with room for a machine that is busy with something else.
 *
 * The names are those of the suites in scripts/suites.ts.
 */
export const BUDGET_SECONDS = {
	lock: 10,
	'types: core': 45,
	'types: workers': 45,
	'types: service worker': 45,
	'types: node': 60,
	'types: contracts': 60,
	'types: e2e': 60,
	'types: svelte': 90,
	lint: 240,
	arrows: 45,
	format: 60,
	core: 120,
	node: 360,
	'node: money': 45,
	'contract bindings': 60,
	contracts: 360,
	bundle: 120,
	browser: 180,
	process: 600,
	torture: 900,
	'e2e: chromium': 900,
	'e2e: firefox': 600
} as const satisfies Record<string, number>;

/** `npm run test:fast` as a whole, once everything is installed. */
export const FAST_BUDGET_SECONDS = 60;

/** What a first visit may wait for: gzip bytes of JavaScript per page, the worker not counted. */
export const INITIAL_JS_GZIP_BYTES = 120_000;

/** All packet formats, STREAM, BTP and routes without @noble: gzip bytes for whoever wants Interledger alone. */
export const ILP_GZIP_BYTES = 30_000;
