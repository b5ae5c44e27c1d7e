"""Ten thousand changes at once, stores that are moved away and put back, stores behind links that are
swapped, and a system that reports no changes."""

import math
import shutil
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

from common import CheckFailed, Site, Skipped, check, finish, temporary_folder, wait_for
from watching import gone, soon, stays

POLLED = 3.0  # seconds within which a change is served that the system does not report


def story(title, published="2020-01-01"):
    return f'published = {published}\ntopics = []\n[translations.en]\ntitle = "{title}"\n'


@contextmanager
def kernel_limit(name, value):
    """A limit of inotify, for what is started meanwhile."""
    path = Path(f"/proc/sys/fs/inotify/{name}")
    try:
        before = path.read_text()
        path.write_text(str(value))
    except OSError:
        raise Skipped("the kernel's limits cannot be set here") from None
    try:
        yield
    finally:
        path.write_text(before)


def thousands(folder):
    archives = [f"/en/all/{2010 + n}.atom.xml" for n in range(10)]
    with Site(folder / "thousands", feeds='archives = "year"\n') as site:

        def write(version):
            for number in range(10_000):
                path = site.stories / f"{number % 100}" / f"{number}.toml"
                path.parent.mkdir(exist_ok=True)
                path.write_text(story(f"Version {version}", f"{2010 + number % 10}-01-01"))

        def seconds_until(version):
            shown = lambda: sum(site.get(path)[2].count(f">Version {version}</title>".encode()) for path in archives) == 10_000
            written = time.monotonic()
            try:
                wait_for("", shown, 10, every=0.05)
            except CheckFailed:
                return math.inf
            return time.monotonic() - written

        site.story("first", "First")
        for version, what in ((1, "made"), (2, "changed"), (3, "changed, more than the system's queue holds")):
            if version == 3:
                site.stop()
                try:
                    with kernel_limit("max_queued_events", 100):
                        site.start()
                except Skipped as why:
                    with check("more changes than the queue of the system holds"):
                        raise why
                    break
            elif version == 1:
                site.start()
            write(version)
            seconds = seconds_until(version)
            with check(f"10,000 files in 100 folders {what}: served {seconds:.1f} s after the last"):
                if seconds > 4:
                    raise CheckFailed("more than 4 s")
        with check("the store is moved away: what was served stays; and back again: served soon"):
            site.stories.rename(folder / "away")
            stays(site, 2, shown=("Version",))
            (folder / "away" / "new.toml").write_text(story("Back again", "2021-01-01"))
            (folder / "away").rename(site.stories)
            soon(site, "Back again", 2)
        with check("the store is removed file by file, and another made in its place"):
            shutil.rmtree(site.stories)
            time.sleep(0.5)
            site.stories.mkdir()
            site.story("first", "Another store")
            soon(site, "Another store", 2)
            gone(site, "Back again")
            site.story("first", "Its first change")
            soon(site, "Its first change")
            if "panicked" in site.log_text():
                raise CheckFailed(site.log_text()[-1000:])


def links(folder):
    with Site(folder / "links") as site:
        trees = {name: folder / "links" / name for name in "ab"}
        for name, tree in trees.items():
            tree.mkdir()
            (tree / "story.toml").write_text(story(f"Tree {name}"))
        site.stories.rmdir()
        site.stories.symlink_to(trees["a"])
        site.start()

        def link_swapped(to):
            subprocess.run(["ln", "-sfn", trees[to], site.stories], check=True)

        def link_renamed(to):
            new = folder / "links" / "new"
            new.symlink_to(trees[to])
            new.rename(site.stories)

        for way in (link_swapped, link_renamed):
            with check(f"the store is a link, {way.__name__.removeprefix('link_')}: followed, and then what it leads to"):
                for to, version in (("b", 1), ("a", 2)):
                    way(to)
                    soon(site, f"Tree {to}", 1.5)
                    site.story("story", f"{way.__name__} {version}")
                    soon(site, f"{way.__name__} {version}")
                    site.story("story", f"Tree {to}")
                    soon(site, f"Tree {to}")

    with Site(folder / "volume") as site, check("a store as Kubernetes mounts it, swapped three times: followed"):
        def volume(version):
            data = site.stories / f"..{version}"
            data.mkdir()
            for name in "ab":
                (data / f"{name}.toml").write_text(story(f"{name} {version}"))
            (site.stories / "..data_tmp").symlink_to(data.name)
            (site.stories / "..data_tmp").rename(site.stories / "..data")

        volume(0)
        for name in "ab":
            (site.stories / f"{name}.toml").symlink_to(f"..data/{name}.toml")
        site.start()
        for version in (1, 2, 3):
            volume(version)
            for name in "ab":
                soon(site, f"{name} {version}", 1.5)
            shutil.rmtree(site.stories / f"..{version - 1}")
            time.sleep(0.2)


def unwatched(folder):
    for name in ("max_user_watches", "max_user_instances"):
        with check(f"the system reports no changes ({name} is 0): looked for every now and then"), Site(folder / name) as site:
            site.story("first", "First")
            with kernel_limit(name, 0):
                site.start()
            for number in range(3):
                site.story("first", f"Found {number}")
                soon(site, f"Found {number}", POLLED)
            site.config.write_text(site.config.read_text().replace('title = "News"', 'title = "Found too"'))
            soon(site, "<title>Found too", POLLED)
            site.story("deep/er/second", "Found deep")
            soon(site, "Found deep", POLLED)
            with open(site.stories / "second.toml", "w") as file:
                file.write(story("Written in place"))
            soon(site, "Written in place", POLLED)


def main():
    with temporary_folder() as folder:
        for part in (thousands, links, unwatched):
            part(folder)
    finish()


main()
