/**
 * What goes wrong for a person: a wallet that refuses, too little money, a chain that is down, a full
 * disk, a hub that dies in the middle of a payment. Each time a sentence says whether the money is
 * safe, nothing is lost, and everything goes on once the cause is gone.
 */
import { expect, test, type BrowserContext, type Locator, type Page } from '@playwright/test';
import { formatUnits } from 'viem';
import { control, eventually, statusOf } from '../process/nodes.ts';
import {
	approve,
	bringUp,
	closeSheet,
	DOLLAR,
	follow,
	go,
	goToSettings,
	isOnline,
	money,
	seeNote,
	seePaidNotes,
	signFunding,
	strings,
	TOKEN_UNIT,
	unfollow,
	type TestNetwork
} from './app.ts';

test.describe.configure({ mode: 'serial' });

const NOTE_PRICE = 200_000n;

let network: TestNetwork;
let context: BrowserContext;
let page: Page;

test.beforeAll(async ({ browser }) => {
	network = await bringUp(['hub', 'bob']);
	context = await browser.newContext();
	page = await context.newPage();
	await page.goto(network.url);
	await isOnline(page);
});
test.afterAll(async () => {
	await context.close();
	await network.end();
});

/** The message about this error, wherever it is shown. It always says how the money is. */
const message = (type: string, within: Page | Locator = page): Locator =>
	within.locator(`[data-testid="error-note"][data-error="${type}"]`).first();

const seeMessage = async (type: string, within: Page | Locator = page, timeout = 15_000): Promise<void> => {
	await expect(message(type, within)).toBeVisible({ timeout });
	await expect(message(type, within).getByTestId('error-money')).not.toBeEmpty();
};

test('a wallet that refuses to connect, then to sign: nothing moved, and asking again works', async () => {
	await go(page, 'channels');
	await page.getByTestId('fund').click();
	const sheet = page.getByTestId('fund-sheet');
	await page.getByTestId('wallet-org.tributary.demo').click();
	await page.getByTestId('demo-wallet-refuse').click();
	await seeMessage('WalletRefused', sheet);

	await page.getByTestId('wallet-org.tributary.demo').click();
	await approve(page);
	await page.getByTestId('fund-amount').fill('0.003');
	await page.getByTestId('fund-sign').click();
	await page.getByTestId('demo-wallet-refuse').click();
	await seeMessage('WalletRefused', sheet);
	await signFunding(page);
	await closeSheet(page, 'fund-sheet');
	await expect(page.getByTestId('channel-card')).toHaveCount(1);
});

test('too little money: notes stop, the app says so, and a top-up brings the rest', async () => {
	const { bob } = network.nodes;
	await go(page, 'people');
	await follow(page, bob.pubkey);
	await page.getByTestId('person').filter({ hasText: 'Bob' }).getByRole('link').click();
	const card = page.getByTestId('follow-card');
	await expect(card).toContainText(strings.follow.status.stopped, { timeout: 30_000 });
	await expect(card.getByTestId('error-note')).toBeVisible();
	await expect(card.getByTestId('error-money')).not.toBeEmpty();
	await expect(card.getByTestId('waiting')).toBeVisible();

	// The page that is read says so too, and one press leads to the wallet. It may be refused like any other.
	await go(page, 'feed');
	const low = page.getByTestId('low-channel');
	await expect(low).toHaveAttribute('data-level', 'usedUp');
	await low.getByTestId('low-top-up').click();
	await page.getByTestId('demo-wallet-refuse').click();
	await seeMessage('WalletRefused', page.getByTestId('fund-sheet'));
	await signFunding(page);
	await page.getByTestId('fund-sheet').getByRole('button', { name: strings.fund.doneClose }).click();
	await expect(page.getByTestId('fund-sheet')).toBeHidden();

	await go(page, 'channels');
	await page.getByTestId('top-up').click();
	await page.getByTestId('fund-amount').fill('2');
	await signFunding(page);
	await closeSheet(page, 'fund-sheet');
	await go(page, 'feed');
	await seePaidNotes(page, 20);
	await expect(low).toHaveCount(0);
});

