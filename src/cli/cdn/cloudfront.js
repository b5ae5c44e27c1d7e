// CloudFront in front of an object store, for @BASE_URL@
//
// Two functions (runtime cloudfront-js-2.0): `viewerRequest` at the event "viewer request", `viewerResponse` at "viewer response".
// Take over each in a function of its own, under the name `handler`. In the behaviour of the distribution choose "Compress objects
// automatically", the cache policy "UseOriginCacheControlHeaders", and no origin request policy; then copies by `--compress` are
// not needed. As custom error response: 403 and 404 to @BASE_PATH@404.html with the status 404.
//
// In tidings.toml: [publish] purge = { cloudfront = "ID OF THE DISTRIBUTION" }

function viewerRequest(event) {
    var request = event.request;
    // The manifest, the lease and what is pending are for builds alone.
    if (request.uri.indexOf('/.tidings') >= 0) {
        return { statusCode: 404, statusDescription: 'Not Found' };
    }
    if (request.uri.endsWith('/')) {
        request.uri += 'index.html';
    }
    return request;
}

function viewerResponse(event) {
    var headers = event.response.headers;
    var uri = event.request.uri.replace(/index\.html$/, '');
    headers['x-content-type-options'] = { value: 'nosniff' };
    if (/\.(xml|json)$/.test(uri)) {
        headers['access-control-allow-origin'] = { value: '*' };
        headers['access-control-expose-headers'] = { value: 'ETag, Link' };
    }
    headers['link'] = { value: '<@ORIGIN@' + uri + '>; rel="self"@HUB@' };
    return event.response;
}
