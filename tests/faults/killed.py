"""Killed at any moment of a build. 20 times; 200 times with FAULTS_ALL=1."""

import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "server"))

from common import CheckFailed, Versions, check, finish, temporary_folder

TIMES = 200 if os.environ.get("FAULTS_ALL") else 20
CALLS = "openat,write,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat"


def calls_of_one_thread(versions, scratch):
    """How many of the calls at which a build can be killed its busiest thread makes; 0 where nothing can be traced."""
    trace = scratch / "trace"
    try:
        versions.build("a", scratch / "traced", before=["strace", "-f", "-qq", "-o", trace, "-e", f"trace={CALLS}"], check=True)
    except (FileNotFoundError, CheckFailed):
        return 0
    return max(Counter(line.split()[0] for line in trace.read_text().splitlines()).values())


def kill(versions, version, out, seconds, calls):
    """By chance after some time, or at one of the calls that change the disk, which time alone seldom meets."""
    if calls and random.random() < 0.5:
        inject = f"inject={CALLS}:signal=KILL:when={random.randint(1, calls)}"
        before = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={CALLS}", "-e", inject]
        versions.build(version, out, before=before)
        return
    process = subprocess.Popen(
        versions.command(version, out), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    time.sleep(random.uniform(0, seconds))
    process.kill()
    process.wait()


def main():
    seed = random.randrange(1_000_000)
    random.seed(seed)
    with temporary_folder() as folder:
        versions = Versions(folder)
        started = time.monotonic()
        versions.build("a", folder / "timed", check=True)
        seconds = time.monotonic() - started
        calls = calls_of_one_thread(versions, folder)
        out = folder / "out"

        with check(f"killed {TIMES} times: every file is whole, and the next build completes"):
            current = "a"
            versions.build(current, out, check=True)
            for number in range(TIMES):
                try:
                    kill(versions, "b" if current == "a" else "a", out, seconds, calls)
                    versions.assert_intact(out)
                    current = random.choice("ab")
                    versions.build(current, out, check=True)
                    versions.assert_exactly(out, current)
                except CheckFailed as why:
                    raise CheckFailed(f"{why} (kill {number + 1}, seed {seed})") from why

        with check("killed in its first build: the next build completes"):
            for number in range(3):
                first = folder / f"first-{number}"
                kill(versions, "a", first, seconds, calls)
                versions.build("b", first, check=True)
                versions.assert_exactly(first, "b")

        with check("torn by a power cut: the next build writes the file again"):
            shutil.rmtree(out)
            versions.build("a", out, check=True)
            names = sorted(name for name in versions.whole["a"] if name.endswith((".xml", ".json")))
            (out / names[0]).write_bytes(versions.whole["a"][names[0]][:100])
            (out / names[1]).write_bytes(b"\0" * len(versions.whole["a"][names[1]]))
            (out / names[2]).unlink()
            (out / names[3]).write_bytes(b"")
            versions.build("a", out, check=True)
            versions.assert_exactly(out, "a")

        with check("the manifest torn by a power cut: refused, nothing is written, and without it the build completes"):
            whole = versions.whole["a"][".tidings"]
            for torn in (whole[: len(whole) // 2], b"\0" * len(whole), b"\xff\xfe nonsense\n" * 10):
                (out / ".tidings").write_bytes(torn)
                done = versions.build("b", out)
                if done.returncode != 1 or ".tidings" not in done.stderr or "remove it" not in done.stderr:
                    raise CheckFailed(f"exit {done.returncode}: {done.stderr.strip()[:500]}")
                (out / ".tidings").write_bytes(whole)
                versions.assert_exactly(out, "a")
            for torn in (b"", None):
                (out / ".tidings").write_bytes(torn) if torn is not None else (out / ".tidings").unlink()
                versions.build("a", out, check=True)
                versions.assert_exactly(out, "a")
    finish()


main()
