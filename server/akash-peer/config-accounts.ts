/**
 * `accounts` of a config file: neighbours that speak plain ILP (docs/interop.md shows one of each kind).
 * Amounts are decimal text in link units, USD at scale 9.
 */
import { bearerToken } from '../../src/lib/peer/http.ts';
import type { AccountConfig, BtpAccount, HttpAccount } from '../../src/lib/peer/link/account-transport.ts';
import { LINK_ASSET } from '../../src/lib/peer/money.ts';
import {
	amount,
	flag,
	list,
	matching,
	object,
	oneOf,
	optional,
	positive,
	text,
	wrong,
	type Json
} from './config-fields.ts';

/** One segment of an ILP address: a child's address ends with it. */
const NAME = /^[a-zA-Z0-9_~-]+$/;
const WEB_URL = /^https?:\/\//;
const SOCKET_URL = /^wss?:\/\//;

/** @throws Error with the place of the first wrong value */
export const readAccounts = (value: unknown): readonly AccountConfig[] => {
	const names = new Set<string>();
	const tokens = new Set<string>();
	return list(value, 'accounts').map((one, index) => {
		const at = `accounts[${index}].`;
		const account = readAccount(object(one, `accounts[${index}]`), at);
		const token = account.over.type === 'btp' ? account.over.token : account.over.incomingToken;
		if (names.has(account.name)) wrong(`${at}name`, 'a name that no other account has');
		if (token === '' || tokens.has(token)) wrong(at, 'an account with a token that no other has');
		names.add(account.name);
		tokens.add(token);
		return account;
	});
};

const readAccount = (entry: Json, at: string): AccountConfig => ({
	name: matching(entry['name'], NAME, `${at}name`, 'letters, digits, _ ~ and -'),
	role: oneOf(entry['role'], ['child', 'peer', 'parent'] as const, `${at}role`),
	asset: LINK_ASSET,
	maxBalance: amount(entry['maxBalance'], `${at}maxBalance`),
	...optional(entry, 'maxOwed', amount, at),
	...optional(entry, 'maxPacketAmount', amount, at),
	...optional(entry, 'packetsPerSecond', positive, at),
	...optional(entry, 'freeBytesPerSecond', positive, at),
	...optional(entry, 'exchangesRoutes', flag, at),
	over: readOver(entry, at)
});

/** What can stand in `Authorization: Bearer …`; anything else nobody could ever show. */
const bearer = (value: unknown, at: string): string => {
	const token = text(value, at);
	return bearerToken(`Bearer ${token}`) === token
		? token
		: wrong(at, 'letters, digits and - . _ ~ + / without spaces');
};

const readOver = (entry: Json, at: string): BtpAccount | HttpAccount => {
	const { btp, http } = entry;
	if ((btp === undefined) === (http === undefined)) return wrong(at, 'an account with either btp or http');
	if (btp !== undefined) {
		const over = object(btp, `${at}btp`);
		return {
			type: 'btp',
			token: text(over['token'], `${at}btp.token`),
			...optional(over, 'username', text, `${at}btp.`),
			...optional(
				over,
				'url',
				(url, place) => matching(url, SOCKET_URL, place, 'a ws:// or wss:// URL'),
				`${at}btp.`
			)
		};
	}
	const over = object(http, `${at}http`);
	const url = (value: unknown, place: string): string =>
		matching(value, WEB_URL, place, 'an http:// or https:// URL');
	return {
		type: 'http',
		incomingToken: bearer(over['incomingToken'], `${at}http.incomingToken`),
		...optional(over, 'url', url, `${at}http.`),
		...optional(over, 'outgoingToken', text, `${at}http.`),
		...optional(over, 'callbackUrl', url, `${at}http.`)
	};
};