test('with the chain down notes go on being paid; the state says so, and so does an attempt to pay in', async () => {
	await network.chain.stop();
	await control(network.nodes.bob.http, 'publish', { content: 'written while no chain answers' });
	await seeNote(page, 'written while no chain answers');
	await expect(
		page.getByTestId('note').filter({ hasText: 'written while no chain answers' }).getByTestId('note-cost')
	).toHaveClass(/paid/);

	await go(page, 'channels');
	await page.getByTestId('top-up').click();
	await page.getByTestId('fund-sign').click();
	await seeMessage('ChainUnreachable', page.getByTestId('fund-sheet'));
	await closeSheet(page, 'fund-sheet');
	await page.getByTestId('status').click();
	await expect(page.getByTestId('status-sheet')).toContainText(strings.status.chainState.down);
	await closeSheet(page, 'status-sheet');

	await network.chain.start();
	await page.getByTestId('status').click();
	await expect(page.getByTestId('status-sheet')).toContainText(strings.status.chainState.ok, {
		timeout: 45_000
	});
	await closeSheet(page, 'status-sheet');
});

/** Of the settings, in dollars: what was spent by now and so much more (link units). */
const limitTheDay = async (more: bigint): Promise<void> => {
	await go(page, 'feed');
	const limit = (await money(page, 'spent-today')) + more;
	await goToSettings(page);
	await page.getByTestId('settings-daily-limit').fill(formatUnits(limit, 9));
	await page.getByTestId('save-daily-limit').click();
	await expect(page.getByTestId('save-daily-limit')).toBeDisabled();
	await go(page, 'feed');
};

test('the day’s limit is met: one question; a no keeps the notes waiting, a yes brings them and no more', async () => {
	const { bob } = network.nodes;
	const write = (...contents: readonly string[]) =>
		Promise.all(contents.map((content) => control(bob.http, 'publish', { content })));
	const question = page.getByTestId('consent');
	await limitTheDay((NOTE_PRICE * 3n) / 2n);
	await write('within the limit');
	await seeNote(page, 'within the limit');
	await expect(question).toHaveCount(0);
	const atTheLimit = await money(page, 'spent-today');

	await write('beyond the limit');
	await expect(question).toHaveAttribute('data-limit', 'day');
	await question.getByTestId('consent-deny').click();
	await expect(question).toHaveCount(0);
	await write('after the no');
	await expect(page.getByTestId('note').filter({ hasText: 'within the limit' })).toBeVisible();
	await page.waitForTimeout(1_500);
	expect(await money(page, 'spent-today')).toBe(atTheLimit);
	await expect(question).toHaveCount(0);

	// Another limit is another question, and this one gets a yes.
	await limitTheDay(NOTE_PRICE / 2n);
	await question.getByTestId('consent-allow').click();
	await seeNote(page, 'beyond the limit');
	await seeNote(page, 'after the no');
	await expect(question).toHaveCount(0);
	await limitTheDay(DOLLAR);
});

test('a full disk: the note is not taken, its text is kept, nothing is paid for what cannot be kept', async () => {
	await go(page, 'compose');
	const devtools = await context.newCDPSession(page);
	const { usage } = await devtools.send('Storage.getUsageAndQuota', { origin: network.url });
	await devtools.send('Storage.overrideQuotaForOrigin', { origin: network.url, quotaSize: usage });
	const text = 'A long note. '.repeat(2_000).trim();
	await page.getByTestId('compose-text').fill(text);
	await expect(async () => {
		await page.getByTestId('compose-send').click({ timeout: 1_000 });
		await expect(message('StorageFull')).toBeVisible({ timeout: 2_000 });
	}).toPass({ timeout: 30_000 });
	await seeMessage('StorageFull');
	await expect(page.getByTestId('compose-text')).toHaveValue(text);
	await control(network.nodes.bob.http, 'publish', { content: 'written while the disk was full' });

	await devtools.send('Storage.overrideQuotaForOrigin', { origin: network.url });
	await page.getByTestId('compose-text').fill('Short, after the disk had room again');
	await page.getByTestId('compose-send').click();
	await expect(page.getByTestId('compose-result')).toBeVisible();
	await control(network.nodes.bob.http, 'publish', { content: 'written after the disk was full' });
	await go(page, 'feed');
	await seeNote(page, 'written after the disk was full');
	await seeNote(page, 'written while the disk was full');
});

