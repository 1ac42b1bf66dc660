/**
 * What the committed results of long runs are of: mutants and proof take up to an hour, so that `npm test` only asks
 * whether they are of what is here. A digest is the first 16 digits of a SHA-256, hex.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { channelsBytecode } from '../src/lib/peer/settlement/evm/generated.ts';

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);
const contracts = (path: string): string =>
	readFileSync(new URL(`../contracts/${path}`, import.meta.url), 'utf8');

/** Of the bytecode, which a comment does not change. That it is of the sources is asked by `npm run contracts -- --check`. */
export const channelsProgram = (): string => digest(channelsBytecode);

/** Of the accounting and of what is asserted about it. */
export const provedText = (): string =>
	digest(contracts('src/ChannelAccounting.sol') + contracts('proof/ChannelLife.sol'));
