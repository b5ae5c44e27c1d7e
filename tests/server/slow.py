"""Slow, idle and very many clients, and no file descriptors left. Others are served meanwhile."""

import http.client
import json
import multiprocessing
import os
import resource
import shutil
import signal
import socket
import subprocess
import threading
import time
from contextlib import contextmanager
from pathlib import Path

from common import CheckFailed, Site, Skipped, check, finish, memory, temporary_folder, wait_for

LARGE, SMALL = "/en/all.json", "/fr/all.json"
REQUEST = f"GET {LARGE} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
WITHIN = 45  # seconds in which the server has to be rid of them
TOGETHER = 5000
CONNECTED_WITHIN = 3.5  # seconds: a connection is asked for again after one and three


def make_site(folder):
    """One feed of about 10 MB, more than what lies in the buffers of a connection, and one that is empty."""
    site = Site(folder, server='access_log = "common"\nmax_connections_per_client = 10000\n')
    site.config.write_text(site.config.read_text().replace("limit = 50", "limit = 1000"))
    translation = {"title": "A long story", "content_text": "What there is to say. " * 450}
    stories = [{"id": f"long-{n}", "published": "2020-01-01", "topics": [], "translations": {"en": translation}} for n in range(1000)]
    site.write("long.jsonl", "\n".join(json.dumps(story) for story in stories))
    return site


class Slow:
    """Some connections that do the same: what they write first, and then something more every second."""

    def __init__(self, name, port, count, first=b"", more=b"", reads=True, answered=False):
        self.name, self.more, self.reads, self.answered = name, more, reads, answered
        self.received, self.open = b"", []
        for _ in range(count):
            connection = socket.socket()
            if not reads:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.settimeout(10)
            connection.connect(("127.0.0.1", port))
            if first:
                connection.sendall(first)
            connection.setblocking(False)
            self.open.append(connection)
        self.since = time.monotonic()

    def poll(self):
        """Writes to each that is still open, and drops those that the server has closed."""
        left = []
        for connection in self.open:
            if self.is_open(connection):
                left.append(connection)
            else:
                connection.close()
        self.open = left

    def is_open(self, connection):
        try:
            if self.more:
                connection.send(self.more)
            while self.reads:
                more = connection.recv(65536)
                if not more:
                    return False
                self.received = more
        except BlockingIOError:
            pass
        except OSError:
            return False
        return True

    def end(self):
        """All that was received and not read is read now, and the end behind it."""
        self.more, self.reads = b"", True
        end = time.monotonic() + 10
        while self.open and time.monotonic() < end:
            self.poll()
            time.sleep(0.05)
        if self.open:
            raise CheckFailed(f"{len(self.open)} are still open after {time.monotonic() - self.since:.0f} s")


class Other:
    """Another client, which requests a small feed again and again. A process of its own, so that it does not wait for the
    thousands of clients of this one."""

    def __init__(self, site):
        self.site, self.process = site, site.process
        self.slowest, self.most, self.wrong, self.served = 0, 0, "", 0
        self.stop = multiprocessing.Event()
        self.results, self.sender = multiprocessing.Pipe(duplex=False)
        self.client = multiprocessing.Process(target=self.ask, daemon=True)

    def ask(self):
        # Once at least, however soon the others have what they asked for.
        is_stopped = False
        while not is_stopped:
            started = time.monotonic()
            connection = http.client.HTTPConnection("127.0.0.1", self.site.port, timeout=10)
            try:
                connection.connect()
                # Where thousands connect at once the system repeats what met a full queue after a second (RFC 6298 §2).
                if time.monotonic() - started > CONNECTED_WITHIN:
                    self.wrong = "it could not connect"
                started = time.monotonic()
                connection.request("GET", SMALL)
                response = connection.getresponse()
                response.read()
                if response.status != 200:
                    self.wrong = f"status {response.status}"
            except OSError as why:
                self.wrong = f"{type(why).__name__}: {why}"
            finally:
                connection.close()
            self.slowest = max(self.slowest, time.monotonic() - started)
            self.most = max(self.most, memory(self.process))
            self.served += 1
            is_stopped = self.stop.wait(0.1)
            if self.most > 2_000_000:  # before the machine suffers
                os.kill(self.process.pid, signal.SIGKILL)
                self.wrong = f"it was killed at {self.most} kB"
                break
        self.sender.send((self.slowest, self.most, self.wrong, self.served))

    def __enter__(self):
        self.client.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.client.join()

    def assert_served(self):
        self.stop.set()
        if not self.results.poll(10):
            raise CheckFailed("the other client is gone")
        self.slowest, self.most, self.wrong, self.served = self.results.recv()
        if self.wrong or self.slowest > 1 or not self.served:
            raise CheckFailed(f"the slowest of {self.served} took {self.slowest:.2f} s; {self.wrong or 'all were answered'}")


