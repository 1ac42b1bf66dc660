import { describe, expect, it } from 'vitest';
import { createNodeSql } from '../../../../server/akash-peer/node-sql.ts';
import { toHex0x, type Hex } from '../bytes.ts';
import { nobleCrypto } from '../crypto/noble-crypto.ts';
import { createLedger } from '../ledger/sqlite-ledger.ts';
import { LIMITS } from '../limits.ts';
import { createLinkAccounts } from '../link/accounts.ts';
import { createPackets } from '../link/packets.ts';
import type { WireClaim } from '../link/messages.ts';
import { tokenToLink } from '../money.ts';
import type { SignedClaim } from '../settlement/chain.ts';
import { createEvmScheme } from '../settlement/evm/scheme.ts';
import { createCommits } from '../storage/commit.ts';
import { migrate } from '../storage/migrations.ts';
import { SqlError, type SqlDriver } from '../storage/sql.ts';
import { sampleChannel } from '../testing/booked-channel.ts';
import { createSimulatedChain } from '../testing/simulated-chain.ts';
import { createSimulatedClock } from '../testing/simulated-clock.ts';
import type { Channel } from './channel.ts';
import { createChannels } from './channels.ts';
import { createHeldClaims } from './held-claims.ts';

const START = Date.UTC(2030, 0, 1);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const ADDRESS: Hex = `0x${'11'.repeat(20)}`;
const SCALE = 6;
const DEPOSIT = 10_000_000n;
/** Token units that may be exposed on one link, and on all. */
const PER_LINK = LIMITS.uncheckedPerLink / tokenToLink(1n, SCALE);
const PER_NODE = LIMITS.uncheckedPerNode / tokenToLink(1n, SCALE);
const secretOf = (n: number): Uint8Array => new Uint8Array(32).fill(n + 1);
const peerOf = (n: number): string => n.toString(16).padStart(64, '0');

/** A payee with a channel from each of so many payers. */
const open = ({ payers = 1, sql = createNodeSql(':memory:') }: { payers?: number; sql?: SqlDriver } = {}) => {
	const clock = createSimulatedClock(START, turn);
	const isNew = migrate(sql).ok && sql.all('SELECT 1 FROM channel').length === 0;
	let isFull = false;
	const disk: SqlDriver = {
		...sql,
		transaction: (work) =>
			sql.transaction(() => {
				const answer = work();
				if (isFull) throw new SqlError('full', 'the disk is full');
				return answer;
			})
	};
	const ledger = createLedger(disk);
	const channels = createChannels(disk, ledger, SCALE);
	const accounts = createLinkAccounts(disk, ledger, channels, createPackets(disk));
	const commits = createCommits(disk, clock);
	const real = createEvmScheme(createSimulatedChain({ clock }).port(), nobleCrypto);
	const checks: SignedClaim[] = [];
	const scheme = {
		tokenScale: SCALE,
		verifyClaim: (claim: SignedClaim) => {
			checks.push(claim);
			return real.verifyClaim(claim);
		}
	};
	const keys = Array.from({ length: payers }, (_, n) => ({
		payer: ADDRESS,
		payee: ADDRESS,
		token: ADDRESS,
		signer: toHex0x(nobleCrypto.evmAddress(secretOf(n))),
		grace: 86_400,
		expiry: 9_999_999_999,
		salt: `0x${n.toString(16).padStart(64, '0')}` as Hex
	}));
	const keyOf = (n: number) => keys[n] as (typeof keys)[number];
	const idOf = (n: number): Hex => real.channelId(keyOf(n));
	if (isNew)
		for (let n = 0; n < payers; n++) {
			accounts.meet(peerOf(n), { owner: peerOf(n), role: 'child', credit: 0n, window: 0n, at: 0 });
			channels.insert(
				sampleChannel({
					id: idOf(n),
					peer: peerOf(n),
					direction: 'in',
					key: keyOf(n),
					deposited: DEPOSIT,
					fundings: 0
				})
			);
		}
	const held: Hex[] = [];
	const cut = new Set<string>();
	const claims = createHeldClaims({
		platform: { clock, log: () => undefined },
		commits,
		channels,
		scheme,
		onHeld: (_, id) => held.push(id),
		onForged: (peer) => cut.add(peer)
	});
	const settle = async <T>(promise: Promise<T>): Promise<T> => {
		let done = false;
		const end = (): void => void (done = true);
		promise.then(end, end);
		await clock.runWhile(() => !done, clock.now() + LIMITS.uncheckedMs / 2);
		return promise;
	};
	const sign = async (n: number, cumulative: bigint, isForged = false): Promise<WireClaim> => {
		const secret = secretOf(isForged ? n + 100 : n);
		const { signature } = await real.signClaim(secret, keyOf(n), 0, cumulative);
		return { scheme: 0, channel: idOf(n), epoch: 0, cumulative, signature };
	};
	const take = async (n: number, cumulative: bigint, isForged = false) =>
		settle(claims.take(peerOf(n), await sign(n, cumulative, isForged)));
	return {
		clock,
		sql,
		ledger,
		accounts,
		channels,
		commits,
		claims,
		checks,
		held,
		cut,
		settle,
		sign,
		take,
		idOf,
		row: (n = 0): Channel => channels.get(idOf(n)) as Channel,
		credit: (n = 0): bigint => accounts.available(peerOf(n)) / tokenToLink(1n, SCALE),
		audit: () => [
			ledger.audit(),
			...Array.from({ length: payers }, (_, n) => accounts.audit(peerOf(n))).filter((off) => off !== 0n)
		],
		fill: (full: boolean) => {
			isFull = full;
		}
	};
};
const CLEAN = [{ sum: 0n, differences: [] }];

