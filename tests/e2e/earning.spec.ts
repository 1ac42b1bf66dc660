/**
 * One browser profile writes, another pays to read it. The writer cashes out, the reader takes the
 * unspent deposit home, once with the hub's help and once without. All figures are checked on the chain.
 */
import { expect, test, type BrowserContext, type Page } from '@playwright/test';
import { createTestClient, http } from 'viem';
import { increaseTime, mine } from 'viem/actions';
import { control, eventually, statusOf, tokenBalanceOf, type NodeStatus } from '../process/nodes.ts';
import {
	closeSheet,
	approve,
	bringUp,
	demoWalletOf,
	DOLLAR,
	fund,
	go,
	isOnline,
	lookUp,
	money,
	seeNote,
	signFunding,
	TOKEN_UNIT,
	strings,
	type TestNetwork
} from './app.ts';

test.describe.configure({ mode: 'serial' });

const DEPOSIT = 2n * DOLLAR;
/** 0.0765432 cents in link units, below the price of a sample: no whole number of token units, so that a remainder stays. */
const PRICE = 765_432n;
const FIRST_NOTE = 'The first note that anybody pays me for';
const SECOND_NOTE = 'And a second one, a little later';

let network: TestNetwork;
let profiles: BrowserContext[] = [];
let writer: Page;
let reader: Page;
let writerKey = '';

test.beforeAll(async ({ browser }) => {
	network = await bringUp(['hub']);
	profiles = [await browser.newContext(), await browser.newContext()];
	[writer, reader] = (await Promise.all(profiles.map((profile) => profile.newPage()))) as [Page, Page];
});
test.afterAll(async () => {
	for (const profile of profiles) await profile.close();
	await network.end();
});

test('before publishing, the writer sees what it costs and what each reader will pay', async () => {
	await writer.goto(network.url);
	await isOnline(writer);
	// Who has no name yet is told how readers see them, and where to change that.
	await go(writer, 'compose');
	const signedBy = writer.getByTestId('signed-by');
	await expect(signedBy).toContainText('npub1');
	await signedBy.getByRole('link', { name: strings.compose.giveName }).click();
	await expect(writer.getByRole('heading', { level: 1, name: strings.settings.title })).toBeVisible();
	writerKey = (await writer.getByTestId('my-npub').getAttribute('data-npub')) ?? '';
	await writer.getByTestId('profile-name').fill('Ada');
	await writer.getByTestId('profile-save').click();
	await expect(writer.locator('#profile').getByText(strings.actions.saved, { exact: true })).toBeVisible();

	await go(writer, 'compose');
	await expect(signedBy).toHaveText('Ada');
	await writer.locator('summary').click();
	await writer.getByTestId('note-price').fill('0.0765432');
	await expect(writer.getByTestId('publish-cost')).toContainText(/nothing|\$0\.00/);
	expect(await money(writer, 'reader-pays')).toBe(PRICE);
	await publish(FIRST_NOTE);
	await go(writer, 'feed');
	await seeNote(writer, FIRST_NOTE);
	await expect(writer.getByTestId('note').filter({ hasText: FIRST_NOTE })).toContainText(
		strings.feed.noReaders
	);
});

test('a second profile pastes the public key, accepts the price and gets the note', async () => {
	await reader.goto(network.url);
	await isOnline(reader);
	await fund(reader);
	await lookUp(reader, writerKey);
	await expect(reader.getByRole('heading', { level: 1, name: 'Ada' })).toBeVisible();
	await reader.getByTestId(/^follow-detail-/).click();
	expect(await money(reader, 'follow-price')).toBe(PRICE);
	await reader.getByTestId('accept-terms').click();
	await go(reader, 'feed');
	await seeNote(reader, FIRST_NOTE);
	const cost = reader.getByTestId('note').filter({ hasText: FIRST_NOTE }).getByTestId('note-cost');
	await expect(cost).toHaveText(/2 links/);
	expect(BigInt((await cost.getAttribute('data-units')) ?? '')).toBeGreaterThan(PRICE);
});

test('the writer sees how much was earned, and with which note', async () => {
	await go(writer, 'compose');
	const row = writer.getByTestId('earning').filter({ hasText: FIRST_NOTE });
	await expect(row).toContainText(strings.compose.readers(1));
	const earned = BigInt((await row.locator('data').getAttribute('value')) ?? '');
	expect(earned).toBeGreaterThanOrEqual(PRICE);
	expect(await money(writer, 'earned')).toBe(earned);

	await publish(SECOND_NOTE);
	await seeNote(reader, SECOND_NOTE);
	await expect(writer.getByTestId('earning')).toHaveCount(2);
});

test('cashing out brings to the wallet what is held minus the fee, floored to the token; the rest stays', async () => {
	await go(writer, 'channels');
	// Who only earns has paid nothing in: a wallet is wanted for this alone.
	await writer.getByTestId('connect-payee').click();
	await chooseDemoWallet(writer);
	const wallet = await demoWalletOf(writer);

	await expect(writer.getByTestId('payout-amount')).toBeVisible();
	const held = await money(writer, 'held');
	const fee = await money(writer, 'payout-fee');
	const expected = (held - fee) / TOKEN_UNIT;
	expect(expected).toBeGreaterThan(0n);
	expect(await money(writer, 'payout-amount')).toBe(expected * TOKEN_UNIT);

	const before = await tokenBalanceOf(network, wallet);
	await writer.getByTestId('cash-out').click();
	await expect(writer.getByTestId('cash-out-done')).toBeVisible({ timeout: 30_000 });
	expect((await tokenBalanceOf(network, wallet)) - before).toBe(expected);
	await expect.poll(() => money(writer, 'held')).toBe((held - fee) % TOKEN_UNIT);
	expect(held % TOKEN_UNIT).not.toBe(0n);
});

