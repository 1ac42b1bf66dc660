/**
 * Serves the built app (adapter-static): files by their path, and one page for every other address,
 * because the app does its own routing.
 *
 * - What lies under `/_app/immutable/` carries a hash of its content in its name and is kept for ever;
 *   everything else is asked for again each time, and answered 304 when it is the same.
 * - The content security policy names the page's own inline scripts by their hashes, so that a note
 *   that managed to put a script on the page still could not run it.
 */
import { createHash } from 'node:crypto';
import { createReadStream, realpathSync } from 'node:fs';
import { readFile, realpath, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';

export type StaticApp = (request: IncomingMessage, response: ServerResponse, path: string) => Promise<void>;

const CONTENT_TYPES: Readonly<Record<string, string>> = {
	'.html': 'text/html; charset=utf-8',
	'.js': 'text/javascript; charset=utf-8',
	'.mjs': 'text/javascript; charset=utf-8',
	'.css': 'text/css; charset=utf-8',
	'.json': 'application/json; charset=utf-8',
	'.map': 'application/json; charset=utf-8',
	'.webmanifest': 'application/manifest+json; charset=utf-8',
	'.wasm': 'application/wasm',
	'.svg': 'image/svg+xml',
	'.png': 'image/png',
	'.webp': 'image/webp',
	'.ico': 'image/x-icon',
	'.woff2': 'font/woff2',
	'.txt': 'text/plain; charset=utf-8'
};

/** The page for every address that is no file (svelte.config.js, `fallback`). */
const FALLBACK = 'index.html';
const IMMUTABLE = '/_app/immutable/';
const ENCODINGS = [
	{ name: 'br', suffix: '.br' },
	{ name: 'gzip', suffix: '.gz' }
] as const;

interface Found {
	readonly file: string;
	readonly size: number;
	readonly etag: string;
}

/** @throws Error when the folder does not exist */
export const createStaticApp = (directory: string): StaticApp => {
	const root = realpathSync(directory);
	/** Policy per version of a page. */
	const policies = new Map<string, string>();

	const find = async (path: string): Promise<Found | undefined> => {
		try {
			// Links are followed before the check: nothing outside the folder is served by any name.
			const file = await realpath(join(root, path));
			if (!file.startsWith(root + sep)) return undefined;
			const found = await stat(file);
			if (!found.isFile()) return undefined;
			const { size, mtimeMs } = found;
			return { file, size, etag: `"${size.toString(36)}-${Math.floor(mtimeMs).toString(36)}"` };
		} catch {
			return undefined;
		}
	};

	const policyOf = async ({ file, etag }: Found): Promise<string> => {
		const known = policies.get(file + etag);
		if (known !== undefined) return known;
		const policy = contentSecurityPolicy(inlineScripts(await readFile(file, 'utf8')));
		if (policies.size > 100) policies.clear();
		policies.set(file + etag, policy);
		return policy;
	};

	return async (request, response, path) => {
		const wanted = decodePath(path);
		if (wanted === undefined) return plain(response, 400, 'This is no address of a page.');
		let found = wanted === '/' ? undefined : await find(wanted);
		let name = wanted;
		if (!found && extname(wanted) === '' && !wanted.startsWith('/_app/')) {
			found = await find(FALLBACK);
			name = `/${FALLBACK}`;
		}
		if (!found) return plain(response, 404, 'There is nothing here.');

		const extension = extname(name);
		response.setHeader('content-type', CONTENT_TYPES[extension] ?? 'application/octet-stream');
		response.setHeader(
			'cache-control',
			name.startsWith(IMMUTABLE) ? 'public, max-age=31536000, immutable' : 'no-cache'
		);
		response.setHeader(
			'content-security-policy',
			extension === '.html' ? await policyOf(found) : contentSecurityPolicy([])
		);
		let body = found;
		const accepted = String(request.headers['accept-encoding'] ?? '');
		for (const { name: encoding, suffix } of ENCODINGS) {
			if (!new RegExp(`\\b${encoding}\\b(?!\\s*;\\s*q=0(?:\\.0*)?\\s*(?:,|$))`).test(accepted)) continue;
			const packed = await find(name + suffix);
			if (!packed) continue;
			response.setHeader('content-encoding', encoding);
			body = packed;
			break;
		}
		response.setHeader('vary', 'accept-encoding');
		response.setHeader('etag', body.etag);
		if (request.headers['if-none-match'] === body.etag) {
			response.writeHead(304).end();
			return;
		}
		response.setHeader('content-length', body.size);
		response.writeHead(200);
		if (request.method === 'HEAD') {
			response.end();
			return;
		}
		// A reader that goes away in the middle is no event.
		await pipeline(createReadStream(body.file), response).catch(() => response.destroy());
	};
};

/** The decoded path, or `undefined` for what only an attempt to leave the folder looks like. */
const decodePath = (path: string): string | undefined => {
	let decoded: string;
	try {
		decoded = decodeURIComponent(path);
	} catch {
		return undefined;
	}
	if (!decoded.startsWith('/') || /[\0\\]/.test(decoded)) return undefined;
	return decoded.split('/').includes('..') ? undefined : decoded;
};

/** The texts of the scripts written into a page. */
const inlineScripts = (html: string): readonly string[] =>
	[...html.matchAll(/<script(?![^>]*\ssrc\s*=)[^>]*>([\s\S]*?)<\/script>/gi)].map((match) => match[1] ?? '');

/**
 * Scripts only from here; connections anywhere, since hubs, chains and wallets are elsewhere; wasm, since
 * SQLite is. Pictures from here or inline only: loading one from elsewhere would tell its server who reads whom.
 */
const contentSecurityPolicy = (scripts: readonly string[]): string =>
	[
		`default-src 'self'`,
		[
			`script-src 'self' 'wasm-unsafe-eval'`,
			...scripts.map((text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`)
		].join(' '),
		`style-src 'self' 'unsafe-inline'`,
		`img-src 'self' data: blob:`,
		`connect-src 'self' http: https: ws: wss:`,
		`worker-src 'self' blob:`,
		`object-src 'none'`,
		`base-uri 'none'`,
		`form-action 'self'`,
		`frame-ancestors 'none'`
	].join('; ');

const plain = (response: ServerResponse, status: number, text: string): void => {
	response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-cache' });
	response.end(`${text}\n`);
};
