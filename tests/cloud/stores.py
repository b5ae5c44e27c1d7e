"""Publishing to object stores: what arrives, with how many requests, by several builders, and with faults."""

import os
import random
import re
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "server"))

from common import TIDINGS, CheckFailed, Versions, check, finish, read_files, run, temporary_folder, wait_for
from servers import S3, Azure, Proxy

NOW = "2026-06-01T00:00:00Z"
SAMPLE = Path(__file__).parents[2] / "config/tidings.toml"
# FAULTS_ALL asks for all.
IS_LONG = bool(os.environ.get("FAULTS_ALL"))
# Of each of the two stores.
KILLS = 50 if IS_LONG else 8
# Seconds for which a builder is stopped: longer than a lease lives.
PAUSE = 62 if IS_LONG else 32


class Target:
    """A prefix in a new bucket of a store, reached through a proxy or not."""

    def __init__(self, store, port=None, bucket=None, prefix="news/"):
        self.store, self.port, self.prefix = store, port or store.port, prefix
        self.bucket = bucket or store.create()
        self.address = f"{store.scheme}://{self.bucket}/{prefix}".rstrip("/")

    def environment(self, endpoint=None):
        variable = {"s3": "AWS_ENDPOINT_URL", "az": "AZURE_STORAGE_ENDPOINT"}[self.store.scheme]
        allow = {"s3": "AWS_ALLOW_HTTP", "az": "AZURE_ALLOW_HTTP"}[self.store.scheme]
        own = {**self.store.environment, variable: endpoint or self.store.endpoint(self.port), allow: "true"}
        return {**os.environ, **own}

    def command(self, config, *more, now=NOW):
        return [str(TIDINGS), "build", "--config", str(config), "--output", self.address, "--now", now, *more]

    def build(self, config, *more, status=0, before=(), **options):
        options = {"env": self.environment(), "timeout": 120, **options}
        done = run(*before, *self.command(config, *more), succeeds=False, **options)
        if done.returncode != status or "panicked" in done.stderr:
            raise CheckFailed(f"exit {done.returncode} instead of {status}: {(done.stdout + done.stderr).strip()[:1500]}")
        return done

    def start(self, config, *more):
        return subprocess.Popen(
            self.command(config, *more), env=self.environment(),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )

    def objects(self):
        """The bytes of every object below the prefix."""
        objects = self.store.objects(self.bucket)
        return {key.removeprefix(self.prefix): body for key, body in objects.items() if key.startswith(self.prefix)}

    def documents(self):
        return {key: body for key, body in self.objects().items() if not key.startswith(".tidings")}

    def key(self, path):
        return f"{self.prefix}{path}"


def documents(folder):
    return {path: body for path, body in read_files(folder).items() if not path.startswith(".tidings")}


def proxied(folder, store):
    """A proxy, a target behind it, and the documents of both versions."""
    proxy = Proxy(store)
    a, b = (documents(folder / f"whole-{version}") for version in "ab")
    return proxy, Target(store, proxy.port), a, b


def compare(found, expected):
    for path in sorted(found.keys() | expected.keys()):
        if found.get(path) != expected.get(path):
            what = "is missing" if path not in found else "was left behind" if path not in expected else "has other bytes"
            raise CheckFailed(f"{path} {what}")


def assert_exactly(target, expected):
    """These documents, the manifest, and nothing else."""
    compare(target.documents(), expected)
    left = [key for key in target.objects() if key.startswith(".tidings") and key != ".tidings"]
    if left:
        raise CheckFailed(f"{left} was left behind")


def assert_whole(target, versions):
    """Every document is one of those of some version."""
    for path, body in target.documents().items():
        if body not in [version.get(path) for version in versions]:
            raise CheckFailed(f"{path} is torn ({len(body)} bytes)")


def counts(requests):
    return ", ".join(f"{number} {method}" for method, number in sorted(Counter(method for method, _ in requests).items()))


