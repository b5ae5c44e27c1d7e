// A Cloudflare Worker in front of an object store, for @BASE_URL@
//
// Set STORE to the public address of the bucket, and give the worker the route of the site. Cloudflare compresses by itself, so
// copies by `--compress` are not needed.
//
// In tidings.toml: [publish] purge = { cloudflare = "ID OF THE ZONE" }

const STORE = 'https://bucket.example.org';
const BASE = '@BASE_PATH@';

export default {
    async fetch(request) {
        const url = new URL(request.url);
        if (!['GET', 'HEAD', 'OPTIONS'].includes(request.method)) {
            return new Response('Method Not Allowed', { status: 405, headers: { allow: 'GET, HEAD, OPTIONS' } });
        }
        const isFeed = /\.(xml|json)$/.test(url.pathname);
        const cors = isFeed ? { 'access-control-allow-origin': '*', 'access-control-expose-headers': 'ETag, Link' } : {};
        if (request.method === 'OPTIONS') {
            const allowed = 'If-None-Match, If-Modified-Since, A-IM';
            return new Response(null, { status: 204, headers: { ...cors, 'access-control-allow-headers': allowed } });
        }
        // The manifest, the lease and what is pending are for builds alone.
        const isHidden = url.pathname.includes('/.tidings') || !url.pathname.startsWith(BASE);
        const path = url.pathname.slice(BASE.length) + (url.pathname.endsWith('/') ? 'index.html' : '');
        let found = isHidden ? null : await fetch(`${STORE}/${path}`, { method: request.method, headers: request.headers });
        if (!found || [403, 404].includes(found.status)) {
            const page = await fetch(`${STORE}/404.html`);
            found = new Response(page.body, { status: 404, headers: page.headers });
        }
        const response = new Response(found.body, found);
        // What an object has as metadata is the tag by which it is purged.
        const tags = response.headers.get('x-amz-meta-cache-tag') || response.headers.get('x-ms-meta-cache_tag');
        if (tags) {
            response.headers.set('cache-tag', tags);
        }
        response.headers.set('x-content-type-options', 'nosniff');
        response.headers.set('link', `<@ORIGIN@${url.pathname}>; rel="self"@HUB@`);
        Object.entries(cors).forEach(([name, value]) => response.headers.set(name, value));
        return response;
    },
};
