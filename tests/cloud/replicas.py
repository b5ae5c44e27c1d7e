"""Replicas of a publication in an object store: whole publications under load, soon after each build, with a store that is away.

usage: replicas.py TIDINGS
"""

import hashlib
import http.client
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "server"))

from common import TIDINGS, check, expect, finish, memory, read_files, temporary_folder, wait_for, write_files
from servers import S3, Proxy

NOW = "2026-06-01T00:00:00Z"
PUBLICATIONS = 100
# Each publication changes one of the newest stories, which every feed shows.
STORIES, NEWEST = 12, 5
REPLICAS = 3
# How long the store is away.
AWAY = 60 if os.environ.get("FAULTS_ALL") else 10
# A replica asks each second, and fetches what changed. The rest is for a busy machine.
CONVERGENCE = 10

CONFIG = """
[site]
base_url = "https://news.example.org/"
authority = "news.example.org,2014"
output = "{output}"
timezone = "UTC"

[languages.en]
title = "News"

[languages.fr]
title = "Nouvelles"

[topics.rain]

[feeds]
limit = {newest}
archives = "year"

[server]
admin = "127.0.0.1:0"

[publish]
endpoint = "{endpoint}"
"""
# What is swapped at once, in the order in which it is asked for.
TOGETHER = ["/en/all.atom.xml", "/en/", "/en/all.json", "/fr/all.rss.xml", "/", "/mul/all.json", "/en/rain.atom.xml", "/feeds.opml"]


def digest(body):
    return hashlib.sha256(body).digest()


class Publisher:
    """A site whose publications are known before they are published: by number, the digest of each document."""

    def __init__(self, folder, store):
        self.folder, self.store = folder, store
        self.proxy = Proxy(store)
        self.bucket = store.create()
        self.address = f"s3://{self.bucket}/news"
        write_files(folder, {"tidings.toml": CONFIG.format(newest=NEWEST, output=self.address, endpoint=store.endpoint(self.proxy.port))})
        self.known = []

    def write(self, number):
        """The stories of a publication: one differs from those of the one before."""
        for story in range(STORIES):
            # The last publication that changed this story.
            place = story - (STORIES - NEWEST)
            version = number - (number - place) % NEWEST if 0 <= place <= number else 0
            title = f"Story {story}, version {version}"
            write_files(self.folder / "stories", {f"{story}.toml": (
                f'published = 20{14 + story}-05-06\ntopics = ["rain"]\n[translations.en]\ntitle = "{title}"\nsummary = "{title}"\n'
                f'[translations.fr]\ntitle = "Histoire {story}, version {version}"\nsummary = "x"\n')})

    def learn(self, count):
        """Builds the publications into a folder."""
        for number in range(count):
            self.write(number)
            self.run("--output", str(self.folder / "known"))
            self.known.append({path: digest(body) for path, body in read_files(self.folder / "known").items()})

    def environment(self):
        return {**os.environ, **self.store.environment}

    def start(self, *arguments):
        return subprocess.Popen(
            [TIDINGS, "build", "--now", NOW, *arguments], cwd=self.folder, env=self.environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def run(self, *arguments):
        build = self.start(*arguments)
        output, _ = build.communicate(timeout=120)
        expect(build.returncode == 0, f"the build ended with {build.returncode}: {output[-1500:]}")

    def publish(self, number):
        self.write(number)
        self.run()


class Replica:
    """A server that follows a publication through a proxy of its own."""

    def __init__(self, publisher, name, cache=None):
        self.folder = publisher.folder.parent / name
        self.folder.mkdir()
        self.proxy = Proxy(publisher.store)
        endpoint = publisher.store.endpoint(self.proxy.port)
        write_files(self.folder, {"tidings.toml": CONFIG.format(newest=NEWEST, output="none", endpoint=endpoint)})
        self.cache = self.folder / "cache"
        if cache:
            shutil.copytree(cache, self.cache)
        self.address = publisher.address
        self.environment = {**publisher.environment(), "CACHE_DIRECTORY": str(self.cache)}
        self.process = None

    def start(self):
        log = self.folder / "log"
        with open(log, "w") as out:
            self.process = subprocess.Popen(
                [TIDINGS, "serve", "--from", self.address, "--listen", "127.0.0.1:0"], cwd=self.folder, env=self.environment,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=out)

        def ports():
            expect(self.process.poll() is None, log.read_text()[-1500:])
            found = [re.search(rf"{text} http://127.0.0.1:(\d+)/", log.read_text()) for text in ("serving at", "the admin address is")]
            return all(found) and [int(port[1]) for port in found]

        self.port, self.admin = wait_for("the replica listens", ports, 60)
        return self

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def get(self, path, port=None):
        """Status, headers with names in lower case, body."""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=60)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def ready(self):
        status, _, body = self.get("/readyz", self.admin)
        return status, body.decode()

    def serves(self, documents):
        return all(digest(self.get(path)[2]) == documents[file_of(path)] for path in TOGETHER)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            expect(self.process.wait(30) == 0, (self.folder / "log").read_text()[-1500:])
        expect("panicked" not in (self.folder / "log").read_text(), "it panicked")


