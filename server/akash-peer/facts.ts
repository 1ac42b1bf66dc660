/**
 * True sentences about the network a node runs in. A topic looks at what is so now and at what was so
 * when it last spoke, and offers the ways to say what changed; where nothing changed it offers none,
 * because a reader pays for every note.
 */
import type { PeerStatus } from '../../src/lib/peer/index.ts';
import { afterFee, tokenToLink } from '../../src/lib/peer/money.ts';
import type { BlockFacts, ContractActivity } from './chain-facts.ts';

/** Everything that can be told, at one moment. */
export interface Look {
	/** Unix milliseconds. */
	readonly at: number;
	readonly status: Pick<PeerStatus, 'links' | 'channels' | 'packets' | 'traffic' | 'events' | 'commits'>;
	/** By notes, in link units, ever. */
	readonly earned: bigint;
	/** Link units per note. */
	readonly price: bigint;
	readonly feePpm: bigint;
	readonly tokenScale: number;
	/** Persons who introduced themselves here. */
	readonly people: number;
	readonly block: BlockFacts | undefined;
	/** Of the channel contract, counted since this program started. */
	readonly activity: ContractActivity;
	/** Token units in the channel contract. */
	readonly locked: bigint | undefined;
}

/** `before` is the look with which this topic last spoke; `undefined` when it never did. `start` is the first look. */
export type Topic = (now: Look, before: Look | undefined, start: Look) => readonly string[];

const NOTHING: readonly string[] = [];
const PLAIN_TRANSFER_GAS = 21_000n;
const QUIET_MS = 5 * 60_000;

// ---------------------------------------------------------------- how numbers are written

export const count = (value: number | bigint): string => value.toString().replace(/\B(?=(\d{3})+$)/g, ',');

export const some = (value: number | bigint, one: string, many = `${one}s`): string =>
	value === 1 || value === 1n ? `one ${one}` : `${count(value)} ${many}`;

/** Link units as dollars, exact, with at least two decimals. */
export const dollars = (units: bigint): string => {
	const whole = units / 1_000_000_000n;
	const fraction = (units % 1_000_000_000n).toString().padStart(9, '0').replace(/0+$/, '').padEnd(2, '0');
	return `$${count(whole)}.${fraction}`;
};

export const bytes = (value: number): string => {
	if (value < 1_000) return some(value, 'byte');
	return value < 1_000_000 ? `${(value / 1_000).toFixed(1)} kB` : `${(value / 1_000_000).toFixed(2)} MB`;
};

export const duration = (ms: number): string => {
	const seconds = Math.round(ms / 1_000);
	if (seconds < 120) return some(seconds, 'second');
	const minutes = Math.round(seconds / 60);
	if (minutes < 120) return some(minutes, 'minute');
	const hours = Math.round(minutes / 60);
	return hours < 48 ? some(hours, 'hour') : some(Math.round(hours / 24), 'day');
};

/** Wei per gas, in gwei where that is readable. */
export const gasPrice = (wei: bigint): string => {
	if (wei < 1_000_000n) return `${count(wei)} wei`;
	const micro = wei / 1_000n;
	const fraction = (micro % 1_000_000n).toString().padStart(6, '0').replace(/0+$/, '');
	return `${count(micro / 1_000_000n)}${fraction === '' ? '' : `.${fraction}`} gwei`;
};

export const percent = (part: bigint, whole: bigint): string => {
	if (whole === 0n) return '0 %';
	const hundredths = (part * 10_000n) / whole;
	if (hundredths === 0n && part > 0n) return 'less than 0.01 %';
	const fraction = (hundredths % 100n).toString().padStart(2, '0').replace(/0+$/, '');
	return `${hundredths / 100n}${fraction === '' ? '' : `.${fraction}`} %`;
};

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** What must be sent so that `wanted` arrives behind that many nodes, each rounding down what it passes on. */
export const sentFor = (wanted: bigint, feePpm: bigint, nodes: number): bigint => {
	let amount = wanted;
	for (let i = 0; i < nodes; i++) {
		let sent = (amount * 1_000_000n) / (1_000_000n - feePpm);
		while (afterFee(sent, feePpm) < amount) sent += 1n;
		amount = sent;
	}
	return amount;
};

// ---------------------------------------------------------------- Bob: the chain

