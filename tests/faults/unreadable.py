"""No permission to read one story, a FIFO or a device in the store: named, not followed; never hangs."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "server"))

from common import NOBODY, CheckFailed, Skipped, Versions, check, finish, temporary_folder


def named(versions, out, name, codes, before=()):
    """The build ends soon, says which file it was, and says so with one of these exit statuses."""
    started = time.monotonic()
    try:
        done = versions.build("b", out, before=["timeout", "--signal=KILL", "20", *before])
    except subprocess.TimeoutExpired:
        raise CheckFailed("it hangs") from None
    if time.monotonic() - started > 19:
        raise CheckFailed("it hangs, or reads without end")
    if done.returncode not in codes:
        raise CheckFailed(f"exit {done.returncode}: {done.stderr.strip()[:500]}")
    if name not in done.stderr:
        raise CheckFailed(f"exit {done.returncode}, and {name} is not named: {done.stderr.strip()[:500]}")
    if "panicked" in done.stderr:
        raise CheckFailed(f"a panic: {done.stderr.strip()[:500]}")


def main():
    with temporary_folder() as folder:
        versions = Versions(folder)
        out = folder / "out"
        versions.build("a", out, check=True)
        out.chmod(0o777)
        stories = folder / "b" / "stories"

        with check("a story that may not be read: named, the publication intact"):
            story = stories / "1" / "story-150.toml"
            story.chmod(0)
            try:
                # No permission is the machine's failure, an entry left out a problem of what was read: either will do.
                named(versions, out, "story-150.toml", (1, 3), before=NOBODY)
                versions.assert_intact(out, "a")
            finally:
                story.chmod(0o644)

        with check("a folder of stories that may not be read: named, the publication intact"):
            (stories / "1").chmod(0)
            try:
                named(versions, out, "stories/1", (1, 3), before=NOBODY)
                versions.assert_intact(out, "a")
            finally:
                (stories / "1").chmod(0o755)

        def pipe(path):
            os.mkfifo(path)

        def device(path):
            try:
                os.mknod(path, 0o666 | 0o020000, os.makedev(1, 5))
            except PermissionError:
                raise Skipped("only root can make a device") from None

        def link_to_device(path):
            path.symlink_to("/dev/zero")

        def link_to_pipe(path):
            path.symlink_to(folder / "pipe")

        def a_socket(path):
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(str(path))
            listener.close()

        os.mkfifo(folder / "pipe")
        for name, make in (
            ("a FIFO", pipe),
            ("a device", device),
            ("a link to a device", link_to_device),
            ("a link to a FIFO", link_to_pipe),
            ("a socket", a_socket),
        ):
            for ending in ("toml", "jsonl"):
                with check(f"{name} in the store (.{ending}): named, not followed"):
                    odd = stories / f"odd.{ending}"
                    make(odd)
                    try:
                        named(versions, out, odd.name, (0, 1, 3))
                        versions.assert_intact(out)
                    finally:
                        odd.unlink()
    finish()


main()
