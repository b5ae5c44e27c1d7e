"""The store changes every 100 ms under load. Run as `python3 soak.py TIDINGS [SECONDS]`: 10, or 60 for the whole.

Every answer is whole and of one publication, a tag always names the same bytes, and memory stays flat.
"""

import gzip
import hashlib
import http.client
import json
import multiprocessing
import os
import random
import re
import sys
import threading
import time
import xml.etree.ElementTree as ElementTree
from email.utils import parsedate_to_datetime

from common import CheckFailed, Site, check, finish, memory, temporary_folder, wait_for

try:
    from brotli import decompress as unbrotli
except ImportError:
    unbrotli = None

SECONDS = float(sys.argv[2]) if len(sys.argv) > 2 else 10
READERS = max(3, min(8, (os.cpu_count() or 2) * 2))
STORIES = 60
PATHS = [f"/{language}/{scope}.{form}" for language in ("en", "fr", "mul") for scope in ("all", "research", "children") for form in ("atom.xml", "rss.xml", "json")]
PATHS += ["/feeds.opml", "/en/feeds.opml"]
CODINGS = ["identity", "gzip", "br", "zstd", "br, gzip;q=0.5", "*"]


def publish(site, version):
    """One file holds all, so that whoever reads it has all stories of one version."""
    texts = {language: {"title": f"Title, version {version}.", "summary": "A summary.", "content_text": f"In version {version}. " + "So it goes. " * 40} for language in ("en", "fr")}
    records = ({"id": f"story-{n}", "published": f"2020-01-{1 + n % 28:02}", "topics": [("research", "children")[n % 2]], "translations": texts} for n in range(STORIES))
    site.write("all.jsonl", "\n".join(json.dumps(record) for record in records))


class Reader:
    """Asks for documents one after the other, and keeps the validators and versions of responses."""

    def __init__(self, port, end):
        self.port, self.end = port, end
        self.tags, self.dates, self.newest = {}, {}, {}
        self.had = {}
        self.answers, self.not_modified, self.versions = 0, 0, set()

    def read(self):
        connection = None
        while time.monotonic() < self.end:
            if connection is None or random.random() < 0.01:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            path, coding = random.choice(PATHS), random.choice(CODINGS)
            headers = {"Accept-Encoding": coding}
            if random.random() < 0.3 and (path, coding) in self.had:
                headers["If-None-Match"] = self.had[path, coding]
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            body = answer.read()  # less than Content-Length says is an error here
            self.verify(path, coding, headers, answer, body)
            self.answers += 1

    def verify(self, path, coding, asked, answer, body):
        where = f"{path} as {coding}"
        tag, date, modified = (answer.headers[name] for name in ("ETag", "Date", "Last-Modified"))
        if answer.status == 304 and tag in (asked.get("If-None-Match"),) and not body:
            self.not_modified += 1
            return
        if answer.status != 200 or not tag or int(answer.headers["Content-Length"]) != len(body):
            raise CheckFailed(f"{where}: {answer.status} with {len(body)} bytes, {dict(answer.headers)}")
        digest = hashlib.sha256(body).hexdigest()
        if self.tags.setdefault(tag, digest) != digest:
            raise CheckFailed(f"{where}: the tag {tag} names two texts")
        self.had[path, coding] = tag
        used = answer.headers.get("Content-Encoding", "identity")
        if modified:
            if parsedate_to_datetime(modified) > parsedate_to_datetime(date):
                raise CheckFailed(f"{where}: Last-Modified {modified} is later than Date {date}")
            if self.dates.setdefault((path, used, modified), tag) != tag:
                raise CheckFailed(f"{where}: two texts were last modified {modified}")
        if used == "gzip":
            body = gzip.decompress(body)
        elif used == "br" and unbrotli:
            body = unbrotli(body)
        elif used != "identity":
            return
        if path.endswith(".json"):
            count = len(json.loads(body)["items"])
        else:
            root = ElementTree.fromstring(body)
            count = len([each for each in root.iter() if each.tag.rpartition("}")[2] in ("entry", "item")])
        if "opml" in path:
            return
        versions = {int(number) for number in re.findall(rb"version (\d+)\.", body)}
        if len(versions) != 1 or count != min(50, STORIES * (2 if "mul" in path else 1) // (1 if "all" in path else 2)):
            raise CheckFailed(f"{where}: {count} entries of the versions {sorted(versions)}")
        version = versions.pop()
        if version < self.newest.get(path, 0):
            raise CheckFailed(f"{where}: version {version} after version {self.newest[path]}")
        self.newest[path] = version
        self.versions.add(version)


def reader(port, end, results):
    one, why = Reader(port, end), None
    try:
        one.read()
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
    results.put((why, one.answers, one.not_modified, one.versions, one.tags, one.dates))


def soak(site):
    version, tops = 0, []
    results, end = multiprocessing.Queue(), time.monotonic() + SECONDS
    readers = [multiprocessing.Process(target=reader, args=(site.port, end, results)) for _ in range(READERS)]
    for each in readers:
        each.start()
    found = []
    collector = threading.Thread(target=lambda: found.extend(results.get() for _ in readers))
    collector.start()
    started = time.monotonic()
    while time.monotonic() < end:
        version += 1
        publish(site, version)
        tops.append((time.monotonic(), memory(site.process)))
        time.sleep(max(0, started + version / 10 - time.monotonic()))
    collector.join()
    for each in readers:
        each.join()
    return version, tops, found


def main():
    with temporary_folder() as folder, Site(folder) as site:
        publish(site, 0)
        site.start()
        last, tops, found = soak(site)
        answers, not_modified = sum(each[1] for each in found), sum(each[2] for each in found)
        versions = set().union(*(each[3] for each in found))
        with check(f"{answers} answers, {not_modified} of them 304, over {len(versions)} publications of {last} changes in {SECONDS:.0f} s: each whole and of one publication"):
            for why, *_ in found:
                if why:
                    raise CheckFailed(why)
            if len(versions) < SECONDS or not answers:
                raise CheckFailed("that is too little to prove anything")
        for name, index in (("a tag always names the same bytes, whoever asks", 4), ("no two texts of a document share a Last-Modified, whoever asks", 5)):
            with check(name):
                together = {}
                for each in found:
                    for key, value in each[index].items():
                        if together.setdefault(key, value) != value:
                            raise CheckFailed(f"{key} names two")
        with check("the last change is served within 1 s"):
            wait_for("it is served", lambda: site.shows(f"version {last}."), 1)
        third = max(top for at, top in tops if at <= tops[0][0] + SECONDS / 3)
        with check(f"memory stays flat: {third} kB after a third of the time, {tops[-1][1]} kB at the end"):
            # A short run ends before the last hundred publications are all known, and the allocator has what it needs.
            more = 5_000 if SECONDS >= 60 else 30_000
            if tops[-1][1] > third * 1.1 + more:
                raise CheckFailed(f"the most was {max(top for _, top in tops)} kB")
        with check("the server is there, and has not panicked"):
            if not site.answers() or "panicked" in site.log_text():
                raise CheckFailed(site.log_text()[-1000:])
    finish()


if __name__ == "__main__":
    main()
