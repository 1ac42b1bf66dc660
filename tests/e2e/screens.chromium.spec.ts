/**
 * How the app looks, weighs and is used without a mouse: every screen and sheet in both themes and two
 * sizes without an accessibility fault, the keyboard's way to following somebody, what a first visit
 * downloads, that it can be installed, and that all is to be read with large letters and on a zoomed screen.
 *
 * With TRIBUTARY_SCREENSHOTS=folder each screen is also saved there, to be looked at by a person.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import AxeBuilder from '@axe-core/playwright';
import {
	chromium,
	expect,
	test,
	type BrowserContext,
	type Locator,
	type Page,
	type Response
} from '@playwright/test';
import { npubEncode } from 'nostr-tools/nip19';
import { INITIAL_JS_GZIP_BYTES } from '../budgets.ts';
import { startWalletRelay, type WalletRelay } from '../wallet-relay.ts';
import {
	bringUp,
	closeSheet,
	connectDemoWallet,
	go,
	isOnline,
	seePaidNotes,
	signFunding,
	strings,
	type TestNetwork
} from './app.ts';

test.describe.configure({ mode: 'serial' });

const SIZES = {
	phone: { width: 390, height: 844 },
	desk: { width: 1280, height: 800 }
} as const;
type Size = keyof typeof SIZES;
/** What WCAG asks for besides: text twice as large (1.4.4), and a desk's screen zoomed fourfold (1.4.10). */
const CRAMPED = {
	'letters twice as large': { width: 390, height: 844, letters: '200%' },
	'a screen zoomed fourfold': { width: 320, height: 256, letters: '100%' }
} as const;
const THEMES = ['light', 'dark'] as const;
const COLOUR_RULES = ['color-contrast', 'link-in-text-block'];
/** Text that only code for wallets has: the event by which wallets announce themselves (EIP-6963). */
const WALLET_CODE = 'eip6963:requestProvider';

const screenshots = process.env['TRIBUTARY_SCREENSHOTS'];

let network: TestNetwork;
let relay: WalletRelay;
let profile = '';
let context: BrowserContext;
let page: Page;

test.beforeAll(async () => {
	relay = await startWalletRelay();
	network = await bringUp(['hub', 'bob'], {
		explorer: 'https://explorer.example/tx/{transaction}',
		walletConnect: { projectId: '0123456789abcdef0123456789abcdef', relayUrl: relay.url }
	});
	profile = mkdtempSync(join(tmpdir(), 'tributary-profile-'));
	const { launchOptions } = test.info().project.use;
	context = await chromium.launchPersistentContext(profile, { ...launchOptions, viewport: SIZES.desk });
	context.setDefaultTimeout(15_000);
	page = context.pages()[0] ?? (await context.newPage());
});
test.afterAll(async () => {
	await context.close();
	await network.end();
	await relay.close();
	rmSync(profile, { recursive: true, force: true });
});

test('a first visit waits for little JavaScript, and for neither the database nor wallet code', async () => {
	const scripts: Response[] = [];
	page.on('response', (response) => {
		if (response.request().resourceType() === 'script') scripts.push(response);
	});
	// The database's code does not arrive until the shell is on screen.
	let letThrough = (): void => undefined;
	const isPainted = new Promise<void>((resolve) => (letThrough = resolve));
	await context.route('**/*.wasm', async (route) => {
		await isPainted;
		await route.continue();
	});
	await page.goto(network.url);
	await expect(page.getByRole('heading', { level: 1, name: strings.feed.title })).toBeVisible();
	// Without the worker, which runs beside the page and for which nothing on screen waits.
	const initial = scripts.filter(
		(response) => !response.url().includes('/workers/') && !response.url().includes('service-worker')
	);
	letThrough();
	await expect(page.getByTestId('note').first()).toBeVisible();
	await context.unroute('**/*.wasm');

	let bytes = 0;
	for (const response of initial) {
		const body = await response.body();
		expect(body.toString('utf8'), response.url()).not.toContain(WALLET_CODE);
		bytes += gzipSync(body).length;
	}
	console.log(`  first visit: ${initial.length} scripts, ${(bytes / 1_000).toFixed(1)} kB gzip`);
	expect(initial.length).toBeGreaterThan(0);
	expect(bytes).toBeLessThanOrEqual(INITIAL_JS_GZIP_BYTES);

	const before = scripts.length;
	await page.getByTestId('checklist-next').click();
	await expect(page.getByTestId('wallet-org.tributary.demo')).toBeVisible();
	const later = await Promise.all(scripts.slice(before).map((response) => response.text()));
	expect(later.some((text) => text.includes(WALLET_CODE))).toBe(true);
	await closeSheet(page, 'fund-sheet');
});

test('the app can be installed', async () => {
	const devtools = await context.newCDPSession(page);
	const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors');
	expect(installabilityErrors).toEqual([]);
});

