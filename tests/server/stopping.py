"""Stopped under load no request is lost. Signals, and what a service manager hands over and is told."""

import os
import signal
import socket
import sys
import threading
import time
from collections import Counter
from contextlib import closing

from common import CheckFailed, Site, check, finish, temporary_folder, wait_for

PATH, LARGE = "/en/all.atom.xml", "/en/all.json"
CLIENTS = 20
ROUNDS = 5


def request(path, last=False):
    return f"GET {path} HTTP/1.1\r\nHost: a\r\n{'Connection: close' if last else 'X: y'}\r\n\r\n".encode()


def read_answer(connection, slowly=False):
    """Whether a whole answer with status 200 comes, and whether it is the last of its connection."""
    received = b""
    while b"\r\n\r\n" not in received:
        more = connection.recv(65536)
        if not more:
            return False, True
        received += more
    head, _, body = received.partition(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    missing = int(fields[b"content-length"]) - len(body)
    while missing > 0:
        more = connection.recv(65536)
        if not more:
            return False, True
        missing -= len(more)
        if slowly:
            time.sleep(0.005)
    return missing == 0 and b" 200 " in head[:13], fields.get(b"connection") == b"close"


class Load:
    """Clients that ask without pause until nobody listens any more. Half of them keep their connections."""

    def __init__(self, port):
        self.port, self.outcomes, self.lock = port, Counter(), threading.Lock()
        self.threads = [threading.Thread(target=self.ask, args=(number % 2 == 0,)) for number in range(CLIENTS)]
        for thread in self.threads:
            thread.start()

    def ask(self, keeps):
        mine = Counter()
        while True:
            try:
                connection = socket.create_connection(("127.0.0.1", self.port), 15)
            except OSError:  # refused
                break
            with closing(connection):
                kind, again = "on new connections", True
                while again:
                    if not self.send(connection, kind, keeps):
                        break
                    try:
                        good, last = read_answer(connection)
                    except OSError:
                        good, last = False, True
                    mine["answered" if good else f"lost {kind}"] += 1
                    kind, again = "on kept connections", keeps and not last
        with self.lock:
            self.outcomes += mine

    def send(self, connection, kind, keeps):
        """Whether a request could be sent. On a connection that the server has closed already there is none to lose."""
        if kind == "on kept connections":
            connection.setblocking(False)
            try:
                if connection.recv(1, socket.MSG_PEEK) == b"":
                    return False
            except BlockingIOError:
                pass
            except OSError:
                return False
            connection.settimeout(15)
        try:
            connection.sendall(request(PATH, last=not keeps))
        except OSError:
            return False
        return True

    def end(self):
        for thread in self.threads:
            thread.join(30)
        return self.outcomes


def make_site(folder):
    site = Site(folder)
    site.story("first", "First")
    for number in range(50):
        site.write(f"long-{number}.json", f'{{"id": "long-{number}", "published": "2019-01-01", "translations": {{"en": {{"title": "Long", "content_text": "{"long " * 40_000}"}}}}}}')
    return site


def stopped_well(site, by=signal.SIGTERM):
    started = time.monotonic()
    status = site.stop(by)
    if status != 0 or time.monotonic() > started + 10:
        raise CheckFailed(f"exit {status} after {time.monotonic() - started:.1f} s: {site.log_text()[-500:]}")


def under_load(folder, name, by):
    total = Counter()
    with Site(folder / name) as site:
        site.story("first", "First")
        with check(f"{name} under load, {ROUNDS} times: exit 0 within 10 s"):
            for _ in range(ROUNDS):
                site.start()
                load = Load(site.port)
                time.sleep(0.5)
                try:
                    stopped_well(site, by)
                finally:
                    total += load.end()
    lost = {kind: count for kind, count in total.items() if kind != "answered"}
    for kind in ("on new connections", "on kept connections"):
        with check(f"{name} under load: no request is lost {kind}"):
            # A connection that the system lets in while the socket is being closed is never ours, and cannot be told from one
            # that is; there is hardly ever one.
            if lost.get(f"lost {kind}", 0) > (kind == "on new connections") or not total["answered"]:
                raise CheckFailed(f"{lost}, {total['answered']} answered")


def under_way(folder):
    with check("SIGTERM: an answer under way comes to its end"), make_site(folder / "way") as site:
        site.start()
        with socket.create_connection(("127.0.0.1", site.port), 15) as connection:
            connection.sendall(request(LARGE))
            connection.recv(1000, socket.MSG_PEEK)
            site.process.send_signal(signal.SIGTERM)
            if not read_answer(connection, slowly=True)[0]:
                raise CheckFailed("it was cut off")
        stopped_well(site)
    with check("SIGTERM: idle connections, and some that never read, do not keep it"), make_site(folder / "idle") as site:
        site.start()
        idle = [socket.create_connection(("127.0.0.1", site.port), 15) for _ in range(50)]
        for connection in idle[:10]:
            connection.sendall(request(LARGE))
        for connection in idle[10:20]:
            connection.sendall(request(PATH)[:-10])
        time.sleep(0.2)
        stopped_well(site)
    with check("SIGTERM twice, and SIGINT after it: exit 0"), make_site(folder / "twice") as site:
        site.start()
        for by in (signal.SIGTERM, signal.SIGINT):
            site.process.send_signal(by)
        stopped_well(site)


def hang_up(folder):
    with Site(folder / "hang-up") as site:
        site.story("first", "First")
        site.start()
        with check("SIGHUP: everything is read anew, and it goes on"):
            site.config.write_text(site.config.read_text().replace('title = "News"', 'title = "Newer"'))
            site.story("first", "Second")
            site.process.send_signal(signal.SIGHUP)
            wait_for("the change is served", lambda: site.shows("<title>Newer") and site.shows("Second"), 2)
        with check("SIGHUP a hundred times under load: it goes on"):
            stop = time.monotonic() + 1
            while time.monotonic() < stop:
                site.process.send_signal(signal.SIGHUP)
                if not site.shows("Second"):
                    raise CheckFailed("the feed has lost its entry")
            stopped_well(site, signal.SIGINT)


# A service manager binds the socket, and names the process that it is for.
MANAGER = """
import os, sys
fd, whose = int(sys.argv[1]), sys.argv[2]
os.dup2(fd, 3)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid() if whose == "own" else os.getppid()), LISTEN_FDNAMES="http")
os.execv(sys.argv[3], sys.argv[3:])
"""


def activated(folder):
    def served_on(listener, whose):
        site.story("first", "First")
        site.start(before=[sys.executable, "-c", MANAGER, str(listener.fileno()), whose], pass_fds=(listener.fileno(),))

    with check("a socket that is handed over is served, and what waits on it already"), Site(folder / "activated") as site:
        address = ("127.0.0.1", site.port)
        with socket.create_server(address) as listener, socket.create_connection(address, 15) as early:
            early.sendall(request(PATH))
            served_on(listener, "own")
            if not read_answer(early)[0]:
                raise CheckFailed("the request that came before it was not answered")
            stopped_well(site)
    with check("a socket that is handed over outlives the server: who comes before the next one waits for it"), Site(folder / "outlived") as site:
        address = ("127.0.0.1", site.port)
        with socket.create_server(address, backlog=50) as listener:
            served_on(listener, "own")
            stopped_well(site)
            waiting = [socket.create_connection(address, 0.5) for _ in range(20)]
            for connection in waiting:
                connection.settimeout(10)
                connection.sendall(request(PATH))
            served_on(listener, "own")
            if not all([read_answer(connection)[0] for connection in waiting]):
                raise CheckFailed("not all were answered")
            stopped_well(site)
    with check("a socket that is meant for another process is left alone"), Site(folder / "left") as site:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            served_on(listener, "other")
            stopped_well(site)


def notified(folder):
    for name, address in (("a socket in the file system", str(folder / "notify")), ("an abstract socket", f"@tidings-test-{os.getpid()}")):
        with (
            check(f"the service manager is told on {name}: READY=1, RELOADING=1 if at all, STOPPING=1"),
            Site(folder / name) as site,
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager,
        ):
            site.story("first", "First")
            manager.bind(address.replace("@", "\0"))
            manager.settimeout(10)
            told = lambda: manager.recv(4096).decode().split("\n")
            site.start(ready=False, env=os.environ | {"NOTIFY_SOCKET": address})
            try:
                if "READY=1" not in told() or site.get(PATH)[0] != 200:
                    raise CheckFailed("it says something else, or says so before it answers")
            except TimeoutError:
                raise CheckFailed("it does not say that it is ready") from None
            site.process.send_signal(signal.SIGHUP)
            manager.settimeout(1)
            try:
                while "RELOADING=1" in (state := told()) and "READY=1" not in state:
                    pass
            except TimeoutError:
                pass
            site.process.send_signal(signal.SIGTERM)
            manager.settimeout(10)
            if "STOPPING=1" not in told():
                raise CheckFailed("it does not say that it stops")
            stopped_well(site)
    with check("a service manager that does not listen is no hindrance"), Site(folder / "nobody") as site:
        site.story("first", "First")
        site.start(env=os.environ | {"NOTIFY_SOCKET": str(folder / "gone")})
        stopped_well(site)


def main():
    with temporary_folder() as folder:
        for by in (signal.SIGTERM, signal.SIGINT):
            under_load(folder, by.name, by)
        for part in (under_way, hang_up, activated, notified):
            part(folder)
    finish()


main()
