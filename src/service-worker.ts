/// <reference types="@sveltejs/kit" />
/**
 * Lets the app open with no server at all: a tunnel, a closed laptop lid, a hub that is gone.
 *
 * What it keeps: the built app (every file has its hash in its name, so a kept one is never stale),
 * the static files (icons, SQLite's WebAssembly) and one shell for all addresses. A page load asks
 * the network first, so that a newer app is seen at once, and takes the kept shell when nobody
 * answers in time. What it never touches: discovery, BTP and anything else that is live.
 */
import { build, files, version } from '$service-worker';

// The compiler's worker library describes dedicated workers; this file runs as the other kind.
const worker = self as unknown as ServiceWorkerGlobalScope;

const PREFIX = 'tributary-';
const CACHE = PREFIX + version;
const SHELL = '/';
const IMMUTABLE = '/_app/immutable/';
/** A network that has not answered a page load by now is treated as gone. */
const PATIENCE_MS = 3_000;
/** Live data: always from the network, never kept. */
const LIVE = ['/.well-known/', '/btp', '/status', '/control/'];

/** So named by vite.config.ts: what few choose is kept when it is first used. */
const SELDOM = '/chunks/seldom-';

const kept = new Set([...build.filter((path) => !path.includes(SELDOM)), ...files]);

worker.addEventListener('install', (event) => {
	event.waitUntil(install());
});

worker.addEventListener('activate', (event) => {
	event.waitUntil(activate());
});

worker.addEventListener('fetch', (event) => {
	const { request } = event;
	if (request.method !== 'GET') return;
	const url = new URL(request.url);
	if (url.origin !== worker.location.origin || LIVE.some((path) => url.pathname.startsWith(path))) return;
	if (request.mode === 'navigate') event.respondWith(openPage(request));
	else if (kept.has(url.pathname) || url.pathname.startsWith(IMMUTABLE))
		event.respondWith(fromCache(request));
});

const install = async (): Promise<void> => {
	const cache = await caches.open(CACHE);
	await cache.addAll([...kept, SHELL]);
	await worker.skipWaiting();
};

const activate = async (): Promise<void> => {
	// A page of the version before may still be open and load its parts later: its cache goes one version later.
	const older = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
	await Promise.all(older.slice(0, -1).map((name) => caches.delete(name)));
	await worker.clients.claim();
};

const fromCache = async (request: Request): Promise<Response> => {
	const current = await caches.open(CACHE);
	const found = (await current.match(request)) ?? (await caches.match(request));
	if (found !== undefined) return found;
	const response = await fetch(request);
	if (response.ok && request.url.includes(SELDOM)) await current.put(request, response.clone());
	return response;
};

const openPage = async (request: Request): Promise<Response> => {
	const cache = await caches.open(CACHE);
	try {
		const response = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
		// A gateway's error page instead of the app is as good as no answer.
		if (response.status < 500) return response;
	} catch {
		// nobody answered: below
	}
	return (await cache.match(SHELL)) ?? Response.error();
};