const newBlock: Topic = ({ block, at }, before) => {
	if (!block || block.number === before?.block?.number) return NOTHING;
	const { number, sinceParent, transactions, gasUsed, gasLimit, baseFee } = block;
	const name = `block ${count(number)}`;
	const age = Math.max(0, at - block.time * 1_000);
	const lines = [
		`${capital(name)}: ${some(transactions, 'transaction')}, ${count(gasUsed)} gas, base fee ${gasPrice(baseFee)}.`,
		`The newest block is ${count(number)}. It used ${count(gasUsed)} gas, ${percent(gasUsed, gasLimit)} of what it may.`
	];
	if (age < 86_400_000)
		lines.push(
			`${capital(name)} is ${duration(age)} old and holds ${some(transactions, 'transaction')}. Nothing newer yet.`
		);
	if (sinceParent !== undefined)
		lines.push(
			sinceParent < 2
				? `${capital(name)} followed on the heels of the one before. ${capital(some(transactions, 'transaction'))}, ${count(gasUsed)} gas.`
				: `${capital(duration(sinceParent * 1_000))} lie between ${name} and the one before it. It burned a base fee of ${gasPrice(baseFee)} on each of ${count(gasUsed)} gas.`
		);
	if (gasUsed > 2n * PLAIN_TRANSFER_GAS)
		lines.push(
			`${capital(name)} did as much work as ${count(gasUsed / PLAIN_TRANSFER_GAS)} plain transfers of ether: ${count(gasUsed)} gas.`
		);
	return lines;
};

const baseFee: Topic = ({ block }, before, start) => {
	const last = (before ?? start).block;
	if (!block || !last || block.baseFee === last.baseFee) return NOTHING;
	const way = block.baseFee < last.baseFee ? 'fell' : 'rose';
	const blocks = some(block.number - last.number, 'block');
	return [
		`Within ${blocks} the base fee ${way} from ${gasPrice(last.baseFee)} to ${gasPrice(block.baseFee)}.`,
		`The base fee is ${gasPrice(block.baseFee)} now. ${capital(blocks)} ago it was ${gasPrice(last.baseFee)}.`
	];
};

const pace: Topic = (now, before, start) => {
	const last = before ?? start;
	if (!now.block || !last.block) return NOTHING;
	const blocks = now.block.number - last.block.number;
	if (blocks < 3n) return NOTHING;
	const passed = duration(now.at - last.at);
	return [
		`${capital(some(blocks, 'block'))} in ${passed}. The chain is at ${count(now.block.number)}.`,
		`Somebody is busy: ${some(blocks, 'new block')} within ${passed}.`,
		`From block ${count(last.block.number)} to ${count(now.block.number)} in ${passed}.`
	];
};

const redeemed: Topic = ({ activity, tokenScale, block }, before, start) => {
	const last = (before ?? start).activity;
	const claims = activity.claimed - last.claimed;
	if (claims === 0) return NOTHING;
	const paid = dollars(tokenToLink(activity.paid - last.paid, tokenScale));
	const upTo = block ? ` Seen up to block ${count(block.number)}.` : '';
	return [
		`${capital(some(claims, 'claim'))} went to the contract and brought ${paid} to the payees.${upTo}`,
		`Promises became money: ${paid} paid out for ${some(claims, 'claim')}.${upTo}`,
		`The contract paid ${paid}. It needed ${some(claims, 'signature')} for that, whatever the number of notes behind it.`
	];
};

const deposits: Topic = ({ activity, tokenScale }, before, start) => {
	const last = (before ?? start).activity;
	const opened = activity.opened - last.opened;
	const toppedUp = activity.toppedUp - last.toppedUp;
	if (opened + toppedUp === 0) return NOTHING;
	const sum = dollars(tokenToLink(activity.deposited - last.deposited, tokenScale));
	const what = [
		...(opened > 0 ? [some(opened, 'channel was opened', 'channels were opened')] : []),
		...(toppedUp > 0 ? [some(toppedUp, 'channel was topped up', 'channels were topped up')] : [])
	].join(' and ');
	return [
		`${capital(what)}, with ${sum} in all.`,
		`${sum} went into channels just now: ${what}.`,
		`New deposits of ${sum}. ${capital(what)}.`
	];
};

const ended: Topic = ({ activity, tokenScale }, before, start) => {
	const last = (before ?? start).activity;
	const channels = activity.ended - last.ended;
	if (channels === 0) return NOTHING;
	const back = dollars(tokenToLink(activity.refunded - last.refunded, tokenScale));
	return [
		`${capital(some(channels, 'channel'))} came to an end, and ${back} went back to where it came from.`,
		`${back} of unspent deposit returned to its owner when ${some(channels, 'channel was', 'channels were')} closed.`
	];
};

