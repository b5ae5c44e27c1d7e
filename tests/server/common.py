"""What the scripts of this folder share: a site that changes, the server on a free port, and requests to it.

Every script is run as `python3 SCRIPT TIDINGS` and prints a line for each check: `ok NAME`, `FAILED NAME: WHY`, or
`skipped NAME: WHY` where the machine lacks something.
"""

import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

TIDINGS = Path(sys.argv[1]).absolute()

CONFIG = """
[site]
base_url = "http://127.0.0.1:{port}/"
authority = "news.example.org,2014"
home_page = "https://news.example.org/{{language}}/"

[languages.en]
title = "News"

[languages.fr]
title = "Nouvelles"

[topics.research]
[topics.children]

[feeds]
limit = 50
{feeds}
[server]
{server}
"""

_failed = False


class Wrong(Exception):
    """What a check found."""


class Skipped(Exception):
    """What the machine lacks."""


@contextmanager
def check(name):
    """A check, and the line that says how it went."""
    global _failed
    try:
        yield
        print(f"ok {name}", flush=True)
    except Skipped as why:
        print(f"skipped {name}: {why}", flush=True)
    except Exception as why:  # one that goes wrong leaves the others to be tried
        kind = "" if isinstance(why, Wrong) else f"{type(why).__name__}: "
        print(f"FAILED {name}: {kind}{why}", flush=True)
        _failed = True


def finish():
    sys.exit(_failed)


@contextmanager
def workplace():
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what, condition, seconds=10.0, every=0.01):
    """Waits until a condition holds, and returns what it returned."""
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise Wrong(f"after {seconds} s still not: {what}")
        time.sleep(every)


class Site:
    """A site in a folder, with its server if it is started."""

    def __init__(self, folder, feeds="", server="", base_port=None):
        self.folder = Path(folder)
        self.port = free_port()
        self.stories = self.folder / "stories"
        self.stories.mkdir(parents=True, exist_ok=True)
        self.config = self.folder / "tidings.toml"
        self.config.write_text(CONFIG.format(port=base_port or self.port, feeds=feeds, server=server))
        self.log = self.folder / "log"
        self.output = self.folder / "out"
        self.process = None

    def story(self, name, title, published="2020-01-01", topics='["research"]', languages=("en",), more=""):
        """Writes a story in one step, as an editor or a git checkout does."""
        text = f'id = "{name}"\npublished = {published}\ntopics = {topics}\n{more}'
        for language in languages:
            text += f'[translations.{language}]\ntitle = "{title}"\nsummary = "About {title}."\n'
        self.write(f"{name}.toml", text)

    def write(self, below, text):
        """Renames a file into place."""
        path = self.stories / below
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.new")
        unfinished.write_text(text)
        unfinished.rename(path)

    def start(self, before=(), arguments=(), ready=True, **options):
        """Starts the server, and waits until it answers. Its standard error goes to `log`, its standard output to `out`."""
        self.__exit__()
        command = [*before, str(TIDINGS), "serve", "--config", str(self.config), "--listen", f"127.0.0.1:{self.port}", *arguments]
        with open(self.log, "ab") as log, open(self.output, "ab") as out:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=log, **options)
        if ready:
            wait_for(f"the server answers; it said: {self.said()[-2000:]}", self.answers, 30)
        return self

    def answers(self):
        if self.process.poll() is not None:
            raise Wrong(f"the server ended with {self.process.returncode}: {self.said()[-2000:]}")
        try:
            return self.get("/en/all.atom.xml")[0] == 200
        except OSError:
            return False

    def said(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def stop(self, by=signal.SIGTERM, seconds=15):
        """Stops the server, and returns its exit status."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(by)
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Wrong(f"the server was still there {seconds} s after signal {by}") from None
        self.process = None
        return status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def get(self, path, headers=None, method="GET", port=None):
        """One request: status, headers in lower case, body as it was sent."""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=10)
        try:
            connection.request(method, path, headers=headers or {})
            answer = connection.getresponse()
            body = answer.read()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body
        finally:
            connection.close()

    def shows(self, text, path="/en/all.atom.xml"):
        return text.encode() in self.get(path)[2]


def memory(process):
    """Kilobytes that a process holds in memory."""
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def is_root():
    return os.geteuid() == 0