def patient_reader(port, outcome):
    """A client with a thin line, who is not to be taken for a hostile one: 400 kB a second."""
    with socket.create_connection(("127.0.0.1", port), 30) as connection:
        connection.sendall(REQUEST)
        size, started = 0, time.monotonic()
        try:
            while time.monotonic() < started + 2 * WITHIN:
                more = connection.recv(40_000)
                size += len(more)
                if not more or more.rstrip().endswith(b"]}"):
                    break
                time.sleep(0.1)
        except OSError as why:
            outcome.append(f"{type(why).__name__} after {time.monotonic() - started:.0f} s and {size} bytes")
    outcome.append(size)


def open_files(pid):
    return list(Path(f"/proc/{pid}/fd").iterdir())


@contextmanager
def slowhttptest(site, folder):
    """Debian's slowhttptest, if it is installed: slow headers and slow reading, by a hand that is not ours."""
    running = {}
    if shutil.which("slowhttptest"):
        for name, how in (("headers", ["-H", "-i", "1"]), ("read", ["-X", "-w", "1", "-y", "512", "-n", "1", "-z", "5", "-k", "3"])):
            command = ["slowhttptest", *how, "-c", "300", "-r", "300", "-l", str(WITHIN), "-p", "1", "-u", f"http://127.0.0.1:{site.port}{LARGE}"]
            with open(folder / f"slowhttptest-{name}", "wb") as out:
                running[name] = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
    try:
        yield
    except BaseException:
        for process in running.values():
            process.kill()
        raise
    for name in ("headers", "read"):
        with check(f"slowhttptest, slow {name}: served meanwhile, closed within {WITHIN} s"):
            if name not in running:
                raise Skipped("it is not installed")
            running[name].wait(2 * WITHIN)
            said = (folder / f"slowhttptest-{name}").read_text(errors="replace")
            if "NO\x1b" in said:
                raise CheckFailed(said[-600:])
            # It goes on reading, slowly, what its own system holds; here the connections are to be gone.
            held = sum(os.readlink(fd).startswith("socket:") for fd in open_files(site.process.pid))
            if held > 50:
                raise CheckFailed(f"{held} connections are still open")


