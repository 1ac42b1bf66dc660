/**
 * Any history: what people and the world may do to a network is a list of {@link Act}s, in any order and as often
 * as one likes. Whatever the list, once all is healed and at rest the money of the whole network adds up
 * ({@link auditWorld}): nothing was made, lost or counted twice, on any link and on the chain.
 *
 * Acts are data, so that a history that breaks a rule can be made shorter until it shows why.
 */
import type { Result } from '../result.ts';
import { auditWorld } from './scenario-audit.ts';
import { follow, fundChannel, nodesReady, online, publishNotes, rest } from './scenario-steps.ts';
import { runScenario, type ScenarioOptions, type ScenarioReport } from './scenario.ts';
import { urlOf, type SimulatedHost, type World } from './simulation.ts';

export const GUESTS = ['ada', 'ben'] as const;
export const NODES = ['hub', 'bob', 'carol'] as const;
export const AUTHORS = ['bob', 'carol', ...GUESTS] as const;
export const HOSTS = [...NODES, ...GUESTS] as const;
type Guest = (typeof GUESTS)[number];
type Author = (typeof AUTHORS)[number];

export type Act =
	| { readonly act: 'publish'; readonly who: Author; readonly notes: number }
	| { readonly act: 'follow' | 'unfollow'; readonly who: Guest; readonly author: Author }
	/** Opens a channel or tops one up, in token units. */
	| { readonly act: 'fund'; readonly who: Guest; readonly amount: bigint }
	| { readonly act: 'cash out' | 'close'; readonly who: Guest }
	| { readonly act: 'redeem'; readonly who: (typeof NODES)[number] }
	| { readonly act: 'break'; readonly link: 'hub' | 'bob' }
	/** Ends between two commits and comes back after so long. */
	| { readonly act: 'crash'; readonly who: (typeof HOSTS)[number]; readonly awayMs: number }
	| { readonly act: 'chain away'; readonly ms: number }
	| { readonly act: 'wait'; readonly ms: number };

/** Both guests are there and have money in a channel; then the acts; then rest. */
export const runActs = (
	seed: string,
	acts: readonly Act[],
	options: ScenarioOptions
): Promise<ScenarioReport> =>
	runScenario({ ...options, seed }, async (world, { tell, wrong }) => {
		await nodesReady(world);
		const guests = new Map<string, SimulatedHost>();
		for (const name of GUESTS) {
			const guest = await world.addGuest(name);
			await online(world, guest);
			await fundChannel(world, guest);
			guests.set(name, guest);
		}
		const hostOf = (name: string): SimulatedHost =>
			guests.get(name) ?? (world.nodes as Readonly<Record<string, SimulatedHost>>)[name] ?? never(name);

		for (const act of acts) tell(`${words(act)}${await perform(world, hostOf, act)}`);
		// What is asked for late may need the longest back-off to be got, and peers look at the chain every 15 seconds.
		await world.advance(60_000);
		await rest(world);
		wrong.push(...(await auditWorld(world)));
	});

/** What was answered, when it was a refusal: a refusal is no fault here, lost money is. */
const perform = async (world: World, hostOf: (name: string) => SimulatedHost, act: Act): Promise<string> => {
	const refusalOf = async (answer: Promise<Result<unknown, { readonly type: string }>>): Promise<string> => {
		const result = await world.settle(words(act), answer);
		return result.ok ? '' : `: ${result.error.type}`;
	};
	switch (act.act) {
		case 'publish': {
			const author = hostOf(act.who);
			for (let note = 0; note < act.notes; note++)
				if (GUESTS.some((guest) => guest === act.who))
					await world.settle('a note', author.peer.api.publish({ content: `note ${note} of ${act.who}` }));
				else await publishNotes(world, author, 1);
			return '';
		}
		case 'follow':
			if (act.who !== act.author) await follow(world, hostOf(act.who), hostOf(act.author));
			return '';
		case 'unfollow':
			return refusalOf(hostOf(act.who).peer.api.unfollow(hostOf(act.author).pubkey));
		case 'fund': {
			const guest = hostOf(act.who);
			const request = await world.settle(
				'preparing',
				guest.peer.api.prepareFunding({ payer: guest.wallet.address, amount: act.amount })
			);
			if (!request.ok) return `: ${request.error.type}`;
			const { typedData, funding } = request.value;
			return refusalOf(guest.peer.api.fund({ ...funding, signature: guest.wallet.sign(typedData) }));
		}
		case 'cash out':
			return refusalOf(hostOf(act.who).peer.api.payout());
		case 'close': {
			const { api } = hostOf(act.who).peer;
			const { channels } = await world.settle('a look', api.state());
			const open = channels.find(({ direction, status }) => direction === 'out' && status === 'open');
			return open ? refusalOf(api.closeChannel(open.id)) : ': none is open';
		}
		case 'redeem': {
			const { settler } = hostOf(act.who).peer;
			return settler ? refusalOf(settler.redeemAll()) : '';
		}
		case 'break':
			world.network.cut(urlOf(act.link));
			return '';
		case 'crash': {
			const host = hostOf(act.who);
			host.crash();
			await world.advance(act.awayMs);
			await host.start();
			return '';
		}
		case 'chain away':
			world.chainDown(true);
			await world.advance(act.ms);
			world.chainDown(false);
			return '';
		case 'wait':
			await world.advance(act.ms);
			return '';
	}
};

const words = (act: Act): string =>
	Object.values(act)
		.map((value) => String(value))
		.join(' ');

const never = (name: string): never => {
	throw new Error(`nobody is called ${name}`);
};
