/**
 * How a peer begins and ends.
 *
 * It begins with what it had under way: subscriptions and receipts of before go on as soon as a link is there. So links
 * are dialled next, then claims that nobody checked yet are checked and the chain is asked. It ends from the outside in:
 * nothing new is begun, then the connections go, then what they set off is written, and last the queue to the disk closes.
 */
import type { Settler } from './channel/settler.ts';
import type { HeldClaims } from './channel/held-claims.ts';
import { termsFor, type PeerConfig } from './config.ts';
import type { RouteExchange } from './ilp/peer-protocols.ts';
import type { BtpAccounts } from './link/btp-accounts.ts';
import type { Links } from './link/links.ts';
import type { Spawn } from './link/spawn.ts';
import type { Reader } from './market/reader.ts';
import type { PersonalSettings } from './personal-settings.ts';
import type { Cancel } from './platform.ts';
import type { Commits } from './storage/commit.ts';
import type { Sessions } from './stream/session.ts';
import type { Upkeep } from './upkeep.ts';

export interface LifeDeps {
	readonly config: Pick<PeerConfig, 'uplinks'>;
	readonly personal: Pick<PersonalSettings, 'float'>;
	readonly spawn: Spawn;
	readonly reader: Pick<Reader, 'start' | 'stop'>;
	readonly links: Pick<Links, 'connect' | 'stop'>;
	readonly btpAccounts: Pick<BtpAccounts, 'start' | 'stop'>;
	readonly heldClaims: Pick<HeldClaims, 'check' | 'stop'> | undefined;
	readonly settler: Pick<Settler, 'start' | 'stop'> | undefined;
	readonly routeExchange: Pick<RouteExchange, 'stop'> | undefined;
	readonly sessions: Pick<Sessions, 'stop'>;
	readonly upkeep: Pick<Upkeep, 'start' | 'stop'>;
	readonly commits: Pick<Commits, 'stop'>;
}

export interface Life {
	start(): void;
	/** Once; a second call says nothing new. */
	stop(): Promise<void>;
}

export const createLife = (deps: LifeDeps): Life => {
	const { config, personal, spawn, links, btpAccounts, heldClaims, settler } = deps;
	const dialled: Cancel[] = [];
	let stopped = false;
	return {
		start: () => {
			deps.reader.start();
			for (const { url, owner, role } of config.uplinks)
				dialled.push(
					links.connect({
						url,
						owner,
						// Read at each dial: a float that was changed goes into the next hello.
						get terms() {
							return termsFor(role, personal.float());
						}
					})
				);
			btpAccounts.start();
			if (heldClaims) spawn('checking claims', heldClaims.check());
			if (settler) spawn('the chain', settler.start());
			deps.upkeep.start();
		},
		stop: async () => {
			if (stopped) return;
			stopped = true;
			deps.upkeep.stop();
			for (const cancel of dialled) cancel();
			deps.reader.stop();
			settler?.stop();
			deps.routeExchange?.stop();
			btpAccounts.stop();
			links.stop();
			heldClaims?.stop();
			deps.sessions.stop();
			// Whatever the closing sockets set off is queued by now.
			await Promise.resolve();
			deps.commits.stop();
		}
	};
};
