/**
 * Wallets that are not a key in this browser: a contract on the chain (ERC-1271), and one on another
 * device (WalletConnect). WalletConnect's own relay is on the internet; here one on this machine takes
 * its place up to the pairing, and then goes away.
 */
import { expect, test, type Page } from '@playwright/test';
import type { Hex } from 'viem';
import { tokenBalanceOf } from '../process/nodes.ts';
import { startWalletRelay, type WalletRelay } from '../wallet-relay.ts';
import {
	approve,
	bringUp,
	closeSheet,
	demoWalletOf,
	DOLLAR,
	follow,
	go,
	isOnline,
	money,
	seePaidNotes,
	signFunding,
	strings,
	TOKEN_UNIT,
	type TestNetwork
} from './app.ts';

test.describe.configure({ mode: 'serial' });

const DEPOSIT = 2n * DOLLAR;
const FILLED = 10n * DOLLAR;
/** How the build names what few people choose. */
const LIBRARY = '/chunks/seldom-';

let network: TestNetwork;
let relay: WalletRelay;
let page: Page;
let account: Hex;

test.beforeAll(async ({ browser }) => {
	relay = await startWalletRelay();
	network = await bringUp(['hub', 'bob'], {
		walletConnect: { projectId: '0123456789abcdef0123456789abcdef', relayUrl: relay.url }
	});
	page = await browser.newPage();
	await page.goto(network.url);
	await isOnline(page);
});
test.afterAll(async () => {
	await page.close();
	await network.end();
	await relay.close();
});

test('a wallet on another device is shown a code to read; the library comes only when it is chosen', async () => {
	await go(page, 'channels');
	await page.getByTestId('fund').click();
	await expect(page.getByTestId('wallet-walletConnect')).toBeVisible();
	const loaded = (): Promise<readonly string[]> =>
		page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name));
	expect((await loaded()).filter((url) => url.includes(LIBRARY))).toEqual([]);
	await page.getByTestId('wallet-walletConnect').click();
	const pairing = page.getByTestId('pairing');
	await expect(pairing).toHaveAttribute('data-uri', /^wc:[0-9a-f]{64}@2\?.*symKey=[0-9a-f]{64}/);
	await expect(pairing.getByRole('img', { name: strings.fund.pairing.alt })).toBeVisible();
	expect((await loaded()).filter((url) => url.includes(LIBRARY))).not.toEqual([]);
	await page.getByTestId('pairing-cancel').click();
	await expect(page.getByTestId('wallet-list')).toBeVisible();
	await expect(page.getByTestId('error-note')).toHaveCount(0);
});

test('a smart account funds a channel: its contract is made, and its signature is the contract’s to judge', async () => {
	await page.getByTestId('wallet-org.tributary.demo.smart').click();
	await approve(page);
	await expect(page.getByTestId('fund-sign')).toBeVisible({ timeout: 30_000 });
	await signFunding(page);
	await closeSheet(page, 'fund-sheet');
	await expect(page.getByTestId('channel-state').first()).toHaveText(strings.channels.state.open);
	expect(await money(page, 'in-channel')).toBe(DEPOSIT);

	await page.getByTestId('channel-history').click();
	account = (await page.getByTestId('channel-payer').getAttribute('title')) as Hex;
	await closeSheet(page, 'channel-sheet');
	// It is no key's address, and there is code at it.
	expect(account).not.toBe((await demoWalletOf(page)).toLowerCase());
	const code: unknown = await page.evaluate(
		async ([rpcUrl, address]) => {
			const response = await fetch(rpcUrl, {
				method: 'POST',
				headers: { 'content-type': 'application/json' },
				body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_getCode', params: [address, 'latest'] })
			});
			return ((await response.json()) as { result: string }).result;
		},
		[network.chain.rpcUrl, account] as const
	);
	expect(String(code).length).toBeGreaterThan(2);
	expect(await tokenBalanceOf(network, account)).toBe((FILLED - DEPOSIT) / TOKEN_UNIT);
});

test('a wallet that did not pay in is told which one did, and can be exchanged for it', async () => {
	await page.getByRole('button', { name: strings.channels.disconnect('') }).click();
	await page.getByTestId('connect').click();
	await page.getByTestId('wallet-org.tributary.demo').click();
	await approve(page);
	await expect(page.getByTestId('connect-sheet')).toHaveCount(0);
	await page.getByTestId('top-up').click();
	await expect(page.getByTestId('fund-sheet')).toContainText(account.slice(0, 6), { ignoreCase: true });
	await expect(page.getByTestId('fund-sign')).toHaveCount(0);
	await page.getByTestId('wallet-org.tributary.demo.smart').click();
	await approve(page);
	await expect(page.getByTestId('fund-sign')).toBeVisible();
	await closeSheet(page, 'fund-sheet');
});

test('notes are paid for from it, and closing brings the rest back into the smart account', async () => {
	await go(page, 'people');
	await follow(page, network.nodes.bob.pubkey);
	await go(page, 'feed');
	await seePaidNotes(page, 1);
	await go(page, 'channels');
	await page.getByTestId('close-channel').click();
	await page.getByTestId('confirm-close').click();
	await expect(page.getByTestId('close-done')).toBeVisible({ timeout: 30_000 });
	await closeSheet(page, 'close-sheet');
	await go(page, 'feed');
	const spent = await money(page, 'spent-today');
	expect(spent).toBeGreaterThan(0n);
	// The hub keeps what was spent, rounded up to what the token can express.
	expect(await tokenBalanceOf(network, account)).toBe((FILLED - spent) / TOKEN_UNIT);
});

test('a relay that is gone is said to be gone', async () => {
	await relay.close();
	await go(page, 'channels');
	await page.getByRole('button', { name: strings.channels.disconnect('') }).click();
	await page.getByTestId('fund').click();
	await page.getByTestId('wallet-walletConnect').click();
	await expect(page.getByTestId('error-note')).toHaveAttribute('data-error', 'WalletRelayUnreachable', {
		timeout: 40_000
	});
});
