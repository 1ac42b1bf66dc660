import { describeCrypto } from '../../src/lib/peer/testing/crypto-conformance.ts';
import { nodeCrypto } from './node-crypto.ts';

describeCrypto('node:crypto', nodeCrypto);
