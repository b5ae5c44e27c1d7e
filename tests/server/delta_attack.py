"""Clients ask for deltas of all feeds, from all previous versions and in all codings, while the store changes all the time.

Run as `python3 delta_attack.py TIDINGS [--feeds N] [--seconds N]`: 42 feeds and 20 s, or 420 and 600 for the whole. The memory of
the server stays below a bound, and pages that have to be rendered are served meanwhile.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import statistics
import threading
import time
from collections import Counter
from pathlib import Path

from common import CheckFailed, Site, check, finish, temporary_folder, wait_for

MAX_MEMORY = 400 * 1024  # kB
WITHIN = 1  # seconds, for a page that has to be rendered
VERSIONS = 100  # previous versions of a feed that a server keeps
FORMATS = ("atom.xml", "rss.xml", "json")
CODINGS = ("identity", "gzip", "br", "zstd", "br, gzip;q=0.5")
LANGUAGES = ("en", "fr", "ru", "es", "ar", "zh-Hans", "en-GB", "fr-CA", "es-MX", "ar-EG", "en-AU", "fr-CH", "es-AR")
MONTHS, PER_MONTH = 60, 5
PROCESSES, CONNECTIONS, SLOW = 2, 40, 8
WORDS = [f"{one}{two}{three}" for one in ("ra", "lo", "mi", "ten", "su") for two in ("ka", "bel", "do", "ri", "var") for three in ("", "n", "sto", "le", "mus")]


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("tidings")
    parser.add_argument("--feeds", type=int, default=42)
    parser.add_argument("--seconds", type=float, default=20)
    return parser.parse_args()


def scopes(feeds):
    """How many languages, beside `mul`, and topics, beside `all`, make so many feeds."""
    total = feeds // len(FORMATS)
    languages = max((n for n in range(2, len(LANGUAGES) + 2) if total % n == 0), default=0)
    if not languages or feeds % len(FORMATS):
        raise SystemExit(f"{feeds} feeds are not {len(FORMATS)} formats of some languages and topics")
    return languages - 1, total // languages - 1


def text(seed, words):
    """Words in an order of their own, so that no coding makes them small."""
    return " ".join(random.Random(seed).choices(WORDS, k=words))


class Attacked(Site):
    """A site of many feeds whose months have pages."""

    def __init__(self, folder, feeds):
        super().__init__(folder)
        languages, topics = scopes(feeds)
        self.languages, self.topics = LANGUAGES[:languages], [f"topic-{n}" for n in range(topics)]
        self.config.write_text(
            f'[site]\nbase_url = "http://127.0.0.1:{self.port}/"\nauthority = "news.example.org,2014"\n'
            + "".join(f'[languages.{language}]\ntitle = "News"\n' for language in self.languages)
            + "".join(f"[topics.{topic}]\n" for topic in self.topics)
            + '[feeds]\nlimit = 50\n'
        )
        scopes_of_feeds = [f"/{language}/{scope}" for language in (*self.languages, "mul") for scope in ("all", *self.topics)]
        self.feeds = [f"{scope}.{form}" for scope in scopes_of_feeds for form in FORMATS]
        self.months = [f"{2015 + n // 12}-{1 + n % 12:02}" for n in range(MONTHS)]
        stories = (self.record(f"{month}-{day}", f"{month}-{day:02}", "Old") for month in self.months for day in range(1, PER_MONTH + 1))
        self.write("old.jsonl", "\n".join(map(json.dumps, stories)))
        self.change(0)

    def record(self, name, published, title):
        texts = {language: {"title": f"{title} {name}", "content_text": text(f"{name}{language}", 150)} for language in self.languages}
        return {"id": name, "published": published, "topics": self.topics, "translations": texts}

    def change(self, version):
        """Changes one entry of every feed."""
        self.write("changing.json", json.dumps(self.record(f"changing-{version % 10}", "2021-01-01", f"Version {version}.")))

    def pages(self):
        """Pages of months, which are rendered on request; the newest months are in the listings alone."""
        folders = self.languages + tuple(f"{language}/{topic}" for language in self.languages for topic in self.topics)
        return [f"/{folder}/{month}/" for month in self.months[:-12] for folder in folders]


class Client:
    """Asks for all feeds, each time from another version that it knows. A slow one leaves its answers unread for a while."""

    def __init__(self, port, address, feeds, known, found, is_slow):
        self.port, self.address, self.feeds, self.known, self.found, self.is_slow = port, address, feeds, known, found, is_slow

    async def run(self, end):
        while time.monotonic() < end:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 16, local_addr=(self.address, 0))
            try:
                while time.monotonic() < end:
                    await self.ask(reader, writer)
            except (OSError, asyncio.IncompleteReadError) as why:
                self.found[f"{type(why).__name__}"] += 1
                await asyncio.sleep(0.1)
            finally:
                writer.close()

    async def ask(self, reader, writer):
        path = random.choice(self.feeds)
        tags = self.known.setdefault(path, [])
        base = f"If-None-Match: {random.choice(tags)}\r\n" if tags else ""
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: a\r\nA-IM: feed\r\nAccept-Encoding: {random.choice(CODINGS)}\r\n{base}\r\n".encode()
        )
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        status = int(head[9:12])
        headers = dict(line.lower().split(": ", 1) for line in head.splitlines()[1:] if line)
        tag = headers.get("etag", "")
        self.found[status] += 1
        # Any coding of a version names it.
        version = tag[:36]
        if version.startswith('"im-') and (not tags or tags[-1][:36] != version):
            tags.append(tag)
            del tags[:-VERSIONS]
        left = int(headers.get("content-length", 0)) if status != 304 else 0
        if self.is_slow:
            await asyncio.sleep(2)
        while left:
            left -= len(await reader.readexactly(min(left, 1 << 16)))


def attack(port, address, feeds, end, results):
    known, found = {}, Counter()

    async def together():
        clients = [Client(port, address, feeds, known, found, number < SLOW) for number in range(CONNECTIONS)]
        await asyncio.gather(*(client.run(end) for client in clients))

    asyncio.run(together())
    results.put((found, max(map(len, known.values()))))


def peak_memory(process):
    """The largest resident memory that a process has had, in kB."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))