def file_of(path):
    path = path.lstrip("/")
    return f"{path}index.html" if path.endswith("/") or not path else path


class Reader(threading.Thread):
    """Asks one replica for documents that change together, one after the other, over one connection. The publication that an
    answer is of is never older than that of the answer before."""

    def __init__(self, replica, known, shift):
        super().__init__(daemon=True)
        self.replica, self.known = replica, known
        self.paths = TOGETHER[shift:] + TOGETHER[:shift]
        self.ends, self.answers, self.fault = threading.Event(), 0, None
        self.start()

    def run(self):
        connection, at_least = self.replica.connect(), 0
        while not self.ends.is_set() and not self.fault:
            for path in self.paths:
                try:
                    connection.request("GET", path)
                    answer = connection.getresponse()
                    body, status = answer.read(), answer.status
                except (OSError, http.client.HTTPException) as why:
                    self.fault = f"{path}: {why!r}"
                    return
                found = digest(body)
                numbers = [n for n in range(at_least, len(self.known)) if self.known[n].get(file_of(path)) == found]
                if status != 200 or not numbers:
                    earlier = [n for n in range(at_least) if self.known[n].get(file_of(path)) == found]
                    self.fault = f"{path}: {status}, of publication {earlier[-1:]} after one of at least {at_least}"
                    return
                at_least = numbers[0]
                self.answers += 1
                time.sleep(0.002)

    def stop(self):
        self.ends.set()
        self.join(60)
        expect(self.fault is None, self.fault)
        return self.answers


def publications(publisher, replicas):
    with check(f"{REPLICAS} replicas under load while {PUBLICATIONS} publications follow each other: none is mixed, all arrive, memory stays flat"):
        readers = [Reader(replica, publisher.known, shift) for replica in replicas for shift in (0, 3)]
        times, sizes = [], {}
        start = time.monotonic()
        for number in range(1, PUBLICATIONS + 1):
            publisher.publish(number)
            if number % 4 == 0 or number == PUBLICATIONS:
                built = time.monotonic()
                wait_for(f"all serve publication {number}", lambda: all(replica.serves(publisher.known[number]) for replica in replicas), CONVERGENCE)
                times.append(time.monotonic() - built)
            if number in (32, PUBLICATIONS):
                sizes[number] = [memory(replica.process) for replica in replicas]
        answers = sum(reader.stop() for reader in readers)
        seconds = time.monotonic() - start
        print(f"  {answers} answers in {seconds:.0f} s; all replicas had a publication {statistics.median(times):.2f} s after its build (median of {len(times)}), at most {max(times):.2f} s")
        print(f"  memory after 32 publications {max(sizes[32]) // 1024} MB, after {PUBLICATIONS} {max(sizes[PUBLICATIONS]) // 1024} MB")
        expect(answers > 1000, f"{answers} answers are no load")
        expect(statistics.median(times) < 2, f"{times}")
        for before, after in zip(sizes[32], sizes[PUBLICATIONS]):
            expect(after < before * 1.25 + 4096, f"{sizes}")
        archive = next(path for path in publisher.known[PUBLICATIONS] if "2016" in path and path.endswith(".atom.xml"))
        for path in (f"/en/stories/{STORIES - 1}/", f"/{archive}"):
            bodies = {digest(replica.get(path)[2]) for replica in replicas}
            expect(bodies == {publisher.known[PUBLICATIONS][file_of(path)]}, f"{path} differs")

    with check("all replicas give the same tags and dates"):
        # Of two versions within a second the later has no date where both were served. The newest story is in every feed.
        time.sleep(1.5)
        number = PUBLICATIONS + 4
        expect(number % NEWEST == NEWEST - 1, "another story changes")
        publisher.publish(number)
        for replica in replicas:
            wait_for("it serves the next one", lambda: replica.serves(publisher.known[number]), CONVERGENCE)

        def fields():
            found = [[replica.get(path)[1] for path in TOGETHER] for replica in replicas]
            return [[(fields["etag"], fields.get("last-modified")) for fields in of_replica] for of_replica in found]

        # A date is left out until no other version can share it.
        dated = wait_for("every document has a date", lambda: all(date for one in fields() for _, date in one) and fields())
        expect(all(one == dated[0] for one in dated), f"{dated}")
        asset = replicas[0].get("/assets/style.css")[1]["last-modified"]
        expect(replicas[0].get(TOGETHER[0])[1]["last-modified"] != asset, "one date for all")

    with check("a replica asks for the manifest alone while nothing changes, about once a second"):
        requests = replicas[0].proxy.counted(lambda: time.sleep(5))
        expect(2 <= len(requests) <= 6 and set(requests) == {("GET", "news/.tidings")}, requests)


