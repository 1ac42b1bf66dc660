/**
 * Reading and being read while everything that can fail does: connections break in the middle of
 * payments, programs end between two commits and start again on the same database, the chain is away.
 * When it is over and healed, every note must have been got once and paid for once, and every rule of
 * {@link auditWorld} hold.
 */
import { unwrap } from '../result.ts';
import { auditWorld } from './scenario-audit.ts';
import { follow, fundChannel, hasBought, nodesReady, online, publishNotes, rest } from './scenario-steps.ts';
import { runScenario, type ScenarioOptions, type ScenarioReport, type Telling } from './scenario.ts';
import { createSeededRandom } from './seeded-random.ts';
import { urlOf, type SimulatedHost, type World } from './simulation.ts';

export interface FaultsOptions extends ScenarioOptions {
	/** How often something is published and something else goes wrong. */
	readonly rounds?: number;
	readonly faults?: readonly Fault[];
}

export type Fault = 'break' | 'noise' | 'partition' | 'crash' | 'chain' | 'full';
const FAULTS: readonly Fault[] = ['break', 'noise', 'partition', 'crash', 'chain', 'full'];

const AWAY_MS = 15 * 60_000;
/** What a healed world may take to have got everything: the longest back-off of links and readers, twice. */
const HEALING_MS = 15 * 60_000;

export const runFaults = (seed: string, options: FaultsOptions): Promise<ScenarioReport> => {
	// Seeds differ in the network they run on, too.
	const random = createSeededRandom(`${seed}/network`);
	const varied = {
		latencyMs: random.pick([
			[1, 5],
			[5, 40],
			[50, 400]
		] as const),
		lossPercent: random.pick([0, 0, 3]),
		crypto: random.pick(['async', 'async', 'sync'] as const),
		maxIdsPerGet: random.pick([1, 50])
	};
	return runScenario({ ...varied, ...options, seed }, (world, telling) => faults(world, telling, options));
};

const faults = async (
	world: World,
	{ tell, wrong }: Telling,
	{ rounds = 12, faults: kinds = FAULTS }: FaultsOptions
): Promise<void> => {
	const { nodes, clock, random } = world;
	const { hub, bob, carol } = nodes;

	await nodesReady(world);
	const reader = await world.addGuest('reader');
	const second = await world.addGuest('second');
	for (const guest of [reader, second]) {
		await online(world, guest);
		await fundChannel(world, guest);
	}
	unwrap(await world.settle('a first note', reader.peer.api.publish({ content: 'I am here' })));
	for (const author of [bob, carol]) await follow(world, reader, author);
	for (const author of [bob, carol, reader]) await follow(world, second, author);
	tell('two guests read two authors, one guest reads the other');

	const notes = new Map<SimulatedHost, string[]>([
		[bob, []],
		[carol, []],
		[reader, []]
	]);
	const down = new Map<SimulatedHost, number>();
	const restartDue = async (): Promise<void> => {
		for (const [host, at] of [...down])
			if (clock.now() >= at) {
				down.delete(host);
				await host.start();
				tell(`${host.name} is back`);
			}
	};

	for (let round = 0; round < rounds; round++) {
		const author = random.pick([bob, carol, reader]);
		if (author.running) notes.get(author)?.push(...(await publishNotes(world, author, 1 + random.int(3))));
		await world.advance(random.int(800));
		const fault = random.pick(kinds);
		switch (fault) {
			case 'break':
				world.network.cut(urlOf(random.pick(['hub', 'bob'])));
				break;
			case 'noise':
				world.trouble(random.pick([0, 5, 20, 60]));
				break;
			case 'partition': {
				const url = urlOf(random.pick(['hub', 'bob']));
				world.network.partition(url, true);
				await world.advance(random.int(25_000));
				world.network.partition(url, false);
				break;
			}
			case 'crash': {
				const host = random.pick([hub, bob, carol, reader, second]);
				if (host.running) {
					host.crash();
					// Sometimes for longer than anybody remembers an answered packet that was told.
					const isLong = random.int(8) === 0;
					down.set(host, clock.now() + (isLong ? AWAY_MS : random.int(20_000)));
					if (isLong) await world.advance(AWAY_MS);
				}
				tell(`${host.name} ends`);
				break;
			}
			case 'chain':
				world.chainDown(random.int(2) === 0);
				break;
			case 'full': {
				const host = random.pick([hub, bob, carol, reader, second]);
				host.setFull(true);
				await world.advance(random.int(3_000));
				host.setFull(false);
				tell(`${host.name}'s disk was full`);
				break;
			}
		}
		if (fault !== 'crash' && fault !== 'full') tell(fault);
		await world.advance(random.int(random.pick([500, 5_000, 30_000])));
		await restartDue();
	}

	world.trouble(0);
	world.chainDown(false);
	for (const host of down.keys()) down.set(host, 0);
	await restartDue();
	tell('healed');
	const everything: readonly (readonly [SimulatedHost, readonly SimulatedHost[]])[] = [
		[reader, [bob, carol]],
		[second, [bob, carol, reader]]
	];
	for (const [guest, authors] of everything)
		for (const author of authors) {
			const ids = notes.get(author) ?? [];
			try {
				await world.until('healing', hasBought(guest, ids), HEALING_MS);
			} catch {
				const view = (await world.settle('a look', guest.peer.api.state())).follows.find(
					({ pubkey }) => pubkey === author.pubkey
				);
				const missing = ids.filter((id) => !hasBought(guest, [id])()).length;
				wrong.push(
					`${guest.name} never got ${missing} notes of ${author.name}: ${view?.status} ${view?.error?.type ?? ''} ${view?.error?.reason ?? ''}`
				);
			}
		}
	tell('everything is read');
	try {
		// Peers look at the chain every 15 seconds.
		await world.advance(30_000);
		await rest(world);
	} catch (error) {
		wrong.push(String(error));
	}
	wrong.push(...(await auditWorld(world)));
};
