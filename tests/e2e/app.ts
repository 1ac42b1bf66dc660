/**
 * What every end-to-end test needs: a network of its own with the built app, and the app's screens
 * in the words of a person (connect, fund, follow, cash out). Money is read from the `value` of the
 * app's `<data>` elements, in link units (a billionth of a dollar): exact, whatever the words say.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type Locator, type Page } from '@playwright/test';
import { npubEncode } from 'nostr-tools/nip19';
import type { Hex } from 'viem';
import { privateKeyToAddress } from 'viem/accounts';
import { APP_DIR, buildApp } from '../../scripts/build-app.ts';
import {
	startNetwork,
	type LocalNetwork,
	type NetworkOptions,
	type NodeName
} from '../../scripts/network.ts';
import { strings } from '../../src/lib/strings/en.ts';

export { strings };

/** One unit of the token in link units: the token has six decimals, links have nine. */
export const TOKEN_UNIT = 1_000n;
export const DOLLAR = 1_000_000_000n;

export interface TestNetwork extends LocalNetwork {
	/** Where the app is served. */
	readonly url: string;
	/** Where chain and nodes keep their state. */
	readonly stateDir: string;
	/** Ends every process and removes the folder. */
	end(): Promise<void>;
}

/** A network on free ports that serves the app, in a folder of its own. */
export async function bringUp(
	nodes: readonly NodeName[] = ['hub', 'bob', 'carol'],
	hub: NetworkOptions['hub'] = {}
): Promise<TestNetwork> {
	await buildApp();
	const stateDir = mkdtempSync(join(tmpdir(), 'tributary-e2e-'));
	const network = await startNetwork({ stateDir, ports: 'free', nodes, app: APP_DIR, control: true, hub });
	return {
		...network,
		url: network.nodes.hub.http,
		stateDir,
		end: async () => {
			await network.stop();
			rmSync(stateDir, { recursive: true, force: true });
		}
	};
}

/** The exact amount of the first money element with this test id. */
export const money = async (page: Page | Locator, testId: string): Promise<bigint> => {
	const value = await page.getByTestId(testId).first().getAttribute('value');
	return BigInt(value ?? '');
};

export const isOnline = (page: Page): Promise<void> =>
	expect(page.getByTestId('status')).toContainText(
		new RegExp(`${strings.status.online}|${strings.status.otherTab}`)
	);

type Tab = 'feed' | 'people' | 'compose' | 'channels' | 'activity';

/** By the navigation, as a person goes; the page is not loaded again. */
export const go = async (page: Page, tab: Tab): Promise<void> => {
	await page
		.getByRole('navigation', { name: strings.nav.label })
		.getByRole('link', { name: strings.nav[tab], exact: true })
		.click();
	await expect(page.getByRole('heading', { level: 1, name: strings[tab].title })).toBeVisible();
};

/** To the settings, which the navigation shows in different places at different sizes. */
export const goToSettings = async (page: Page): Promise<void> => {
	await page.getByRole('link', { name: strings.nav.settings }).locator('visible=true').first().click();
	await expect(page.getByRole('heading', { level: 1, name: strings.settings.title })).toBeVisible();
};

/** Notes that arrive while somebody reads wait behind a button; this presses it when it is there. */
export const showNewNotes = async (page: Page): Promise<void> => {
	const button = page.getByTestId('new-notes');
	if (await button.isVisible()) await button.click({ timeout: 2_000 }).catch(() => undefined);
};

/** The chips of the notes that were paid for. */
export const paidNotes = (page: Page): Locator => page.locator('[data-testid="note-cost"].paid');

/** Waits until that many paid notes are on screen. */
export const seePaidNotes = (page: Page, atLeast: number, timeout = 45_000): Promise<void> =>
	expect
		.poll(
			async () => {
				await showNewNotes(page);
				return paidNotes(page).count();
			},
			{ timeout, message: `${atLeast} paid notes on screen` }
		)
		.toBeGreaterThanOrEqual(atLeast);

/** Whether a note with this text is on screen. */
export const seeNote = (page: Page, text: string, timeout = 45_000): Promise<void> =>
	expect
		.poll(
			async () => {
				await showNewNotes(page);
				return page.getByTestId('note').filter({ hasText: text }).count();
			},
			{ timeout, message: `the note “${text}” on screen` }
		)
		.toBe(1);

/** The demo wallet asks; the person answers. Each answer is one consent. */
export const approve = async (page: Page): Promise<void> => {
	await page.getByTestId('demo-wallet-approve').click();
	await expect(page.getByTestId('demo-wallet')).toHaveCount(0);
};

/** In an open funding sheet: chooses the demo wallet and lets it show its address. One consent. */
export const connectDemoWallet = async (page: Page): Promise<void> => {
	await page.getByTestId('wallet-org.tributary.demo').click();
	await approve(page);
	await expect(page.getByTestId('fund-sign')).toBeVisible();
};

/** The address of this profile's demo wallet, from the key it keeps in the profile. */
export const demoWalletOf = async (page: Page): Promise<Hex> => {
	const key = await page.evaluate(() => localStorage.getItem('tributary.demo-wallet.key'));
	return privateKeyToAddress((key ?? '0x') as Hex);
};

/** In an open funding sheet with a connected wallet: signs once. One consent. */
export const signFunding = async (page: Page): Promise<void> => {
	await page.getByTestId('fund-sign').click();
	await approve(page);
	await expect(page.getByTestId('fund-done')).toBeVisible({ timeout: 30_000 });
};

export const closeSheet = (page: Page, testId: string): Promise<void> =>
	page.getByTestId(testId).getByRole('button', { name: strings.actions.close }).first().click();

/** From anywhere: connects the demo wallet and puts two dollars in a channel. */
export const fund = async (page: Page): Promise<void> => {
	await go(page, 'channels');
	await page.getByTestId('fund').click();
	await connectDemoWallet(page);
	await signFunding(page);
	await closeSheet(page, 'fund-sheet');
	await expect(page.getByTestId('channel-state').first()).toHaveText(strings.channels.state.open);
};

/** On the screen of people: accepts price and daily limit as offered. One consent. */
export const follow = async (page: Page, pubkey: string): Promise<void> => {
	await page.getByTestId(`follow-${pubkey.slice(0, 8)}`).click();
	await page.getByTestId('accept-terms').click();
	await expect(page.getByTestId(`unfollow-${pubkey.slice(0, 8)}`)).toBeVisible();
};

export const unfollow = async (page: Page, pubkey: string): Promise<void> => {
	await page.getByTestId(`unfollow-${pubkey.slice(0, 8)}`).click();
	await expect(page.getByTestId(`follow-${pubkey.slice(0, 8)}`)).toBeVisible();
};

const npubOf = (key: string): string => (key.startsWith('npub1') ? key : npubEncode(key));

/** By pasting the public key, an npub or hex: for people who are not on the list. */
export const lookUp = async (page: Page, key: string): Promise<void> => {
	await go(page, 'people');
	await page.getByTestId('paste-npub').fill(npubOf(key));
	await page.getByRole('button', { name: strings.people.pasteAction }).click();
	await expect(page).toHaveURL(new RegExp(npubOf(key)));
};
