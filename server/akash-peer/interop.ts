/**
 * A node for other people's test suites (docs/interop.md): an ordinary one, whose configuration gives it
 * two child accounts over BTP, one over HTTP, a STREAM receiver and a handle to look at what arrived and to
 * make it pay; no chain, no guests, no fee, and accounts that are trusted with more than any test spends.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LIMITS, type Log } from '../../src/lib/peer/index.ts';
import type { AccountConfig } from '../../src/lib/peer/link/account-transport.ts';
import { LINK_ASSET } from '../../src/lib/peer/money.ts';
import type { NodeConfig } from './config.ts';
import { nodeRandom } from './node-random.ts';
import { startNode, type RunningNode } from './node.ts';

/** What a suite needs to know; docs/interop.md says what each is for. Money is decimal text. */
export interface InteropDescription {
	readonly name: string;
	readonly address: string;
	readonly btp: { readonly a: BtpAccess; readonly b: BtpAccess };
	readonly http: { readonly url: string; readonly token: string };
	readonly spsp: string;
	readonly control: string;
	readonly maxPacketAmount: string;
	readonly asset: { readonly code: string; readonly scale: number };
}

export interface BtpAccess {
	/** Without credentials: `token` is the `auth_token`, `account` the `auth_username`. */
	readonly url: string;
	readonly token: string;
	readonly account: string;
}

export interface InteropNode extends RunningNode {
	readonly description: InteropDescription;
}

export interface InteropOptions {
	readonly log: Log;
	/** Further accounts, beside a, b and the one over HTTP. */
	readonly accounts?: readonly AccountConfig[];
	/** What else differs from an ordinary run: for tests. */
	readonly config?: Partial<NodeConfig>;
}

const ILP_PATH = '/ilp';
const SPSP_PATH = '/.well-known/pay';
/** Far beyond what any suite pays: a million dollars. */
const CREDIT = LIMITS.linkTermsMost;
const RECEIVE_MAX = 10n ** 18n;
const FREE_BYTES_PER_SECOND = 1024 ** 3;

const newToken = (): string => Buffer.from(nodeRandom.bytes(24)).toString('base64url');

/** Listens on a free port of this machine and keeps its books in a folder that goes with it. */
export const startInterop = async ({ log, accounts = [], config }: InteropOptions): Promise<InteropNode> => {
	const dataDir = mkdtempSync(join(tmpdir(), 'tributary-interop-'));
	const tokens = { a: newToken(), b: newToken(), http: newToken() };
	const child = (name: string, over: AccountConfig['over']): AccountConfig => ({
		name,
		role: 'child',
		asset: LINK_ASSET,
		maxBalance: CREDIT,
		freeBytesPerSecond: FREE_BYTES_PER_SECOND,
		over
	});
	const node = await startNode(
		{
			name: 'tributary',
			about: 'A node for test suites.',
			dataDir,
			network: 'test',
			address: 'own',
			listen: { host: '127.0.0.1', port: 0, btpPath: '/btp', ilpPath: ILP_PATH },
			acceptGuests: false,
			feePpm: 0n,
			price: 0n,
			notes: { facts: false },
			control: true,
			receiver: { path: SPSP_PATH, receiveMax: RECEIVE_MAX },
			accounts: [
				child('a', { type: 'btp', token: tokens.a }),
				child('b', { type: 'btp', token: tokens.b }),
				child('http', { type: 'http', incomingToken: tokens.http }),
				...accounts
			],
			links: [],
			peers: [],
			routes: [],
			...config
		},
		log
	);
	return {
		...node,
		description: {
			name: 'tributary',
			address: node.peer.status().addresses[0] ?? '',
			btp: {
				a: { url: node.btp, token: tokens.a, account: 'a' },
				b: { url: node.btp, token: tokens.b, account: 'b' }
			},
			http: { url: `${node.http}${ILP_PATH}`, token: tokens.http },
			spsp: `${node.http}${SPSP_PATH}`,
			control: `${node.http}/control`,
			maxPacketAmount: LIMITS.maxPacket.toString(),
			asset: LINK_ASSET
		},
		stop: async () => {
			await node.stop();
			rmSync(dataDir, { recursive: true, force: true });
		}
	};
};
