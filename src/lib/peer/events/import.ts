/**
 * Events from a file: one JSON object a line (JSONL), from anywhere. Every line is checked as if a
 * stranger had sent it, also when its id is known: a known id over altered content is invalid, not a
 * duplicate.
 */
import type { VerifiedEvent } from '../codec/nostr-event.ts';
import type { Crypto } from '../platform.ts';
import type { EventStore, PutOutcome } from './store.ts';
import { verifyEvents, type EventError } from './verify.ts';

/** Characters of one line: the largest event fits with room for its escapes (LIMITS.eventBytes). */
export const IMPORT_LINE_CHARACTERS = 2 ** 20;

/** A line that its reader could not hand over, and why. */
export interface UnreadableLine {
	readonly reason: string;
}

/** Each line that is not blank is counted once. */
export interface ImportResult {
	readonly stored: number;
	/** Valid, and either took the place of an older version or came too late for a newer one. */
	readonly replaced: number;
	readonly duplicate: number;
	readonly invalid: number;
	/** Line numbers from 1 within this call, in order, with why the line was refused or not kept. */
	readonly reasons: readonly { readonly line: number; readonly reason: string }[];
}

export interface ImportPorts {
	readonly crypto: Crypto;
	readonly store: EventStore;
	/** Unix ms. */
	now(): number;
	/** Runs `work` in one transaction and resolves when it is on disk. */
	commit<T>(work: () => T): Promise<T>;
}

const explain = (error: EventError): string =>
	'reason' in error ? `${error.type}: ${error.reason}` : error.type;

const COUNTED_AS: Readonly<Record<PutOutcome['result'], 'stored' | 'replaced' | 'duplicate'>> = {
	stored: 'stored',
	replaced: 'replaced',
	duplicate: 'duplicate',
	superseded: 'replaced',
	deleted: 'replaced',
	expired: 'replaced',
	ephemeral: 'replaced'
};

/** Checks and stores a batch of lines, in one transaction. Only a failing disk makes it reject. */
export const importLines = async (
	ports: ImportPorts,
	lines: readonly (string | UnreadableLine)[]
): Promise<ImportResult> => {
	const counts = { stored: 0, replaced: 0, duplicate: 0, invalid: 0 };
	const reasons: { line: number; reason: string }[] = [];
	const refuse = (line: number, reason: string): void => {
		counts.invalid += 1;
		reasons.push({ line, reason });
	};
	const read: { readonly line: number; readonly value: unknown }[] = [];
	for (const [index, text] of lines.entries()) {
		if (typeof text === 'string' && text.trim() === '') continue;
		const line = index + 1;
		if (typeof text !== 'string') refuse(line, text.reason);
		else if (text.length > IMPORT_LINE_CHARACTERS)
			refuse(line, `longer than ${IMPORT_LINE_CHARACTERS} characters`);
		else
			try {
				read.push({ line, value: JSON.parse(text) as unknown });
			} catch {
				refuse(line, 'not JSON');
			}
	}
	const verified = await verifyEvents(
		ports.crypto,
		read.map(({ value }) => value)
	);
	const good: { readonly line: number; readonly event: VerifiedEvent }[] = [];
	for (const [i, { line }] of read.entries()) {
		const answer = verified[i];
		if (answer?.ok === true) good.push({ line, event: answer.value });
		else if (answer) refuse(line, explain(answer.error));
	}
	const outcomes = await ports.commit(() =>
		good.map(({ line, event }) => ({ line, result: ports.store.put(event, ports.now()).result }))
	);
	for (const { line, result } of outcomes) {
		const counted = COUNTED_AS[result];
		counts[counted] += 1;
		if (counted !== result) reasons.push({ line, reason: `not kept: ${result}` });
	}
	return { ...counts, reasons: reasons.sort((a, b) => a.line - b.line) };
};
