"""Newsboat, straight from the server and through an nginx that caches and revalidates. Nobody misses an entry."""

import gzip
import re
import socket
import subprocess
import time
from contextlib import contextmanager, suppress

from common import ROOT, CheckFailed, Site, Skipped, check, finish, free_port, temporary_folder, wait_for
from readers import PATH, Newsboat, Recorder, titles_in

NGINX = """
{user}
daemon off;
worker_processes 1;
pid {folder}/pid;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    proxy_cache_path {folder}/cache keys_zone=feeds:1m;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://127.0.0.1:{server};
            proxy_cache feeds;
            proxy_cache_revalidate on;
            proxy_cache_valid any 1s;
            add_header X-Cache $upstream_cache_status always;
        }}
    }}
}}
"""

# +: a story is added; _: what nginx holds grows old; n: newsboat asks, p: a plain reader asks, and has every story unless
# one was added since nginx's copy grew old.
STEPS = "nnp +_np _np +_p +_np +np_n +_pn +_pnpn +n_np"


TRIES = 6


class PlainReader:
    """A client that keeps the feed and both its validators, and has never heard of deltas. It accepts the codings that
    newsboat accepts, so that a cache holds one answer for both."""

    def __init__(self, site, port):
        self.site, self.port = site, port
        self.validators, self.have, self.seen = {}, [], set()

    def reload(self):
        asked = {"Accept-Encoding": "gzip, deflate", **self.validators}
        status, headers, body = self.site.get(PATH, asked, port=self.port)
        self.seen.add(headers.get("x-cache"))
        if status == 304 and self.validators:
            return
        if status != 200 or "im" in headers:
            raise CheckFailed(f"a plain reader that asked {asked} got {status} {headers}")
        found = titles_in(gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body)
        if sorted(found) != stories(len(found)) or len(found) < len(self.have):
            raise CheckFailed(f"a plain reader that had {self.have} got a feed of {found}")
        self.have = found
        both = {"If-None-Match": "etag", "If-Modified-Since": "last-modified"}
        self.validators = {asks: headers[had] for asks, had in both.items() if had in headers}

    def titles(self):
        return self.have


def title(number):
    return f"Story {number:02}"


def stories(count):
    return [title(number) for number in range(count)]


def add(site, number):
    site.story(f"story-{number:02}", title(number))
    if site.process:
        wait_for(f"story {number} is served", lambda: site.shows(title(number)), 20)


def holds(reader, titles):
    if sorted(reader.titles()) != sorted(titles):
        raise CheckFailed(f"{type(reader).__name__} has {sorted(reader.titles())} instead of {sorted(titles)}")


def must(condition, exchange, what):
    if not condition:
        raise CheckFailed(f"{what}: {exchange}")


@contextmanager
def nginx(folder, server):
    folder.mkdir()
    port, errors = free_port(), folder / "errors"
    user = "user root;" if ROOT else ""
    (folder / "conf").write_text(NGINX.format(folder=folder, port=port, server=server, user=user))
    command = ["nginx", "-p", folder, "-c", folder / "conf", "-e", errors]
    try:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except FileNotFoundError:
        raise Skipped("nginx is not installed") from None
    try:
        wait_for("nginx answers", lambda: process.poll() is not None or listens(port), 20)
        if process.poll() is not None:
            raise CheckFailed(f"nginx ended: {errors.read_text()[-1000:]}")
        yield port
    finally:
        process.terminate()
        process.wait(20)


def listens(port):
    with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True


def grow_old():
    """nginx counts in whole seconds: what may be kept for one is fresh for as long as two."""
    time.sleep(2.1 - time.time() % 1)


