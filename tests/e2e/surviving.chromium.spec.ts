/**
 * A reader with money in a channel goes through everything that happens to browsers: a reload, a
 * second tab, a restart, a start without any server, and at last a local chain that was begun anew.
 * Nothing is lost and nothing is paid twice.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, expect, test, type BrowserContext, type Page } from '@playwright/test';
import { APP_DIR } from '../../scripts/build-app.ts';
import { startNetwork } from '../../scripts/network.ts';
import { control, eventually, statusOf } from '../process/nodes.ts';
import {
	bringUp,
	follow,
	fund,
	go,
	goToSettings,
	isOnline,
	money,
	paidNotes,
	seeNote,
	seePaidNotes,
	strings,
	unfollow,
	type TestNetwork
} from './app.ts';

test.describe.configure({ mode: 'serial' });

/** What Bob asks for a note; nobody pays it twice for one. */
const NOTE_PRICE = 200_000n;

let network: TestNetwork;
let profile = '';
let context: BrowserContext;
let page: Page;
let key = '';
/** Fresh notes of Bob, in order: each must arrive, whatever happened meanwhile. */
const written: string[] = [];

test.beforeAll(async () => {
	network = await bringUp(['hub', 'bob']);
	profile = mkdtempSync(join(tmpdir(), 'tributary-profile-'));
	await openBrowser();
});
test.afterAll(async () => {
	await context.close();
	await network.end();
	rmSync(profile, { recursive: true, force: true });
});

test('a reader follows Bob', async () => {
	await page.goto(network.url);
	await isOnline(page);
	await fund(page);
	await go(page, 'people');
	await follow(page, network.nodes.bob.pubkey);
	await go(page, 'feed');
	await seePaidNotes(page, 10);
	key = await keyOf(page);
	// From here on the app opens without a server.
	await page.evaluate(async () => {
		await navigator.serviceWorker.ready;
	});
});

test('after a reload it is the same person with the same notes and the same money', async () => {
	const before = await figures();
	await page.reload();
	await isOnline(page);
	await seePaidNotes(page, 10);
	await nothingLostSince(before);
	await bobWrites('written after the reload');
});

test('a second tab shares the peer, and takes over when the first one closes', async () => {
	await go(page, 'feed');
	const first = page;
	const second = await context.newPage();
	await second.goto(network.url);
	await expect(first.getByTestId('status')).toHaveAttribute('data-tab', 'leader');
	await expect(second.getByTestId('status')).toHaveAttribute('data-tab', 'follower');
	await expect(paidNotes(second).first()).toBeVisible();
	expect(await keyOf(second)).toBe(key);

	// A follower can do everything.
	await go(second, 'compose');
	await second.getByTestId('compose-text').fill('Written in the second tab');
	await second.getByTestId('compose-send').click();
	await expect(second.getByTestId('compose-result')).toBeVisible();
	await seeNote(first, 'Written in the second tab');

	await go(second, 'feed');
	const before = await figures();
	await first.close();
	page = second;
	await expect(second.getByTestId('status')).toHaveAttribute('data-tab', 'leader');
	await isOnline(second);
	await nothingLostSince(before);
	await bobWrites('written after the first tab closed');
});

test('closed and opened again, the browser goes on where it was', async () => {
	const before = await figures();
	await context.close();
	await control(network.nodes.bob.http, 'publish', { content: 'written while the browser was closed' });
	written.push('written while the browser was closed');
	await openBrowser();
	await page.goto(network.url);
	await isOnline(page);
	await seeNote(page, 'written while the browser was closed');
	await nothingLostSince(before);
	await bobWrites('written after the restart');
});

test('the import button takes a file of events and says what came of each line', async () => {
	await goToSettings(page);
	await page.getByTestId('import-file').setInputFiles('tests/data/events.jsonl');
	const result = page.getByTestId('import-result');
	await expect(result).toHaveAttribute('data-done', 'true');
	await expect(result).toHaveText(/^\d+ stored, \d+ replaced, 0 duplicate, 0 invalid$/);
	const lines = ((await result.textContent()) ?? '').match(/\d+/g)?.map(Number) ?? [];
	expect(lines.reduce((sum, count) => sum + count, 0)).toBe(127);
	await page.getByTestId('import-file').setInputFiles('tests/data/events.jsonl');
	await expect(result).toHaveText(/^0 stored, \d+ replaced, \d+ duplicate, 0 invalid$/);
});