def change_until(site, end):
    version, started = 0, time.monotonic()
    while time.monotonic() < end:
        version += 1
        site.change(version)
        time.sleep(max(0, started + version / 10 - time.monotonic()))
    return version


def main():
    asked = arguments()
    with temporary_folder() as folder, Attacked(folder, asked.feeds) as site:
        # As the README has it; otherwise memory depends on the number of cores.
        site.start(env={**os.environ, "MALLOC_ARENA_MAX": "2"})
        before = peak_memory(site.process)
        pages, times, failed = site.pages(), [], []
        random.Random(1).shuffle(pages)
        end = time.monotonic() + asked.seconds
        results = multiprocessing.Queue()
        clients = [multiprocessing.Process(target=attack, args=(site.port, f"127.0.0.{2 + n}", site.feeds, end, results)) for n in range(PROCESSES)]
        for client in clients:
            client.start()
        written = []
        writer = threading.Thread(target=lambda: written.append(change_until(site, end)))
        writer.start()
        number = 0
        while time.monotonic() < end - 1:
            started = time.monotonic()
            page = pages[number % len(pages)]
            number += 1
            status, _, body = site.get(page)
            times.append(time.monotonic() - started)
            if status != 200 or b"Old " not in body:
                failed.append(f"{page} got {status} with {len(body)} bytes")
            time.sleep(max(0, started + 1 - time.monotonic()))
        found, versions = Counter(), 0
        for _ in clients:
            counted, most = results.get(timeout=120)
            found, versions = found + counted, max(versions, most)
        writer.join()
        for client in clients:
            client.join()
        memory = peak_memory(site.process)
        answers = ", ".join(f"{count} {status}" for status, count in sorted(found.items(), key=str))
        with check(f"{len(site.feeds)} feeds, {asked.seconds:.0f} s, {written[0]} changes: {answers}; bases of up to {versions} versions"):
            if unexpected := found.keys() - {200, 226, 304}:
                raise CheckFailed(f"{unexpected}")
            if found[226] < 10 * asked.seconds or versions < min(VERSIONS, asked.seconds / 2):
                raise CheckFailed("that is too little to prove anything")
        with check(f"memory stays below {MAX_MEMORY // 1024} MB: at most {memory // 1024} MB, and {before // 1024} MB before"):
            if memory >= MAX_MEMORY:
                raise CheckFailed("it did not")
        median, longest = statistics.median(times), max(times)
        with check(f"{len(times)} pages are rendered within {WITHIN} s meanwhile: {median:.3f} s each (median), {longest:.3f} s at most"):
            if failed:
                raise CheckFailed("; ".join(failed[:5]))
            if median >= WITHIN:
                raise CheckFailed("they are not")
        with check("the server is there, and has not panicked"):
            wait_for("the last change is served", lambda: site.shows(f"Version {written[0]}.", site.feeds[0]), 20)
            if "panicked" in site.log_text():
                raise CheckFailed(site.log_text()[-1000:])
    finish()


if __name__ == "__main__":
    main()
