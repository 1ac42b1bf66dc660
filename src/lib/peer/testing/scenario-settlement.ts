/**
 * Funding, redeeming, cashing out and closing while the other side ends, the link breaks or the chain
 * falls silent in the middle of it. Afterwards ledgers, channels and chain must tell one story, and what
 * did not work the first time must work when asked again.
 */
import { auditWorld, balanceOf } from './scenario-audit.ts';
import { follow, fundChannel, hasBought, nodesReady, online, publishNotes, rest } from './scenario-steps.ts';
import { runScenario, type ScenarioOptions, type ScenarioReport, type Telling } from './scenario.ts';
import { urlOf, type SimulatedHost, type World } from './simulation.ts';
import { unwrap } from '../result.ts';

const JOBS = ['fund', 'redeem', 'payout', 'close'] as const;
const TROUBLES = [
	'hub ends',
	'guest ends',
	'break',
	'hub hears nothing of the chain',
	"the guest's chain is down",
	'none'
] as const;

export const runSettlement = (seed: string, options: ScenarioOptions): Promise<ScenarioReport> =>
	runScenario({ ...options, seed }, settlement);

const settlement = async (world: World, { tell, wrong }: Telling): Promise<void> => {
	const { random } = world;
	const { hub, bob } = world.nodes;

	await nodesReady(world);
	const guest = await world.addGuest('reader');
	await online(world, guest);
	const notes = [...(await publishNotes(world, bob, 3))];

	for (const job of random.shuffle(JOBS)) {
		// Every job but funding needs a channel with something in it.
		if (openChannel(guest) === undefined && job !== 'fund') await fundChannel(world, guest);
		if (job !== 'fund') {
			await follow(world, guest, bob);
			await world.until('reading', hasBought(guest, notes));
			if (job === 'payout') await earn(world, guest, tell);
		}
		const trouble = random.pick(TROUBLES);
		const work = begin(world, guest, job);
		let answered = false;
		work.then(
			() => (answered = true),
			() => (answered = true)
		);
		await world.advance(random.int(2_500));
		tell(`${job}, and ${trouble}${answered ? ' after it was done' : ''}`);
		const back = await disturb(world, trouble, guest);
		await world.advance(random.int(20_000));
		await back();
		await world.advance(60_000);
		// What an answer that was lost would have told is told by the next hello.
		world.network.cut(urlOf('hub'));
		await world.advance(30_000);
		await rest(world);
		const broken = await auditWorld(world);
		for (const sentence of broken) wrong.push(`${job}, ${trouble}: ${sentence}`);
		if (broken.length > 0) break;
		notes.push(...(await publishNotes(world, bob, 1)));
		await online(world, guest);
	}
	unwrap(
		await world.settle('redeeming', hub.peer.settler?.redeemAll() ?? Promise.reject(new Error('no settler')))
	);
	tell(`the guest's wallet: ${balanceOf(guest, 'wallet')}`);
};

const openChannel = (guest: SimulatedHost): `0x${string}` | undefined =>
	guest.sql.all(`SELECT id FROM channel WHERE direction = 'out' AND status = 'open' ORDER BY id`)[0]?.[
		'id'
	] as `0x${string}` | undefined;

/** Somebody reads the guest, so that there is something to cash out. */
const earn = async (world: World, guest: SimulatedHost, tell: (line: string) => void): Promise<void> => {
	const name = `reader of ${world.hosts().length}`;
	const fan = await world.addGuest(name);
	await online(world, fan);
	await fundChannel(world, fan);
	const ids: string[] = [];
	for (let i = 0; i < 8; i++)
		ids.push(
			unwrap(await world.settle('a note', guest.peer.api.publish({ content: `thought ${i} of ${name}` }))).id
		);
	await follow(world, fan, guest);
	await world.until('being read', hasBought(fan, ids));
	tell(`the guest is read by ${name}`);
};

const begin = (world: World, guest: SimulatedHost, job: (typeof JOBS)[number]): Promise<unknown> => {
	const { api } = guest.peer;
	switch (job) {
		case 'fund':
			return (async () => {
				unwrap(await api.setPayoutAddress(guest.wallet.address));
				const request = unwrap(await api.prepareFunding({ payer: guest.wallet.address, amount: 500_000n }));
				return api.fund({ ...request.funding, signature: guest.wallet.sign(request.typedData) });
			})();
		case 'redeem':
			return Promise.all(
				[world.nodes.hub, world.nodes.bob].map(async (host) => host.peer.settler?.redeemAll())
			);
		case 'payout':
			return api.payout();
		case 'close':
			return api.closeChannel(openChannel(guest) ?? '0x');
	}
};

/** Answers how to undo it. */
const disturb = async (
	world: World,
	trouble: (typeof TROUBLES)[number],
	guest: SimulatedHost
): Promise<() => Promise<void>> => {
	const { hub } = world.nodes;
	switch (trouble) {
		case 'hub ends':
			hub.crash();
			return hub.start;
		case 'guest ends':
			guest.crash();
			return guest.start;
		case 'break':
			world.network.cut(urlOf('hub'));
			return () => Promise.resolve();
		case 'hub hears nothing of the chain':
			hub.chain.setFault({ type: 'silent' });
			return async () => hub.chain.setFault(undefined);
		case "the guest's chain is down":
			guest.chain.setFault({ type: 'down' });
			return async () => guest.chain.setFault(undefined);
		case 'none':
			return () => Promise.resolve();
	}
};
