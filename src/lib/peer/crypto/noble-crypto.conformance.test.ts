import { describeCrypto } from '../testing/crypto-conformance.ts';
import { nobleCrypto } from './noble-crypto.ts';

describeCrypto('noble', nobleCrypto);