def sample(folder, store):
    """The sample, against what a folder gets."""
    run(TIDINGS, "build", "--config", SAMPLE, "--output", folder / "sample", "--now", NOW)
    expected = documents(folder / "sample")
    proxy = Proxy(store)
    target = Target(store, proxy.port)

    with check(f"{store.name}: the sample arrives as in a folder, byte for byte"):
        requests = proxy.counted(lambda: target.build(SAMPLE))
        assert_exactly(target, expected)
        print(f"  first publication of {len(expected)} documents: {counts(requests)}")

    with check(f"{store.name}: each object has its attributes"):
        for path, kind, language, tags in [
            ("en/all.atom.xml", "application/xml; charset=utf-8", "en", "kind-feed,language-en,scope-all"),
            ("mul/all.json", "application/feed+json; charset=utf-8", None, "kind-feed,language-mul,scope-all"),
            ("index.html", "text/html; charset=utf-8", None, "kind-listing"),
            ("assets/style.css", "text/css; charset=utf-8", None, "kind-asset"),
        ]:
            status, headers, _ = store.get(target.bucket, target.key(path))
            # The last tag is that of the document alone.
            shared = re.sub(",document-[0-9a-f]{16}$", "", headers.get(store.metadata) or "")
            found = (status, headers.get("content-type"), shared)
            if found != (200, kind, tags) or shared == headers.get(store.metadata) or (language and headers.get("content-language") != language):
                raise CheckFailed(f"{path}: {found}, {headers.get('content-language')}")
            if headers.get("cache-control") != "public, max-age=300, stale-while-revalidate=3600, stale-if-error=604800":
                raise CheckFailed(f"{path}: {headers.get('cache-control')}")
        if store.get(target.bucket, target.key(".tidings"))[1].get("cache-control") != "no-store":
            raise CheckFailed("the manifest may be cached")

    with check(f"{store.name}: nothing changed: one GET"):
        requests = proxy.counted(lambda: target.build(SAMPLE))
        if requests != [("GET", target.key(".tidings"))]:
            raise CheckFailed(f"{requests}")
        if target.build(SAMPLE, "--check").returncode:
            raise CheckFailed("--check finds a difference")

    with check(f"{store.name}: compressed copies are stored, encoded, and removed again"):
        target.build(SAMPLE, "--compress")
        for extension, token in (("gz", "gzip"), ("br", "br"), ("zst", "zstd")):
            _, headers, body = store.get(target.bucket, target.key(f"en/all.atom.xml.{extension}"))
            if headers.get("content-encoding") != token or headers.get("content-type") != "application/xml; charset=utf-8":
                raise CheckFailed(f"{extension}: {headers}")
        requests = proxy.counted(lambda: target.build(SAMPLE, "--compress"))
        if len(requests) != 1:
            raise CheckFailed(f"nothing changed, and yet {counts(requests)}")
        target.build(SAMPLE)
        assert_exactly(target, expected)
    proxy.stop()