test('the keyboard alone leads past the navigation, to a person and to following', async () => {
	await page.goto(`${network.url}/people`);
	await isOnline(page);
	await expect(page.getByTestId('person').first()).toBeVisible();
	await page.keyboard.press('Tab');
	const skip = page.getByRole('link', { name: strings.app.skip });
	await expect(skip).toBeFocused();
	await expect(skip).toBeInViewport();
	await page.keyboard.press('Enter');
	await expect(page.locator('main')).toBeFocused();

	const button = page.getByTestId(`follow-${network.nodes.bob.pubkey.slice(0, 8)}`);
	await expect(button).toBeEnabled();
	await tabTo(button);
	await page.keyboard.press('Enter');
	await expect(page.getByTestId('follow-sheet')).toBeVisible();
	await page.keyboard.press('Escape');
	await expect(page.getByTestId('follow-sheet')).toBeHidden();
	await expect(button).toBeFocused();
	await page.keyboard.press('Enter');
	await expect(page.getByTestId('follow-sheet')).toBeVisible();
	const accept = page.getByTestId('accept-terms');
	// What cannot be pressed yet cannot be reached either.
	await expect(accept).toBeEnabled();
	await tabTo(accept);
	await page.keyboard.press('Enter');
	await expect(page.getByTestId(`unfollow-${network.nodes.bob.pubkey.slice(0, 8)}`)).toBeVisible();
});

for (const size of Object.keys(SIZES) as Size[]) {
	test(`before anything is set up, no screen has an accessibility fault on a ${size}`, async () => {
		await page.goto(network.url);
		await isOnline(page);
		await lookAtAll('empty', size, {
			feed: () => go(page, 'feed'),
			'no-such-page': () => open('/no-such-page', strings.notFound.title),
			channels: () => go(page, 'channels'),
			wallets: sheet(
				'fund-sheet',
				async () => {
					await page.getByTestId('fund').click();
					await expect(page.getByTestId('wallet-walletConnect')).toBeVisible();
				},
				'channels'
			),
			pairing: sheet(
				'fund-sheet',
				async () => {
					await page.getByTestId('fund').click();
					await page.getByTestId('wallet-walletConnect').click();
					await expect(page.getByRole('img', { name: strings.fund.pairing.alt })).toBeVisible();
				},
				'channels'
			),
			connect: sheet(
				'connect-sheet',
				async () => {
					await page.getByTestId('connect').click();
					await expect(page.getByTestId('wallet-walletConnect')).toBeVisible();
				},
				'channels'
			),
			activity: () => go(page, 'activity'),
			compose: () => go(page, 'compose')
		});
	});
}

test('a channel is funded and notes of Bob have been paid for', async () => {
	await go(page, 'channels');
	await page.getByTestId('fund').click();
	await connectDemoWallet(page);
	await signFunding(page);
	await closeSheet(page, 'fund-sheet');
	await go(page, 'feed');
	await seePaidNotes(page, 10);
});

/** Every screen and sheet that somebody meets who reads and pays. */
const screensInUse = (): Readonly<Record<string, Screen>> => ({
	feed: () => go(page, 'feed'),
	receipt: sheet('receipt', () => page.locator('[data-testid="note-cost"].paid').first().click(), 'feed'),
	status: sheet('status-sheet', () => page.getByTestId('status').click(), 'feed'),
	people: () => go(page, 'people'),
	person: () => open(`/people/${npubEncode(network.nodes.bob.pubkey)}`, 'Bob'),
	terms: async () => {
		await page.getByTestId('follow-card').getByRole('button', { name: strings.follow.change }).click();
		await expect(page.getByTestId('follow-sheet')).toBeVisible();
		return () => closeSheet(page, 'follow-sheet');
	},
	compose: () => go(page, 'compose'),
	channels: () => go(page, 'channels'),
	history: sheet(
		'channel-sheet',
		async () => {
			await page.getByTestId('channel-history').click();
			await expect(page.getByTestId('act').first()).toBeVisible();
		},
		'channels'
	),
	fund: sheet('fund-sheet', () => page.getByTestId('fund').click(), 'channels'),
	close: sheet('close-sheet', () => page.getByTestId('close-channel').click(), 'channels'),
	'close-without-hub': sheet(
		'close-sheet',
		async () => {
			await page.getByTestId('close-channel').click();
			await page.getByTestId('close-without-hub').click();
		},
		'channels'
	),
	activity: () => go(page, 'activity'),
	posting: sheet('posting', () => page.getByTestId('activity-row').first().click(), 'activity'),
	'on-chain': async () => {
		await go(page, 'activity');
		await page.getByTestId('on-chain').click();
		await expect(page.getByTestId('savings')).toBeVisible();
	},
	transaction: async () => {
		await page.getByTestId('act').first().click();
		await expect(page.getByTestId('transaction-act')).toBeVisible();
		await expect(page.getByRole('link', { name: /explorer\.example/ })).toHaveAttribute(
			'href',
			/^https:\/\/explorer\.example\/tx\/0x[0-9a-f]{64}$/
		);
	},
	settings: () => open('/settings', strings.settings.title)
});

