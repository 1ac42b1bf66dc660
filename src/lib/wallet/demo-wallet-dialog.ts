/**
 * The demo wallet's window: a modal dialog in a shadow root, so that neither the app's styles nor
 * its scripts' selectors reach in by accident. Colours follow the page's `color-scheme`.
 */
import type { Question } from './demo-wallet-words.ts';

const STYLE = `
	dialog {
		box-sizing: border-box; width: min(28rem, calc(100vw - 2rem)); max-height: calc(100dvh - 2rem); padding: 0;
		border: 1px solid light-dark(#99a8a6, #4b5c5a); border-radius: 1rem; overflow: hidden;
		background: light-dark(#fff, #16201f); color: light-dark(#14201f, #e8efee);
		font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere;
	}
	dialog[open] { display: flex; flex-direction: column; }
	dialog::backdrop { background: rgb(0 0 0 / 0.55); }
	/* The buttons stay in sight and what they are about starts at its beginning, however small the screen. */
	.request { padding: 1.5rem 1.5rem 0; overflow: auto; }
	.buttons { padding: 1rem 1.5rem 1.5rem; }
	.name { margin: 0; font-size: 0.875rem; color: light-dark(#0f5f58, #6fd6cb); }
	h2 { margin: 0.25rem 0 0.5rem; font-size: 1.25rem; line-height: 1.3; }
	p { margin: 0 0 1rem; }
	dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.25rem 1rem; margin: 0 0 1rem; font-size: 0.875rem; }
	dt { color: light-dark(#4a5a58, #a9b8b6); }
	@media (max-width: 16rem) { dl { grid-template-columns: minmax(0, 1fr); } }
	dd { margin: 0; font-variant-numeric: tabular-nums; }
	pre { margin: 0 0 1rem; padding: 0.75rem; max-height: 10rem; overflow: auto; white-space: pre-wrap; font-size: 0.8rem;
		border-radius: 0.5rem; background: light-dark(#eef3f2, #0d1514); }
	.buttons { display: flex; flex-wrap: wrap; gap: 0.75rem; justify-content: flex-end; }
	button { min-height: 2.75rem; padding: 0 1.25rem; border-radius: 0.75rem; font: inherit; font-weight: 600; cursor: pointer;
		border: 1px solid light-dark(#0f766e, #5cc7bb); background: transparent; color: inherit; }
	button.approve { background: light-dark(#0f766e, #5cc7bb); color: light-dark(#fff, #08201d); }
	.request:focus-visible { outline: 3px solid light-dark(#0b4f49, #b9f2eb); outline-offset: -3px; }
	button:focus-visible { outline: 3px solid light-dark(#0b4f49, #b9f2eb); outline-offset: 2px; }
	button[disabled] { opacity: 0.55; cursor: default; }
	.progress:empty { display: none; }
`;

/** Asks and waits. Escape refuses. While `after` runs the window shows its progress. */
export const askInDialog = (
	question: Question,
	after: (progress: (text: string) => void) => Promise<void>
): Promise<boolean> => {
	const host = document.createElement('div');
	const root = host.attachShadow({ mode: 'open' });
	const sheet = new CSSStyleSheet();
	sheet.replaceSync(STYLE);
	root.adoptedStyleSheets = [sheet];

	const dialog = element('dialog', {
		'data-testid': 'demo-wallet',
		'aria-labelledby': 'title',
		'aria-describedby': 'sentence'
	});
	const facts = element('dl');
	for (const [what, value] of question.facts) facts.append(element('dt', {}, what), element('dd', {}, value));
	const progress = element('p', { class: 'progress', role: 'status', 'data-testid': 'demo-wallet-progress' });
	const refuse = element('button', { type: 'button', 'data-testid': 'demo-wallet-refuse' }, 'Refuse');
	const approve = element(
		'button',
		{ type: 'button', class: 'approve', 'data-testid': 'demo-wallet-approve' },
		question.approve
	);
	const buttons = element('div', { class: 'buttons' });
	buttons.append(refuse, approve);
	const request = element('div', { class: 'request', tabindex: '0' });
	request.append(
		element('p', { class: 'name' }, `${question.wallet} · test money only`),
		element('h2', { id: 'title' }, question.title),
		element('p', { id: 'sentence' }, question.sentence),
		facts
	);
	if (question.raw !== undefined) request.append(element('pre', { tabindex: '0' }, question.raw));
	request.append(progress);
	dialog.append(request, buttons);
	root.append(dialog);
	document.body.append(host);

	return new Promise((resolve) => {
		const end = (approved: boolean): void => {
			dialog.close();
			host.remove();
			resolve(approved);
		};
		let approving = false;
		refuse.addEventListener('click', () => end(false));
		dialog.addEventListener('cancel', (event) => {
			event.preventDefault();
			if (!approving) end(false);
		});
		approve.addEventListener('click', () => {
			approving = true;
			approve.disabled = true;
			refuse.disabled = true;
			void after((text) => (progress.textContent = text)).then(
				() => end(true),
				() => end(true)
			);
		});
		dialog.showModal();
		// Enter must not approve by accident what was opened by pressing Enter.
		refuse.focus();
	});
};

const element = <Name extends keyof HTMLElementTagNameMap>(
	name: Name,
	attributes: Readonly<Record<string, string>> = {},
	text = ''
): HTMLElementTagNameMap[Name] => {
	const created = document.createElement(name);
	for (const [attribute, value] of Object.entries(attributes)) created.setAttribute(attribute, value);
	created.textContent = text;
	return created;
};