def changes(folder, versions, store):
    proxy, target, a, b = proxied(folder, store)
    target.build(versions.config["a"])

    with check(f"{store.name}: one story changed: what is requested, and in which order"):
        config = folder / f"one-{store.scheme}/tidings.toml"
        run("cp", "-r", folder / "a", config.parent)
        (config.parent / "stories/new.toml").write_text(
            'published = 2024-06-01\ntopics = ["research"]\n[translations.en]\ntitle = "New"\n[translations.fr]\ntitle = "Neuf"\n'
        )
        requests = proxy.counted(lambda: target.build(config))
        print(f"  one story new: {counts(requests)}")
        run(TIDINGS, "build", "--config", config, "--output", folder / f"one-out-{store.scheme}", "--now", NOW)
        expected = documents(folder / f"one-out-{store.scheme}")
        changed = {path for path in expected if a.get(path) != expected[path]}
        assert_exactly(target, expected)
        own = [target.key(path) for path in (".tidings", ".tidings-lease")]
        if [key for method, key in requests if method == "GET"] != own[:1]:
            raise CheckFailed(f"GET {[key for method, key in requests if method == 'GET']}")
        puts = [key.removeprefix(target.prefix) for method, key in requests if method == "PUT" and key not in own]
        if sorted(puts) != sorted(changed):
            raise CheckFailed(f"{sorted(puts)} instead of {sorted(changed)}")
        stage = lambda path: (  # noqa: E731
            0 if path.startswith("assets/") else 1 if "/stories/" in path
            else 2 if re.search(r"/\d{4}(-\d\d)?[./]", path) else 3 if re.search(r"^\w[\w-]*/[\w-]+\.(atom\.xml|rss\.xml|json)$", path) else 4
        )
        if [stage(path) for path in puts] != sorted(stage(path) for path in puts):
            raise CheckFailed(f"in the order {puts}")
        # The client deletes by a batch in Azure.
        deletion = ("DELETE", own[1]) if store.scheme == "s3" else ("POST", target.bucket)
        if requests[-2:] != [("PUT", own[0]), deletion]:
            raise CheckFailed(f"at last {requests[-2:]}")

    with check(f"{store.name}: another version takes the place of one"):
        target.build(versions.config["b"])
        assert_exactly(target, b)

    with check(f"{store.name}: what somebody changed is kept and reported, and replaced with --overwrite"):
        changed, gone = "en/all.atom.xml", "en/only-b.json"
        for path in (changed, gone):
            store.put(target.bucket, target.key(path), b"by hand")
        for _ in range(2):
            done = target.build(versions.config["a"])
            if f"{target.address}/{changed}:1:1: warning: somebody changed this document" not in done.stderr:
                raise CheckFailed(done.stderr[:500])
        found = target.documents()
        if found[changed] != b"by hand" or found[gone] != b"by hand":
            raise CheckFailed("it was not kept")
        target.build(versions.config["a"], "--overwrite")
        store.delete(target.bucket, target.key(gone))
        assert_exactly(target, a)

    with check(f"{store.name}: what somebody deleted is written again when it changes, and with --overwrite"):
        store.delete(target.bucket, target.key("en/all.json"))
        target.build(versions.config["b"])
        assert_exactly(target, b)
        store.delete(target.bucket, target.key("en/all.json"))
        target.build(versions.config["b"], "--overwrite")
        assert_exactly(target, b)

    with check(f"{store.name}: without its manifest a publication is published again, and what is foreign is kept"):
        store.delete(target.bucket, target.key(".tidings"))
        store.put(target.bucket, target.key("en/all.json"), b'{"mine": true}')
        done = target.build(versions.config["b"])
        if "tidings did not write this" not in done.stderr:
            raise CheckFailed(done.stderr[:500])
        compare({**target.documents(), "en/all.json": b["en/all.json"]}, b)
        target.build(versions.config["b"], "--overwrite")
        assert_exactly(target, b)

    with check(f"{store.name}: the state may be elsewhere, and removing most of the documents needs --delete-many"):
        config = folder / f"state-{store.scheme}/tidings.toml"
        run("cp", "-r", folder / "a", config.parent)
        state = Target(store)
        text = config.read_text() + f'\n[publish]\nstate = "{state.address}"\n'
        config.write_text(text)
        apart = Target(store, proxy.port)
        apart.build(config)
        if list(state.objects()) != [".tidings"] or ".tidings" in apart.objects():
            raise CheckFailed(f"{list(state.objects())}")
        config.write_text(text.replace("[languages.fr]\ntitle = \"Nouvelles a\"\n", ""))
        for path in (config.parent / "stories").rglob("*.toml"):
            path.write_text(path.read_text().split("[translations.fr]")[0])
        before = apart.objects()
        requests = proxy.counted(lambda: apart.build(config, status=1))
        if apart.objects() != before or requests != [("GET", state.key(".tidings"))]:
            raise CheckFailed(f"{requests}")
        apart.build(config, "--delete-many")
        if any(path.startswith("fr/") for path in apart.objects()):
            raise CheckFailed("French documents are left")
    proxy.stop()