test('a hub that is killed in the middle of payments comes back, and each note is paid once', async () => {
	const { hub, bob } = network.nodes;
	const texts = [...'abcdefghijkl'].map((letter) => `one of a dozen: ${letter}`);
	const forwarded = async () => (await statusOf(hub.http)).packets['forwarded'] ?? 0;
	const before = await forwarded();
	const publishing = Promise.all(texts.map((content) => control(bob.http, 'publish', { content })));
	// All twelve may be offered in one packet and got with another: the first is the middle already.
	await expect.poll(forwarded, { intervals: [5] }).toBeGreaterThan(before);
	await hub.kill();
	await publishing;
	await expect(page.getByTestId('status')).toContainText(strings.status.offline);
	await hub.start();
	await isOnline(page);
	for (const text of texts) await seeNote(page, text);
});

test('after all this the books of both processes and of the browser agree', async () => {
	const { hub, bob } = network.nodes;
	await go(page, 'people');
	await unfollow(page, bob.pubkey);
	await go(page, 'feed');
	await eventually(async () => {
		const [hubStatus, bobStatus] = await Promise.all([statusOf(hub.http), statusOf(bob.http)]);
		for (const status of [hubStatus, bobStatus]) {
			for (const link of status.links) expect([link.pendingIn, link.pendingOut]).toEqual(['0', '0']);
			expect(status.audit).toEqual({ sum: '0', differences: 0 });
			for (const link of status.links) expect(link.audit).toBe('0');
		}
		// What Bob delivered and the hub, just killed, could not pay for in time is his loss, not the reader's cost.
		const earned =
			-BigInt(bobStatus.balances['income/notes'] ?? '0') - BigInt(bobStatus.balances['expense/late'] ?? '0');
		const fees = -BigInt(hubStatus.balances['income/routing'] ?? '0');
		expect(await money(page, 'spent-today')).toBe(earned + fees);
	}, 30_000);
	const notes = await control<{ earned?: string; readers?: number; event: { content: string } }[]>(
		bob.http,
		'feed'
	);
	for (const note of notes)
		expect(BigInt(note.earned ?? '0'), note.event.content).toBeLessThan(2n * NOTE_PRICE);
});

test('closed on a chain that was begun again: the money is back in seconds, and the feed says so and what to do', async () => {
	const left = await money(page, 'spendable');
	await go(page, 'channels');
	const wallet = await money(page, 'wallet-balance');
	await page.getByTestId('close-channel').click();
	await page.getByTestId('confirm-close').click();
	await expect(page.getByTestId('close-done')).toBeVisible({ timeout: 10_000 });
	await closeSheet(page, 'close-sheet');
	// The chain counts in millionths of a dollar; what is less is kept for next time.
	await expect
		.poll(async () => left - ((await money(page, 'wallet-balance')) - wallet))
		.toBeLessThan(TOKEN_UNIT);

	await go(page, 'feed');
	const gone = page.getByTestId('gone-channel');
	await expect(gone).toHaveAttribute('data-how', 'closed');
	await expect(gone).toContainText(strings.gone.title.closed);
	await gone.getByTestId('gone-fund').click();
	await signFunding(page);
	await closeSheet(page, 'fund-sheet');
	await expect(gone).toHaveCount(0);
	expect((await money(page, 'spendable')) / TOKEN_UNIT).toBe((2n * DOLLAR) / TOKEN_UNIT);
});