describe('a claim that comes in', () => {
	it('is checked before it counts when it is the first of its channel', async () => {
		const { take, checks, row, credit, audit } = open();
		expect(await take(0, 100n)).toBeUndefined();
		expect([checks.length, row().checked, credit()]).toEqual([1, 100n, 100n]);
		expect(audit()).toEqual(CLEAN);
	});

	it('counts at once after that, is told from a checked one on disk, and is checked a little later', async () => {
		const { take, checks, row, credit, clock, claims } = open();
		await take(0, 100n);
		await take(0, 150n);
		expect([checks.length, row().checked, row().promised, credit()]).toEqual([1, 100n, 150n, 150n]);
		expect(claims.exposed()).toBe(tokenToLink(50n, SCALE));
		await clock.advance(LIMITS.uncheckedMs + 1);
		expect([checks.length, row().checked, row().checkedSignature]).toEqual([2, 150n, row().signature]);
		expect(claims.exposed()).toBe(0n);
	});

	it('is checked first when more would be exposed than its payer has proven, then ever more rarely', async () => {
		const { take, checks } = open();
		for (let cumulative = 1n; cumulative <= 1_024n; cumulative++) await take(0, cumulative);
		// 1, 3, 7, 15, …: each shows that as much again may be at stake.
		expect(checks.map(({ cumulative }) => cumulative)).toEqual(
			Array.from({ length: 10 }, (_, n) => 2n ** BigInt(n + 1) - 1n)
		);
	});

	it('is checked first when more would be exposed than a link may have', async () => {
		const { take, checks, row } = open();
		await take(0, 5n * PER_LINK);
		await take(0, 6n * PER_LINK);
		expect([checks.length, row().checked]).toEqual([1, 5n * PER_LINK]);
		await take(0, 6n * PER_LINK + 1n);
		expect([checks.length, row().checked]).toEqual([2, 6n * PER_LINK + 1n]);
	});

	it('is refused, and changes nothing, when its channel, neighbour or amount is wrong', async () => {
		const { take, sign, claims, settle, channels, row, idOf, audit } = open({ payers: 2 });
		await take(0, 100n);
		const before = row();
		expect(await take(0, DEPOSIT + 1n)).toBe('ClaimBeyondDeposit');
		expect(await settle(claims.take(peerOf(1), await sign(0, 200n)))).toBe('ChannelUnknown');
		expect(await settle(claims.take(peerOf(0), { ...(await sign(0, 200n)), epoch: 1 }))).toBe(
			'ChannelUnknown'
		);
		expect(await take(0, 100n)).toBe('ClaimNotIncreasing');
		expect(await take(0, 50n)).toBe('ClaimNotIncreasing');
		expect(row()).toEqual(before);
		channels.apply(idOf(0), 0, [{ type: 'seen', deposited: 0n, settled: 0n, closeAt: 1 }], 0);
		expect(await take(0, 200n)).toBe('ChannelClosed');
		expect(audit()).toEqual(CLEAN);
	});

	it('that is lower and forged moves nothing either, and tells whom one is dealing with', async () => {
		const { take, row } = open();
		await take(0, 100n);
		expect(await take(0, 50n, true)).toBe('ClaimForged');
		expect(row().claimed).toBe(100n);
	});

	it('among many at once shares a row and a transfer with them; one signature speaks for all before it', async () => {
		const { sign, claims, settle, checks, held, row, ledger, commits, idOf } = open();
		const wires = await Promise.all(Array.from({ length: 64 }, (_, n) => sign(0, BigInt(n + 1) * 10n)));
		const before = commits.counts().commits;
		const answers = await settle(Promise.all(wires.map((wire) => claims.take(peerOf(0), wire))));
		expect(answers.every((refusal) => refusal === undefined)).toBe(true);
		expect([row().checked, checks.length, held.length]).toEqual([640n, 1, 1]);
		expect(ledger.statement({ limit: 10, account: `claims/${idOf(0)}` })).toHaveLength(1);
		expect(commits.counts().commits - before).toBeLessThan(4);
	});

	it('that the disk did not take is told so; the next one counts and nothing stays reserved', async () => {
		const { take, fill, row, claims, clock, audit } = open();
		await take(0, 100n);
		fill(true);
		await expect(take(0, 150n)).rejects.toThrow('full');
		fill(false);
		expect([row().claimed, audit()]).toEqual([100n, CLEAN]);
		await clock.advance(LIMITS.uncheckedMs + 1);
		expect(claims.exposed()).toBe(0n);
		await take(0, 160n);
		expect([row().claimed, claims.exposed()]).toEqual([160n, tokenToLink(60n, SCALE)]);
	});
});

