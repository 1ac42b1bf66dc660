/** What people and nodes do in most scenarios, and what is waited for: any of them throws when it does not come about. */
import { bytesToHex } from '../bytes.ts';
import { unwrap } from '../result.ts';
import { NOTE_PRICE, type SimulatedHost, type World } from './simulation.ts';

/** Token units that a guest puts into her channel. */
const DEPOSIT = 1_000_000n;
const MAX_PRICE = 2n * NOTE_PRICE;
const A_DOLLAR = 1_000_000_000n;

const WORDS = ['packet', 'claim', 'link', 'note', 'price', 'fee', 'way', 'block', 'reader', 'hub'] as const;

export const publishNotes = async (
	world: World,
	author: SimulatedHost,
	count: number
): Promise<readonly string[]> => {
	const ids: string[] = [];
	for (let i = 0; i < count; i++) {
		const words = Array.from({ length: 3 + world.random.int(30) }, () => world.random.pick(WORDS));
		const event = await world.settle(
			'publishing',
			author.peer.publish({ kind: 1, content: `${words.join(' ')} ${bytesToHex(world.random.bytes(4))}` })
		);
		ids.push(event.id);
		await world.advance(world.random.int(400));
	}
	return ids;
};

/** One wallet signature, relayed by the hub. */
export const fundChannel = async (
	world: World,
	guest: SimulatedHost,
	amount = DEPOSIT
): Promise<`0x${string}`> => {
	const { api } = guest.peer;
	unwrap(await world.settle('naming a wallet', api.setPayoutAddress(guest.wallet.address)));
	await online(world, guest);
	const request = unwrap(
		await world.settle('preparing', api.prepareFunding({ payer: guest.wallet.address, amount }))
	);
	const signature = guest.wallet.sign(request.typedData);
	return unwrap(await world.settle('funding', api.fund({ ...request.funding, signature }))).channel;
};

/** Whether the peer's own link to its hub is up. */
export const online = async (world: World, guest: SimulatedHost): Promise<void> => {
	for (;;) {
		const { link } = await world.settle('a look', guest.peer.api.state());
		if (link.status === 'online') return;
		await world.advance(100);
	}
};

export const follow = async (world: World, guest: SimulatedHost, author: SimulatedHost): Promise<void> => {
	unwrap(
		await world.settle(
			'following',
			guest.peer.api.follow(author.pubkey, { maxPrice: MAX_PRICE, dailyLimit: A_DOLLAR })
		)
	);
};

/** How many of these notes it has. */
export const bought = (host: SimulatedHost, ids: readonly string[]): number =>
	ids.filter((id) => host.sql.all('SELECT 1 FROM bought WHERE event_id = ?', [id]).length > 0).length;

export const hasBought = (host: SimulatedHost, ids: readonly string[]) => (): boolean =>
	bought(host, ids) === ids.length;

/** Neighbours have found each other and opened their channels. */
export const nodesAreReady = (world: World): boolean =>
	Object.values(world.nodes).every(({ sql, name }) => {
		const wanted = name === 'bob' ? 2 : 1;
		const open = (direction: string) =>
			sql.all(`SELECT 1 FROM channel WHERE direction = ? AND status = 'open'`, [direction]).length;
		return open('out') === wanted && open('in') >= wanted;
	});

export const nodesReady = (world: World): Promise<void> =>
	world.until('channels between nodes', () => nodesAreReady(world));

export const redeem = async (world: World, hosts: readonly SimulatedHost[]): Promise<void> => {
	for (const host of hosts)
		unwrap(
			await world.settle(
				'redeeming',
				host.peer.settler?.redeemAll() ?? Promise.reject(new Error('no settler'))
			)
		);
};

/** Every packet's outcome is known at both its ends. */
export const isAtRest = (world: World): boolean =>
	world
		.hosts()
		.every(
			({ sql }) =>
				sql.all(
					`SELECT 1 FROM packet WHERE state = 'pending' OR (state = 'late' AND direction = 'out') LIMIT 1`
				).length === 0
		);

export const rest = async (world: World): Promise<void> => {
	await world.until('a rest', () => isAtRest(world));
	await world.advance(2_000);
};
