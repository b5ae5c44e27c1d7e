# Varnish in front of `tidings serve`, for @BASE_URL@
#
# Needs the module xkey (Debian: varnish-modules). In tidings.toml:
#   [publish]
#   purge = { varnish = ["http://127.0.0.1:6081"] }
#
# `serve` sends types, languages, CORS, nosniff, Link and cache tags, and negotiates content codings.

vcl 4.1;

import std;
import xkey;

backend tidings {
    .host = "@LISTEN_HOST@";
    .port = "@LISTEN_PORT@";
    .probe = {
        .url = "@BASE_PATH@feeds.opml";
        .interval = 5s;
    }
}

# Who may purge: the machines that publish.
acl publishers {
    "localhost";
}

sub vcl_recv {
    if (req.method == "PURGE") {
        if (client.ip !~ publishers) {
            return (synth(403, "Forbidden"));
        }
        if (!req.http.xkey-softpurge) {
            return (synth(400, "Name the tags in xkey-softpurge"));
        }
        # What is purged softly is still sent while it is fetched again.
        set req.http.x-purged = xkey.softpurge(req.http.xkey-softpurge);
        return (synth(200, "Purged " + req.http.x-purged));
    }
    if (req.url ~ "/\.tidings") {
        return (synth(404, "Not Found"));
    }
    # `stale-while-revalidate`, while the origin answers.
    if (std.healthy(req.backend_hint)) {
        set req.grace = @STALE@s;
    }
    # No page depends on them.
    unset req.http.cookie;
    # A delta is made for one client.
    if (req.http.a-im) {
        return (pass);
    }
    # Of the codings one, so that a document is cached once for each.
    if (req.http.accept-encoding ~ "\bbr\b") {
        set req.http.accept-encoding = "br";
    } elseif (req.http.accept-encoding ~ "\bzstd\b") {
        set req.http.accept-encoding = "zstd";
    } elseif (req.http.accept-encoding ~ "\bgzip\b") {
        set req.http.accept-encoding = "gzip";
    } else {
        unset req.http.accept-encoding;
    }
}

sub vcl_backend_response {
    # `stale-if-error`: for seven days while the origin fails.
    set beresp.grace = 7d;
}

sub vcl_backend_fetch {
    unset bereq.http.x-purged;
}
