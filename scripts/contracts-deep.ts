/**
 * `npm run contracts:deep`: the contract's Solidity tests with 1,000 histories of 200 acts per invariant
 * and 10,000 inputs per fuzz test. Takes as long as it takes.
 */
import { readOptions } from './options.ts';

readOptions({});
process.env['CONTRACTS_DEEP'] = '1';
await import('./test-contracts.ts');