describe('a forged claim', () => {
	it('takes what is counted back to the newest that was checked, ends the link, and is a debt afterwards', async () => {
		const { take, cut, row, credit, clock, audit, accounts, ledger, commits, settle } = open();
		await take(0, 100n);
		expect(await take(0, 190n, true)).toBeUndefined();
		// All of it is delivered for before anybody looks.
		await settle(
			commits.run(() => {
				const amount = tokenToLink(190n, SCALE);
				ledger.record({
					kind: 'sell',
					from: 'income/notes',
					to: `link/${peerOf(0)}`,
					amount,
					at: 1,
					group: 'a'
				});
				accounts.fulfilled(peerOf(0), 'me', amount);
			})
		);
		await clock.advance(LIMITS.uncheckedMs + 1);
		expect([cut.has(peerOf(0)), row().claimed, row().checked, credit()]).toEqual([true, 100n, 100n, -90n]);
		// Coming back with the next one gains nothing: it is checked first, for good.
		expect(await take(0, 195n, true)).toBe('ClaimForged');
		expect([row().claimed, credit(), audit()]).toEqual([100n, -90n, CLEAN]);
		// An honest one pays the debt first.
		expect(await take(0, 200n)).toBeUndefined();
		expect(credit()).toBe(10n);
	});

	it('beyond what may be exposed never counts', async () => {
		const { take, row, credit, audit } = open();
		await take(0, 5n * PER_LINK);
		expect(await take(0, 6n * PER_LINK + 1n, true)).toBe('ClaimForged');
		expect([row().claimed, credit(), audit()]).toEqual([5n * PER_LINK, 5n * PER_LINK, CLEAN]);
	});

	it('right behind good ones takes those with it that are not answered yet: nothing was delivered for them', async () => {
		const { sign, claims, settle, row, take } = open();
		await take(0, 1_000n);
		const wires = [await sign(0, 1_100n), await sign(0, 1_200n), await sign(0, 9_000n, true)];
		const answers = await settle(Promise.all(wires.map((wire) => claims.take(peerOf(0), wire))));
		expect([answers, row().claimed]).toEqual([wires.map(() => 'ClaimForged'), 1_000n]);
	});

	it('by each of a hundred neighbours at once costs no more than one node may have exposed', async () => {
		const PAYERS = 100;
		const { sign, claims, settle, row, credit, clock, audit, cut } = open({ payers: PAYERS });
		const everybody = Array.from({ length: PAYERS }, (_, n) => n);
		// Each has paid enough to be trusted with all that a link may have.
		const takeAll = async (cumulative: bigint, isForged: boolean) => {
			const wires = await Promise.all(everybody.map((n) => sign(n, cumulative, isForged)));
			return settle(Promise.all(wires.map((wire, n) => claims.take(peerOf(n), wire))));
		};
		await takeAll(PER_LINK, false);
		const answers = await takeAll(2n * PER_LINK, true);
		const counted = everybody.reduce((sum, n) => sum + credit(n) - PER_LINK, 0n);
		// Somebody got through, and all of them together got what the limit says.
		expect(counted).toBeGreaterThan(0n);
		expect(counted).toBeLessThanOrEqual(PER_NODE);
		expect(claims.exposed()).toBeLessThanOrEqual(LIMITS.uncheckedPerNode);
		expect(answers.filter((refusal) => refusal === 'ClaimForged').length).toBeGreaterThanOrEqual(
			PAYERS - Number(PER_NODE / PER_LINK)
		);
		await clock.advance(LIMITS.uncheckedMs + 1);
		// Whoever was not told so at once is cut once it is found out.
		expect(everybody.every((n) => cut.has(peerOf(n)) !== (answers[n] === 'ClaimForged'))).toBe(true);
		expect(everybody.every((n) => row(n).claimed === PER_LINK)).toBe(true);
		expect([claims.exposed(), audit()]).toEqual([0n, CLEAN]);
	});
});