def many(folder):
    """5,000 clients at once, each slow in a way of its own."""
    with make_site(folder) as site, slowhttptest(site.start(), folder), Other(site) as other:
        port, patient = site.port, []
        reader = threading.Thread(target=patient_reader, args=(port, patient))
        reader.start()
        small = f"GET {SMALL} HTTP/1.1\r\nHost: a\r\n".encode()
        slow = [
            Slow("slow request lines", port, 300, b"GET /", b"a"),
            Slow("slow headers, a byte a second", port, 300, small + b"X-Slow: ", b"a"),
            Slow("slow headers, a line a second", port, 300, small, b"X: a\r\n"),
            Slow("slow bodies", port, 300, small + b"Content-Length: 100000\r\n\r\n", b"a", answered=True),
            Slow("idle after a request", port, 300, small + b"\r\n", answered=True),
        ]
        slow.append(Slow("silent", port, TOGETHER - 100 - sum(len(each.open) for each in slow)))
        slow.append(Slow("asking much and reading nothing", port, 100, REQUEST * 20, reads=False, answered=True))
        while time.monotonic() < slow[-1].since + WITHIN:
            time.sleep(1)
            for each in slow:
                each.poll()
        for each in slow:
            with check(f"{each.name}: closed within {WITHIN} s"):
                each.end()
                if not each.answered and b" 408 " not in each.received[:20] and each.received:
                    raise CheckFailed(f"answered with {each.received[:100]}")
        with check("a request that timed out is in the access log"):
            wait_for("a line with 408", lambda: b'] "-" 408 0\n' in site.output.read_bytes(), 5)
        with check(f"{TOGETHER} connections at once: another client is served within 1 s"):
            other.assert_served()
        with check(f"{TOGETHER} connections at once: memory stays below 300 MB"):
            if other.most > 300_000:
                raise CheckFailed(f"{other.most} kB")
        with check("a reader with a thin line gets all"):
            reader.join()
            if patient[-1] < len(site.get(LARGE)[2]) or len(patient) > 1:
                raise CheckFailed(f"{patient}")


def at_once(folder):
    """All readers of a feed come when it has just changed, and nothing is compressed yet."""
    with make_site(folder) as site, Other(site.start()) as other:
        asked = f"GET {LARGE} HTTP/1.1\r\nHost: a\r\nAccept-Encoding: br\r\nConnection: close\r\n\r\n".encode()
        with check("200 clients ask at once for a feed that is not compressed yet: all have it within 20 s"):
            clients = [socket.create_connection(("127.0.0.1", site.port), 5) for _ in range(200)]
            for client in clients:
                client.sendall(asked)
            end, sizes = time.monotonic() + 20, set()
            for client in clients:
                client.settimeout(max(0.01, end - time.monotonic()))
                with client, client.makefile("rb") as answer:
                    sizes.add(len(answer.read()))
            if len(sizes) != 1 or min(sizes) < 1000:
                raise CheckFailed(f"answers of {sizes} bytes")
        with check("200 clients ask at once: another is served within 1 s, memory stays below 300 MB"):
            other.assert_served()
            if other.most > 300_000:
                raise CheckFailed(f"{other.most} kB")


def cpu_seconds(process):
    user, system = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def no_descriptors(folder):
    with Site(folder) as site:
        site.story("first", "First")
        site.start(before=["prlimit", "--nofile=40"])
        with check("no file descriptors left: it waits without a busy loop"):
            connections = [socket.create_connection(("127.0.0.1", site.port), 5) for _ in range(100)]
            time.sleep(0.5)
            before = cpu_seconds(site.process)
            site.story("first", "Meanwhile")
            time.sleep(2)
            used = cpu_seconds(site.process) - before
            if used >= 0.5 or site.process.poll() is not None:
                raise CheckFailed(f"{used:.2f} s of CPU time in 2 s" if site.process.poll() is None else "it ended")
        with check("file descriptors are back: it answers within 2 s, and what changed meanwhile is served"):
            for connection in connections:
                connection.close()
            wait_for("it answers", site.answers, 2)
            wait_for("the change is served", lambda: site.shows("Meanwhile"), 5)


def main():
    with temporary_folder() as folder:
        with check(f"{TOGETHER} connections are opened"):
            enough = TOGETHER + 1000
            try:
                resource.setrlimit(resource.RLIMIT_NOFILE, (enough, max(enough, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
            except (OSError, ValueError):
                raise Skipped(f"no {enough} files may be open here") from None
            many(folder / "many")
        at_once(folder / "at-once")
        no_descriptors(folder / "descriptors")
    finish()


main()
