import svelte from 'eslint-plugin-svelte';
import tseslint from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

/** Mistakes that a type checker lets through. Style is the formatter's business. */
const mistakes = {
	'@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: true }],
	'@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
	'@typescript-eslint/await-thenable': 'error',
	'@typescript-eslint/no-explicit-any': 'error',
	'@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
	'@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
	'@typescript-eslint/no-non-null-assertion': 'error',
	'@typescript-eslint/only-throw-error': 'error',
	'no-console': 'off',
	'no-debugger': 'error',
	'prefer-const': 'error',
	eqeqeq: ['error', 'always', { null: 'ignore' }]
};

const project = ['./tsconfig.eslint.json'];

export default tseslint.config(
	{
		ignores: [
			'node_modules/',
			'.svelte-kit/',
			'build/',
			'.tributary/',
			'artifacts/',
			'cache/',
			'test-results/',
			'playwright-report/',
			'coverage/',
			'**/generated/',
			'**/*.d.ts',
			'static/'
		]
	},
	{
		files: ['**/*.ts'],
		plugins: { '@typescript-eslint': tseslint.plugin },
		languageOptions: {
			parser: tseslint.parser,
			parserOptions: { project, tsconfigRootDir: import.meta.dirname, extraFileExtensions: ['.svelte'] }
		},
		linterOptions: { reportUnusedDisableDirectives: 'error' },
		rules: mistakes
	},
	...svelte.configs['flat/base'],
	{
		files: ['**/*.svelte', '**/*.svelte.ts'],
		plugins: { '@typescript-eslint': tseslint.plugin },
		languageOptions: {
			parserOptions: {
				parser: tseslint.parser,
				project,
				tsconfigRootDir: import.meta.dirname,
				extraFileExtensions: ['.svelte'],
				svelteConfig
			}
		},
		rules: {
			...mistakes,
			// `let { … } = $props()` and bound state look constant to the rule and are not.
			'prefer-const': 'off',
			'svelte/no-at-html-tags': 'error',
			'svelte/no-target-blank': 'error',
			'svelte/require-each-key': 'error',
			'svelte/valid-compile': 'off'
		}
	},
	{
		// A test may say "this is there": the test fails where it is not.
		files: ['**/*.test.ts', 'tests/**/*.ts'],
		rules: { '@typescript-eslint/no-non-null-assertion': 'off' }
	},
	{
		files: ['src/lib/peer/**/*.ts'],
		ignores: ['**/*.test.ts'],
		rules: { 'no-console': 'error' }
	}
);