describe('before anything is built on claims', () => {
	it('all of them are checked, and none comes in unchecked until that is done', async () => {
		const { take, claims, row, settle, clock } = open();
		await take(0, 100n);
		await take(0, 150n);
		const during: boolean[] = [];
		let end: () => void = () => undefined;
		const done = claims.whileChecked(peerOf(0), async () => {
			during.push(row().checked === row().promised);
			await new Promise<void>((resolve) => (end = resolve));
		});
		await clock.advance(10);
		await take(0, 160n);
		during.push(row().checked === row().promised);
		end();
		await settle(done);
		expect([during, row().checked]).toEqual([[true, true], 160n]);
		await take(0, 170n);
		expect(row().checked).toBe(160n);
	});

	it('nobody is paid out of a claim that may be forged', async () => {
		const { take, accounts, commits, ledger, settle, claims } = open();
		await take(0, 100n);
		// What it earned here it has spent; the rest of its credit is what it claims now.
		const amount = tokenToLink(100n, SCALE);
		await settle(
			commits.run(() => {
				for (const by of ['me', 'peer'] as const) accounts.fulfilled(peerOf(0), by, amount);
				ledger.record({
					kind: 'buy',
					from: `link/${peerOf(0)}`,
					to: 'expense/notes',
					amount,
					at: 1,
					group: 'a'
				});
				ledger.record({
					kind: 'sell',
					from: 'income/notes',
					to: `link/${peerOf(0)}`,
					amount,
					at: 1,
					group: 'b'
				});
			})
		);
		const before = accounts.held(peerOf(0), 'me');
		await take(0, 150n);
		expect(accounts.held(peerOf(0), 'me')).toBe(before);
		await settle(claims.check());
		expect(accounts.held(peerOf(0), 'me')).toBeGreaterThanOrEqual(before);
	});

	it('what an earlier run left unchecked counts as exposed, and a start checks it', async () => {
		const before = open();
		await before.take(0, 100n);
		await before.take(0, 190n, true);
		before.claims.stop();
		const after = open({ sql: before.sql });
		expect([after.row().claimed, after.claims.exposed()]).toEqual([190n, tokenToLink(90n, SCALE)]);
		await after.settle(after.claims.check());
		expect([after.row().claimed, after.claims.exposed(), after.cut.size]).toEqual([100n, 0n, 1]);
		expect(after.audit()).toEqual(CLEAN);
	});
});