def straight(site, folder):
    recorder = Recorder(site.port)
    newsboat = Newsboat(folder / "newsboat", recorder.port)

    def reload():
        newsboat.reload()
        return recorder.only()

    with check("newsboat: the whole feed, then 304"):
        for _ in range(2):
            got = reload()
            must(got.status == 200 and sorted(got.titles()) == stories(2), got, "not the whole feed")
            must("no-store" not in got.headers.get("Cache-Control", "no-store"), got, "not for caches, without A-IM")
        got = reload()
        must("A-IM" in got.asked and got.status == 304, got, "not 304 though nothing changed")
        holds(newsboat, stories(2))

    with check("newsboat: the first change comes in whole, with a tag of its own; the next ones as deltas"):
        add(site, 2)
        first = reload()
        whole = first.status == 200 and first.kept_out() and sorted(first.titles()) == stories(3)
        must(whole, first, "not a whole feed with no-store and a tag of its own")
        tag = first.tag
        for new in ([3], [4, 5]):
            got = reload()
            must(got.status == 304 and got.tag == tag, got, "not 304 with the tag that matched, though nothing changed")
            for number in new:
                add(site, number)
            got = reload()
            must(got.status == 226 and got.headers.get("IM") == "feed", got, "no delta")
            must(got.kept_out() and re.search(r"\bim\b", got.headers["Cache-Control"]), got, "a delta that a cache may keep")
            must(got.tag != tag, got, "the tag of the feed before")
            must(sorted(got.titles()) == [title(number) for number in new], got, f"{got.titles()} in a delta")
            tag = got.tag
            holds(newsboat, stories(new[-1] + 1))

    with check("newsboat: a correction comes as a delta of one entry"):
        site.story("story-00", "Corrected")
        wait_for("the correction is served", lambda: site.shows("Corrected"), 20)
        got = reload()
        must(got.status == 226 and got.titles() == ["Corrected"], got, "not a delta of one entry")
        holds(newsboat, ["Corrected", *stories(6)[1:]])


def twice(site, folder):
    """Changes a story twice, early in a second, until both fell into one second twice."""
    newsboat = Newsboat(folder / "newsboat", site.port)
    seen_at = []

    def change(text):
        site.story("story-00", text)
        wait_for(f"{text} is served", lambda: site.shows(text), 20)
        seen_at.append(int(time.time()))
        sees(text)

    def sees(text):
        newsboat.reload()
        holds(newsboat, [text, title(1)])

    with check("newsboat: two changes within one second are both seen"):
        for _ in range(3):
            newsboat.reload()
        within = 0
        for number in range(TRIES):
            time.sleep(1.02 - time.time() % 1)
            change(f"Changed once, {number}")
            change(f"Changed twice, {number}")
            within += seen_at[-1] == seen_at[-2]
            time.sleep(1.2)
            sees(f"Changed twice, {number}")
            if within == 2:
                return
        if not within:
            raise Skipped(f"in {TRIES} tries no two changes were served within one second")


def cached(site, folder):
    name = "behind nginx, newsboat and a plain reader miss no entry, and no delta is kept as the feed"
    with check(name), nginx(folder / "nginx", site.port) as port:
        recorder = Recorder(port)
        newsboat, plain = Newsboat(folder / "newsboat", recorder.port), PlainReader(site, port)
        tags, count, old = set(), 2, True
        for step in STEPS.replace(" ", ""):
            if step == "+":
                add(site, count)
                count, old = count + 1, False
            elif step == "_":
                grow_old()
                old = True
            else:
                reader = {"n": newsboat, "p": plain}[step]
                reader.reload()
                if old:
                    holds(reader, stories(count))
            if step == "n":
                got = recorder.only()
                plain.seen.add(got.headers.get("X-Cache"))
                if "A-IM" in got.asked and got.status == 200 and got.kept_out():
                    tags.add(got.tag)
        if not {"HIT", "REVALIDATED", "EXPIRED"} <= plain.seen or not tags:
            raise CheckFailed(f"nothing was put to the test: nginx said {plain.seen}, newsboat got the tags {tags}")


def opening(site, folder):
    with check("newsboat: an entry without a link opens the page of its story"):
        newsboat = Newsboat(folder / "newsboat", site.port)
        newsboat.reload()
        address = newsboat.opened() or ""
        status, _, body = site.get(address.removeprefix(f"http://127.0.0.1:{site.port}"))
        if "/en/stories/story-0" not in address or status != 200 or b"About Story 0" not in body:
            raise CheckFailed(f"it opened {address!r}, which answers {status}")


def main():
    with temporary_folder() as folder:
        for trial in (straight, twice, cached, opening):
            here = folder / trial.__name__
            with Site(here / "site", server="max_age = 1") as site:
                for number in range(2):
                    add(site, number)
                site.start()
                trial(site, here)
    finish()


main()
