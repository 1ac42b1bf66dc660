/** Whether a run of `bench -- paid` was right: every note once, and every unit accounted for at each hop. */
import { statusOf } from '../../tests/process/nodes.ts';
import { until } from './browser.ts';
import { openBooks, type Books } from './paid-books.ts';
import { PRICE, type PaidNode } from './paid-world.ts';

const fail = (what: string): never => {
	throw new Error(`paid: ${what}`);
};

const settled = (nodes: readonly PaidNode[]): Promise<true> =>
	until('quiet', async () => {
		const every = await Promise.all(nodes.map(({ http }) => statusOf(http)));
		const isQuiet = every.every(({ links }) =>
			links.every(({ pendingIn, pendingOut }) => pendingIn === '0' && pendingOut === '0')
		);
		return isQuiet ? true : undefined;
	});

const checkAudits = async (nodes: readonly PaidNode[]): Promise<void> => {
	for (const node of nodes) {
		const { audit, links } = await statusOf(node.http);
		if (audit.sum !== '0' || audit.differences !== 0) fail(`the books of ${node.name} do not agree`);
		if (links.some((link) => link.audit !== '0')) fail(`${node.name} and a neighbour count differently`);
	}
};

/**
 * `row`: from the readers' parent to the author. Answers the most payments that a reader had under way at once.
 *
 * @throws Error when a note is missing or twice there, a packet was refused, or a unit is not where it should be
 */
export const checkPaid = async (row: readonly PaidNode[], readers: readonly PaidNode[]): Promise<number> => {
	const author = row.at(-1) as PaidNode;
	const all = [...row, ...readers];
	await settled(all);
	await checkAudits(all);
	const books = new Map<PaidNode, Books>(all.map((node) => [node, openBooks(node)]));
	const of = (node: PaidNode): Books => books.get(node) ?? fail('no books');
	const balance = (node: PaidNode, name: string): bigint => of(node).balances().get(name) ?? 0n;
	try {
		for (const reader of readers) {
			const count = of(reader).bought(author.pubkey);
			if (of(reader).stored(author.pubkey) !== count) fail(`${count} notes bought, others stored`);
			if (of(reader).amiss(author.pubkey) !== 0) fail(`${reader.name} has purchases that are not in order`);
			// The first over hops measures the way and is refused once.
			const refused = of(reader).refused();
			if (refused > (row.length > 1 ? 1 : 0)) fail(`${refused} packets of ${reader.name} were refused`);
		}
		// Both ends of each link count the same.
		const first = row[0] as PaidNode;
		const pairs = [
			...readers.map((reader) => [reader, first] as const),
			...row.slice(1).map((node, at) => [row[at] as PaidNode, node] as const)
		];
		for (const [payer, payee] of pairs) {
			const [from, to] = [of(payer).link(payee.pubkey), of(payee).link(payer.pubkey)];
			if (from.mine !== to.theirs || from.theirs !== to.mine || from.balance !== -to.balance)
				fail(`${payer.name} and ${payee.name} count differently`);
		}
		// What came into a hop went on or is its fee; what readers spent is what the author and the hops have.
		const fees = row.map((node) => -balance(node, 'income/routing'));
		row.slice(0, -1).forEach((node, at) => {
			const after = of(node).link((row[at + 1] as PaidNode).pubkey).theirs;
			const before = at === 0 ? readers.map(({ pubkey }) => pubkey) : [(row[at - 1] as PaidNode).pubkey];
			const came = before.reduce((sum, owner) => sum + of(node).link(owner).mine, 0n);
			if (came !== after + (fees[at] ?? 0n)) fail(`${node.name} took ${came} and passed on ${after}`);
		});
		const spent = readers.reduce(
			(sum, reader) => sum + balance(reader, 'expense/notes') + balance(reader, 'expense/way'),
			0n
		);
		const earned = -balance(author, 'income/notes');
		const taken = fees.reduce((sum, fee) => sum + fee, 0n);
		if (spent !== earned + taken) fail(`${spent} spent, ${earned} earned and ${taken} taken on the way`);
		const sold = readers.reduce((sum, reader) => sum + of(reader).bought(author.pubkey), 0);
		if (earned < BigInt(sold) * PRICE) fail(`${earned} earned with ${sold} notes`);
		return Math.max(...readers.map((reader) => of(reader).underWay()));
	} finally {
		for (const book of books.values()) book.close();
	}
};