const locked: Topic = (now, before) => {
	if (now.locked === undefined || now.locked === before?.locked) return NOTHING;
	const sum = dollars(tokenToLink(now.locked, now.tokenScale));
	const lines = [
		`The channel contract holds ${sum} of test dollars at this moment.`,
		`All channels on this chain together: ${sum}.`
	];
	if (before?.locked !== undefined) {
		const grew = now.locked > before.locked;
		const difference = grew ? now.locked - before.locked : before.locked - now.locked;
		lines.push(
			`There is ${dollars(tokenToLink(difference, now.tokenScale))} ${grew ? 'more' : 'less'} in channels than when I last looked, ${duration(now.at - before.at)} ago. In all it is ${sum}.`
		);
	}
	return lines;
};

const unredeemed: Topic = ({ status, tokenScale }, before, start) => {
	const held = (channels: Look['status']['channels']): bigint =>
		channels.reduce(
			(sum, { direction, status: state, claimed, settled }) =>
				direction === 'in' && state === 'open' && claimed > settled ? sum + claimed - settled : sum,
			0n
		);
	const sum = held(status.channels);
	if (sum === 0n || sum === held((before ?? start).status.channels)) return NOTHING;
	const amount = dollars(tokenToLink(sum, tokenScale));
	return [
		`In my drawer: claims worth ${amount} that the chain has not seen. It can wait.`,
		`I could redeem ${amount} right now. Gas is paid per redemption and not per note, so I let it grow.`,
		`What I was promised and have not collected stands at ${amount}.`
	];
};

const groups: Topic = ({ status, at }, before, start) => {
	const last = before ?? start;
	const units = status.commits.units - last.status.commits.units;
	const commits = status.commits.commits - last.status.commits.commits;
	if (units < 40 || commits === 0) return NOTHING;
	return [
		`My books took ${some(units, 'entry', 'entries')} in ${duration(at - last.at)} and went to the disk ${some(commits, 'time')}. What is decided together is written together.`,
		`${capital(some(units, 'decision'))} since I last counted, ${some(commits, 'write')} to the disk. Nothing is shown to anybody before it is down there.`
	];
};

/** Says so each time the silence has doubled. */
const quiet: Topic = ({ block, at }, before) => {
	if (!block) return NOTHING;
	const silence = at - block.time * 1_000;
	const said = before?.block?.number === block.number ? before.at - block.time * 1_000 : 0;
	if (silence < QUIET_MS || silence > 86_400_000 || silence < 2 * said) return NOTHING;
	return [
		`No block for ${duration(silence)}. This chain makes one only when somebody has something to say. The last is ${count(block.number)}.`,
		`It is quiet: block ${count(block.number)} has been the newest for ${duration(silence)}. Channels do not mind.`
	];
};

// ---------------------------------------------------------------- Carol: the way

const answered: Topic = ({ status, at }, before, start) => {
	const last = before ?? start;
	const received = status.packets.received - last.status.packets.received;
	const fulfilled = status.packets.fulfilled - last.status.packets.fulfilled;
	const rejected = status.packets.rejected - last.status.packets.rejected;
	if (received < 3 || fulfilled + rejected === 0) return NOTHING;
	const passed = duration(at - last.at);
	return [
		`${capital(some(received, 'packet'))} came in within ${passed}: ${count(fulfilled)} fulfilled, ${count(rejected)} rejected.`,
		`In ${passed} I said yes to ${some(fulfilled, 'packet')} and no to ${count(rejected)}.`,
		rejected === 0
			? `${capital(some(fulfilled, 'packet'))} in ${passed}, and not one of them had to be refused.`
			: `Of the packets of the last ${passed}, ${percent(BigInt(fulfilled), BigInt(fulfilled + rejected))} were fulfilled. The others were told why not.`
	];
};

const traffic: Topic = ({ status, at }, before, start) => {
	const last = before ?? start;
	const inward = status.traffic.in - last.status.traffic.in;
	const outward = status.traffic.out - last.status.traffic.out;
	if (inward + outward < 4_000) return NOTHING;
	const passed = duration(at - last.at);
	const received = status.packets.received - last.status.packets.received;
	return [
		`${bytes(inward)} in and ${bytes(outward)} out within ${passed}, everything counted.`,
		`My links moved ${bytes(inward + outward)} in ${passed}. A single photograph is usually more.`,
		...(received > 0
			? [
					`${bytes(Math.round((inward + outward) / received))} of traffic for each packet that came in, over the last ${passed}: question, answer and all that belongs to them.`
				]
			: []),
		...(outward > 0 && inward > 0
			? [`For every kilobyte that I heard in the last ${passed} I said ${(outward / inward).toFixed(1)}.`]
			: [])
	];
};

