# Fastly in front of an object store, for @BASE_URL@
#
# Snippets: the body of each subroutine goes into a VCL snippet of that type. Fastly compresses by itself where that is switched on,
# so copies by `--compress` are not needed.
#
# In tidings.toml: [publish] purge = { fastly = "ID OF THE SERVICE" }

sub vcl_recv {
    # The manifest, the lease and what is pending are for builds alone.
    if (req.url.path ~ "/\.tidings") {
        error 404;
    }
    if (req.url.path ~ "/$") {
        set req.url = req.url.path "index.html";
    }
    unset req.http.Cookie;
}

sub vcl_fetch {
    # What an object has as metadata is the key by which it is purged.
    if (beresp.http.x-amz-meta-cache-tag) {
        set beresp.http.Surrogate-Key = regsuball(beresp.http.x-amz-meta-cache-tag, ",", " ");
    }
}

sub vcl_deliver {
    set resp.http.X-Content-Type-Options = "nosniff";
    if (req.url.path ~ "\.(xml|json)$") {
        set resp.http.Access-Control-Allow-Origin = "*";
        set resp.http.Access-Control-Expose-Headers = "ETag, Link";
    }
    set resp.http.Link = "<@ORIGIN@" regsub(req.url.path, "index\.html$", "") {">; rel="self"@HUB@"};
}
