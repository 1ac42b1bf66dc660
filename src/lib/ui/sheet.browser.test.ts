import { createRawSnippet, flushSync, mount, unmount } from 'svelte';
import { afterEach, expect, it } from 'vitest';
import Sheet from './Sheet.svelte';

let mounted: Record<string, unknown> | undefined;
afterEach(async () => {
	if (mounted) await unmount(mounted);
	mounted = undefined;
});

const children = createRawSnippet(() => ({ render: () => '<p>what it says</p>' }));

it('is closed at once by Escape, and told once: the button behind it may open the next in the same moment', async () => {
	let closed = 0;
	mounted = mount(Sheet, {
		target: document.body,
		props: { open: true, title: 'a sheet', children, onclose: () => (closed += 1) }
	});
	flushSync();
	const dialog = document.querySelector('dialog') as HTMLDialogElement;
	expect(dialog.open).toBe(true);
	// As Escape does.
	dialog.dispatchEvent(new Event('cancel', { cancelable: true }));
	expect([dialog.open, closed]).toEqual([false, 1]);
	await new Promise((resolve) => setTimeout(resolve, 50));
	expect(closed).toBe(1);
});
