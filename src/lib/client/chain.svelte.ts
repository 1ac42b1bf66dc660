/**
 * The chain as the page sees it. The code that asks its node (`src/lib/explorer`) is downloaded when
 * somebody looks at a history, a transaction or a fee.
 */
import type { Explorer } from '../explorer/index.ts';
import type { Answer } from '../peer/api.ts';
import type { Hex } from '../peer/bytes.ts';
import { peerError } from '../peer/errors.ts';
import { err } from '../peer/result.ts';
import type { Discovery } from './discovery.ts';
import { peer } from './peer.svelte.ts';

class ChainClient {
	/** With the chain it was opened for: one begun anew has other contracts. */
	#opened: { readonly for: string; readonly explorer: Promise<Explorer> } | undefined;

	/** Where others show this transaction; undefined on a chain without an explorer. */
	linkTo(transaction: Hex): string | undefined {
		return peer.discovery?.chain.explorer?.replace('{transaction}', transaction);
	}

	/** `ChainUnreachable` while the origin has not said which chain it is, or the code cannot be downloaded. */
	async ask<T>(question: (explorer: Explorer) => Promise<Answer<T>>): Promise<Answer<T>> {
		const chain = peer.discovery?.chain;
		if (chain === undefined) return err(peerError('ChainUnreachable', 'which chain is not known yet'));
		const name = JSON.stringify(chain);
		if (this.#opened?.for !== name) this.#opened = { for: name, explorer: open(chain) };
		const { explorer } = this.#opened;
		try {
			return await question(await explorer);
		} catch (error) {
			// The next question tries again.
			this.#opened = undefined;
			return err(peerError('ChainUnreachable', String(error)));
		}
	}
}

const open = async (chain: Discovery['chain']): Promise<Explorer> =>
	(await import('../explorer/index.ts')).openExplorer(chain);

export const chain = new ChainClient();
