/**
 * Does the money add up? What must hold in a world that has come to rest, whatever happened before: every
 * check of audit/audit.ts for each database and for both ends of each link, and what only a world that is
 * known as a whole can show:
 *
 * | what | why |
 * |---|---|
 * | nothing is pending, and nobody is behind | every packet's outcome was learned |
 * | a wallet holds what it began with plus what its owner's ledger says | ledgers and chain tell one story |
 * | wallets and the contract hold what there was at the beginning, the contract what its channels do | no token is lost or made |
 * | no note was paid for twice; no purchase is open | what the money was for |
 * | nothing is taken over from a neighbour's totals by who forgot nothing | two books that differ are not made equal in silence |
 */
import { auditNode, checkEnds, type Check, type End } from '../audit/audit.ts';
import { nobleCrypto } from '../crypto/noble-crypto.ts';
import { tokenToLink } from '../money.ts';
import { createEvmScheme } from '../settlement/evm/scheme.ts';
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

/**
 * One sentence per broken rule; empty when all is well. Every host must be running and at rest. `forgetful`: came back
 * as an older copy.
 */
export const auditWorld = async (
	world: World,
	forgetful: readonly SimulatedHost[] = []
): Promise<readonly string[]> => {
	const wrong: string[] = [];
	const hosts = world.hosts();
	const scale = world.chain.tokenScale;
	const tell = (who: string, checks: readonly Check[]): void => {
		for (const check of checks)
			for (const { where, what } of [...check.wrong, ...check.behind])
				wrong.push(`${who}: ${where}: ${what} (${check.name})`);
	};

	const ends: End[] = [];
	for (const host of hosts) {
		const books = { sql: host.sql, tokenScale: scale, now: world.clock.now() };
		const scheme = createEvmScheme(host.chain, nobleCrypto);
		const audit = auditNode({ name: host.name, books, crypto: nobleCrypto, scheme, chain: host.chain });
		const { checks, end } = await world.settle(`the audit of ${host.name}`, audit);
		tell(host.name, checks);
		if (end) ends.push(end);
		wrong.push(...auditHost(host));
		if (!forgetful.includes(host) && one(host, `SELECT 1 FROM transfer WHERE kind = 'recover'`))
			wrong.push(`${host.name} took over from a neighbour what it had never forgotten`);
	}
	tell('the network', checkEnds(ends));

	// What the chain holds.
	const { channels, balances } = world.chain.snapshot();
	const onChain = new Map(balances);
	for (const host of hosts) {
		const held = tokenToLink((onChain.get(host.wallet.address) ?? 0n) - WALLET_START, scale);
		const booked = balanceOf(host, 'wallet');
		if (held !== booked) wrong.push(`${host.name}'s wallet holds ${held}, its ledger says ${booked}`);
	}
	const all = [...onChain.values()].reduce((sum, balance) => sum + balance, 0n);
	const began = WALLET_START * BigInt(hosts.length);
	if (all !== began) wrong.push(`${all} tokens are there, ${began} were at the beginning`);
	const locked = channels.reduce((sum, [, { deposited, claimed }]) => sum + deposited - claimed, 0n);
	const inContract = onChain.get(world.chain.contract) ?? 0n;
	if (inContract !== locked) wrong.push(`the contract holds ${inContract}, its channels ${locked}`);
	return wrong;
};

/** What is no error in the middle of things, and one at rest. */
const auditHost = (host: SimulatedHost): readonly string[] => {
	const wrong: string[] = [];
	const pending = big(one(host, 'SELECT count(*) AS n FROM transfer WHERE state = 0')?.['n']);
	if (pending > 0n) wrong.push(`${host.name} has ${pending} transfers pending`);
	const late = host.sql.all(`SELECT 1 FROM packet WHERE direction = 'out' AND state = 'late'`).length;
	if (late > 0) wrong.push(`${host.name} refuses ${late} late fulfilments and has not been heard`);
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
	for (const id of paid)
		if (
			!one(host, `SELECT 1 FROM event WHERE id = unhex(?)`, [id]) &&
			!one(host, 'SELECT 1 FROM bought WHERE event_id = ? AND expires IS NOT NULL', [id])
		)
			wrong.push(`${host.name} paid for ${id} and does not have it`);
	for (const { node, state } of host.sql.all(
		`SELECT node, state FROM purchase WHERE state IN ('asked', 'answered')`
	))
		wrong.push(`${host.name} has a purchase at ${String(node).slice(0, 8)} in state ${String(state)}`);
	return wrong;
};
