"""What the scripts of this folder share: a site in two versions, builds of it, and the judgement of what they left behind.

Every script is run as `python3 SCRIPT TIDINGS` and prints one line for each fault: `ok NAME`, `FAILED NAME: WHY`, or
`skipped NAME: WHY` where the machine cannot make the fault.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

TIDINGS = Path(sys.argv[1]).absolute()
ROOT = os.geteuid() == 0
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if ROOT else []

CONFIG = """
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


class Wrong(Exception):
    """What a check found."""


class Skipped(Exception):
    """What the machine lacks."""


@contextmanager
def fault(name):
    """A fault, and the line that says how it went."""
    global _failed
    try:
        yield
        print(f"ok {name}", flush=True)
    except Skipped as why:
        print(f"skipped {name}: {why}", flush=True)
    except Exception as why:  # one fault that goes wrong leaves the others to be tried
        kind = "" if isinstance(why, Wrong) else f"{type(why).__name__}: "
        print(f"FAILED {name}: {kind}{why}", flush=True)
        _failed = True


def finish():
    sys.exit(_failed)


@contextmanager
def workplace():
    """A temporary folder that another user can read, with a copy of the program for that user."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        folder.chmod(0o755)
        program = folder / "tidings"
        shutil.copy(TIDINGS, program)
        program.chmod(0o755)
        yield folder


def make_site(folder, version):
    """Writes 300 stories. Every second one, the titles of the feeds and one topic are others in the other version, which
    also needs more space."""
    for number in range(300):
        own = version if number % 2 else ""
        times = 80 if own == "b" else 40
        story = folder / "stories" / f"{number // 100}" / f"story-{number}.toml"
        story.parent.mkdir(parents=True, exist_ok=True)
        topics = '["research"]' if number % 3 else f'["children", "only-{version}"]'
        story.write_text(
            f'id = "story-{number}"\npublished = {2015 + number % 8}-{1 + number % 12:02}-{1 + number % 28:02}\ntopics = {topics}\n'
            + "".join(
                f'[translations.{language}]\ntitle = "{title} {own} {number}"\n'
                f'content_text = "{" ".join([f"{title} {own} {number}"] * times)}"\n'
                for language, title in (("en", "Story"), ("fr", "Histoire"))
            )
        )
    (folder / "tidings.toml").write_text(CONFIG.format(version=version))
    return folder / "tidings.toml"


class Versions:
    """Two versions of a site, and the publication of each, made undisturbed."""

    def __init__(self, folder):
        self.folder = folder
        self.config, self.whole = {}, {}
        for version in "ab":
            self.config[version] = make_site(folder / version, version)
            self.build(version, folder / f"whole-{version}", check=True)
            self.whole[version] = tree(folder / f"whole-{version}")

    def command(self, version, out):
        return [
            str(self.folder / "tidings"), "build", "--config", str(self.config[version]),
            "--output", str(out), "--now", "2025-01-01T00:00:00Z",
        ]

    def build(self, version, out, before=(), check=False, **options):
        """Builds a version; with `check` it must succeed."""
        done = subprocess.run(
            [*before, *self.command(version, out)],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, **options,
        )
        if check and done.returncode:
            raise Wrong(f"build ended with {done.returncode}: {done.stderr.strip()}")
        return done

    def intact(self, out, versions="ab"):
        """Every published file is whole and of one of the versions, the manifest too."""
        found = tree(out)
        for path in set().union(*(self.whole[v] for v in versions)):
            wholes = [self.whole[v].get(path) for v in versions]
            if found.get(path) not in wholes:
                state = "is missing" if path not in found else f"is torn ({len(found[path])} bytes)"
                raise Wrong(f"{path} {state}")

    def exactly(self, out, version, foreign=()):
        """The publication of one version, and nothing else: no temporary file, and none of an interrupted build."""
        found, whole = tree(out), self.whole[version]
        for path in sorted(found.keys() | whole.keys()):
            if path not in whole and path not in foreign:
                raise Wrong(f"{path} was left behind")
            if path in whole and found.get(path) != whole[path]:
                raise Wrong(f"{path} is not that of an undisturbed build")


def tree(folder):
    """Every file below a folder, with its bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}
