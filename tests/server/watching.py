"""The store as it changes under the hands of people: half-written files, editors' ways, folders that come
and go, a fifo; the configuration; and what changes with time alone."""

import math
import os
import shutil
import time
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

from common import CheckFailed, Site, check, finish, temporary_folder, wait_for

SOON = 1.0  # seconds within which a change is served (contract §6)
FEED = "/en/all.atom.xml"

HALF = 'id = "half"\npublished = 2020-01-01\ntopics = ["research"]\n[translations.en]\ntitle = "Half {0}"\n'
REST = '[translations.fr]\ntitle = "Rest {0}"\n'


@contextmanager
def served(folder, **how):
    with Site(folder, **how) as site:
        site.story("first", "First")
        yield site.start()


def soon(site, text, seconds=SOON, path=FEED):
    """The feed shows a text in time."""
    wait_for(f"`{text}` is served", lambda: site.shows(text, path), seconds)


def gone(site, text, seconds=SOON):
    wait_for(f"`{text}` has left", lambda: not site.shows(text), seconds)


def stays(site, seconds, shown=(), hidden=()):
    """All the while the feed shows some texts and not the others."""
    end = time.monotonic() + seconds
    while True:
        body = site.get(FEED)[2].decode() + site.get("/fr/all.atom.xml")[2].decode()
        if time.monotonic() > end:
            return
        for text in shown:
            if text not in body:
                raise CheckFailed(f"`{text}` is not served any more")
        for text in hidden:
            if text in body:
                raise CheckFailed(f"`{text}` is served")
        time.sleep(0.01)


def half_written(folder):
    with served(folder / "half") as site:
        path = site.stories / "half.toml"
        for name, version, how, old in (("a new file", 1, "w", ()), ("a file that is written anew", 2, "w", ("Half 1", "Rest 1"))):
            with check(f"{name}, half-written, the half sound: not served before it is closed, and then soon"):
                with open(path, how) as file:
                    file.write(HALF.format(version))
                    file.flush()
                    stays(site, 1.5, shown=("First", *old), hidden=(f"Half {version}",))
                    file.write(REST.format(version))
                soon(site, f"Half {version}")
                soon(site, f"Rest {version}", path="/fr/all.atom.xml")
        for name, other, path, old in (
            ("a new file is", "Other", site.stories / "new.toml", "First"),
            ("a file is written anew, and is", "Another", path, "Half 2"),
        ):
            with check(f"{name} half-written while others change: the half is not served, the whole is soon"):
                half = HALF.replace("half", path.stem).replace("Half", path.stem)
                with open(path, "w") as file:
                    file.write(half.format(3))
                    file.flush()
                    site.story("other", other)
                    stays(site, 1, shown=("First", old), hidden=(f"{path.stem} 3",))
                    is_served = site.shows(other)
                    site.story("later", f"{other}, later")
                    file.write(REST.format(path.stem))
                    file.flush()
                    stays(site, 0.5, shown=("First", old), hidden=(f"{path.stem} 3", f"Rest {path.stem}"))
                soon(site, f"{path.stem} 3")
                soon(site, f"{other}, later")
            with check(f"{name} half-written: another that changes meanwhile is served within 1 s"):
                if not is_served:
                    raise CheckFailed("it is served only when the half-written file is whole")
        with check("half-written and then removed, or opened and closed without a change"):
            with open(site.stories / "never.toml", "w") as file:
                file.write(HALF.replace("half", "never").format("never"))
                file.flush()
                (site.stories / "never.toml").unlink()
            open(path, "a").close()
            site.story("other", "After all")
            soon(site, "After all")
            stays(site, 0.5, shown=("First", "half 3"), hidden=("Half never",))


def editors(folder):
    text = lambda title: f'id = "edited"\npublished = 2020-01-01\ntopics = []\n[translations.en]\ntitle = "{title}"\n'
    with served(folder / "editors") as site:
        path = site.stories / "edited.toml"

        def in_place(title):
            path.write_text(text(title))

        def with_backup(title):
            backup = Path(f"{path}~")
            path.rename(backup)
            path.write_text(text(title))
            backup.unlink()

        def truncated_first(title):
            with open(path, "w") as file:
                stays(site, 0.5, shown=("First", "Edited"))
                file.write(text(title))

        def beside(title):
            other = site.stories / "4913"
            other.write_text(text(title))
            os.symlink("user@host.1:2", site.stories / ".#edited.toml")
            other.rename(path)
            (site.stories / ".#edited.toml").unlink()

        def dated_back(title):
            """As rsync -t, or cp -p and mv: the same size and date as before."""
            before = path.stat()
            new = site.stories / "edited.new"
            new.write_text(text(title))
            os.utime(new, ns=(before.st_atime_ns, before.st_mtime_ns))
            new.rename(path)

        def dated_back_in_place(title):
            before = path.stat()
            path.write_text(text(title))
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

        def removed_and_made(title):
            path.unlink()
            in_place(title)

        in_place("Edited 0")
        soon(site, "Edited 0", 3)
        for number, way in enumerate((in_place, with_backup, truncated_first, beside, dated_back, dated_back_in_place, removed_and_made), 1):
            with check(f"edited {way.__name__.replace('_', ' ')}: served soon"):
                way(f"Edited {number}")
                soon(site, f"Edited {number}")


