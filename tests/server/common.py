"""The helpers of all Python tests: checks and their output, sites, builds, and a running server.

Every script is run as `python3 SCRIPT TIDINGS` and prints a line for each check: `ok NAME`, `FAILED NAME: WHY`, or
`skipped NAME: WHY` where the machine lacks something. A script of another folder adds this one to `sys.path`.
"""

import http.client
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

TIDINGS = Path(sys.argv[1]).absolute()
ROOT = os.geteuid() == 0
# Runs a command without the permissions of root.
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if ROOT else []

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

VERSION_CONFIG = """
[site]
base_url = "https://news.example.org/feeds/"
authority = "news.example.org,2014"
home_page = "https://news.example.org/{{language}}/"

[languages.en]
title = "News {version}"

[languages.fr]
title = "Nouvelles {version}"

[topics.research]
[topics.children]
[topics.only-{version}]

[feeds]
limit = 50
archives = "year"
"""

_failed = False


class CheckFailed(Exception):
    """Why a check failed."""


class Skipped(Exception):
    """What the machine lacks for a check."""


def expect(condition, why):
    """Fails a check unless a condition holds."""
    if not condition:
        raise CheckFailed(why)


@contextmanager
def check(name):
    """Runs a check, and prints its result."""
    global _failed
    try:
        yield
        print(f"ok {name}", flush=True)
    except Skipped as why:
        print(f"skipped {name}: {why}", flush=True)
    except Exception as why:  # the checks after this one still run
        kind = "" if isinstance(why, CheckFailed) else f"{type(why).__name__}: "
        print(f"FAILED {name}: {kind}{why}", flush=True)
        _failed = True


def finish():
    """Ends the script; its exit status says whether a check failed."""
    sys.exit(_failed)


def run(*command, succeeds=True, **options):
    """Runs a program to its end; with `succeeds` any exit status but 0 is a failure."""
    options = {"stdin": None if "input" in options else subprocess.DEVNULL, "timeout": 300, **options}
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, errors="replace", **options)
    if succeeds and done.returncode:
        output = (done.stdout + done.stderr).strip()
        raise CheckFailed(f"{Path(command[0]).name} ended with {done.returncode}: {output[:2000]}")
    return done


@contextmanager
def temporary_folder():
    """A temporary folder that any user can read."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        folder.chmod(0o755)
        yield folder


def write_files(folder, files):
    """Writes texts, by their paths below a folder."""
    for name, text in files.items():
        path = Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def read_files(folder):
    """The bytes of every file below a folder, by path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what, condition, seconds=10.0, every=0.01):
    """Waits until a condition holds, and returns its value."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise CheckFailed(f"after {seconds} s not yet: {what}")
        time.sleep(every)


class Site:
    """A site in a folder, and its server once it is started."""

    def __init__(self, folder, feeds="", server=""):
        self.folder = Path(folder)
        self.port = free_port()
        self.stories = self.folder / "stories"
        self.stories.mkdir(parents=True, exist_ok=True)
        self.config = self.folder / "tidings.toml"
        self.config.write_text(CONFIG.format(port=self.port, feeds=feeds, server=server))
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

    def start(self, before=(), **options):
        """Starts the server, and waits until it answers. Its standard error goes to `log`, its standard output to `out`."""
        self.__exit__()
        command = [*before, str(TIDINGS), "serve", "--config", str(self.config), "--listen", f"127.0.0.1:{self.port}"]
        with open(self.log, "ab") as log, open(self.output, "ab") as out:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=log, **options)
        wait_for(f"the server answers; its log: {self.log_text()[-2000:]}", self.answers, 30)
        return self

    def answers(self):
        if self.process.poll() is not None:
            raise CheckFailed(f"the server ended with {self.process.returncode}: {self.log_text()[-2000:]}")
        try:
            return self.get("/en/all.atom.xml")[0] == 200
        except OSError:
            return False

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def stop(self):
        """Stops the server, and returns its exit status."""
        if self.process is None:
            return None
        self.process.terminate()
        try:
            status = self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise CheckFailed("the server was still there 15 s after SIGTERM") from None
        self.process = None
        return status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def get(self, path, headers=None, method="GET", port=None):
        """Sends a request: status, headers with names in lower case, body without decoding."""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=10)
        try:
            connection.request(method, path, headers=headers or {})
            response = connection.getresponse()
            body = response.read()
            return response.status, {name.lower(): value for name, value in response.getheaders()}, body
        finally:
            connection.close()

    def shows(self, text, path="/en/all.atom.xml"):
        return text.encode() in self.get(path)[2]


def make_site(folder, version, stories):
    """Writes a site of so many stories. In the other version every second story, the titles of the feeds and one topic differ, and
    more space is needed."""
    files = {"tidings.toml": VERSION_CONFIG.format(version=version)}
    for number in range(stories):
        own = version if number % 2 else ""
        times = 80 if own == "b" else 40
        topics = '["research"]' if number % 3 else f'["children", "only-{version}"]'
        files[f"stories/{number // 100}/story-{number}.toml"] = (
            f'id = "story-{number}"\npublished = {2015 + number % 8}-{1 + number % 12:02}-{1 + number % 28:02}\ntopics = {topics}\n'
            + "".join(
                f'[translations.{language}]\ntitle = "{title} {own} {number}"\n'
                f'content_text = "{" ".join([f"{title} {own} {number}"] * times)}"\n'
                for language, title in (("en", "Story"), ("fr", "Histoire"))
            )
        )
    write_files(folder, files)
    return folder / "tidings.toml"


class Versions:
    """Two versions of a site, and the files of an undisturbed build of each. Any user can run its copy of the program."""

    def __init__(self, folder, stories=300):
        self.folder = folder
        self.program = folder / "tidings"
        shutil.copy(TIDINGS, self.program)
        self.program.chmod(0o755)
        self.config, self.whole = {}, {}
        for version in "ab":
            self.config[version] = make_site(folder / version, version, stories)
            self.build(version, folder / f"whole-{version}", check=True)
            self.whole[version] = read_files(folder / f"whole-{version}")

    def command(self, version, out):
        return [
            self.program, "build", "--config", self.config[version],
            "--output", out, "--now", "2025-01-01T00:00:00Z",
        ]

    def build(self, version, out, before=(), check=False, **options):
        """Builds a version; with `check` it has to succeed."""
        return run(*before, *self.command(version, out), succeeds=check, timeout=120, **options)

    def assert_intact(self, out, versions="ab"):
        """Every published file, and the manifest, is complete and from one of the versions."""
        found = read_files(out)
        for path in set().union(*(self.whole[v] for v in versions)):
            wholes = [self.whole[v].get(path) for v in versions]
            if found.get(path) not in wholes:
                state = "is missing" if path not in found else f"is torn ({len(found[path])} bytes)"
                raise CheckFailed(f"{path} {state}")

    def assert_exactly(self, out, version, foreign=()):
        """The files of one version and no other: no temporary file, and none of an interrupted build."""
        found, whole = read_files(out), self.whole[version]
        for path in sorted(found.keys() | whole.keys()):
            if path not in whole and path not in foreign:
                raise CheckFailed(f"{path} was left behind")
            if path in whole and found.get(path) != whole[path]:
                raise CheckFailed(f"{path} is not that of an undisturbed build")


def memory(process):
    """The resident memory of a process in kB."""
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0

