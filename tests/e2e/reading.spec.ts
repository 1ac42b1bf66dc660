/**
 * A person opens the address, reads for nothing, puts money in, follows Bob, then Carol, and stops.
 * At the end the screen, the ledgers of three processes and the chain tell one story.
 */
import { expect, test, type Page } from '@playwright/test';
import { control, eventually, statusOf, tokenBalanceOf, type NodeStatus } from '../process/nodes.ts';
import {
	closeSheet,
	bringUp,
	connectDemoWallet,
	DOLLAR,
	follow,
	go,
	isOnline,
	money,
	paidNotes,
	seeNote,
	seePaidNotes,
	signFunding,
	TOKEN_UNIT,
	strings,
	unfollow,
	type TestNetwork
} from './app.ts';

test.describe.configure({ mode: 'serial' });

/** What Bob and Carol ask for a note, and what a node takes for forwarding: one percent. */
const NOTE_PRICE = 200_000n;
const CONSENTS_AT_MOST = 3;
const SECONDS_AT_MOST = 60;

let network: TestNetwork;
let page: Page;
let openedAt = 0;
let consents = 0;

test.beforeAll(async ({ browser }) => {
	network = await bringUp();
	page = await browser.newPage();
});
test.afterAll(async () => {
	await page.close();
	await network.end();
});

test('opening the address is enough: a key exists, free notes are on screen, no form is in the way', async () => {
	openedAt = Date.now();
	await page.goto(network.url);
	await expect(page.getByTestId('note').first()).toBeVisible({ timeout: 20_000 });
	await isOnline(page);
	await expect(page.getByTestId('note-cost').first()).toHaveText(strings.feed.free);
	await expect(page.getByRole('textbox')).toHaveCount(0);
});

test('connecting a wallet and funding a channel are two consents; the hub pays the gas', async () => {
	await page.getByTestId('checklist-next').click();
	await connectDemoWallet(page);
	consents += 1;
	await signFunding(page);
	consents += 1;
	await page.getByTestId('fund-sheet').getByRole('link', { name: strings.fund.doneAction }).click();
	await expect(page.getByRole('heading', { level: 1, name: strings.people.title })).toBeVisible();
});

test('following Bob is the third; his notes arrive, each with its cost, its way and two links', async () => {
	const { bob } = network.nodes;
	await follow(page, bob.pubkey);
	consents += 1;
	await go(page, 'feed');
	await seePaidNotes(page, 1);
	const seconds = (Date.now() - openedAt) / 1_000;
	console.log(`  first paid note: ${consents} consents, ${seconds.toFixed(1)} s from opening the address`);
	expect(consents).toBeLessThanOrEqual(CONSENTS_AT_MOST);
	expect(seconds).toBeLessThanOrEqual(SECONDS_AT_MOST);

	await seePaidNotes(page, 10);
	const chip = paidNotes(page).first();
	await expect(chip).toHaveText(/¢ · 2 links · way /);
	await chip.click();
	const receipt = page.getByTestId('receipt');
	const read = async (testId: string) =>
		BigInt((await receipt.getByTestId(testId).locator('data').getAttribute('value')) ?? '');
	const sent = await read('receipt-sent');
	const way = await read('receipt-way');
	expect(await read('receipt-arrived')).toBe(sent - way);
	// The price, and what rounding up so that it surely arrives leaves over.
	expect(sent - way).toBeGreaterThanOrEqual(NOTE_PRICE);
	expect(sent - way).toBeLessThan(NOTE_PRICE + 10n);
	// One hop takes one percent of what it forwards.
	expect(Number(way) / Number(sent)).toBeCloseTo(0.01, 3);
	await expect(receipt.getByTestId('receipt-links')).toHaveText('2');
	await closeSheet(page, 'receipt');
});

test('what is in the channel, what was spent and what a day costs move with each note', async () => {
	const before = await spentOfTwoDollars();
	expect(before).toBeGreaterThan(0n);
	const text = 'Written while somebody is reading';
	await control(network.nodes.bob.http, 'publish', { content: text });
	await seeNote(page, text);
	expect(await spentOfTwoDollars()).toBeGreaterThan(before);
	expect(await money(page, 'per-day')).toBeGreaterThan(0n);
});

test('Carol is three links away', async () => {
	const { carol } = network.nodes;
	await go(page, 'people');
	await expect(page.getByTestId('person').filter({ hasText: 'Carol' })).toContainText('3 links');
	await follow(page, carol.pubkey);
	const text = 'Carol writes past Bob';
	await control(carol.http, 'publish', { content: text });
	await go(page, 'feed');
	await seeNote(page, text);
	const note = page.getByTestId('note').filter({ hasText: text });
	await expect(note.getByTestId('note-cost')).toHaveText(/3 links · way /);
});

test('going back finds the place where one was reading', async () => {
	await go(page, 'feed');
	const note = page.getByTestId('note').nth(12);
	await note.scrollIntoViewIfNeeded();
	const id = (await note.getAttribute('data-event')) ?? '';
	const left = await page.evaluate(() => scrollY);
	expect(left).toBeGreaterThan(0);
	await note.getByRole('link').first().click();
	// Both pages list notes; only the address says that this one is the other.
	await page.waitForURL(/\/people\/npub1/);
	await expect(page.getByTestId('feed')).toBeVisible();
	await page.goBack();
	await expect(page.getByRole('heading', { level: 1, name: strings.feed.title })).toBeAttached();
	await expect(page.locator(`[data-event="${id}"]`)).toBeInViewport();
});

