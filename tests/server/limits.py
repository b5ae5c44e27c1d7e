"""Greedy clients, addresses that cannot be had, broken stores, secrets in logs, and what the
admin address tells of them."""

import http.client
import json
import re
import socket
import time
from contextlib import contextmanager

from common import TIDINGS, CheckFailed, Site, check, finish, free_port, run, temporary_folder, wait_for

PATH = "/en/all.atom.xml"
LIMIT = "rate_limit = { per_second = 5, burst = 10 }\n"
SECRET = "hunter2-is-my-password"
COMMON = re.compile(r'(\S+) \S+ \S+ \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "([A-Z]+) (\S+) HTTP/1\.1" (\d{3}) (\d+|-)( ".*")?')


@contextmanager
def served(folder, server=""):
    with Site(folder, server=server) as site:
        site.story("first", "First", languages=("en", "fr"))
        yield site.start()


def statuses(site, times, headers=None, client="127.0.0.1"):
    """Asks many times on one connection from one address; what came, and the last answer's headers."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10, source_address=(client, 0))
    found = []
    for number in range(times):
        connection.request("GET", PATH, headers=headers(number) if callable(headers) else headers or {})
        answer = connection.getresponse()
        answer.read()
        found.append(answer.status)
    connection.close()
    return found, answer.headers


def has(condition, what):
    if not condition:
        raise CheckFailed(what)


def exhausted(site, **how):
    """One client asks until it is stopped."""
    found, headers = statuses(site, 30, **how)
    has(set(found) == {200, 429} and found[-1] == 429, f"30 requests got {found}")
    return headers


def rate(folder):
    with served(folder / "rate", LIMIT) as site:
        with check("one client asks 100 times at once: 429 with Retry-After"):
            started = time.monotonic()
            found, headers = statuses(site, 100)
            most = 12 + 5 * (time.monotonic() - started)
            has(set(found) == {200, 429} and 5 <= found.count(200) <= most, f"{found.count(200)} of 100 were served")
            wait = headers.get("Retry-After", "")
            has(wait.isdigit() and 1 <= int(wait) <= 5, f"Retry-After: {wait!r}")
        with check("another client is unharmed meanwhile"):
            found, _ = statuses(site, 5, client="127.0.0.2")
            has(found == [200] * 5, f"it got {found}")
        with check("it is served again after the time that it was told"):
            time.sleep(int(wait))
            has(statuses(site, 1)[0] == [200], "still not")
        with check("a client that is no proxy escapes by no header"):
            forged = lambda n: {"X-Forwarded-For": f"203.0.113.{n}", "Forwarded": f"for=203.0.113.{n}", "X-Real-IP": f"203.0.113.{n}"}
            exhausted(site, client="127.0.0.3", headers=forged)

    with served(folder / "proxy", LIMIT + 'trusted_proxies = ["127.0.0.1/32"]\n') as site:
        one, other = ({"X-Forwarded-For": f"203.0.113.{n}"} for n in (1, 2))
        with check("behind a proxy: clients are told apart by X-Forwarded-For"):
            exhausted(site, headers=one)
            has(statuses(site, 1, other)[0] == [200], "another client got 429 too")
        with check("behind a proxy: what the client itself wrote is not believed"):
            exhausted(site, headers=lambda n: {"X-Forwarded-For": f"198.51.100.{n}, 203.0.113.3"})
            has(statuses(site, 3, {"X-Forwarded-For": "198.51.100.29"})[0] == [200] * 3, "whom it named got 429 too")
        with check("behind a proxy: other headers than the one that is configured are ignored"):
            invented = lambda n: {"Forwarded": f"for=198.51.100.{n}", "X-Real-IP": f"198.51.100.{n}"}
            exhausted(site, headers=lambda n: {"X-Forwarded-For": "203.0.113.5", **invented(n)})
            exhausted(site, headers=invented)
        with check("behind a proxy: requests without a usable address share a limit, and harm nobody else"):
            nonsense = ("unknown", "", ",,,", "[::", '"', "1.2.3.4.5", "a" * 2000, "_hidden")
            found, _ = statuses(site, 30, lambda n: {"X-Forwarded-For": nonsense[n % len(nonsense)]})
            has(found[-1] == 429, f"they got {found}")
            has(statuses(site, 1, other)[0] == [200], "another client got 429")
        with check("a client that is no proxy escapes by no header, where there is a proxy too"):
            exhausted(site, client="127.0.0.2", headers=lambda n: {"X-Forwarded-For": f"203.0.113.{n}", "Forwarded": f"for=203.0.113.{n}"})

    forwarded = 'trusted_proxies = ["127.0.0.1"]\nclient_ip_header = "forwarded"\n'
    with served(folder / "forwarded", LIMIT + forwarded) as site:
        with check("behind a proxy: clients are told apart by Forwarded, and a network of IPv6 is one"):
            v6 = lambda address: {"Forwarded": f'for="[{address}]:1234";proto=https', "X-Forwarded-For": "203.0.113.9"}
            exhausted(site, headers=v6("2001:db8::1"))
            has(statuses(site, 1, v6("2001:db8::ffff:2"))[0] == [429], "another address of the same /64 was served")
            has(statuses(site, 1, v6("2001:db8:0:1::1"))[0] == [200], "another /64 got 429 too")
        with check("behind a proxy: what the client itself wrote in Forwarded is not believed"):
            exhausted(site, headers=lambda n: {"Forwarded": f"for=198.51.100.{n}, for=203.0.113.4"})
            exhausted(site, headers=lambda n: {"Forwarded": f'for="198.51.100.{n}, for=203.0.113.6'})
            has(statuses(site, 3, {"Forwarded": "for=198.51.100.29"})[0] == [200] * 3, "whom it named got 429 too")
    real_ip = 'trusted_proxies = ["127.0.0.1"]\nclient_ip_header = "x-real-ip"\n'
    with served(folder / "real-ip", LIMIT + real_ip) as site, check("behind a proxy: clients are told apart by X-Real-IP"):
        exhausted(site, headers=lambda n: {"X-Real-IP": "203.0.113.1", "X-Forwarded-For": f"198.51.100.{n}"})
        has(statuses(site, 3, {"X-Real-IP": "203.0.113.2"})[0] == [200] * 3, "another client got 429 too")


def connections(folder):
    admin = free_port()
    with served(folder / "connections", f'max_connections = 20\nadmin = "127.0.0.1:{admin}"\n') as site:
        with check("more connections than are allowed: the admin address answers, the others wait and are served"):
            idle = [socket.create_connection(("127.0.0.1", site.port), 5) for _ in range(20)]
            time.sleep(0.2)
            with socket.create_connection(("127.0.0.1", site.port), 5) as late:
                late.sendall(f"GET {PATH} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
                has(site.get("/healthz", port=admin)[0] == 200, "the admin address does not answer")
                for connection in idle:
                    connection.close()
                answer = late.recv(100)
                has(answer[9:12] in (b"200", b"503"), f"the one that waited got {answer}")
            wait_for("it answers", site.answers, 2)
            found, _ = statuses(site, 50)
            has(found == [200] * 50, f"{found}")


def descriptors(folder):
    """More idle connections than files may be open, of clients that each stay below their own limit."""
    few, idle, clients = 256, 340, 34
    admin = free_port()
    with Site(folder / "descriptors", server=f'admin = "127.0.0.1:{admin}"\n') as site:
        site.story("first", "First")
        site.start(before=["prlimit", f"--nofile={few}:{few}"])
        asked = f"GET {PATH} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
        opened = []
        with check(f"{idle} idle connections with {few} descriptors: each is accepted, and every second one asks first"):
            for number in range(idle):
                address = (f"127.0.1.{1 + number % clients}", 0)
                opened.append(socket.create_connection(("127.0.0.1", site.port), 5, address))
                if number % 2:
                    opened[-1].sendall(asked)
                    answer = opened[-1].recv(100)
                    has(answer[9:12] == b"200", f"connection {number} got {answer}")
        with check(f"{idle} idle connections with {few} descriptors: /healthz answers within 1 s"):
            started = time.monotonic()
            status = site.get("/healthz", port=admin)[0]
            took = time.monotonic() - started
            has(status == 200 and took < 1, f"{status} after {took:.2f} s")
        with check(f"{idle} idle connections with {few} descriptors: a changed story is served"):
            site.story("first", "Changed meanwhile")
            wait_for("it is served", lambda: site.shows("Changed meanwhile"), 5)
        with check(f"{idle} idle connections with {few} descriptors: the log says how many connections there are at most"):
            has(f"at most {few - few // 4} connections at once" in site.log_text(), site.log_text())
        for connection in opened:
            connection.close()


def secrets(folder):
    for form in ("common", "json"):
        with served(folder / form, f'access_log = "{form}"\n') as site, check(f"access log, {form}: a line for each request, and no secret"):
            lines = lambda: site.output.read_text(errors="replace").splitlines()
            wait_for("the request at the start is logged", lines, 3)
            before = len(lines())
            secret = {"Authorization": f"Bearer {SECRET}", "Cookie": f"session={SECRET}", "X-Api-Key": SECRET, "Proxy-Authorization": SECRET}
            asked = [("GET", PATH), ("GET", f"{PATH}?token={SECRET}"), ("HEAD", PATH), ("GET", "/nothing"), ("POST", PATH), ("GET", '/a"b\\%22%0a%1b[31m'), ("GET", f"/?{SECRET}")]
            expected = []
            for method, path in asked:
                status, _, body = site.get(path, secret, method)
                expected.append((method, path.split("?")[0], status, len(body)))
            tag = site.get(PATH)[1]["etag"]
            expected += [("GET", PATH, 200, expected[0][3]), ("GET", PATH, site.get(PATH, {"If-None-Match": tag})[0], 0)]
            wait_for(f"{len(expected)} lines; it has {lines()[before:]}", lambda: len(lines()) - before >= len(expected), 3)
            time.sleep(0.2)
            has(SECRET not in site.output.read_text() + site.log_text(), f"the secret is in the log: {lines()[before:]}")
            has(len(lines()) - before == len(expected), f"{len(lines()) - before} lines for {len(expected)} requests")
            for line, (method, path, status, size) in zip(lines()[before:], expected):
                if form == "json":
                    found = json.loads(line)
                    good = (found.get("method"), found.get("status"), found.get("bytes")) == (method, status, size)
                    good = good and ('"' in path or found.get("path") == path)
                else:
                    match = COMMON.fullmatch(line)
                    good = match and (match[2], match[4], match[5].replace("-", "0")) == (method, str(status), str(size))
                has(good, f"{method} {path}, {status} with {size} bytes, is logged as {line}")


# What the parser refuses before a request is complete, and with which status.
REFUSED = [
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    (b"G\x1b[31mET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    (b"GET /\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(1000)) + b"\r\n", 431),
]
ACTIVE = re.compile(rb"[\x00-\x09\x0b-\x1f\x7f-\xff]")


def refused(folder):
    admin = free_port()
    for form in ("common", "json"):
        with served(folder / f"refused-{form}", f'access_log = "{form}"\nadmin = "127.0.0.1:{admin}"\n') as site:
            lines = lambda: site.output.read_bytes().splitlines()
            counted = lambda status: sum(
                int(line.split()[-1]) for line in site.get("/metrics", port=admin)[2].decode().splitlines() if f'status="{status}"' in line
            )
            wait_for("the request at the start is logged", lines, 3)
            with check(f"access log, {form}: what the parser refuses is logged and counted"):
                for request, status in REFUSED:
                    before, logged = counted(status), len(lines())
                    with socket.create_connection(("127.0.0.1", site.port), 5) as connection:
                        connection.sendall(request)
                        answer = connection.recv(100)
                    has(answer[9:12] == b"%d" % status, f"{request[:40]} got {answer}")
                    wait_for(f"{request[:40]} is counted", lambda: counted(status) == before + 1, 3)
                    wait_for(f"{request[:40]} is logged", lambda: len(lines()) == logged + 1, 3)
                    line = lines()[logged].decode()
                    found = json.loads(line)["status"] if form == "json" else int(line.split('" ')[1].split()[0])
                    has(found == status and "127.0.0.1" in line, f"{request[:40]} is logged as {line}")
            with check(f"access log, {form}: no byte acts on a terminal"):
                logged = len(lines())
                for path in ("/\u009b31m", "/\u202e", '/a"b\\', "/%0a%1b"):
                    with socket.create_connection(("127.0.0.1", site.port), 5) as connection:
                        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nUser-Agent: a\u009b\t\u202e\r\n\r\n".encode())
                        connection.recv(100)
                wait_for("4 lines", lambda: len(lines()) == logged + 4, 3)
                text = b"\n".join(lines())
                has(not ACTIVE.search(text), f"{ACTIVE.findall(text)} in {text[-2000:]}")
                has(form == "json" or rb"/\xC2\x9B31m " in text and rb"/a\x22b\x5C " in text, f"not as nginx writes: {text[-2000:]}")


def addresses(folder):
    def refused(site, expected, named, *arguments):
        done = run(TIDINGS, "serve", "--config", site.config, *arguments, succeeds=False, timeout=20)
        has(done.returncode == expected and named in done.stderr, f"exit {done.returncode} instead of {expected}, saying {done.stderr!r}")

    with socket.create_server(("127.0.0.1", 0)) as taken, Site(folder / "addresses") as site:
        site.story("first", "First")
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        for name, expected, listen in (
            ("a port that is taken", 3, address),
            ("an address that is not ours", 3, "192.0.2.1:80"),
            ("no address at all", 2, "nonsense"),
            ("an address without a port", 2, "127.0.0.1"),
            ("a port that cannot be", 2, "127.0.0.1:99999"),
        ):
            with check(f"{name}: exit {expected}, and the message names it"):
                refused(site, expected, listen, "--listen", listen)
        with check("an admin address that is taken: exit 3, and the message names it"):
            site.config.write_text(site.config.read_text() + f'admin = "{address}"\n')
            refused(site, 3, address, "--listen", f"127.0.0.1:{site.port}")


def errors(text):
    return sorted(line for line in text.splitlines() if re.match(r"\S+:\d+:\d+: error: ", line))


def broken(folder):
    with Site(folder / "broken") as site, check("a broken store at the start: exit 1, with every problem that `check` names"):
        site.story("good", "Good")
        site.story("topic", "Wrong topic", topics='["resarch"]')
        site.write("syntax.toml", "this is not TOML")
        site.write("date.json", '{"id": "date", "published": "2020-13-45", "translations": {"en": {"title": "A"}}}')
        checked = run(TIDINGS, "check", "--config", site.config, succeeds=False, timeout=20)
        site.start(ready=False)
        status = site.process.wait(20)
        has(status == 1, f"exit {status}")
        has(len(errors(checked.stderr)) >= 3 and errors(site.log_text()) == errors(checked.stderr), f"{errors(site.log_text())} instead of {errors(checked.stderr)}")

    admin = free_port()
    with served(folder / "reload", f'admin = "127.0.0.1:{admin}"\n') as site:
        asked = lambda path: site.get(path, port=admin)
        failures = lambda: [line for line in asked("/metrics")[2].decode().splitlines() if re.match(r"tidings_reload\w*(ok|success|fail|\{.*(fail|error))", line)]
        before = failures()
        with check("a change that breaks the store: the last good publication stays, and the problem is logged"):
            site.write("broken.toml", "published = 2020-01-01\ntopics = [\"resarch\"]\n[translations.en]\ntitle = \"Broken\"\n")
            wait_for("the problem is logged", lambda: "unknown topic `resarch`" in site.log_text(), 2)
            has("broken.toml:2:" in site.log_text(), site.log_text())
            site.story("first", "Changed meanwhile")
            time.sleep(1)
            has(site.shows("First") and not site.shows("Changed meanwhile"), "something else is served")
        with check("a change that breaks the store: ready still, and the admin address tells what is wrong"):
            has((asked("/healthz")[0], asked("/readyz")[0]) == (200, 200), "not 200")
            _, headers, body = asked("/status")
            told = json.dumps(json.loads(body), ensure_ascii=False)
            has("json" in headers["content-type"] and "broken.toml" in told and "unknown topic `resarch`" in told, f"{told}")
            has(before and failures() != before, f"the metrics say {failures()}, and said before {before}")
        with check("once it is mended it is served within 1 s"):
            site.story("broken", "Mended")
            knows = lambda: "broken.toml" not in asked("/status")[2].decode()
            wait_for("it is served", lambda: site.shows("Mended") and site.shows("Changed meanwhile") and knows(), 1)
        with check("a configuration that breaks: the last good publication stays, and is followed again"):
            good = site.config.read_text()
            site.config.write_text(good.replace('title = "News"', "title ="))
            wait_for("it is logged", lambda: "tidings.toml:" in site.log_text().partition("broken.toml")[2], 2)
            has(site.shows("Mended") and asked("/readyz")[0] == 200, "it is not ready")
            site.story("while", "While it is broken")
            wait_for("a story is served meanwhile", lambda: site.shows("While it is broken"), 2)
            has(b"tidings.toml" in asked("/status")[2], "/status forgets the configuration when a story changes")
            site.config.write_text(good.replace('title = "News"', 'title = "Newest"'))
            wait_for("the new title is served", lambda: site.shows("<title>Newest"), 2)


def main():
    with temporary_folder() as folder:
        for part in (rate, connections, descriptors, secrets, refused, addresses, broken):
            part(folder)
    finish()


main()
