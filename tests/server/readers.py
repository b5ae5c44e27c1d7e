"""newsboat, and a proxy that keeps what a reader and a server said to each other."""

import gzip
import http.client
import io
import os
import pty
import re
import select
import socket
import signal
import sqlite3
import subprocess
import threading
import time
import xml.etree.ElementTree as ElementTree
from contextlib import closing, suppress

from common import CheckFailed, Skipped

PATH = "/en/all.atom.xml"
ATOM = "{http://www.w3.org/2005/Atom}"


def titles_in(body):
    return [entry.findtext(f"{ATOM}title") for entry in ElementTree.fromstring(body).iter(f"{ATOM}entry")]


class Exchange:
    """A request and its answer, from what went over the wire; the body without its coding."""

    def __init__(self, sent, received):
        self.asked = http.client.parse_headers(io.BytesIO(sent.partition(b"\r\n")[2]))
        self.requests = sent.count(b"\r\n\r\n")
        self.makefile = lambda *_: io.BytesIO(received)
        answer = http.client.HTTPResponse(self)
        answer.begin()
        self.status, self.headers = answer.status, answer.headers
        self.tag = answer.headers.get("ETag", "")
        self.body = answer.read()
        if self.headers.get("Content-Encoding") == "gzip":
            self.body = gzip.decompress(self.body)

    def titles(self):
        return titles_in(self.body)

    def kept_out(self):
        """It has a tag for deltas, and no cache keeps it."""
        return self.tag.startswith('"im-') and "no-store" in re.split(r"[\s,]+", self.headers.get("Cache-Control", ""))

    def __str__(self):
        asked = {name: value for name, value in self.asked.items() if re.match("A-IM|If-|Accept", name, re.I)}
        return f"{asked} got {self.status} {dict(self.headers)}"


class Recorder:
    """A TCP proxy that keeps what went through it."""

    def __init__(self, port):
        self.to = port
        self.connections, self.kept = [], []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            client, _ = self.listener.accept()
            self.connections.append(threading.Thread(target=self._relay, args=(client,), daemon=True))
            self.connections[-1].start()

    def _relay(self, client):
        sent, received = bytearray(), bytearray()
        with client, socket.create_connection(("127.0.0.1", self.to)) as server:
            asks = threading.Thread(target=pump, args=(client, server, sent, socket.SHUT_RDWR), daemon=True)
            asks.start()
            pump(server, client, received, socket.SHUT_WR)
            asks.join()
        self.kept.append((bytes(sent), bytes(received)))

    def only(self):
        """The one exchange since the last call."""
        for connection in self.connections:
            connection.join(20)
        kept, self.connections, self.kept = self.kept, [], []
        exchanges = [Exchange(*each) for each in kept]
        if len(exchanges) != 1 or exchanges[0].requests != 1:
            raise CheckFailed(f"instead of one request: {[str(each) for each in exchanges]}")
        return exchanges[0]


def pump(source, sink, copy, end):
    with suppress(OSError):
        while data := source.recv(65536):
            copy += data
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(end)


class Newsboat:
    """newsboat with a folder of its own. It keeps the tag and the date of a feed from its second reload on."""

    def __init__(self, folder, port):
        folder.mkdir()
        self.folder = folder
        (folder / "urls").write_text(f"http://127.0.0.1:{port}{PATH}\n")
        (folder / "config").touch()

    def reload(self):
        here = self.folder
        try:
            done = subprocess.run(
                ["newsboat", "-u", here / "urls", "-c", here / "cache.db", "-C", here / "config", "-x", "reload"],
                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                env={"HOME": str(here), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
            )
        except FileNotFoundError:
            raise Skipped("newsboat is not installed") from None
        if done.returncode:
            raise CheckFailed(f"newsboat ended with {done.returncode}: {(done.stdout + done.stderr).strip()}")

    def titles(self):
        with closing(sqlite3.connect(self.folder / "cache.db")) as cache:
            return [title for (title,) in cache.execute("SELECT title FROM rss_item")]

    def opened(self):
        """The address that it gives to a browser when a reader opens the first entry, in a terminal of its own."""
        here, opened = self.folder, self.folder / "opened"
        browser = here / "browser"
        browser.write_text(f'#!/bin/sh\nprintf "%s" "$1" >"{opened}.new" && mv "{opened}.new" "{opened}"\n')
        browser.chmod(0o755)
        (here / "config").write_text(f'browser "{browser} %u"\n')
        process, terminal = pty.fork()
        if process == 0:
            os.environ.update(HOME=str(here), LANG="C.UTF-8", TERM="xterm")
            os.execvp("newsboat", ["newsboat", "-u", here / "urls", "-c", here / "cache.db", "-C", here / "config"])
        try:
            deadline = time.monotonic() + 30
            for keys in (b"\r", b"o"):
                # A key that comes too early is lost, so it is repeated.
                while not opened.exists() and time.monotonic() < deadline:
                    os.write(terminal, keys)
                    quiet_until = time.monotonic() + 0.5
                    while time.monotonic() < quiet_until:
                        if select.select([terminal], [], [], 0.1)[0]:
                            os.read(terminal, 65536)
                    if keys == b"\r":
                        break
            return opened.read_text() if opened.exists() else None
        finally:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
            os.close(terminal)