test('unfollowing stops at once: nothing more arrives and no money moves', async () => {
	const { bob, carol } = network.nodes;
	await go(page, 'people');
	await unfollow(page, bob.pubkey);
	await unfollow(page, carol.pubkey);
	await go(page, 'feed');
	await quiet();
	const spent = await money(page, 'spent-today');
	const earned = (await statusOf(bob.http)).balances['income/notes'];
	const text = 'Nobody reads this one';
	await control(bob.http, 'publish', { content: text });
	// What Bob would have offered is on its way before a note of the hub, which is free and does arrive.
	await control(network.nodes.hub.http, 'publish', { content: 'The hub says something free' });
	await seeNote(page, 'The hub says something free');
	await expect(page.getByTestId('note').filter({ hasText: text })).toHaveCount(0);
	expect(await money(page, 'spent-today')).toBe(spent);
	expect((await statusOf(bob.http)).balances['income/notes']).toBe(earned);
});

test('the activity lists every posting in words', async () => {
	await go(page, 'activity');
	for (const kind of ['fund', 'claim', 'buy', 'way']) {
		await expect(page.locator(`[data-testid="activity-row"][data-kind="${kind}"]`).first()).toBeAttached();
	}
	await page.locator('[data-testid="activity-row"][data-kind="buy"]').first().click();
	await expect(page.getByTestId('posting')).toContainText(strings.activity.stateMore.posted);
	await closeSheet(page, 'posting');
});

test('what is on the chain can be looked up there: one transaction so far, and what the payments saved', async () => {
	await page.getByTestId('on-chain').click();
	await expect(page.getByTestId('act')).toHaveCount(1);
	const payments = Number(await page.getByTestId('saved').getAttribute('data-payments'));
	expect(payments).toBeGreaterThan(0);
	await page.getByTestId('act').click();
	const transaction = page.getByTestId('transaction');
	await expect(transaction).toHaveAttribute('data-status', 'done');
	await expect(page.getByTestId('transaction-act')).toHaveAttribute('data-type', 'Opened');
	await expect(transaction).toContainText('openWithAuthorization');
	await page.goBack();
	// A posting leads to the same transaction.
	await page.locator('[data-testid="activity-row"][data-kind="fund"]').first().click();
	await page.getByTestId('posting-transaction').click();
	await expect(page.getByTestId('transaction')).toHaveAttribute('data-status', 'done');
	await page.goBack();
	// A claim that nobody has handed in leads to what opened the channel it draws on.
	await page.locator('[data-testid="activity-row"][data-kind="claim"]').first().click();
	await page.getByTestId('posting-opening').click();
	await expect(page.getByTestId('transaction-act')).toHaveAttribute('data-type', 'Opened');
});

test('three ledgers, the chain and the screen agree to the unit', async () => {
	const { hub, bob, carol } = await quiet();
	for (const status of [hub, bob, carol]) {
		expect(status.audit).toEqual({ sum: '0', differences: 0 });
		for (const link of status.links) expect(link.audit).toBe('0');
	}
	await go(page, 'feed');
	const spent = await money(page, 'spent-today');
	const of = (status: NodeStatus, account: string) => -BigInt(status.balances[account] ?? '0');
	const earned = of(bob, 'income/notes') + of(carol, 'income/notes');
	const fees = of(hub, 'income/routing') + of(bob, 'income/routing') + of(carol, 'income/routing');
	expect(earned).toBeGreaterThan(0n);
	expect(spent).toBe(earned + fees);

	// What the browser promised by claims is what the hub holds of it; the chain has exactly the deposits.
	await go(page, 'channels');
	await page.getByTestId('channel-history').click();
	const claimed = await money(page, 'channel-claimed');
	await expect(page.getByTestId('act')).toHaveAttribute('data-type', 'Opened');
	await closeSheet(page, 'channel-sheet');
	const guest = hub.channels.filter(
		(channel) => channel.direction === 'in' && channel.deposited === `${(2n * DOLLAR) / TOKEN_UNIT}`
	);
	expect(guest.map((channel) => BigInt(channel.claimed) * TOKEN_UNIT)).toEqual([claimed]);
	expect(claimed).toBeGreaterThanOrEqual(spent);
	expect(await money(page, 'in-channel')).toBe(2n * DOLLAR - spent);

	const deposits = [hub, bob, carol]
		.flatMap((status) => status.channels)
		.filter((channel) => channel.direction === 'out')
		.reduce((sum, channel) => sum + BigInt(channel.deposited) - BigInt(channel.settled), 0n);
	const browserDeposit = BigInt(guest[0]?.deposited ?? '0') - BigInt(guest[0]?.settled ?? '0');
	expect(await tokenBalanceOf(network, network.chain.contract)).toBe(deposits + browserDeposit);
});

/** What the screen says was spent, once it and what is left in the channel make two dollars again. */
async function spentOfTwoDollars(): Promise<bigint> {
	let spent = 0n;
	await expect(async () => {
		spent = await money(page, 'spent-today');
		expect(await money(page, 'spendable')).toBe(2n * DOLLAR - spent);
	}).toPass({ timeout: 15_000 });
	return spent;
}

/** Waits until no payment is under way anywhere, and reads the three nodes. */
async function quiet(): Promise<{ hub: NodeStatus; bob: NodeStatus; carol: NodeStatus }> {
	const { nodes } = network;
	return eventually(async () => {
		const [hub, bob, carol] = await Promise.all([
			statusOf(nodes.hub.http),
			statusOf(nodes.bob.http),
			statusOf(nodes.carol.http)
		]);
		for (const status of [hub, bob, carol]) {
			for (const link of status.links) expect([link.pendingIn, link.pendingOut]).toEqual(['0', '0']);
		}
		return { hub, bob, carol };
	});
}
