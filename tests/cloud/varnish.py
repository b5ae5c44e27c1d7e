"""A real Varnish in front of `serve`, with the rules of `init --cdn varnish`: after a change the changed feeds are fresh within a
second, and nothing else is fetched again. The rules for nginx are tried on a real nginx, those in JavaScript by node.

usage: varnish.py TIDINGS
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "server"))

import http.client
import itertools
import json
import os
import shutil
import subprocess
import time
from contextlib import contextmanager

from common import TIDINGS, Skipped, check, expect, finish, free_port, temporary_folder, wait_for

CONFIG = """
[site]
base_url = "http://127.0.0.1:{port}/feeds/"
authority = "news.example.org,2014"

[languages.en]
title = "News"
[languages.fr]
title = "Nouvelles"

[topics.water]
[topics.schools]

[feeds]
hub = "https://hub.example.org/?a='b"

[server]
listen = "127.0.0.1:{origin}"
access_log = "json"

[publish]
purge = {{ varnish = ["http://127.0.0.1:{port}"] }}
"""
STORY = 'published = 2024-05-06\ntopics = ["{topic}"]\n[translations.{language}]\ntitle = "{title}"\nsummary = "x"\n'


def site(folder, port, origin):
    (folder / "stories").mkdir(parents=True)
    (folder / "tidings.toml").write_text(CONFIG.format(port=port, origin=origin))
    (folder / "stories" / "rain.toml").write_text(STORY.format(topic="water", language="en", title="Rain"))
    (folder / "stories" / "neige.toml").write_text(STORY.format(topic="schools", language="fr", title="Neige"))


def rules(folder, name):
    done = subprocess.run([TIDINGS, "init", "--cdn", name], cwd=folder, capture_output=True, text=True, timeout=60)
    expect(done.returncode == 0 and "@" not in done.stdout.replace("@@", ""), f"{done.stdout[-300:]}{done.stderr}")
    return done.stdout


def get(port, path, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path, headers=headers or {})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


@contextmanager
def running(command, **options):
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=20)


MARKERS = itertools.count()


def requests(log, origin):
    """The documents that the origin was asked for until now, without its probe. The log is written behind the answers, in their
    order, so that it is complete once a request of our own is in it."""
    marker = f"/marker-{next(MARKERS)}"
    get(origin, marker)
    wait_for("the log has the last request", lambda: f'"{marker}"' in log.read_text())
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    return [line for line in lines if "feeds.opml" not in line["path"] and "/marker-" not in line["path"]]


def documents(port):
    """Every document of the site, by its path."""
    listed = ["", "en/", "fr/", "en/water/", "fr/schools/", "en/stories/rain/", "fr/stories/neige/"]
    feeds = [f"{language}/{scope}.{format}" for language in ("en", "fr", "mul") for scope in ("all", "water", "schools") for format in ("atom.xml", "rss.xml", "json")]
    return [f"/feeds/{path}" for path in listed + feeds]


def varnish_checks(folder):
    if not shutil.which("varnishd"):
        raise Skipped("there is no varnishd")
    port, origin = free_port(), free_port()
    site(folder, port, origin)
    (folder / "rules.vcl").write_text(rules(folder, "varnish"))
    log = folder / "access.log"
    # With -F it stays in the foreground; its files are in a folder of the test.
    varnish = ["varnishd", "-F", "-j", "none", "-a", f"127.0.0.1:{port}", "-f", str(folder / "rules.vcl"), "-n", str(folder / "varnish"), "-s", "malloc,64m"]
    with open(log, "wb") as out, open(folder / "varnish.log", "wb") as errors:
        with running([TIDINGS, "serve"], cwd=folder, stdout=out, stderr=errors), running(varnish, stdout=errors, stderr=errors):
            def is_up():
                try:
                    return get(port, "/feeds/en/all.json")[0].status == 200
                except OSError:
                    return False
            wait_for("Varnish answers", is_up, seconds=30)
            paths = documents(port)
            for path in paths:
                answer, _ = get(port, path)
                expect(answer.status == 200, f"{path}: {answer.status}")
            with check("Varnish with the rules of `init --cdn`: everything comes from the cache"):
                before = len(requests(log, origin))
                for path in paths:
                    get(port, path)
                time.sleep(0.3)
                fetched = requests(log, origin)[before:]
                expect(fetched == [], f"{fetched}")
                expect(get(port, "/feeds/.tidings")[0].status == 404, "the manifest is served")
            with check("a change is fresh within a second of being served, and nothing else is fetched again"):
                at_origin = lambda path: get(origin, path, {"user-agent": "direct"})[1]
                old = {path: at_origin(path) for path in paths}
                before = len(requests(log, origin))
                (folder / "stories" / "rain.toml").write_text(STORY.format(topic="water", language="en", title="Heavy rain"))
                wait_for("the origin has it", lambda: b"Heavy rain" in at_origin("/feeds/en/all.json"))
                served = time.monotonic()
                new = {path: at_origin(path) for path in paths}
                changed = [path for path in paths if new[path] != old[path]]
                wait_for("all are fresh", lambda: all(get(port, path)[1] == new[path] for path in changed), seconds=5)
                took = time.monotonic() - served
                for path in paths:
                    get(port, path)
                time.sleep(0.3)
                fetched = {line["path"] for line in requests(log, origin)[before:] if line["agent"] != "direct"}
                expect(took < 1, f"it took {took:.2f} s")
                expect(0 < len(changed) < len(paths) and fetched == set(changed), f"fetched: {sorted(fetched)}; changed: {changed}")
                print(f"   fresh after {took:.2f} s; {len(changed)} of {len(paths)} documents changed")
            with check("who is no publisher cannot purge without tags"):
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
                connection.request("PURGE", "/")
                expect(connection.getresponse().status == 400, "it was accepted")
                connection.close()


def nginx_checks(folder):
    if not shutil.which("nginx"):
        raise Skipped("there is no nginx")
    port = free_port()
    site(folder, port, free_port())
    config = (folder / "tidings.toml").read_text()
    (folder / "tidings.toml").write_text(config.split("[publish]")[0])
    done = subprocess.run([TIDINGS, "build", "--compress"], cwd=folder, capture_output=True, text=True, timeout=60)
    expect(done.returncode == 0, done.stderr)
    location = rules(folder, "nginx").replace("/var/www/tidings", str(folder / "public"))
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log; {'user root;' if os.geteuid() == 0 else ''}\nevents {{}}\nhttp {{ access_log off; "
        f"client_body_temp_path {folder}/body; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;\n"
        f"server {{ listen 127.0.0.1:{port};\n{location}\n}} }}\n")
    with running(["nginx", "-c", str(folder / "nginx.conf"), "-p", str(folder)], stderr=subprocess.DEVNULL):
        def is_up():
            try:
                return get(port, "/feeds/")[0].status == 200
            except OSError:
                return False
        wait_for("nginx answers", is_up, seconds=15)
        with check("nginx with the rules of `init --cdn`: types, CORS, Link, codings, what is hidden"):
            answer, body = get(port, "/feeds/en/all.atom.xml", {"accept-encoding": "gzip"})
            fields = {name.lower(): value for name, value in answer.getheaders()}
            expect(fields["content-type"] == "application/xml; charset=utf-8", f"{fields}")
            expect(fields["content-encoding"] == "gzip" and body[:2] == b"\x1f\x8b", f"{fields}")
            expect(fields["access-control-allow-origin"] == "*" and fields["x-content-type-options"] == "nosniff", f"{fields}")
            expect(f'<http://127.0.0.1:{port}/feeds/en/all.atom.xml>; rel="self", <https://hub.example.org/?a=%27b>; rel="hub"' == fields["link"], f"{fields}")
            page, body = get(port, "/feeds/en/")
            expect(page.getheader("content-type") == "text/html; charset=utf-8" and b"Rain" in body, f"{page.getheaders()}")
            expect(page.getheader("access-control-allow-origin") is None, "pages are for everybody")
            expect(get(port, "/feeds/.tidings")[0].status == 404, "the manifest is served")
            missing, body = get(port, "/feeds/nothing")
            expect(missing.status == 404 and b"<html" in body, f"{missing.status}")


def script_checks(folder):
    site(folder, 8080, 8081)
    for name, call in (
        ("cloudfront", "const r = viewerRequest({request: {uri: '/feeds/en/'}}); if (r.uri !== '/feeds/en/index.html') throw r.uri; if (viewerRequest({request: {uri: '/feeds/.tidings-lease'}}).statusCode !== 404) throw 1; const a = viewerResponse({request: {uri: '/feeds/en/index.html'}, response: {headers: {}}}); if (!a.headers.link.value.startsWith('<http://127.0.0.1:8080/feeds/en/>; rel=')) throw a.headers.link.value;"),
        ("cloudflare", None),
    ):
        with check(f"the rules for {name} are a program"):
            script = folder / (f"{name}.js" if call else f"{name}.mjs")
            script.write_text(rules(folder, name) + (call or ""))
            command = ["node", str(script)] if call else ["node", "--check", str(script)]
            done = subprocess.run(command, capture_output=True, text=True, timeout=60)
            expect(done.returncode == 0, done.stderr[-800:])
    with check("the rules for fastly name the site"):
        expect("http://127.0.0.1:8080" in rules(folder, "fastly"), "they do not")


def main():
    with temporary_folder() as folder:
        for name, checks in (("varnish", varnish_checks), ("nginx", nginx_checks), ("scripts", script_checks)):
            (folder / name).mkdir()
            try:
                checks(folder / name)
            except Skipped as why:
                with check(name):
                    raise why
    finish()


main()
