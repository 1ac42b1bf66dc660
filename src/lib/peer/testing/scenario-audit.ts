/**
 * Does the money add up? What must hold in a world that has come to rest, whatever happened before:
 *
 * | what | why |
 * |---|---|
 * | each ledger sums to zero and follows from its transfers | double entry |
 * | each link's totals explain its balance | the formula of the link account |
 * | both ends of a link agree on every total, and owe each other opposite amounts | no unit is lost on the way |
 * | nothing is pending | every packet's outcome was learned |
 * | spent by readers = earned by authors + taken by hops | paid and delivered are one act |
 * | a wallet holds what it began with plus what its owner's ledger says | ledgers and chain tell one story |
 * | what a claim captured on the chain, the payee booked | the same, per channel |
 * | no note was paid for twice; what was bought is here and its signature holds | what the money was for |
 */
import { nobleCrypto } from '../crypto/noble-crypto.ts';
import { verifyEvent } from '../events/verify.ts';
import { tokenToLink } from '../money.ts';
import type { SqlRow } from '../storage/sql.ts';
import type { SimulatedHost, World } from './simulation.ts';
import { WALLET_START } from './simulation.ts';

const big = (value: unknown): bigint => BigInt((value ?? 0) as number | bigint);
const one = (host: SimulatedHost, query: string, parameters: readonly string[] = []): SqlRow | undefined =>
	host.sql.all(query, parameters)[0];
export const balanceOf = (host: SimulatedHost, account: string): bigint =>
	big(one(host, 'SELECT posted FROM account WHERE name = ?', [account])?.['posted']);
/** The sum of all accounts whose names begin so. */
export const balancesOf = (host: SimulatedHost, prefix: string): bigint =>
	big(one(host, `SELECT sum(posted) AS total FROM account WHERE name LIKE ? || '%'`, [prefix])?.['total']);

const deviceOf = (host: SimulatedHost): string => host.peer.status().device;

/** One sentence per broken rule; empty when all is well. Every host must be running and at rest. */
export const auditWorld = async (world: World): Promise<readonly string[]> => {
	const wrong: string[] = [];
	const hosts = world.hosts();
	const byDevice = new Map(hosts.map((host) => [deviceOf(host), host]));
	const nameOf = (device: string): string => byDevice.get(device)?.name ?? device.slice(0, 8);
	const check = (isSo: boolean, sentence: string): void => {
		if (!isSo) wrong.push(sentence);
	};
	const equal = (a: bigint, b: bigint, sentence: string): void =>
		check(a === b, `${sentence}: ${a} and ${b}`);

	for (const host of hosts) {
		const { audit, links } = host.peer.status();
		equal(audit.sum, 0n, `${host.name}'s ledger does not sum to zero`);
		check(audit.differences === 0, `${host.name}'s balances do not follow from its transfers`);
		for (const link of links) {
			const at = `${host.name}'s account with ${nameOf(link.peer)}`;
			equal(link.audit, 0n, `${at} is not explained by its totals`);
			equal(link.pendingIn + link.pendingOut, 0n, `${at} has packets pending`);
		}
		const pending = big(one(host, 'SELECT count(*) AS n FROM transfer WHERE state = 0')?.['n']);
		equal(pending, 0n, `${host.name} has transfers pending`);
		const late = host.sql.all(`SELECT 1 FROM packet WHERE direction = 'out' AND state = 'late'`).length;
		check(late === 0, `${host.name} refuses ${late} late fulfilments and has not been heard`);
	}

	// Both ends of each link.
	for (const [device, host] of byDevice) {
		for (const mine of host.sql.all('SELECT * FROM link')) {
			const other = byDevice.get(String(mine['peer']));
			const theirs = other && one(other, 'SELECT * FROM link WHERE peer = ?', [device]);
			if (!other || !theirs) {
				wrong.push(`${host.name} knows a neighbour that does not know it`);
				continue;
			}
			const between = `${host.name} and ${other.name} disagree on`;
			equal(
				big(mine['fulfilled_by_me']),
				big(theirs['fulfilled_by_peer']),
				`${between} what ${host.name} fulfilled`
			);
			equal(
				big(mine['paid_out_by_me']),
				big(theirs['paid_out_by_peer']),
				`${between} what ${host.name} paid out`
			);
			equal(
				balanceOf(host, `link/${String(mine['peer'])}`),
				-balanceOf(other, `link/${device}`),
				`${between} what is owed`
			);
			for (const paid of host.sql.all(`SELECT * FROM channel WHERE peer = ? AND direction = 'out'`, [
				String(mine['peer'])
			])) {
				const key = [String(paid['id']), String(paid['epoch'])];
				const got = one(other, 'SELECT * FROM channel WHERE id = ? AND epoch = ?', key);
				equal(
					big(paid['claimed']),
					big(got?.['claimed']),
					`${between} the claims of a channel by ${host.name}`
				);
				equal(
					big(paid['deposited']),
					big(got?.['deposited']),
					`${between} the deposit of a channel by ${host.name}`
				);
			}
		}
	}

	// One packet's money: what one paid, others earned.
	const results = hosts.reduce(
		(sum, host) => sum + balancesOf(host, 'expense/') + balancesOf(host, 'income/'),
		0n
	);
	equal(results, 0n, 'what all spent and what all earned differ');

	// Ledgers and the chain.
	const { channels, balances } = world.chain.snapshot();
	const onChain = new Map(balances);
	for (const host of hosts) {
		const scale = world.chain.tokenScale;
		const held = tokenToLink((onChain.get(host.wallet.address) ?? 0n) - WALLET_START, scale);
		equal(held, balanceOf(host, 'wallet'), `${host.name}'s wallet and its ledger differ`);
		const open = channels.filter(([id]) =>
			one(host, `SELECT 1 FROM channel WHERE id = ? AND direction = 'in'`, [id])
		);
		for (const [id, state] of open) {
			const mine = one(host, `SELECT * FROM channel WHERE id = ? AND epoch = ?`, [id, String(state.epoch)]);
			if (mine)
				equal(
					state.claimed,
					big(mine['settled']),
					`${host.name} booked other captures of a channel than the chain`
				);
		}
		const redeemed = big(
			one(host, `SELECT sum(amount) AS total FROM transfer WHERE kind = 'redeem' AND state = 1`)?.['total']
		);
		const settled = host.sql
			.all(`SELECT settled FROM channel WHERE direction = 'in'`)
			.reduce((sum, row) => sum + big(row['settled']), 0n);
		equal(
			redeemed,
			tokenToLink(settled, scale),
			`${host.name} booked other redemptions than its channels show`
		);
	}

	for (const host of hosts) wrong.push(...(await auditPurchases(host)));
	return wrong;
};

