import adapter from '@sveltejs/adapter-static';

/** @type {import('@sveltejs/kit').Config} */
export default {
	kit: {
		// One page for every address: nothing about a person is rendered on a server.
		adapter: adapter({ fallback: 'index.html', precompress: false }),
		// The build's name changes exactly when its sources do (scripts/start.ts passes their hash),
		// so an unchanged app keeps its service worker and its caches.
		// This file is read more than once during a build and must say the same each time.
		version: { name: (process.env.TRIBUTARY_BUILD_ID ??= String(Date.now())) },
		serviceWorker: { register: true }
	}
};
