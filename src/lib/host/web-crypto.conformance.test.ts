import { describeCrypto } from '../peer/testing/crypto-conformance.ts';
import { createWebCrypto } from './web-crypto.ts';

describeCrypto('WebCrypto for all it can', createWebCrypto(crypto.subtle, { hashFrom: 0, cipherFrom: 0 }));
describeCrypto('WebCrypto where it pays', createWebCrypto());