const auditPurchases = async (host: SimulatedHost): Promise<readonly string[]> => {
	const wrong: string[] = [];
	const paid = new Set<string>();
	for (const { memo } of host.sql.all(
		`SELECT memo FROM transfer WHERE kind = 'buy' AND state = 1 ORDER BY id`
	)) {
		const { eventIds = [] } = JSON.parse(String(memo)) as { readonly eventIds?: readonly string[] };
		for (const id of eventIds) {
			if (paid.has(id)) wrong.push(`${host.name} paid twice for ${id}`);
			paid.add(id);
		}
	}
	const stored = new Map(
		host.sql
			.all(
				`SELECT lower(hex(e.id)) AS id, lower(hex(a.pubkey)) AS pubkey, e.created_at, e.kind, e.body, lower(hex(e.sig)) AS sig
				FROM event e JOIN author a ON a.id = e.author`
			)
			.map((row) => [String(row['id']), row] as const)
	);
	for (const id of paid) {
		const row = stored.get(id);
		if (!row) {
			wrong.push(`${host.name} paid for ${id} and does not have it`);
			continue;
		}
		const [tags, content] = JSON.parse(String(row['body'])) as readonly [
			readonly (readonly string[])[],
			string
		];
		const { pubkey, created_at, kind, sig } = row;
		const checked = await verifyEvent(nobleCrypto, { id, pubkey, created_at, kind, tags, content, sig });
		if (!checked.ok) wrong.push(`${host.name} paid for ${id}, which is not what its author signed`);
	}
	for (const { event_id } of host.sql.all('SELECT event_id FROM bought WHERE sent > 0'))
		if (!stored.has(String(event_id)))
			wrong.push(`${host.name} notes ${String(event_id)} as bought and does not have it`);
	for (const { node, state } of host.sql.all(
		`SELECT node, state FROM purchase WHERE state IN ('asked', 'answered')`
	))
		wrong.push(`${host.name} has a purchase at ${String(node).slice(0, 8)} in state ${String(state)}`);
	return wrong;
};
