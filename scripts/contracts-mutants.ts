/** The small mistakes that `contracts-mutate.ts` makes in Solidity. Text in, texts out: no parser, no compiler. */

/** Where money is counted, held back and sent, in `contracts/src`. */
export const MONEY_PATHS: readonly string[] = [
	'ChannelAccounting.sol',
	'ChannelState.sol',
	'Channels.sol',
	'PackedRows.sol',
	'Signatures.sol',
	'Transfers.sol'
];

export interface Mutant {
	readonly file: string;
	/** Counted from 1. */
	readonly line: number;
	/** The kind of mistake. */
	readonly what: string;
	/** The line or statement as it was. */
	readonly before: string;
	readonly after: string;
	/** The whole file with the mistake in it. */
	readonly source: string;
}

/** A token, and what a tired hand writes instead. */
const SWAPS: readonly (readonly [what: string, pattern: RegExp, ...instead: string[]])[] = [
	['comparison', / < /g, ' <= ', ' > '],
	['comparison', / > /g, ' >= ', ' < '],
	['comparison', / <= /g, ' < ', ' >= '],
	['comparison', / >= /g, ' > ', ' <= '],
	['comparison', / == /g, ' != '],
	['comparison', / != /g, ' == '],
	['arithmetic', / \+ /g, ' - '],
	['arithmetic', / - /g, ' + '],
	['arithmetic', / \+= /g, ' -= ', ' = '],
	['arithmetic', / -= /g, ' += '],
	['arithmetic', / % /g, ' / '],
	['bits', / << /g, ' >> '],
	['bits', / >> /g, ' << '],
	['bits', / \| /g, ' & '],
	['bits', / & /g, ' | '],
	['logic', / && /g, ' || '],
	['logic', / \|\| /g, ' && '],
	['negation', /!(?=[a-zA-Z])/g, ''],
	['assembly', /\bgt\(/g, 'lt('],
	['assembly', /\blt\(/g, 'gt('],
	['assembly', /\band\(/g, 'or('],
	['assembly', /\badd\(/g, 'sub('],
	['assembly', /\bshr\(/g, 'shl('],
	['assembly', /\bshl\(/g, 'shr('],
	['assembly', /\biszero\(/g, '('],
	['constant', /\btype\(uint(24|40|96)\)\.max/g, '(type(uint$1).max - 1)'],
	['constant', /(?<![\w.'])(\d+)(?![\w'\]])/g, '@plus'],
	['account', /\b(key|row)\.payer\b/g, '$1.payee', '$1.signer'],
	['account', /\b(key)\.payee\b/g, '$1.payer'],
	['account', /\b(key|row)\.signer\b/g, '$1.payer'],
	['account', /(?<!\()\bmsg\.sender\b(?!\))/g, 'tx.origin'],
	['amount', /\btoPayee\b/g, 'toPayer'],
	['amount', /\btoPayer\b/g, 'toPayee'],
	['amount', /\bstate\.claimed\(\)/g, 'state.deposited()'],
	['amount', /\bstate\.deposited\(\)/g, 'state.claimed()'],
	['time', /\bblock\.timestamp\b/g, '(block.timestamp + 1)', '(block.timestamp - 1)'],
	['state', /\bstate\.ended\(\)/g, 'state'],
	['modifier', / unmeasured\b/g, '']
];

/** Whole statements that may be forgotten. */
const STATEMENTS: readonly (readonly [what: string, start: RegExp])[] = [
	['check left out', /^\s*if \(.*$/],
	['check left out', /^\s*require\(/],
	['effect left out', /^\s*[\w.()]+\.store\(id\);$/],
	['effect left out', /^\s*Transfers\.\w+\(/],
	[
		'effect left out',
		/^\s*_(receive|receiveWithAuthorization|recordClaim|checkReceived|topUp|close|requestClose)\(/
	],
	['effect left out', /^\s*_measuring = /],
	['event left out', /^\s*emit /],
	['assembly left out', /^\s*(mstore|calldatacopy|pop)\(/]
];

/** Every mutant of a file, in the order of its lines. */
export function mutantsOf(file: string, source: string): Mutant[] {
	const lines = source.split('\n');
	const mutants: Mutant[] = [];
	const add = (index: number, count: number, what: string, after: string): void => {
		const before = lines.slice(index, index + count).join('\n');
		if (before === after) return;
		const changed = [...lines.slice(0, index), after, ...lines.slice(index + count)].join('\n');
		mutants.push({ file, line: index + 1, what, before, after, source: changed });
	};
	lines.forEach((line, index) => {
		if (/^\s*function\b/.test(line) && line.includes(' unmeasured')) {
			add(index, 1, 'modifier', line.replace(' unmeasured', ''));
		}
		const code = codeOf(line);
		if (code === undefined) return;
		for (const [what, start] of STATEMENTS) {
			if (!start.test(line)) continue;
			const count = lengthOf(lines, index, what === 'check left out');
			if (count !== undefined) add(index, count, what, '');
		}
		for (const [what, pattern, ...instead] of SWAPS) {
			for (const match of code.matchAll(pattern)) {
				for (const replacement of instead) {
					const text =
						replacement === '@plus'
							? String(Number(match[0]) + 1)
							: match[0].replace(new RegExp(pattern.source), replacement);
					add(index, 1, what, line.slice(0, match.index) + text + line.slice(match.index + match[0].length));
				}
			}
		}
	});
	return mutants;
}

/** The line without its comment; nothing for lines that say rather than do. */
function codeOf(line: string): string | undefined {
	if (/^\s*(\/\/|import\b|pragma\b|error\b|event\b|using\b|type\b|function\b|returns\b|\/?\*)/.test(line)) {
		return undefined;
	}
	if (/keccak256\('|string private|ERC1271_MAGIC =/.test(line)) return undefined;
	return line.replace(/\/\/.*$/, '').replace(/assembly \('memory-safe'\)/, (text) => ' '.repeat(text.length));
}

/** How many lines a statement has. Of checks only those that revert: the rest are the program's shape. */
function lengthOf(lines: readonly string[], index: number, isCheck: boolean): number | undefined {
	let depth = 0;
	let text = '';
	for (let at = index; at < Math.min(lines.length, index + 12); at += 1) {
		const line = lines[at] ?? '';
		text += line;
		for (const character of line) {
			if ('({['.includes(character)) depth += 1;
			if (')}]'.includes(character)) depth -= 1;
		}
		if (depth === 0 && /[;})]\s*$/.test(line)) {
			if (/^\s*(\{|else)/.test(lines[at + 1] ?? '')) continue;
			if (isCheck && !/\b(revert|require)\b/.test(text)) return undefined;
			return at - index + 1;
		}
	}
	return undefined;
}
