/**
 * A guest earns more than its hub's threshold and goes away. The hub pays by itself, and may itself end in the
 * middle of it. When all are back, the wallet has risen by exactly what both books say, once.
 */
import { auditWorld } from './scenario-audit.ts';
import { follow, fundChannel, hasBought, nodesReady, online, rest } from './scenario-steps.ts';
import { runScenario, type ScenarioOptions, type ScenarioReport, type Telling } from './scenario.ts';
import { NOTE_PRICE, PAYOUT_TERMS, WALLET_START, type World } from './simulation.ts';
import { unwrap } from '../result.ts';

const NOTES = 8n;
/** Reached by the last note but one. */
const THRESHOLD = (NOTES - 1n) * NOTE_PRICE;
const TOKEN_UNIT = 1_000n;

export const runPayoutAway = (seed: string, options: ScenarioOptions): Promise<ScenarioReport> =>
	runScenario({ ...options, seed, payoutThreshold: THRESHOLD }, payoutAway);

const payoutAway = async (world: World, { tell, wrong }: Telling): Promise<void> => {
	const { random } = world;
	const { hub } = world.nodes;
	await nodesReady(world);
	const author = await world.addGuest('author');
	await online(world, author);
	unwrap(await world.settle('naming a wallet', author.peer.api.setPayoutAddress(author.wallet.address)));
	await online(world, author);
	const ids: string[] = [];
	for (let i = 0n; i < NOTES; i += 1n)
		ids.push(unwrap(await world.settle('a note', author.peer.api.publish({ content: `thought ${i}` }))).id);
	const reader = await world.addGuest('reader');
	await online(world, reader);
	await fundChannel(world, reader);
	await follow(world, reader, author);
	await world.until('being read', hasBought(reader, ids));
	author.crash();
	tell('the author is read and goes away');

	// The hub looks every fifteen seconds.
	await world.advance(random.int(18_000));
	if (random.int(4) > 0) {
		const states = hub.sql.all('SELECT state FROM payout').map(({ state }) => String(state));
		hub.crash();
		tell(`the hub ends; its payout: ${states.join() || 'not begun'}`);
		await world.advance(random.int(10_000));
		await hub.start();
	}
	await world.advance(120_000);
	const wallet = new Map(world.chain.snapshot().balances).get(author.wallet.address) ?? 0n;
	const row = hub.sql.all(`SELECT amount, fee, state FROM payout WHERE state != 'undone'`);
	tell(`the author's wallet has ${wallet - WALLET_START} more`);
	if (row.length !== 1 || row[0]?.['state'] !== 'done') wrong.push(`the hub has ${row.length} payouts`);
	if (wallet - WALLET_START !== BigInt((row[0]?.['amount'] ?? 0) as bigint))
		wrong.push('the wallet rose by something else than was paid');

	await author.start();
	await online(world, author);
	await world.advance(30_000);
	const { money } = await world.settle('a look', author.peer.api.state());
	const paid = (wallet - WALLET_START) * TOKEN_UNIT;
	if (money.held !== money.earned - paid - PAYOUT_TERMS.fee)
		wrong.push(`the author believes that ${money.held} are held`);
	await rest(world);
	wrong.push(...(await auditWorld(world)));
};
