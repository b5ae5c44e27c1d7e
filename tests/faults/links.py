"""An output full of symbolic links: nothing outside it is opened for writing, renamed or removed. Traced with strace."""

import os
import re
import shutil
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "server"))

from common import CheckFailed, Skipped, Versions, check, finish, read_files, run, temporary_folder

CALL = re.compile(r'^(?:\d+ +)?(\w+)\((.*)\) += (\S+)')
CHANGES = re.compile(r"rename|unlink|rmdir|mkdir|mknod|symlink|link|truncate|chmod|chown|utime|setxattr")


def traced(versions, version, out, scratch):
    """A build and the paths that it makes, changes or removes, each with its system call."""
    trace = scratch / "trace"
    strace = ["strace", "-f", "-y", "-qq", "-s", "4096", "-e", "trace=%file,ftruncate,fchmod,fchown", "-o", trace]
    try:
        done = versions.build(version, out, before=strace)
    except OSError:
        raise Skipped("nothing can be traced here (strace)") from None
    changes = []
    for line in trace.read_text(errors="replace").splitlines():
        match = CALL.match(line)
        if not match or match[3].startswith("-"):
            continue
        call, arguments = match[1], match[2]
        if call.startswith(("open", "creat")):
            if re.search(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC", arguments) or call == "creat":
                path = re.search(r"= \d+<(.*?)>", line)
                changes.append((call, path[1] if path else "?", arguments))
        elif CHANGES.match(call) or call in ("fchmod", "fchown", "ftruncate"):
            named = re.findall(r'(?:(?:AT_FDCWD|\d+)<([^>]*)>, )?"((?:[^"\\]|\\.)*)"', arguments)
            handle = re.match(r"\d+<([^>]*)>", arguments)
            paths = [os.path.join(base or os.getcwd(), path) for base, path in named] or ([handle[1]] if handle else [])
            # The folder of what is renamed or removed is followed, the last part is not.
            for path in paths:
                parent, name = os.path.split(path.rstrip("/"))
                changes.append((call, os.path.join(os.path.realpath(parent), name), arguments))
    return done, changes


def outside(changes, out):
    inside = os.path.realpath(out)
    return [(call, path) for call, path, _ in changes if path != inside and not path.startswith((inside + "/", "/dev/", "/proc/"))]


def main():
    with temporary_folder() as folder:
        versions = Versions(folder)
        elsewhere = folder / "elsewhere"
        for name in ("all.json", "index.html", "0", "1", "announced", "only-a.json"):
            (elsewhere / name).parent.mkdir(parents=True, exist_ok=True)
            (elsewhere / name).write_text("mine")

        with check("an output full of links: exit 3, each named, nothing outside is touched"):
            out = folder / "out"
            versions.build("a", out, check=True)
            links = {"fr": elsewhere, ".tidings-unfinished": elsewhere}
            names = sorted(path for path in versions.whole["a"] if path.startswith(("en/", "mul/")))
            for number, name in enumerate(names):
                links[name] = [elsewhere / "all.json", Path("/nowhere"), elsewhere / "new"][number % 3]
            for name, target in links.items():
                shutil.rmtree(out / name) if (out / name).is_dir() else (out / name).unlink(missing_ok=True)
                (out / name).symlink_to(target)
            before = read_files(elsewhere)
            for refused in (".tidings-unfinished", None):
                done, changes = traced(versions, "b", out, folder)
                if done.returncode != 3 or str(out / (refused or "fr")) not in done.stderr:
                    raise CheckFailed(f"exit {done.returncode}: {done.stderr.strip()[:500]}")
                if outside(changes, out) or read_files(elsewhere) != before:
                    raise CheckFailed(f"outside the output: {outside(changes, out)[:5]}")
                if refused:
                    (out / refused).unlink()
            unnamed = [name for name in links if name != ".tidings-unfinished" and str(out / name) not in done.stderr]
            if unnamed:
                raise CheckFailed(f"not named: {unnamed[:5]}")

        with check("a whole build stays inside; temporary files have random names, in a folder of mode 0700"):
            seen = []
            for name in ("first", "second"):
                done, changes = traced(versions, "a", folder / name, folder)
                if done.returncode or outside(changes, folder / name):
                    raise CheckFailed(f"exit {done.returncode}, outside: {outside(changes, folder / name)[:5]}")
                made = [(path, arguments) for call, path, arguments in changes if call.startswith("open")]
                if not made or any("O_EXCL" not in arguments or "O_NOFOLLOW" not in arguments for _, arguments in made):
                    raise CheckFailed(f"opened without O_EXCL or O_NOFOLLOW: {made[:3]}")
                modes = {arguments.split(",")[-1].strip() for call, path, arguments in changes if path.endswith("-unfinished") and call.startswith("mkdir")}
                if modes != {"0700"} or any(Path(path).parent.name != ".tidings-unfinished" for path, _ in made):
                    raise CheckFailed(f"temporary files are not in a folder of mode 0700: {modes}, {made[:3]}")
                seen.append({Path(path).name for path, _ in made})
            if seen[0] & seen[1]:
                raise CheckFailed(f"the same names twice: {sorted(seen[0] & seen[1])[:3]}")
    finish()


main()
