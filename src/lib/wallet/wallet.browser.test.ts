import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { recoverTypedDataAddress } from 'viem';
import { toHex0x } from '../peer/bytes.ts';
import type { FundingTypedData } from '../peer/settlement/scheme.ts';
import { openWallets, type WalletChoice, type Wallets } from './index.ts';

const TOKEN = `0x${'22'.repeat(20)}` as const;
const CONTRACT = `0x${'11'.repeat(20)}` as const;
const DISCOVERY = {
	name: 'hub',
	network: 'test',
	btp: 'ws://127.0.0.1:9/btp',
	pubkey: 'ab'.repeat(32),
	faucet: 'http://faucet.test/',
	chain: {
		id: 31_337,
		name: 'Local Base',
		rpcUrl: 'http://rpc.test/',
		contract: CONTRACT,
		token: TOKEN,
		tokenSymbol: 'tUSD',
		tokenScale: 6,
		genesis: `0x${'33'.repeat(32)}`
	}
} as const;

const typedData = (from: `0x${string}`): FundingTypedData => ({
	domain: { name: 'Test Dollar', version: '1', chainId: 31_337, verifyingContract: TOKEN },
	types: {
		ReceiveWithAuthorization: [
			{ name: 'from', type: 'address' },
			{ name: 'to', type: 'address' },
			{ name: 'value', type: 'uint256' },
			{ name: 'validAfter', type: 'uint256' },
			{ name: 'validBefore', type: 'uint256' },
			{ name: 'nonce', type: 'bytes32' }
		]
	},
	primaryType: 'ReceiveWithAuthorization',
	message: {
		from,
		to: CONTRACT,
		value: 2_000_000n,
		validAfter: 0n,
		validBefore: 1_900_000_000n,
		nonce: `0x${'44'.repeat(32)}`
	}
});

/** Presses a button of the demo wallet's window as soon as it is there. */
const press = async (button: 'approve' | 'refuse'): Promise<void> => {
	const found = await vi.waitUntil(() => {
		for (const element of document.body.children) {
			const inside = element.shadowRoot?.querySelector<HTMLButtonElement>(
				`[data-testid="demo-wallet-${button}"]`
			);
			if (inside) return inside;
		}
		return undefined;
	});
	found.click();
};

const demoWallet = async (wallets: Wallets): Promise<WalletChoice> => {
	const demo = (await wallets.list()).find((choice) => choice.demo);
	if (demo === undefined) throw new Error('no demo wallet was announced');
	return demo;
};

describe('a wallet in the page', () => {
	beforeEach(() => {
		localStorage.clear();
		vi.stubGlobal('fetch', () => Promise.resolve(Response.json({ jsonrpc: '2.0', id: 1, result: '0x0' })));
	});
	afterEach(() => vi.unstubAllGlobals());

	it('is found, connects after one click and signs a funding after another', async () => {
		const wallets = await openWallets(DISCOVERY);
		const demo = await demoWallet(wallets);
		expect(demo).toMatchObject({ name: 'Demo wallet', icon: expect.stringMatching(/^data:image\/svg/) });
		const [connected] = await Promise.all([wallets.connect(demo.id), press('approve')]);
		if (!connected.ok) return expect.fail(connected.error.reason);
		const { address } = connected.value;
		const [signature] = await Promise.all([wallets.signFunding(typedData(address)), press('approve')]);
		if (!signature.ok) return expect.fail(signature.error.reason);
		const signer = await recoverTypedDataAddress({
			...typedData(address),
			signature: toHex0x(signature.value)
		});
		expect(signer.toLowerCase()).toBe(address);
		await wallets.disconnect();
	});

	it('answers a refusal as one, leaves no window behind and can be asked again', async () => {
		const wallets = await openWallets(DISCOVERY);
		const { id } = await demoWallet(wallets);
		const [refused] = await Promise.all([wallets.connect(id), press('refuse')]);
		expect(refused).toMatchObject({ ok: false, error: { type: 'WalletRefused' } });
		expect([...document.body.children].some((element) => element.shadowRoot)).toBe(false);
		const [connected] = await Promise.all([wallets.connect(id), press('approve')]);
		if (!connected.ok) return expect.fail(connected.error.reason);
		const [unsigned] = await Promise.all([
			wallets.signFunding(typedData(connected.value.address)),
			press('refuse')
		]);
		expect(unsigned).toMatchObject({ ok: false, error: { type: 'WalletRefused' } });
		await wallets.disconnect();
	});

	it('is connected again at the next visit without a question, until it is disconnected', async () => {
		const before = await openWallets(DISCOVERY);
		const { id } = await demoWallet(before);
		const [connected] = await Promise.all([before.connect(id), press('approve')]);
		const after = await openWallets(DISCOVERY);
		const again = await after.reconnect(id);
		expect(again).toEqual(connected.ok ? connected.value : undefined);
		await after.disconnect();
		expect(await (await openWallets(DISCOVERY)).reconnect(id)).toBeUndefined();
	});

	it('that is not installed any more is said to be missing', async () => {
		const answer = await (await openWallets(DISCOVERY)).connect('org.example.none');
		expect(answer).toMatchObject({ ok: false, error: { type: 'WalletMissing' } });
	});
});
