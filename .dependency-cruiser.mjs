/**
 * The arrows of docs/map.md, checked. Each rule says which imports would break the map.
 *
 * @type {import('dependency-cruiser').IConfiguration}
 */
/** Tests, and the workers that only tests start. */
const TESTS = '\\.test(-worker)?\\.ts$';
const CORE = '^src/lib/peer/';

/** Packages that are pure functions over values: the only ones the core may use. */
const PURE_PACKAGES = [
	'^node_modules/@noble/(hashes|curves|ciphers)/',
	'^node_modules/@stablelib/(aes|gcm)/',
	'^node_modules/viem/',
	'^node_modules/nostr-tools/'
];

/** What the core's parts stand on. They know nothing above them. */
const FOUNDATION = `${CORE}(codec/|money\\.ts|limits\\.ts|errors\\.ts|result\\.ts|bytes\\.ts|ilp/address\\.ts)`;

export default {
	forbidden: [
		{
			name: 'no-cycles',
			comment: 'Two files that import each other are one file that nobody can read in order.',
			severity: 'error',
			from: { path: '^(src|server|scripts)/' },
			to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } }
		},
		{
			name: 'core-stands-alone',
			comment: 'The core never learns where it runs: it imports itself and a few pure packages.',
			severity: 'error',
			from: { path: CORE, pathNot: [TESTS, `${CORE}testing/.*(conformance|arbitraries)`] },
			to: { pathNot: [CORE, ...PURE_PACKAGES] }
		},
		{
			name: 'core-tests-stay-near',
			comment:
				'Tests of the core use no host, so that they run in Chromium too; *.node.test.ts may use the Node host.',
			severity: 'error',
			from: { path: `${CORE}.*${TESTS}`, pathNot: '\\.node\\.test\\.ts$' },
			to: { path: '^(src/(routes|workers)|src/lib/(client|ui|wallet|explorer)|server|scripts)/' }
		},
		{
			name: 'no-node-in-the-core',
			comment: 'node: modules reach the core only through ports that a host fills.',
			severity: 'error',
			from: { path: CORE, pathNot: '\\.node\\.test\\.ts$' },
			to: { dependencyTypes: ['core'] }
		},
		{
			name: 'foundation-knows-nothing-above',
			comment:
				'codec, addresses, money, limits, errors, result and bytes import only each other; of what is above, types alone.',
			severity: 'error',
			from: { path: FOUNDATION, pathNot: TESTS },
			to: { path: CORE, pathNot: FOUNDATION, dependencyTypesNot: ['type-only'] }
		},
		{
			name: 'testing-is-for-tests',
			comment: 'The simulated world must not reach a host.',
			severity: 'error',
			from: { path: '^(src|server)/', pathNot: [TESTS, `${CORE}testing/`, 'conformance'] },
			to: { path: `${CORE}testing/` }
		},
		{
			name: 'pages-speak-through-client',
			comment: 'Pages and components read live stores and call commands; the core lives in the worker.',
			severity: 'error',
			from: { path: '^src/(routes|lib/ui)/', pathNot: TESTS },
			to: { path: [CORE, '^src/workers/', '^server/'], dependencyTypesNot: ['type-only'] }
		},
		{
			name: 'client-reaches-the-core-by-messages',
			comment: 'The page side holds copies: it takes types and pure values of the core, never its machinery.',
			severity: 'error',
			from: { path: '^src/lib/client/', pathNot: TESTS },
			to: {
				path: CORE,
				pathNot: [FOUNDATION],
				dependencyTypesNot: ['type-only']
			}
		},
		{
			name: 'hosts-are-apart',
			comment: 'Neither host may lean on the other.',
			severity: 'error',
			from: { path: '^src/', pathNot: TESTS },
			to: { path: '^(server|scripts|tests|bench)/' }
		},
		{
			name: 'node-host-has-no-browser',
			severity: 'error',
			comment:
				'The Node host uses the core and nothing that was written for a page, types of shared documents aside.',
			from: { path: '^server/', pathNot: TESTS },
			to: { path: '^src/(?!lib/peer/)', dependencyTypesNot: ['type-only'] }
		},
		{
			name: 'no-test-code-in-products',
			comment: 'A test is a leaf.',
			severity: 'error',
			from: { path: '^(src|server)/', pathNot: TESTS },
			to: { path: TESTS }
		},
		{
			name: 'no-undeclared-packages',
			comment: 'Everything imported is in package.json.',
			severity: 'error',
			from: { path: '^(src|server|scripts|contracts)/' },
			to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] }
		},
		{
			name: 'no-dev-packages-in-products',
			comment: 'What ships is under dependencies. (Svelte and the icons are compiled away.)',
			severity: 'error',
			from: {
				path: '^(src/lib/peer|src/workers|server)/',
				pathNot: [TESTS, 'conformance', `${CORE}testing/`]
			},
			to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] }
		},
		{
			name: 'nothing-unresolved',
			comment: 'An import that leads nowhere.',
			severity: 'error',
			from: {},
			to: {
				couldNotResolve: true,
				pathNot: '\\?(url|raw|worker)$|^(\\$app|\\$env|\\$service-worker|\\./\\$types)'
			}
		}
	],
	options: {
		doNotFollow: { path: 'node_modules' },
		exclude: { path: ['/generated/.*\\.json$', '^\\.svelte-kit/'] },
		tsPreCompilationDeps: true,
		tsConfig: { fileName: 'tsconfig.json' },
		enhancedResolveOptions: {
			exportsFields: ['exports'],
			conditionNames: ['import', 'svelte', 'browser', 'node', 'default', 'types'],
			extensions: ['.ts', '.svelte.ts', '.js', '.mjs', '.svelte', '.d.ts', '.json']
		},
		extraExtensionsToScan: [],
		skipAnalysisNotInRules: true
	}
};