const earnings: Topic = ({ earned, price, at }, before, start) => {
	const last = before ?? start;
	const sum = earned - last.earned;
	if (sum <= 0n) return NOTHING;
	const passed = duration(at - last.at);
	const lines = [
		`Readers paid me ${dollars(sum)} in ${passed}. Since I began it is ${dollars(earned)}.`,
		`My notes have earned ${dollars(earned)} so far, ${dollars(sum)} of it in the last ${passed}.`
	];
	if (price > 0n && price === last.price && sum % price === 0n)
		lines.push(`${capital(some(sum / price, 'note'))} sold within ${passed}, at ${dollars(price)} each.`);
	return lines;
};

const wayCost: Topic = ({ price, feePpm }, before) => {
	if (price === 0n || (before?.price === price && before.feePpm === feePpm)) return NOTHING;
	const sent = sentFor(price, feePpm, 2);
	return [
		`If both nodes between us keep ${percent(feePpm, 1_000_000n)}, as I would, then a note for which ${dollars(price)} arrives here costs ${dollars(sent)}. The way takes ${dollars(sent - price)}.`,
		`The arithmetic of a way over two nodes at ${percent(feePpm, 1_000_000n)} each: send ${dollars(sent)}, and ${dollars(price)} arrives, rounding included.`
	];
};

const priceNow: Topic = ({ price, at }, before) => {
	if (price === 0n || before?.price === price) return NOTHING;
	const lines = [
		`My price is ${dollars(price)} a note. For a dollar that makes ${count(1_000_000_000n / price)} notes.`,
		`A hundred notes of mine cost ${dollars(price * 100n)}, a thousand ${dollars(price * 1_000n)}, before the way takes its share.`
	];
	return before
		? [
				...lines,
				`I changed my price: it was ${dollars(before.price)} ${duration(at - before.at)} ago, it is ${dollars(price)} now.`
			]
		: lines;
};

const feeNow: Topic = ({ feePpm }, before) => {
	if (feePpm === 0n || before?.feePpm === feePpm) return NOTHING;
	return [
		`For passing a packet on I keep ${percent(feePpm, 1_000_000n)} of what it carries. A packet that carries nothing pays nothing.`,
		`My fee for forwarding is ${count(feePpm)} millionths of the amount, which is ${percent(feePpm, 1_000_000n)}.`
	];
};

const neighbours: Topic = ({ status }, before) => {
	const links = status.links.length;
	if (links === 0 || links === before?.status.links.length) return NOTHING;
	return [
		`I know ${some(links, 'neighbour')}. Everybody else I reach through ${links === 1 ? 'that one' : 'them'}.`,
		`Number of links in my book: ${count(links)}. It takes very few to reach everybody.`
	];
};

// ---------------------------------------------------------------- the hub: plain words

const passedOn: Topic = ({ status, at }, before, start) => {
	const last = before ?? start;
	const forwarded = status.packets.forwarded - last.status.packets.forwarded;
	if (forwarded < 3) return NOTHING;
	return [
		`I passed on ${some(forwarded, 'packet')} for my guests and neighbours in ${duration(at - last.at)}. Each was a question to somebody further on, with or without money in it.`,
		`${capital(some(forwarded, 'packet'))} went through here in the last ${duration(at - last.at)}. I can see how large they are, not what they say.`
	];
};

const guests: Topic = ({ status }, before, start) => {
	const met = (look: Look): number => look.status.links.filter(({ role }) => role === 'child').length;
	const now = status.links.filter(({ role }) => role === 'child').length;
	if (now === 0 || now === met(before ?? start)) return NOTHING;
	return [
		`${capital(some(now, 'guest has', 'guests have'))} come in by this door so far. Nobody was asked for a name.`,
		`A new guest came in. With that I have met ${count(now)}.`
	].slice(0, now > met(before ?? start) ? 2 : 1);
};

const introduced: Topic = ({ people }, before, start) => {
	if (people === 0 || people === (before ?? start).people) return NOTHING;
	return [
		`${capital(some(people, 'person has', 'people have'))} introduced themselves here. You find them under People.`,
		`Under People there are ${count(people)} now, each with a price you can see before you follow.`
	];
};

const TOPICS_BY_AUTHOR: Readonly<Record<string, readonly Topic[]>> = {
	bob: [newBlock, baseFee, pace, redeemed, deposits, ended, locked, unredeemed, groups, quiet],
	carol: [answered, traffic, earnings, wayCost, priceNow, feeNow, neighbours],
	hub: [passedOn, guests, introduced, locked]
};

/** An author nobody knows tells about the chain. */
export const topicsOf = (name: string): readonly Topic[] =>
	TOPICS_BY_AUTHOR[name] ?? TOPICS_BY_AUTHOR['bob'] ?? [];