def builders(folder, versions, store):
    proxy, target, a, b = proxied(folder, store)

    with check(f"{store.name}: of two builds at once, one publishes, and the other names its holder"):
        proxy.fault = lambda method, key, number: time.sleep(0.02)
        for first, second in ("ab", "ba"):
            running = [target.start(versions.config[version]) for version in (first, second)]
            ended = [(process.communicate(timeout=120), process.returncode) for process in running]
            statuses = sorted(status for _, status in ended)
            if statuses not in ([0, 3], [0, 0]):
                raise CheckFailed(f"{ended}")
            for (_, stderr), status in ended:
                if status == 3 and not re.search(r"another build is at work here: process \d+ of the machine", stderr):
                    raise CheckFailed(stderr[:500])
            proxy_fault, proxy.fault = proxy.fault, None
            target.build(versions.config[first])
            assert_exactly(target, {"a": a, "b": b}[first])
            proxy.fault = proxy_fault
        proxy.fault = None

    with check(f"{store.name}: killed {KILLS} times: every document is whole, and the next build completes"):
        current = "a"
        target.build(versions.config[current])
        requests = len(proxy.counted(lambda: target.build(versions.config["b"])))
        seed = random.randrange(1_000_000)
        chance = random.Random(seed)
        for number in range(KILLS):
            at = chance.randrange(requests)
            process = None
            reached = threading.Event()

            def kill(method, key, count):
                if count == at:
                    reached.set()
                    process.kill()

            with proxy.lock:
                proxy.requests.clear()
            proxy.fault = kill
            process = target.start(versions.config["a" if current == "b" else "b"])
            process.communicate(timeout=120)
            proxy.fault = None
            time.sleep(0.05)
            assert_whole(target, [a, b])
            current = chance.choice("ab")
            target.build(versions.config[current])
            try:
                assert_exactly(target, {"a": a, "b": b}[current])
            except CheckFailed as why:
                raise CheckFailed(f"{why} (kill {number + 1} at request {at}, seed {seed})") from why
    proxy.stop()


def faults(folder, versions, store):
    proxy, target, a, b = proxied(folder, store)
    target.build(versions.config["a"])
    is_document = lambda method, key: method == "PUT" and ".tidings" not in key  # noqa: E731

    def once_for(answer, times=1, of=is_document):
        """Answers so to the first requests of a kind."""
        left = [times]

        def fault(method, key, number):
            with proxy.lock:
                if not of(method, key) or left[0] == 0:
                    return None
                left[0] -= 1
            return answer
        return fault

    current = "a"
    slow_down = (503, "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>")
    for name, fault in (
        ("that is too busy for a moment", once_for(slow_down, 3)),
        ("that cuts a connection within a PUT", once_for("cut", 2)),
        ("whose answer is lost", once_for("lose", 2)),
        ("whose answer to the manifest is lost", once_for("lose", 1, lambda method, key: method == "PUT" and key.endswith("/.tidings"))),
    ):
        with check(f"{store.name}: a store {name}: the publication is whole"):
            current = "b" if current == "a" else "a"
            proxy.fault = fault
            target.build(versions.config[current])
            proxy.fault = None
            assert_exactly(target, {"a": a, "b": b}[current])

    with check(f"{store.name}: a store that refuses: an error with its place, nothing torn, and the next build completes"):
        proxy.fault = lambda method, key, number: (403, "<Error><Code>AccessDenied</Code></Error>") if is_document(method, key) and number > 12 else None
        done = target.build(versions.config["a" if current == "b" else "b"], status=3)
        proxy.fault = None
        if target.address not in done.stderr:
            raise CheckFailed(done.stderr[:500])
        assert_whole(target, [a, b])
        target.build(versions.config["a"])
        assert_exactly(target, a)

    with check(f"{store.name}: a bucket that does not exist is named"):
        missing = Target(store, bucket="no-such-bucket")
        done = missing.build(versions.config["a"], status=3)
        if "no-such-bucket" not in done.stderr or "help:" not in done.stderr:
            raise CheckFailed(done.stderr[:500])

    # A client of Azure signs its conditions, so that nobody between can take them away.
    if store.scheme == "s3":
        with check(f"{store.name}: a store that ignores conditions is refused by name, and nothing is published there"):
            proxy.ignores_conditions = True
            careless = Target(store, proxy.port)
            done = careless.build(versions.config["a"], status=3)
            proxy.ignores_conditions = False
            if careless.documents() or "condition" not in done.stderr:
                raise CheckFailed(f"{list(careless.objects())[:3]} {done.stderr[:500]}")

    for hours in (-1, 1):
        with check(f"{store.name}: the clock of the store {hours:+} h: published, and a dead lease is taken over"):
            proxy.shift = hours * 3600
            for version in "ba":
                process = None
                started = threading.Event()

                def kill(method, key, number):
                    if is_document(method, key) and number > 8:
                        process.kill()
                        started.set()

                proxy.fault = kill
                process = target.start(versions.config[version])
                process.communicate(timeout=120)
                proxy.fault = None
                target.build(versions.config[version])
                assert_exactly(target, {"a": a, "b": b}[version])
            proxy.shift = 0
    proxy.stop()