def unfinished(publisher, replicas):
    number = PUBLICATIONS + 5
    with check("over a publication that was not finished a replica starts with 503 and the reason; those that ran keep the last whole one"):
        publisher.write(number)
        build, puts = None, []

        def kill(method, key, _):
            if method == "PUT" and "/.tidings" not in key:
                puts.append(key)
                if len(puts) == 6:
                    build.kill()

        publisher.proxy.fault = kill
        build = publisher.start()
        build.communicate(timeout=120)
        publisher.proxy.fault = None
        expect(build.returncode == -signal.SIGKILL, f"it ended with {build.returncode}")
        fresh = Replica(publisher, "fresh").start()
        try:
            status, text = fresh.ready()
            expect(status == 503 and "a publication is being written here, or one was not finished" in text, f"{status} {text}")
            expect(fresh.get("/en/all.json")[0] == 503, fresh.get("/en/all.json")[:2])
            time.sleep(1.5)
            for replica in replicas:
                expect(replica.serves(publisher.known[number - 1]), "it serves something else")
                status, text = replica.ready()
                expect(status == 200 and "not finished" in text, f"{status} {text}")
            publisher.publish(number)
            for replica in [*replicas, fresh]:
                wait_for("it serves the next one", lambda: replica.serves(publisher.known[number]), CONVERGENCE)
                wait_for("it is ready", lambda: re.fullmatch(r"ready, with what the source had \d s ago\n", replica.ready()[1]), CONVERGENCE)
        finally:
            fresh.stop()


def away(publisher, replicas):
    number = PUBLICATIONS + 6
    documents = publisher.known[number - 1]
    with check(f"the store is away for {AWAY} s: what was served is served, and /readyz says how old it is and why"):
        for replica in replicas:
            replica.proxy.fault = lambda method, key, count: "cut"
        readers = [Reader(replica, publisher.known[:number], 0) for replica in replicas]
        time.sleep(AWAY)
        for reader in readers:
            reader.stop()
        for replica in replicas:
            status, text = replica.ready()
            age = int(re.search(r"had (\d+) s ago", text)[1])
            expect(status == 200 and age >= AWAY - 3 and "the connection to the store broke" in text, f"{status} {text}")

    with check("a replica that starts meanwhile serves its local copy; one without says why it has nothing"):
        copied, bare = Replica(publisher, "copied", replicas[0].cache), Replica(publisher, "bare")
        try:
            for replica in (copied, bare):
                replica.proxy.fault = lambda method, key, count: "cut"
                replica.start()
            expect(copied.serves(documents) and copied.ready()[0] == 200, copied.ready())
            expect(bare.ready()[0] == 503 and "the connection to the store broke" in bare.ready()[1], bare.ready())
            publisher.publish(number)
            for replica in [*replicas, copied, bare]:
                replica.proxy.fault = None
            for replica in [*replicas, copied, bare]:
                wait_for("it serves what was published meanwhile", lambda: replica.serves(publisher.known[number]), 30)
        finally:
            copied.stop()
            bare.stop()


def main():
    with temporary_folder() as folder:
        (folder / "site").mkdir()
        store = S3(folder)
        replicas = []
        try:
            publisher = Publisher(folder / "site", store)
            publisher.learn(PUBLICATIONS + 7)
            publisher.publish(0)
            replicas = [Replica(publisher, f"replica-{number}").start() for number in range(REPLICAS)]
            publications(publisher, replicas)
            unfinished(publisher, replicas)
            away(publisher, replicas)
        finally:
            for replica in replicas:
                replica.stop()
            store.server.stop()
    finish()


main()
