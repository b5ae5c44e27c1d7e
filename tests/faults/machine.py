"""The disk is full, or the machine refuses. Exit 3, the file named, what was published intact."""

import os
import resource
import shutil
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "server"))

from common import NOBODY, ROOT, CheckFailed, Skipped, Versions, check, finish, read_files, run, temporary_folder


def refused(versions, out, before=(), **options):
    """A build of the other version that the machine does not let through."""
    done = versions.build("b", out, before=before, **options)
    if done.returncode != 3:
        raise CheckFailed(f"exit {done.returncode} instead of 3: {done.stderr.strip()[:500]}")
    if str(out) not in done.stderr and not any(path in done.stderr for path in versions.whole["b"]):
        raise CheckFailed(f"the message names no file: {done.stderr.strip()[:500]}")
    if "panicked" in done.stderr:
        raise CheckFailed(f"a panic: {done.stderr.strip()[:500]}")
    versions.assert_intact(out)


def repaired(versions, out):
    versions.build("b", out, check=True)
    versions.assert_exactly(out, "b")


def traced(what, error):
    """The part of a command line that lets a kind of system call fail."""
    try:
        run("strace", "-qq", "-o", "/dev/null", "true")
    except (OSError, CheckFailed):
        raise Skipped("nothing can be traced here (strace)") from None
    return ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={what}", "-e", f"inject={what}:error={error}"]


def small_disk(versions, disk):
    """Mounts a file system that the first version fits on, with little to spare."""
    if not ROOT:
        raise Skipped("only root can mount a small file system")
    blocks = sum(-(-len(content) // 4096) for content in versions.whole["a"].values())
    disk.mkdir()
    size = f"size={4096 * (blocks + 8)}"
    done = run("mount", "-t", "tmpfs", "-o", size, "tidings-test", disk, succeeds=False)
    if done.returncode:
        raise Skipped(f"nothing can be mounted here: {done.stderr.strip()}")


def main():
    with temporary_folder() as folder:
        versions = Versions(folder)

        def fresh(name):
            out = folder / name
            versions.build("a", out, check=True)
            return out

        disk = folder / "disk"
        with check("disk full: exit 3, the file named, the publication intact"):
            small_disk(versions, disk)
            out = disk / "out"
            versions.build("a", out, check=True)
            refused(versions, out)
            run("mount", "-o", "remount,size=64m", disk)
            repaired(versions, out)
        with check("a file system that cannot be written: exit 3, intact"):
            if not os.path.ismount(disk):
                raise Skipped("only root can mount one")
            versions.build("a", out, check=True)
            run("mount", "-o", "remount,ro", disk)
            refused(versions, out)
            run("mount", "-o", "remount,rw", disk)
            repaired(versions, out)
        if os.path.ismount(disk):
            run("umount", disk)

        with check("a write that fails half way: exit 3, intact"):
            # Python ignores SIGXFSZ; left so, the limit is an error for the build and not its end.
            out = fresh("limited")
            limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))
            refused(versions, out, preexec_fn=limit, restore_signals=False)
            repaired(versions, out)

        for what, error in (
            ("rename,renameat,renameat2", "EIO"),
            ("unlink,unlinkat", "EIO"),
            ("mkdir,mkdirat", "EACCES"),
        ):
            with check(f"{error} on {what}: exit 3, intact"):
                out = fresh(f"traced-{what}")
                refused(versions, out, before=traced(what, error))
                repaired(versions, out)

        with check("EACCES: an output that may not be written: exit 3, intact"):
            out = fresh("forbidden")
            folders = [out, *(path for path in out.rglob("*") if path.is_dir())]
            for path in folders:
                path.chmod(0o555)
            try:
                refused(versions, out, before=NOBODY)
            finally:
                for path in folders:
                    path.chmod(0o755)
            repaired(versions, out)

        with check("EACCES: an output that may not be made: exit 3"):
            closed = folder / "closed"
            closed.mkdir(mode=0o555)
            done = versions.build("a", closed / "out", before=NOBODY)
            closed.chmod(0o755)
            if done.returncode != 3 or str(closed) not in done.stderr:
                raise CheckFailed(f"exit {done.returncode}: {done.stderr.strip()[:500]}")

        with check("the output is a file: exit 3, the file untouched"):
            (folder / "file").write_text("mine")
            done = versions.build("a", folder / "file")
            if done.returncode != 3 or "file" not in done.stderr:
                raise CheckFailed(f"exit {done.returncode}: {done.stderr.strip()[:500]}")
            if (folder / "file").read_text() != "mine":
                raise CheckFailed("it was written")

        with check("no output was left by a build that could not start"):
            shutil.rmtree(folder / "limited")
            (folder / "b" / "stories" / "wrong.toml").write_text("this is not TOML")
            done = versions.build("b", folder / "limited")
            if done.returncode != 1 or read_files(folder / "limited"):
                raise CheckFailed(f"exit {done.returncode}, {len(read_files(folder / 'limited'))} files")
    finish()


main()