def folders(folder):
    with served(folder / "folders") as site:
        aside = folder / "folders" / "aside"

        def story(path, title):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f'published = 2020-01-01\ntopics = []\n[translations.en]\ntitle = "{title}"\n')

        with check("a folder moved in, and then a file in it changes"):
            story(aside / "one.toml", "Moved one")
            story(aside / "deep" / "er" / "two.toml", "Moved two")
            shutil.move(aside, site.stories / "in")
            soon(site, "Moved one")
            soon(site, "Moved two")
            story(site.stories / "in" / "deep" / "er" / "two.toml", "Changed two")
            soon(site, "Changed two")
        with check("a folder renamed: its stories have its name, and then a file in it changes"):
            (site.stories / "in").rename(site.stories / "renamed")
            soon(site, "2014:renamed/one/en")
            gone(site, "2014:in/one/en")
            story(site.stories / "renamed" / "one.toml", "Changed one")
            soon(site, "Changed one")
        with check("a folder removed, and made again"):
            shutil.rmtree(site.stories / "renamed")
            gone(site, "Changed one")
            story(site.stories / "renamed" / "one.toml", "Made again")
            soon(site, "Made again")
        with check("folders made and filled at once"):
            for number in range(20):
                story(site.stories / f"a{number}" / "b" / "c" / "d.toml", f"Deep {number}.")
            for number in range(20):
                soon(site, f"Deep {number}.")
        with check("a folder moved out of the store"):
            (site.stories / "a1").rename(folder / "folders" / "moved")
            gone(site, "Deep 1.")
        with check("a fifo in the store: reported, and nothing waits for it"):
            os.mkfifo(site.stories / "pipe.toml")
            wait_for("it is reported", lambda: "pipe.toml" in site.log_text(), 3)
            stays(site, 0.5, shown=("First",))
            (site.stories / "pipe.toml").unlink()
            site.story("first", "Without a fifo")
            soon(site, "Without a fifo")


def configuration(folder):
    with served(folder / "configuration") as site:
        text = site.config.read_text()
        with check("the configuration changes, in place and renamed into place, and the folder of the store with it"):
            site.config.write_text(text.replace('title = "News"', 'title = "In place"'))
            soon(site, "<title>In place")
            new = site.config.with_name("new")
            new.write_text(text.replace('title = "News"', 'title = "Renamed"'))
            new.rename(site.config)
            soon(site, "<title>Renamed")
            other = site.folder / "elsewhere"
            other.mkdir()
            (other / "story.toml").write_text('published = 2020-01-01\ntopics = []\n[translations.en]\ntitle = "Elsewhere"\n')
            site.config.write_text(text.replace("[site]", '[site]\nstories = "elsewhere"'))
            soon(site, "Elsewhere")
            (other / "story.toml").write_text('published = 2020-01-01\ntopics = []\n[translations.en]\ntitle = "Followed there"\n')
            soon(site, "Followed there")


def look(folder):
    with served(folder / "look") as site:
        text, page = site.config.read_text(), "/en/"
        templates = site.folder / "templates"
        with check("a template and a stylesheet that come, change and go: the pages follow"):
            templates.mkdir()
            site.config.write_text(text.replace("[site]", '[site]\ntemplates = "templates"'))
            own = templates / "listing.html"
            own.write_text("<title>My own</title>")
            soon(site, "My own", path=page)
            own.write_text("<title>Changed</title>")
            soon(site, "Changed", path=page)
            own.write_text("<title>{{ nothing }}</title>")
            wait_for("the mistake in the log", lambda: "listing.html:1:11" in site.log_text(), 5)
            stays(site, 0.3, shown=("News",))
            own.unlink()
            soon(site, "<h1>News</h1>", path=page)
            (site.folder / "style.css").write_text("h1 { color: red }")
            site.config.write_text(text.replace("[site]", '[site]\nstyle = "style.css"'))
            soon(site, "color: red", path="/assets/style.css")
            (site.folder / "style.css").write_text("h1 { color: blue }")
            soon(site, "color: blue", path="/assets/style.css")
        with check("a page that cannot be made for a story that came later: 503, and the log says once where and why"):
            (templates / "story.html").write_text('{% if entry.title == "Later" %}{{ nothing }}{% endif %}')
            site.config.write_text(text.replace("[site]", '[site]\ntemplates = "templates"'))
            wait_for("the page of the first story", lambda: site.get("/en/stories/first/")[2] == b"", 5)
            site.story("later", "Later")
            soon(site, "Later")
            for _ in range(2):
                status = site.get("/en/stories/later/")[0]
                if status != 503:
                    raise CheckFailed(f"the answer is {status}")
            told = site.log_text().count("story.html:1:35")
            if told != 1:
                raise CheckFailed(f"the log says {told} times where the mistake is")


def in_time(folder):
    with served(folder / "time") as site:
        at = lambda seconds: datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        moment = math.ceil(time.time()) + 3
        site.story("leaving", "Leaving", more=f"expires = {at(moment)}\n")
        site.story("withdrawn", "Withdrawn", more=f'withdrawn = {{ on = {at(moment)}, reason = "It was wrong." }}\n')
        site.story("coming", "Coming", published=at(moment))
        with check("a story of the future is served when its time comes, one that expires or is withdrawn leaves then"):
            soon(site, "Leaving")
            soon(site, "Withdrawn")
            stays(site, moment - time.time() - 0.05, shown=("Leaving", "Withdrawn"), hidden=("Coming", "It was wrong."))
            time.sleep(max(0, moment - time.time()))
            soon(site, "Coming", 1.5)
            gone(site, "Leaving", 0.3)
            gone(site, ">Withdrawn<", 0.3)
            soon(site, "It was wrong.", 0.3)


def main():
    with temporary_folder() as folder:
        for part in (half_written, editors, folders, configuration, look, in_time):
            part(folder)
    finish()


if __name__ == "__main__":
    main()
