"""The admin address: health, and metrics that Prometheus can read and that count what was asked."""

import http.client
import json
import re

from common import CheckFailed, Site, check, finish, free_port, memory, temporary_folder, wait_for

PATH, OTHER, THIRD = "/en/all.atom.xml", "/fr/all.rss.xml", "/en/research.json"
NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (\S+)(?: -?\d+)?")
KINDS = {"counter", "gauge", "histogram", "summary", "untyped"}


def read(text):
    """The samples of Prometheus' text format 0.0.4, by name and labels. What it does not allow is refused."""
    if not text.endswith("\n"):
        raise CheckFailed("the last line has no end")
    kinds, helped, samples, families = {}, set(), {}, []
    for line in text.splitlines():
        if match := re.fullmatch(rf"# HELP ({NAME}) (?:[^\\]|\\[\\n])*", line):
            if match[1] in helped:
                raise CheckFailed(f"a second HELP: {line}")
            helped.add(match[1])
        elif match := re.fullmatch(rf"# TYPE ({NAME}) (\w+)", line):
            if match[1] in kinds or match[2] not in KINDS or any(name == match[1] for name, _ in samples):
                raise CheckFailed(f"a second, late or unknown TYPE: {line}")
            kinds[match[1]] = match[2]
        elif match := SAMPLE.fullmatch(line):
            name, value = match[1], float(match[3])
            labels, at = {}, 0
            while at < len(match[2] or ""):
                label = LABEL.match(match[2], at)
                if not label or label[1] in labels or label[1].startswith("__"):
                    raise CheckFailed(f"labels that are none: {line}")
                labels[label[1]], at = label[2], label.end()
            family = re.sub(r"_(bucket|sum|count)$", "", name) if name not in kinds else name
            if family not in kinds or family not in helped:
                raise CheckFailed(f"a sample without TYPE and HELP before it: {line}")
            if kinds[family] == "counter" and (not name.endswith("_total") or value < 0):
                raise CheckFailed(f"a counter that is none: {line}")
            if family in families and families[-1] != family:
                raise CheckFailed(f"a family in two places: {line}")
            if (name, frozenset(labels.items())) in samples:
                raise CheckFailed(f"a sample twice: {line}")
            families.append(family)
            samples[name, frozenset(labels.items())] = value
        elif line and not re.match(r"# (?!HELP|TYPE)", line):
            raise CheckFailed(f"a line that is none: {line}")
    return samples