def paused(folder, versions, store):
    """A builder that is stopped for longer than its lease lives, while another publishes."""
    proxy, target, a, b = proxied(folder, store)
    target.build(versions.config["a"])
    with check(f"{store.name}: a builder that was stopped until its lease is dead overwrites nothing of its successor's"):
        process, reached = None, threading.Event()

        def stop(method, key, number):
            if number > 12 and not reached.is_set():
                reached.set()
                process.send_signal(signal.SIGSTOP)

        with proxy.lock:
            proxy.requests.clear()
        proxy.fault = stop
        process = target.start(versions.config["b"])
        if not reached.wait(60):
            raise CheckFailed("it was not stopped")
        proxy.fault = None
        done = target.build(versions.config["a"], status=3)
        if f"process {process.pid} of the machine" not in done.stderr:
            raise CheckFailed(done.stderr[:500])
        time.sleep(PAUSE)
        target.build(versions.config["a"])
        assert_exactly(target, a)
        process.send_signal(signal.SIGCONT)
        _, stderr = process.communicate(timeout=120)
        if process.returncode != 3:
            raise CheckFailed(f"it ended with {process.returncode}: {stderr[:500]}")
        # What was on its way when it was stopped may have arrived, and is found by the next build that changes it.
        assert_whole(target, [a, b])
        target.build(versions.config["a"], "--overwrite")
        assert_exactly(target, a)
    proxy.stop()


def encrypted(folder, versions, store):
    """All test servers speak plain HTTP: a client without TLS would reach no real store."""
    with check(f"{store.name}: published over TLS, with a certificate of the test's own; another one is refused"):
        for name in ("own", "other"):
            run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
                "-addext", "basicConstraints=critical,CA:FALSE", "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "own.pem", folder / "own.key")
        proxy = Proxy(store, context)
        target = Target(store, proxy.port)
        environment = target.environment(store.endpoint(proxy.port).replace("http://", "https://"))
        allow = {"s3": "AWS_ALLOW_HTTP", "az": "AZURE_ALLOW_HTTP"}[store.scheme]
        environment.pop(allow)
        target.build(versions.config["a"], env={**environment, "SSL_CERT_FILE": str(folder / "own.pem")})
        assert_exactly(target, documents(folder / "whole-a"))
        done = target.build(versions.config["b"], status=3, env={**environment, "SSL_CERT_FILE": str(folder / "other.pem")})
        if "certificate" not in done.stderr:
            raise CheckFailed(done.stderr[:500])
        proxy.stop()


def main():
    which = sys.argv[2:] or ["sample", "changes", "builders", "faults", "paused", "encrypted"]
    with temporary_folder() as folder:
        versions = Versions(folder, 60)
        for version in "ab":
            run(TIDINGS, "build", "--config", versions.config[version], "--output", folder / f"whole-{version}", "--now", NOW)
        for kind in (S3, Azure):
            store = kind(folder)
            try:
                if "sample" in which:
                    sample(folder, store)
                if "changes" in which:
                    changes(folder, versions, store)
                if "builders" in which:
                    builders(folder, versions, store)
                if "faults" in which:
                    faults(folder, versions, store)
                if "paused" in which and (kind is S3 or IS_LONG):
                    paused(folder, versions, store)
                if "encrypted" in which:
                    encrypted(folder, versions, store)
            finally:
                store.stop()
    finish()


main()
