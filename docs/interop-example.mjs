// Pays a running `npm run interop` node with the reference client. Its argument is the line the node printed.
import PluginBtp from 'ilp-plugin-btp';
import { createConnection } from 'ilp-protocol-stream';

const [line] = process.argv.slice(2);
if (!line?.startsWith('{')) {
	console.error(`Usage: node ${process.argv[1]} "$(the line that npm run interop printed)"`);
	process.exit(2);
}
const node = JSON.parse(line);

// An account: the token and the account's name go into the URL, as ilp-plugin-btp wants it.
const { url, token, account } = node.btp.a;
const plugin = new PluginBtp({ server: url.replace('ws://', `btp+ws://${account}:${token}@`) });
await plugin.connect();

// SPSP: an address and a secret for this client alone.
const answer = await fetch(node.spsp, { headers: { accept: 'application/spsp4+json' } });
const { destination_account, shared_secret } = await answer.json();

const connection = await createConnection({
	plugin,
	destinationAccount: destination_account,
	sharedSecret: Buffer.from(shared_secret, 'base64')
});
const stream = connection.createStream();
// The reference closes both directions at once, so wait for the echo before ending.
const echo = new Promise((resolve) => stream.once('data', resolve));
stream.write('hello');
await stream.sendTotal(1_000_000);
const { length } = await echo;
await connection.end();
await plugin.disconnect();

console.log(`paid ${stream.totalSent}, echoed ${length} bytes`);
// The reference leaves timers running.
process.exit(0);