def main():
    admin = free_port()
    with temporary_folder() as folder, Site(folder, server=f'admin = "127.0.0.1:{admin}"\nadmin_hosts = ["monitor.example"]\n') as site:
        site.story("first", "First", languages=("en", "fr"))
        site.start()

        def metrics():
            status, headers, body = site.get("/metrics", port=admin)
            if status != 200 or not headers["content-type"].startswith("text/plain; version=0.0.4"):
                raise CheckFailed(f"{status}, {headers['content-type']}")
            return read(body.decode())

        def moved(before, word, *labels):
            """By how much a metric has grown of which the name holds a word, and the labels' values hold others."""
            grown = [
                value - before.get(key, 0)
                for key, value in metrics().items()
                if word in key[0] and all(any(label in found for _, found in key[1]) for label in labels)
            ]
            return sum(grown)

        with check("health, readiness and status, and nothing else"):
            for path, expected in (("/healthz", 200), ("/readyz", 200), ("/status", 200), (PATH, 404), ("/", 404), ("/../secret", 404)):
                status, _, body = site.get(path, port=admin)
                if status != expected:
                    raise CheckFailed(f"{path}: {status}")
            json.loads(site.get("/status", port=admin)[2])
            if [site.get(path)[0] for path in ("/healthz", "/metrics", "/status")] != [404] * 3:
                raise CheckFailed("the public address answers for the admin address")

        with check("requests are counted by feed and status, and bytes"):
            before = metrics()
            tag, size = site.get(PATH)[1]["etag"], 0
            for _ in range(6):
                size = len(site.get(PATH)[2])
            for _ in range(3):
                site.get(PATH, {"If-None-Match": tag})
            for path in (OTHER, OTHER, "/nothing"):
                site.get(path)
            name, other = PATH.strip("/").removesuffix(".atom.xml"), OTHER.strip("/").removesuffix(".rss.xml")
            found = [moved(before, "request", name, "200"), moved(before, "request", name, "304"), moved(before, "request", other, "200"), moved(before, "request", "404")]
            if found != [7, 3, 2, 1]:
                raise CheckFailed(f"{found} instead of [7, 3, 2, 1]")
            if not 7 * size <= moved(before, "bytes", name) <= 7 * size + 10_000:
                raise CheckFailed(f"{moved(before, 'bytes', name)} bytes instead of {7 * size}")

        with check("subscribers that aggregators report are told by feed"):
            for path, agent in (
                (PATH, "Feedly/1.0 (+http://www.feedly.com/fetcher.html; 42 subscribers; like FeedFetcher-Google)"),
                (PATH, "Feedly/1.0 (+http://www.feedly.com/fetcher.html; 42 subscribers; like FeedFetcher-Google)"),
                (OTHER, "Feedbin feed-id:1 - 7 subscribers"),
                (THIRD, "NewsBlur Feed Fetcher - 1 subscriber - http://www.newsblur.com/"),
            ):
                site.get(path, {"User-Agent": agent})
            found = {key[1]: value for key, value in metrics().items() if "subscribers" in key[0] and value}
            told = sorted((value, next(label for _, label in labels if "/" in label)) for labels, value in found.items())
            if [value for value, _ in told] != [1, 7, 42] or not all(path.strip("/") in label.strip("/") for path, (_, label) in zip((THIRD, OTHER, PATH), told)):
                raise CheckFailed(f"{told}")

        with check("what clients invent neither breaks the metrics nor makes them grow without end"):
            count, held = len(metrics()), memory(site.process)
            connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
            for number in range(3000):
                agent = f'"}}\\{number}/1.0 {number} subscribers' if number % 2 else f"Reader{number}/1 (9{'9' * (number % 40)} subscribers)"
                connection.request("GET", f"/nothing-{number}" if number % 3 else PATH, headers={"User-Agent": agent})
                connection.getresponse().read()
            if len(metrics()) > count + 500:
                raise CheckFailed(f"{len(metrics()) - count} samples more")
            if memory(site.process) > held + 20_000:
                raise CheckFailed(f"{memory(site.process) - held} kB more")

        with check("invented aggregators do not displace real ones"):
            real = [(f"Real{n}/1.0 ({n + 100} subscribers)", f"127.0.0.{n + 10}") for n in range(20)]

            def ask(agents):
                """Many requests; the connection is opened anew for another client address."""
                connection, last = None, None
                for agent, client in agents:
                    if client != last:
                        connection, last = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10, source_address=(client, 0)), client
                    connection.request("GET", PATH, headers={"User-Agent": agent})
                    connection.getresponse().read()

            for number, each in enumerate(real):
                ask([(f"Bot{number}-{bot}/1.0 ({2**64 - 1} subscribers)", "127.0.0.1") for bot in range(150)] + [each])
            counts = {dict(labels).get("aggregator"): value for (name, labels), value in metrics().items() if "subscribers" in name and PATH.strip("/") in dict(labels)["feed"]}
            missing = [number for number in range(20) if counts.get(f"Real{number}") != number + 100]
            if missing or len(counts) > 200 or max(counts.values()) > 1e9:
                raise CheckFailed(f"missing: {missing}; {len(counts)} aggregators, {max(counts.values())} subscribers")

        with check("the admin address is asked by addresses and known names only, and its answers are not sniffed"):
            for host, expected in (
                ("127.0.0.1", 200), (f"[::1]:{admin}", 200), ("localhost", 200), ("Monitor.example", 200),
                ("evil.example", 421), (f"127.0.0.1.evil.example:{admin}", 421), ("monitor.example.evil", 421),
            ):
                for path in ("/healthz", "/status", "/metrics"):
                    status, headers, body = site.get(path, {"Host": host}, port=admin)
                    if status != expected or headers.get("x-content-type-options") != "nosniff":
                        raise CheckFailed(f"{host}, {path}: {status}, {headers}")
                    if expected == 421 and b"tidings" in body:
                        raise CheckFailed(f"{host}, {path}: {body}")
            if site.get(PATH, {"Host": "evil.example"})[0] != 200:
                raise CheckFailed("the public address refuses a host")

        with check("publications are counted, and their time"):
            before = metrics()
            site.story("second", "Second")
            wait_for("it is served", lambda: site.shows("Second"), 2)
            if moved(before, "tidings_reload") <= 0 or not any("reload" in name and "second" in name for name, _ in metrics()):
                raise CheckFailed(f"{[key for key in metrics() if 'reload' in key[0]]}")
    finish()


main()
