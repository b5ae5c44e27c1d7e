"""What a publication in an object store tells caches and a hub, and in which order; the hub and the purging program are stand-ins.

usage: notify.py TIDINGS
"""

import os
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

sys.path.append(str(Path(__file__).parents[1] / "server"))

from common import TIDINGS, check, expect, finish, temporary_folder, wait_for
from servers import S3, Proxy

CONFIG = """
[site]
base_url = "https://news.example.org/feeds/"
authority = "news.example.org,2014"
output = "s3://{bucket}/news"

[languages.en]
title = "News"

[feeds]
hub = "http://127.0.0.1:{hub}/"

[publish]
endpoint = "http://127.0.0.1:{port}"
purge = {{ command = ["{program}", "{log}"] }}
"""
STORY = 'published = 2024-05-06\n[translations.en]\ntitle = "{title}"\nsummary = "x"\n'
FEEDS = {f"https://news.example.org/feeds/{language}/all.{kind}" for language in ("en", "mul") for kind in ("atom.xml", "rss.xml", "json")}


class Hub(ThreadingHTTPServer):
    """Writes the topics of pings into a log."""

    def __init__(self, log):
        self.log, self.is_down, self.lock = log, False, threading.Lock()
        super().__init__(("127.0.0.1", 0), HubHandler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class HubHandler(BaseHTTPRequestHandler):
    def do_POST(self):
        form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
        if not self.server.is_down:
            with self.server.lock, open(self.server.log, "a") as log:
                log.write(f"hub {form['hub.url'][0]}\n")
        self.send_response(503 if self.server.is_down else 202)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


class Site:
    """A site, its store, and those who are told of it."""

    def __init__(self, folder):
        self.folder, self.log = folder, folder / "log"
        self.store = S3(folder)
        self.proxy, self.hub = Proxy(self.store), Hub(self.log)
        self.bucket = self.store.create()
        (folder / "stories").mkdir()
        program = folder / "purge"
        program.write_text(
            '#!/bin/sh\nif [ -e "$1.broken" ]; then exit 3; fi\nsed "s/^/purge /" >> "$1"\n'
            'if [ -e "$1.slow" ]; then touch "$1.waits"; sleep 60; fi\n')
        program.chmod(0o755)
        (folder / "tidings.toml").write_text(
            CONFIG.format(bucket=self.bucket, hub=self.hub.server_port, port=self.proxy.port, program=program, log=self.log))

    def write(self, name, title):
        (self.folder / "stories" / f"{name}.toml").write_text(STORY.format(title=title))

    def environment(self):
        return {**os.environ, **self.store.environment}

    def build(self, *arguments):
        """What was told, in its order, and what the build said."""
        self.log.write_text("")
        done = subprocess.run(
            [TIDINGS, "build", *arguments], cwd=self.folder, env=self.environment(), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=120)
        expect(done.returncode == 0, f"it ended with {done.returncode}: {done.stdout}{done.stderr}")
        return self.log.read_text().splitlines(), done.stderr

    def documents(self):
        objects = self.store.objects(self.bucket)
        return {key.removeprefix("news/") for key in objects if not key.startswith("news/.tidings")}

    def manifest(self):
        return self.store.get(self.bucket, "news/.tidings")[2].decode()


def is_in_order(told):
    kinds = [line.split()[0] for line in told]
    return kinds == sorted(kinds, reverse=True)


def topics(told):
    return {line.split()[1] for line in told if line.startswith("hub ")}


def purged(told):
    return {line.split()[1].removeprefix("https://news.example.org/feeds/") for line in told if line.startswith("purge ")}


def checks(folder, site):
    site.write("rain", "Rain")
    with check("caches are purged of every document, and then the hub is notified of every feed"):
        told, stderr = site.build()
        expect(purged(told) == site.documents() and topics(told) == FEEDS and is_in_order(told), f"{told} {stderr}")
        expect("\tpurge\t" not in site.manifest() and "\ttopic\t" not in site.manifest(), site.manifest())
    with check("nothing changed: one GET, and nobody is told"):
        requests = site.proxy.counted(lambda: expect(site.build()[0] == [], "somebody was told"))
        expect(requests == [("GET", "news/.tidings")], requests)
    with check("while a cache cannot be purged the hub is not notified; the next build repeats both, though nothing changed"):
        broken = folder / "log.broken"
        broken.touch()
        site.write("rain", "Rain, corrected")
        told, stderr = site.build()
        expect(told == [] and "was not purged" in stderr and "next build repeats it" in stderr, f"{told} {stderr}")
        broken.unlink()
        told, _ = site.build()
        expect("en/all.json" in purged(told) and topics(told) == FEEDS and is_in_order(told), told)
        expect(site.build()[0] == [], "it was told twice")
    with check("a hub that is away is a warning, and notified by the next build"):
        site.hub.is_down = True
        site.write("rain", "Rain again")
        told, stderr = site.build()
        expect(topics(told) == set() and "could not be notified" in stderr and "next build repeats it" in stderr, stderr)
        site.hub.is_down = False
        told, _ = site.build()
        expect(topics(told) == FEEDS and purged(told) == set(), told)
    with check("a build that was killed before it told anybody is told of by the next"):
        (folder / "log.slow").touch()
        site.write("snow", "Snow")
        build = subprocess.Popen(
            [TIDINGS, "build"], cwd=folder, env=site.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        wait_for("the purge", lambda: (folder / "log.waits").exists(), 60)
        build.send_signal(signal.SIGKILL)
        build.wait()
        (folder / "log.slow").unlink()
        told, _ = site.build()
        expect("en/all.json" in purged(told) and topics(told) == FEEDS, told)
    with check("drafts and a comparison tell nobody"):
        site.write("hail", "Hail")
        told, _ = site.build("--drafts", "--output", f"s3://{site.bucket}/look")
        expect(told == [], told)


def main():
    with temporary_folder() as folder:
        site = Site(folder)
        try:
            checks(folder, site)
        finally:
            site.store.server.stop()
    finish()


main()
