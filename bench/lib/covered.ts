/**
 * How many covered packets a payee takes in with one core: for each the bytes of a claim that covers it are read,
 * judged, kept in SQLite by group commit and counted, as a hub does (`channel/held-claims.ts`), its signature checked
 * only when too much would be exposed. The packets themselves are not part of it. A round answers processor time, so
 * that a busy machine changes little, and fails unless everything that was promised is held, checked and booked.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeCrypto } from '../../server/akash-peer/node-crypto.ts';
import { createNodeSql } from '../../server/akash-peer/node-sql.ts';
import { toHex0x } from '../../src/lib/peer/bytes.ts';
import { NOTHING_CLAIMED } from '../../src/lib/peer/channel/channel.ts';
import { createChannels } from '../../src/lib/peer/channel/channels.ts';
import { createHeldClaims } from '../../src/lib/peer/channel/held-claims.ts';
import { decodeWireClaim, encodeWireClaim } from '../../src/lib/peer/codec/link.ts';
import { createLedger } from '../../src/lib/peer/ledger/sqlite-ledger.ts';
import { createLinkAccounts } from '../../src/lib/peer/link/accounts.ts';
import { createPackets } from '../../src/lib/peer/link/packets.ts';
import { tokenToLink } from '../../src/lib/peer/money.ts';
import type { Clock } from '../../src/lib/peer/platform.ts';
import { unwrap } from '../../src/lib/peer/result.ts';
import { createEvmScheme } from '../../src/lib/peer/settlement/evm/scheme.ts';
import { createCommits } from '../../src/lib/peer/storage/commit.ts';
import { migrate } from '../../src/lib/peer/storage/migrations.ts';
import { createSimulatedChain } from '../../src/lib/peer/testing/simulated-chain.ts';

export interface CoveredOptions {
	readonly packets: number;
	/** Claims under way at a time; a link takes up to 1,024. */
	readonly inFlight: number;
	/** What each covers, in token units of 6 decimals. */
	readonly price: bigint;
}

export interface CoveredRound {
	readonly packetsPerCpuSecond: number;
	/** Signatures checked. */
	readonly checks: number;
	readonly commits: number;
}

const TOKEN_SCALE = 6;
const PEER = 'ab'.repeat(32);
const SECRET = new Uint8Array(32).fill(7);

const clock: Clock = {
	now: () => Date.now(),
	after: (delayMs, run) => {
		const timer = delayMs === 0 ? setImmediate(run) : setTimeout(run, delayMs);
		return () =>
			delayMs === 0 ? clearImmediate(timer as NodeJS.Immediate) : clearTimeout(timer as NodeJS.Timeout);
	}
};

/** Signs once; each round begins with an empty database. */
export const prepareCovered = async ({ packets, inFlight, price }: CoveredOptions) => {
	const chain = createSimulatedChain({ clock: clock as never });
	const scheme = createEvmScheme(chain.port(), nodeCrypto);
	const key = {
		payer: `0x${'11'.repeat(20)}`,
		payee: `0x${'22'.repeat(20)}`,
		token: chain.token,
		signer: toHex0x(nodeCrypto.evmAddress(SECRET)),
		grace: 86_400,
		expiry: 9_999_999_999,
		salt: `0x${'33'.repeat(32)}`
	} as const;
	const id = scheme.channelId(key);
	const wires: Uint8Array[] = [];
	for (let n = 1; n <= packets; n++) {
		const cumulative = BigInt(n) * price;
		const { signature } = await scheme.signClaim(SECRET, key, 0, cumulative);
		wires.push(encodeWireClaim({ scheme: scheme.id, channel: id, epoch: 0, cumulative, signature }));
	}

	return async (): Promise<CoveredRound> => {
		const folder = mkdtempSync(join(tmpdir(), 'tributary-covered-'));
		const sql = createNodeSql(join(folder, 'peer.db'));
		migrate(sql);
		const ledger = createLedger(sql);
		const channels = createChannels(sql, ledger, TOKEN_SCALE);
		const accounts = createLinkAccounts(sql, ledger, channels, createPackets(sql));
		const commits = createCommits(sql, clock);
		accounts.meet(PEER, { owner: PEER, role: 'child', credit: 0n, window: 0n, at: 0 });
		channels.insert({
			id,
			epoch: 0,
			peer: PEER,
			direction: 'in',
			key,
			status: 'open',
			deposited: BigInt(packets) * price,
			...NOTHING_CLAIMED,
			fundings: 0,
			closeAt: 0,
			openedAt: 0
		});
		let checks = 0;
		const claims = createHeldClaims({
			platform: { clock, log: () => undefined },
			commits,
			channels,
			scheme: {
				tokenScale: TOKEN_SCALE,
				verifyClaim: (claim) => {
					checks += 1;
					return scheme.verifyClaim(claim);
				}
			},
			onHeld: () => undefined,
			onForged: () => undefined
		});
		const began = process.cpuUsage();
		for (let from = 0; from < packets; from += inFlight) {
			const wave = wires.slice(from, from + inFlight);
			const refusals = await Promise.all(
				wave.map((wire) => claims.take(PEER, unwrap(decodeWireClaim(wire))))
			);
			if (refusals.some((refusal) => refusal !== undefined)) throw new Error('a claim was refused');
			const covered = BigInt(Math.min(from + inFlight, packets)) * price;
			if (accounts.available(PEER) !== tokenToLink(covered, TOKEN_SCALE)) throw new Error('not covered');
		}
		const { user, system } = process.cpuUsage(began);
		await claims.check();
		claims.stop();
		const row = channels.get(id);
		const audit = ledger.audit();
		if (row?.checked !== BigInt(packets) * price || audit.sum !== 0n || audit.differences.length > 0)
			throw new Error('the books do not show what was promised');
		const { commits: written } = commits.counts();
		commits.stop();
		sql.close();
		rmSync(folder, { recursive: true });
		return { packetsPerCpuSecond: packets / ((user + system) / 1e6), checks, commits: written };
	};
};
