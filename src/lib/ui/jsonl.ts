/**
 * Reads a file of JSON lines piece by piece, so that a large one neither fills memory nor blocks
 * the page, and hands whole lines on in batches.
 */
import type { ImportCounts } from '../peer/api.ts';

/** Lines per call: about as many as are checked and stored within a tenth of a second. */
const BATCH_LINES = 200;
/** Reasons kept for showing; the count of all is exact. */
const MAX_REASONS = 200;

export interface ImportProgress extends ImportCounts {
	readonly done: number;
	readonly all: number;
	/** Refused lines whose reason is not listed any more. */
	readonly moreReasons: number;
}

async function* linesOf(file: Blob): AsyncGenerator<string> {
	const reader = file.stream().pipeThrough(new TextDecoderStream()).getReader();
	let rest = '';
	for (;;) {
		const { done, value } = await reader.read();
		if (done) break;
		const pieces = (rest + value).split('\n');
		rest = pieces.pop() ?? '';
		yield* pieces;
	}
	if (rest !== '') yield rest;
}

/** Line numbers in reasons count from 1 within the whole file. Empty lines are no events and are skipped. */
export const importFile = async (
	file: Blob,
	importEvents: (lines: readonly string[]) => Promise<ImportCounts>,
	onProgress: (progress: ImportProgress) => void
): Promise<ImportProgress> => {
	let all = 0;
	for await (const line of linesOf(file)) if (line.trim() !== '') all++;

	let progress: ImportProgress = {
		done: 0,
		all,
		stored: 0,
		replaced: 0,
		duplicate: 0,
		invalid: 0,
		reasons: [],
		moreReasons: 0
	};
	let batch: { readonly line: number; readonly text: string }[] = [];
	const flush = async (): Promise<void> => {
		if (batch.length === 0) return;
		const sent = batch;
		batch = [];
		const counts = await importEvents(sent.map(({ text }) => text));
		const reasons = [
			...progress.reasons,
			...counts.reasons.map(({ line, reason }) => ({ line: sent[line - 1]?.line ?? line, reason }))
		];
		progress = {
			done: progress.done + sent.length,
			all,
			stored: progress.stored + counts.stored,
			replaced: progress.replaced + counts.replaced,
			duplicate: progress.duplicate + counts.duplicate,
			invalid: progress.invalid + counts.invalid,
			reasons: reasons.slice(0, MAX_REASONS),
			moreReasons: progress.moreReasons + Math.max(0, reasons.length - MAX_REASONS)
		};
		onProgress(progress);
	};

	onProgress(progress);
	let number = 0;
	for await (const line of linesOf(file)) {
		number++;
		const text = line.trim();
		if (text === '') continue;
		batch.push({ line: number, text });
		if (batch.length === BATCH_LINES) await flush();
	}
	await flush();
	return progress;
};
