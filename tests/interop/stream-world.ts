/**
 * A small Interledger for tests of STREAM: nodes with an address each, joined by function calls that carry
 * encoded packets, as sockets would. Ours is a network for our connections, a plugin is one for the reference's.
 */
import { deserializeIlpPrepare } from 'ilp-packet';
import { serializeIldcpResponse } from 'ilp-protocol-ildcp';
import { nodeClock } from '../../server/akash-peer/node-clock.ts';
import { nodeCrypto } from '../../server/akash-peer/node-crypto.ts';
import { decodePrepare, decodeReply, encodeIlpPacket, encodePrepare } from '../../src/lib/peer/codec/ilp.ts';
import { unwrap } from '../../src/lib/peer/result.ts';
import { createStreamServer } from '../../src/lib/peer/stream/connection/server.ts';
import type { StreamDeps, StreamServer } from '../../src/lib/peer/stream/connection/stream-api.ts';
import { nodeRandom } from './support.ts';

type Answer = (prepare: Uint8Array) => Promise<Uint8Array>;

export interface OurNode extends StreamDeps {
	readonly server: StreamServer;
}

export class SmallInterledger {
	readonly #nodes = new Map<string, Answer>();
	/** Prepares that crossed it. */
	packets = 0;

	/** The node whose address is the longest prefix answers. */
	async route(prepare: Uint8Array): Promise<Uint8Array> {
		this.packets += 1;
		const { destination } = unwrap(decodePrepare(prepare));
		const addresses = [...this.#nodes.keys()].filter(
			(address) => destination === address || destination.startsWith(`${address}.`)
		);
		const nearest = addresses.sort((a, b) => b.length - a.length)[0];
		if (nearest === undefined)
			return encodeIlpPacket({
				type: 'reject',
				code: 'F02',
				triggeredBy: 'test',
				message: 'no route',
				data: new Uint8Array()
			});
		return (this.#nodes.get(nearest) as Answer)(prepare);
	}

	/** One of ours, with a STREAM server; its clients share it. */
	ours(address: string): OurNode {
		const deps: StreamDeps = {
			clock: nodeClock,
			random: nodeRandom,
			crypto: nodeCrypto,
			network: {
				addresses: () => [address],
				maxPacket: () => 0n,
				send: (prepare, onReply) =>
					void this.route(encodePrepare(prepare)).then((reply) => onReply(unwrap(decodeReply(reply))))
			}
		};
		const server = createStreamServer({
			...deps,
			secret: deps.random.bytes(32),
			asset: { code: 'USD', scale: 9 }
		});
		this.#nodes.set(address, async (bytes) => {
			const prepare = unwrap(decodePrepare(bytes));
			return encodeIlpPacket(await server.answer(prepare, prepare.destination.slice(address.length + 1)));
		});
		return { ...deps, server };
	}

	/** A node that answers by itself. */
	other(address: string, answer: Answer): void {
		this.#nodes.set(address, answer);
	}

	/** What the reference libraries call a plugin: their way to send, and to be sent to at `address`. */
	plugin(address: string): ReferencePlugin {
		return new ReferencePlugin(address, this);
	}
}

type Handler = (data: Buffer) => Promise<Buffer>;

export class ReferencePlugin {
	#isConnected = false;
	readonly #address: string;
	readonly #world: SmallInterledger;

	constructor(address: string, world: SmallInterledger) {
		this.#address = address;
		this.#world = world;
	}
	connect = (): Promise<void> => {
		this.#isConnected = true;
		return Promise.resolve();
	};
	disconnect = (): Promise<void> => {
		this.#isConnected = false;
		return Promise.resolve();
	};
	isConnected = (): boolean => this.#isConnected;
	registerDataHandler = (handler: Handler): void =>
		this.#world.other(this.#address, (bytes) => handler(Buffer.from(bytes)));
	deregisterDataHandler = (): void => undefined;
	sendData = async (data: Buffer): Promise<Buffer> => {
		if (deserializeIlpPrepare(data).destination === 'peer.config')
			return serializeIldcpResponse({ clientAddress: this.#address, assetCode: 'USD', assetScale: 9 });
		return Buffer.from(await this.#world.route(data));
	};
}