for (const size of Object.keys(SIZES) as Size[]) {
	test(`in use, no screen and no sheet has an accessibility fault on a ${size}`, () =>
		lookAtAll('used', size, screensInUse()));
}

for (const [what, { letters, ...viewport }] of Object.entries(CRAMPED)) {
	test(`with ${what} nothing is cut off, pressed into a column or laid over its neighbour`, async () => {
		await page.setViewportSize(viewport);
		for (const [name, show] of Object.entries(screensInUse())) {
			const close = await show();
			await page.evaluate((size) => (document.documentElement.style.fontSize = size), letters);
			await settled();
			expect.soft(await cramped(), name).toEqual([]);
			await close?.();
		}
		await page.evaluate(() => document.documentElement.style.removeProperty('font-size'));
		await page.setViewportSize(SIZES.desk);
	});
}

type Screen = () => Promise<void | (() => Promise<void>)>;

/** Opens a sheet on its screen; what it answers closes it again. */
const sheet =
	(testId: string, press: () => Promise<void>, on: 'feed' | 'channels' | 'activity'): Screen =>
	async () => {
		await go(page, on);
		await press();
		await expect(page.getByTestId(testId)).toBeVisible();
		return () => closeSheet(page, testId);
	};

async function open(path: string, heading: string): Promise<void> {
	await page.goto(network.url + path);
	await expect(page.getByRole('heading', { level: 1, name: heading })).toBeVisible();
	await isOnline(page);
}

/** Every screen at one size in every theme: no fault that axe can find, and nothing wider than the screen. */
async function lookAtAll(
	state: string,
	size: Size,
	screens: Readonly<Record<string, Screen>>
): Promise<void> {
	await page.emulateMedia({ reducedMotion: 'reduce' });
	await page.setViewportSize(SIZES[size]);
	for (const [name, show] of Object.entries(screens)) {
		const close = await show();
		for (const theme of THEMES) {
			await page.emulateMedia({ colorScheme: theme });
			// What is far below is not drawn, and would be judged by colours of the theme before.
			await page.addStyleTag({ content: 'article { content-visibility: visible !important; }' });
			await settled();
			const where = `${state}-${name}-${size}-${theme}`;
			const axe = new AxeBuilder({ page });
			// The second theme has the same structure in other colours.
			if (theme !== THEMES[0]) axe.withRules(COLOUR_RULES);
			const { violations } = await axe.analyze();
			const faults = violations.map(
				({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`
			);
			expect.soft(faults, where).toEqual([]);
			const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
			expect.soft(overflow, `${where} is wider than the screen`).toBeLessThanOrEqual(0);
			if (screenshots === undefined) continue;
			mkdirSync(screenshots, { recursive: true });
			await page.screenshot({ path: join(screenshots, `${where}.png`) });
		}
		await close?.();
	}
	await page.setViewportSize(SIZES.desk);
}

/** Colours fade from one theme to the other, those that are inherited one after the other. */
const settled = (): Promise<void> =>
	page.evaluate(async () => {
		for (let frames = 0; frames < 30; frames += 1) {
			await new Promise((resolve) => requestAnimationFrame(resolve));
			if (frames > 2 && document.getAnimations().length === 0) return;
		}
	});

/** What of the screen, or of the sheet above it, has too little room. */
const cramped = (): Promise<string[]> =>
	page.evaluate(() => {
		const faults: string[] = [];
		const sheetOrPage = document.querySelector('dialog[open]') ?? document.body;
		for (const element of sheetOrPage.querySelectorAll('*')) {
			if (element.closest('.visually-hidden, svg') !== null) continue;
			const { width, height, right } = element.getBoundingClientRect();
			const text = (element.textContent ?? '').trim();
			const letter = parseFloat(getComputedStyle(element).fontSize);
			if (width > 0 && right > innerWidth + 1) faults.push(`beyond the edge: ${text.slice(0, 40)}`);
			if (text.length > 8 && width > 1 && width < 3 * letter && height > 5 * letter)
				faults.push(`a column of letters: ${text.slice(0, 40)}`);
		}
		const words = [...document.querySelectorAll('nav span')].map((word) => word.getBoundingClientRect());
		words.forEach((one, n) => {
			const next = words[n + 1];
			if (next !== undefined && next.left > one.left && next.left < one.right + 2)
				faults.push(`the words of two tabs touch: ${n + 1}, ${n + 2}`);
		});
		return [...new Set(faults)];
	});

/** Presses Tab until it is there; a screen has no more stops than this on the way. */
async function tabTo(target: Locator): Promise<void> {
	for (let stops = 0; stops < 30; stops += 1) {
		if (await target.evaluate((element) => element === document.activeElement)) return;
		await page.keyboard.press('Tab');
	}
	throw new Error('the keyboard does not get there');
}