test('closing a channel with the hub brings the unspent deposit back, exactly', async () => {
	await go(reader, 'feed');
	const spent = await money(reader, 'spent-today');
	await go(reader, 'channels');
	expect(spent).toBeGreaterThan(2n * PRICE);
	const wallet = await demoWalletOf(reader);
	const before = await tokenBalanceOf(network, wallet);

	await reader.getByTestId('close-channel').click();
	await reader.getByTestId('confirm-close').click();
	await expect(reader.getByTestId('close-done')).toBeVisible({ timeout: 30_000 });
	await closeSheet(reader, 'close-sheet');
	// The hub keeps what was spent, rounded up to what the token can express.
	expect((await tokenBalanceOf(network, wallet)) - before).toBe((DEPOSIT - spent) / TOKEN_UNIT);
	expect(await money(reader, 'in-channel')).toBe(0n);
	await booksAreClosed();
});

test('with the hub gone the chain gives it back: request, grace, withdraw', async () => {
	const { hub } = network.nodes;
	await reader.getByTestId('fund').click();
	await signFunding(reader);
	await closeSheet(reader, 'fund-sheet');
	await expect(reader.getByTestId('channel-state').first()).toHaveText(strings.channels.state.open);
	const text = 'A third note, paid from the second channel';
	await go(writer, 'compose');
	await publish(text);
	await go(reader, 'feed');
	await seeNote(reader, text);
	await booksAreClosed();
	// The hub hands in its claims before it goes, so the chain knows what is its own.
	await control(hub.http, 'redeem');
	const settled = (await statusOf(hub.http)).channels.find(
		({ direction, status }) => direction === 'in' && status === 'open'
	)?.settled;
	expect(BigInt(settled ?? '0')).toBeGreaterThan(0n);
	const wallet = await demoWalletOf(reader);
	const before = await tokenBalanceOf(network, wallet);
	await go(reader, 'channels');
	await hub.stop();
	await expect(reader.getByTestId('status')).toContainText(strings.status.offline);

	await reader.getByTestId('close-channel').click();
	await reader.getByTestId('request-close').click();
	await approve(reader);
	await expect(reader.getByTestId('close-done')).toBeVisible({ timeout: 30_000 });
	await closeSheet(reader, 'close-sheet');
	await expect(reader.getByTestId('channel-state').first()).toContainText(strings.channels.state.closing);
	await expect(reader.getByTestId('withdraw')).toBeDisabled();
	await go(reader, 'feed');
	const gone = reader.getByTestId('gone-channel');
	await expect(gone).toHaveAttribute('data-how', 'leaving');
	await gone.getByRole('link', { name: strings.gone.see }).click();
	await expect(reader.getByRole('heading', { level: 1, name: strings.channels.title })).toBeVisible();

	const chain = createTestClient({ mode: 'anvil', transport: http(network.chain.rpcUrl) });
	await increaseTime(chain, { seconds: 24 * 3_600 + 1 });
	await mine(chain, { blocks: 1 });
	await expect(reader.getByTestId('withdraw')).toBeEnabled({ timeout: 30_000 });
	// Whose wallet has been put away since then is told which one it takes, and connects it there.
	await reader.getByRole('button', { name: strings.channels.disconnect('') }).click();
	await expect(reader.getByTestId('withdraw')).toHaveCount(0);
	await reader.getByTestId('connect-payer').click();
	await expect(reader.getByTestId('connect-sheet')).toContainText(wallet.slice(0, 6), { ignoreCase: true });
	await chooseDemoWallet(reader);
	await reader.getByTestId('withdraw').click();
	await approve(reader);
	await expect(reader.getByTestId('withdraw')).toHaveCount(0, { timeout: 30_000 });
	expect((await tokenBalanceOf(network, wallet)) - before).toBe(
		DEPOSIT / TOKEN_UNIT - BigInt(settled ?? '0')
	);
	await go(reader, 'feed');
	await expect(gone).toHaveAttribute('data-how', 'closed');
});

/** In an open sheet that wants a wallet and nothing else: one consent. */
async function chooseDemoWallet(page: Page): Promise<void> {
	await page.getByTestId('wallet-org.tributary.demo').click();
	await approve(page);
	await expect(page.getByTestId('connect-sheet')).toHaveCount(0);
}

async function publish(text: string): Promise<void> {
	await writer.getByTestId('compose-text').fill(text);
	await writer.getByTestId('compose-send').click();
	await expect(writer.getByTestId('compose-result')).toBeVisible();
}

/** No payment is under way at the hub and its ledger is whole. */
async function booksAreClosed(): Promise<NodeStatus> {
	return eventually(async () => {
		const status = await statusOf(network.nodes.hub.http);
		expect(status.audit).toEqual({ sum: '0', differences: 0 });
		for (const link of status.links) expect([link.pendingIn, link.pendingOut]).toEqual(['0', '0']);
		return status;
	});
}
