"""Several builds into one output at once, and the files of others in it."""

import re
import subprocess
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "server"))

from common import CheckFailed, Versions, check, finish, read_files, temporary_folder


def four_at_once(versions, out, each):
    """Runs four builds at once. Each succeeds, or says that another is at work."""
    running = [
        subprocess.Popen(
            versions.command(version, out), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for version in each
    ]
    successes = 0
    for process in running:
        _, stderr = process.communicate(timeout=120)
        if process.returncode == 0:
            successes += 1
        elif not re.search("another|at work|in progress|running|locked", stderr):
            raise CheckFailed(f"exit {process.returncode}: {stderr.strip()[:500]}")
    if not successes:
        raise CheckFailed("none of the four builds succeeded")


def main():
    with temporary_folder() as folder:
        versions = Versions(folder)

        with check("four builds of one store at once: intact, and nothing is left over"):
            for number in range(5):
                out = folder / f"same-{number}"
                four_at_once(versions, out, "aaaa")
                versions.assert_exactly(out, "a")

        with check("four builds of two stores at once: intact, and the next build completes"):
            out = folder / "mixed"
            versions.build("a", out, check=True)
            for number in range(5):
                four_at_once(versions, out, "abab")
                versions.assert_intact(out)
                last = "ab"[number % 2]
                versions.build(last, out, check=True)
                versions.assert_exactly(out, last)

        with check("a foreign file is never touched"):
            out = folder / "shared"
            versions.build("a", out, check=True)
            foreign = ["robots.txt", "en/notes.html", "en/only-a/mine.txt", "other/deep/file.xml", ".htaccess", "fr/.well-known"]
            for path in foreign:
                (out / path).parent.mkdir(parents=True, exist_ok=True)
                (out / path).write_text(f"mine: {path}")
            (out / "en" / "link.xml").symlink_to("/nowhere")
            before = {path: (out / path).stat() for path in foreign}
            for version in "ba":
                versions.build(version, out, check=True)
                versions.assert_exactly(out, version, foreign)
                for path in foreign:
                    if (out / path).read_text() != f"mine: {path}" or (out / path).stat().st_mtime_ns != before[path].st_mtime_ns:
                        raise CheckFailed(f"{path} was changed")
                if not (out / "en" / "link.xml").is_symlink():
                    raise CheckFailed("en/link.xml was removed")

        with check("without a manifest nothing is removed"):
            out = folder / "unknown"
            versions.build("a", out, check=True)
            (out / ".tidings").unlink()
            versions.build("b", out, check=True)
            left = versions.whole["a"].keys() - read_files(out).keys()
            if left:
                raise CheckFailed(f"{sorted(left)[0]} was removed")
            versions.assert_intact(out, "b")

        with check("a build with nothing changed writes nothing"):
            out = folder / "unchanged"
            versions.build("a", out, check=True)
            times = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
            versions.build("a", out, check=True)
            for path, time in times.items():
                if path.stat().st_mtime_ns != time:
                    raise CheckFailed(f"{path.relative_to(out)} was written again")
    finish()


main()
