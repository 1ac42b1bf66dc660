/**
 * The program of a node:
 *
 *   node server/akash-peer/main.ts --config FILE.json               serves until it is told to stop
 *   node server/akash-peer/main.ts --config FILE.json --identity    makes its keys, prints who it is, ends
 *
 * On few cores it answers sooner with the options of engine.ts: `node --v8-pool-size=1 server/akash-peer/main.ts …`.
 *
 * When it serves it prints one JSON line; logs go to the standard error, one JSON object a line.
 */
import { parseArgs } from 'node:util';
import { ownAddress } from '../../src/lib/peer/ilp/own-address.ts';
import { loadIdentity } from '../../src/lib/peer/identity.ts';
import { migrate } from '../../src/lib/peer/storage/migrations.ts';
import { readNodeConfig, type NodeConfig } from './config.ts';
import { growHeapFreely } from './engine.ts';
import { nodeClock } from './node-clock.ts';
import { nodeCrypto } from './node-crypto.ts';
import { createNodeLog } from './node-log.ts';
import { nodeRandom } from './node-random.ts';
import { openNodeSql, startNode } from './node.ts';

const { config, identity } = told();
if (identity) await printIdentity(config);
else await serve(config);

/** What was typed and what the file says. Whoever made a mistake there needs a sentence and no stack trace. */
function told(): { readonly config: NodeConfig; readonly identity: boolean } {
	try {
		const { values } = parseArgs({
			options: { config: { type: 'string' }, identity: { type: 'boolean', default: false } }
		});
		if (values.config === undefined) throw new Error('usage: main.ts --config FILE.json [--identity]');
		return { config: readNodeConfig(values.config), identity: values.identity };
	} catch (error) {
		process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
		process.exit(2);
	}
}

async function printIdentity(node: NodeConfig): Promise<void> {
	const sql = openNodeSql(node);
	const migrated = migrate(sql);
	if (!migrated.ok) throw new Error(`the database is of a newer release (${migrated.error.feature})`);
	const identity = await loadIdentity(
		{ random: nodeRandom, crypto: nodeCrypto, clock: nodeClock, sql },
		undefined
	);
	const pubkey = identity.pubkey();
	const address = await ownAddress(nodeCrypto, node.network, pubkey);
	sql.close();
	process.stdout.write(`${JSON.stringify({ name: node.name, pubkey, address })}\n`);
}

async function serve(node: NodeConfig): Promise<void> {
	growHeapFreely();
	const running = await startNode(node, createNodeLog('info')).catch((error: unknown) => {
		const why = whyNotListening(error, node);
		if (why === undefined) throw error;
		process.stderr.write(`${why}\n`);
		return process.exit(1);
	});
	for (const signal of ['SIGTERM', 'SIGINT'] as const)
		process.on(signal, () => void running.stop().then(() => process.exit(0)));
	const { pubkey, addresses } = running.peer.status();
	process.stdout.write(
		`${JSON.stringify({
			ready: true,
			name: node.name,
			pubkey,
			address: addresses[0] ?? '',
			http: running.http,
			btp: running.btp
		})}\n`
	);
}

/** What is wrong with where the node is to listen, in a sentence; undefined when something else broke. */
function whyNotListening(error: unknown, { listen: { host, port } }: NodeConfig): string | undefined {
	const { syscall, code } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
	if (syscall !== 'listen') return undefined;
	const why: Readonly<Record<string, string>> = {
		EADDRINUSE: `port ${port} of ${host} is taken: end the program that listens there, or give another listen.port`,
		EADDRNOTAVAIL: `${host} is no address of this machine: give another listen.host`,
		EACCES: `port ${port} needs more rights than this program has: give another listen.port`
	};
	return why[code ?? ''] ?? `cannot listen on port ${port} of ${host} (${code ?? 'no reason given'})`;
}
