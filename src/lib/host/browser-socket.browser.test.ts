import { expect, inject, it } from 'vitest';
import { describeSocket } from '../peer/testing/socket-conformance.ts';
import { dialWebSocket } from './browser-socket.ts';

declare module 'vitest' {
	interface ProvidedContext {
		/** A partner for the conformance suite, in another process (tests/browser/global-setup.ts). */
		conformancePartner: string;
	}
}

describeSocket("the browser's WebSocket", () => ({
	dial: dialWebSocket,
	url: inject('conformancePartner'),
	deadUrl: 'ws://127.0.0.1:9',
	wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms))
}));

it('answers a URL that is not of a WebSocket as a value', async () => {
	expect(await dialWebSocket('ftp://127.0.0.1')).toMatchObject({ ok: false, error: { type: 'DialFailed' } });
});