test('with the server gone and the cache of the browser emptied, the app still opens and shows the notes', async () => {
	await go(page, 'feed');
	await seePaidNotes(page, 10);
	const before = await figures();
	const devtools = await context.newCDPSession(page);
	await devtools.send('Network.clearBrowserCache');
	await context.close();
	await network.nodes.hub.stop();

	await openBrowser();
	await page.goto(network.url);
	await expect(paidNotes(page).first()).toBeVisible();
	await expect(page.getByTestId('status')).toContainText(strings.status.offline);
	await nothingLostSince(before);

	// Written meanwhile, by both sides.
	await control(network.nodes.bob.http, 'publish', { content: 'written while the hub was gone' });
	written.push('written while the hub was gone');
	await go(page, 'compose');
	await page.getByTestId('compose-text').fill('My words, without a hub');
	await page.getByTestId('compose-send').click();
	await expect(page.getByTestId('compose-result')).toHaveText(strings.compose.publishedOffline);

	await network.nodes.hub.start();
	await isOnline(page);
	await go(page, 'feed');
	await seeNote(page, 'written while the hub was gone');
	await seeNote(page, 'My words, without a hub');
});

test('nothing was paid twice: each note is in the books once, and both ends count the same', async () => {
	const { hub, bob } = network.nodes;
	await go(page, 'people');
	await unfollow(page, bob.pubkey);
	await go(page, 'feed');
	const { hubStatus, bobStatus } = await eventually(async () => {
		const [hubNow, bobNow] = await Promise.all([statusOf(hub.http), statusOf(bob.http)]);
		for (const { links } of [hubNow, bobNow])
			for (const link of links) expect([link.pendingIn, link.pendingOut]).toEqual(['0', '0']);
		return { hubStatus: hubNow, bobStatus: bobNow };
	});
	for (const status of [hubStatus, bobStatus]) {
		expect(status.audit).toEqual({ sum: '0', differences: 0 });
		for (const link of status.links) expect(link.audit).toBe('0');
	}
	const earned = -BigInt(bobStatus.balances['income/notes'] ?? '0');
	const fees = -BigInt(hubStatus.balances['income/routing'] ?? '0');
	expect(await money(page, 'spent-today')).toBe(earned + fees);

	const notes = await control<{ event: { content: string }; earned?: string; readers?: number }[]>(
		bob.http,
		'feed'
	);
	const sold = notes.filter((note) => BigInt(note.earned ?? '0') > 0n);
	for (const note of sold) {
		expect(note.readers, note.event.content).toBe(1);
		expect(BigInt(note.earned ?? '0'), note.event.content).toBeLessThan(2n * NOTE_PRICE);
	}
	for (const text of written) expect(sold.filter((note) => note.event.content === text)).toHaveLength(1);
	expect(sold.reduce((sum, note) => sum + BigInt(note.earned ?? '0'), 0n)).toBe(earned);
});

test('a chain begun anew is noticed: channels of the old one are archived, and the app says so', async () => {
	const { ports, stateDir } = network;
	await network.stop();
	const anew = await startNetwork({
		stateDir,
		ports,
		fresh: true,
		nodes: ['hub', 'bob'],
		app: APP_DIR,
		control: true
	});
	network = {
		...network,
		...anew,
		end: async () => {
			await anew.stop();
			rmSync(stateDir, { recursive: true, force: true });
		}
	};
	await isOnline(page);
	const notice = page.locator('[data-testid="error-note"][data-error="ChainReplaced"]');
	await expect(notice).toBeVisible();
	await expect(notice.getByTestId('error-money')).not.toBeEmpty();
	await go(page, 'channels');
	expect(await money(page, 'in-channel')).toBe(0n);
	await page.getByText(strings.channels.archived(1)).click();
	await expect(page.locator('[data-testid="channel-card"][data-status="archived"]')).toBeVisible();
	expect(await keyOf(page)).toBe(key);
});

async function openBrowser(): Promise<void> {
	const { launchOptions } = test.info().project.use;
	context = await chromium.launchPersistentContext(profile, {
		...launchOptions,
		viewport: { width: 1280, height: 800 }
	});
	context.setDefaultTimeout(15_000);
	page = context.pages()[0] ?? (await context.newPage());
}

async function keyOf(tab: Page): Promise<string> {
	await goToSettings(tab);
	const npub = (await tab.getByTestId('my-npub').getAttribute('data-npub')) ?? '';
	await go(tab, 'feed');
	return npub;
}

interface Figures {
	readonly spent: bigint;
	readonly left: bigint;
}

/** Spent and left in the channel, read until they fit: a note may be arriving. */
async function figures(): Promise<Figures> {
	let read: Figures = { spent: 0n, left: 0n };
	await expect(async () => {
		read = { spent: await money(page, 'spent-today'), left: await money(page, 'spendable') };
		expect(read.spent + read.left).toBe(2_000_000_000n);
	}).toPass({ timeout: 15_000 });
	return read;
}

/** The same key, and no money but what further notes cost. */
async function nothingLostSince(before: Figures): Promise<void> {
	const now = await figures();
	expect(now.spent).toBeGreaterThanOrEqual(before.spent);
	expect(now.spent - before.spent).toBeLessThan(10n * NOTE_PRICE);
	expect(await keyOf(page)).toBe(key);
}

async function bobWrites(text: string): Promise<void> {
	await control(network.nodes.bob.http, 'publish', { content: text });
	written.push(text);
	await seeNote(page, text);
}
