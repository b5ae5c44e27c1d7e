"""Checks the published files with feed readers and validators.

    python check.py TIDINGS

Builds the sample site and a hostile one in a temporary folder, and compares what was published with what the store says
(store.py).
"""

import email
import email.header
import email.utils
import html
import html.parser
import json
import os
import re
import shutil
import sys
import xml.etree.ElementTree as ElementTree
from datetime import datetime, timezone
from pathlib import Path

import feedparser

sys.path.append(str(Path(__file__).parents[1] / "server"))

import hostile
from common import TIDINGS, CheckFailed, check, finish, run, temporary_folder
from store import Site

HERE = Path(__file__).parent
NOW = datetime(2026, 12, 1, tzinfo=timezone.utc)
ATOM = "{http://www.w3.org/2005/Atom}"
DELETED = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"
FEED_KEYS = {"version", "title", "home_page_url", "feed_url", "description", "user_comment", "next_url", "icon", "favicon", "authors", "language", "expired", "hubs", "items"}
ITEM_KEYS = {"id", "url", "external_url", "title", "content_html", "content_text", "summary", "image", "banner_image", "date_published", "date_modified", "authors", "tags", "language", "attachments"}


class Publication:
    """A site, built."""

    def __init__(self, name, config, folder):
        self.name, self.config = name, config
        self.folder = folder
        self.out = folder / "out"
        self.build()
        self.store = Site(config, NOW)
        self.feeds = list(self.store.feeds())

    def build(self, *options, config=None):
        run(
            TIDINGS, "build", "--config", config or self.config,
            "--output", self.out, "--now", NOW.strftime("%Y-%m-%dT%H:%M:%SZ"), *options,
        )

    def files(self, *endings):
        return [path for path in sorted(self.out.rglob("*")) if path.name.endswith(endings) and path.is_file()]

    def feed_files(self, format):
        if format not in self.store.formats:
            return []
        return [(feed, self.out / feed.path(format)) for feed in self.feeds]

    def at(self, url):
        """The file that is published at an address."""
        if not url.startswith(self.store.base):
            raise CheckFailed(f"{url} is not below {self.store.base}")
        return self.out / url.removeprefix(self.store.base)


def same(where, found, expected):
    """Two lists, or two values; names the first that differs."""
    if found == expected:
        return
    if isinstance(expected, list):
        for number, (one, other) in enumerate(zip(found, expected)):
            if one != other:
                raise CheckFailed(f"{where}, entry {number}: {one!r} instead of {other!r}")
        raise CheckFailed(f"{where}: {len(found)} entries instead of {len(expected)}")
    raise CheckFailed(f"{where}: {found!r} instead of {expected!r}")


def plain(title):
    """Readers differ in what they do with space; nobody sees the difference."""
    return " ".join(re.split(r"[ \t\r\n\u2028\u2029]+", title.strip()))


def guessed(title):
    """An RSS title has no type: feedparser guesses, and writes those that look like HTML anew as such, without instructions."""
    return plain(re.sub(r"<\?.*?\?>", "", html.unescape(title)))


def seconds(text):
    return int(datetime.fromisoformat(text).timestamp())


def from_struct(parsed):
    return parsed and int(datetime(*parsed[:6], tzinfo=timezone.utc).timestamp())


def expected(feed, format):
    return [
        (e.id(format), plain(e.title), int(e.published.timestamp()), int(e.updated.timestamp()), e.link, e.language)
        for e in feed.window
    ]


# Documents.


def well_formed(publication):
    files = publication.files(".xml", ".opml")
    run("xmllint", "--nonet", "--noout", *files)
    same("feeds", [p for p in files if p.name.endswith((".atom.xml", ".rss.xml"))] != [], True)


def atom_schema(publication):
    run("jing", "-c", HERE / "atom.rnc", *publication.files(".atom.xml"))


def atom_rules(publication):
    """What RFC 4287 says and its schema cannot, and the deletions of RFC 6721."""
    for path in publication.files(".atom.xml"):
        feed = ElementTree.parse(path).getroot()
        ids = [entry.findtext(f"{ATOM}id") for entry in feed.iter(f"{ATOM}entry")]
        same(f"{path}: ids that repeat", sorted(set(ids)), sorted(ids))
        for entry in feed.iter(f"{ATOM}entry"):
            where = f"{path}: {entry.findtext(f'{ATOM}id')}"
            links = entry.findall(f"{ATOM}link")
            alternates = [link for link in links if link.get("rel", "alternate") == "alternate"]
            if not alternates and entry.find(f"{ATOM}content") is None:
                raise CheckFailed(f"{where}: neither content nor an alternate link")
            if len(alternates) > 1:
                raise CheckFailed(f"{where}: {len(alternates)} alternate links")
            if feed.find(f"{ATOM}author") is None and entry.find(f"{ATOM}author") is None:
                raise CheckFailed(f"{where}: no author")
    for feed, path in publication.feed_files("atom"):
        refs = sorted(gone.get("ref") for gone in ElementTree.parse(path).getroot().iter(DELETED))
        announced = [e for e in feed.deleted if feed.window and e.withdrawn >= feed.window[-1].published]
        same(f"{path}: deleted entries", refs, sorted(e.id("atom") for e in announced))


def feed_set(publication):
    """A feed for every language, scope and format, and its own address in each."""
    for format in publication.store.formats:
        for feed, path in publication.feed_files(format):
            if not path.is_file():
                raise CheckFailed(f"{path} is missing")
            if format == "json":
                own = json.loads(path.read_text("utf-8"))["feed_url"]
            else:
                links = ElementTree.parse(path).getroot().iter(f"{ATOM}link")
                own = next((link.get("href") for link in links if link.get("rel") == "self"), None)
            same(f"{path}: self", own, publication.store.base + feed.path(format))


class Body(html.parser.HTMLParser):
    """Finds in an HTML body what no reader should be given."""

    def __init__(self, where, text):
        super().__init__()
        self.where = where
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        if tag in ("script", "style", "iframe", "object", "embed", "form"):
            raise CheckFailed(f"{self.where}: <{tag}>")
        for name, value in attributes:
            if name.startswith("on"):
                raise CheckFailed(f"{self.where}: {name} on <{tag}>")
            if name in ("href", "src") and not re.match(r"(https?:|mailto:|tel:|#)", value or ""):
                raise CheckFailed(f"{self.where}: {name} is {value!r}")


def bodies(publication):
    """Every body is safe, and every address in it absolute."""
    for path in publication.files(".json"):
        for item in json.loads(path.read_text("utf-8"))["items"]:
            Body(f"{path}: {item['id']}", item.get("content_html", ""))
    for path in publication.files(".atom.xml"):
        for content in ElementTree.parse(path).getroot().iter(f"{ATOM}content"):
            if content.get("type") == "html":
                Body(path, content.text or "")
    for path in publication.files(".rss.xml"):
        for content in ElementTree.parse(path).getroot().iter("{http://purl.org/rss/1.0/modules/content/}encoded"):
            Body(path, content.text or "")


# The three formats against the store.


def json_feed(publication):
    for feed, path in publication.feed_files("json"):
        document = json.loads(path.read_text("utf-8"))
        unknown = [key for key in document if key not in FEED_KEYS and not key.startswith("_")]
        same(f"{path}: unknown keys", unknown, [])
        same(f"{path}: version", document["version"], "https://jsonfeed.org/version/1.1")
        same(f"{path}: title", plain(document["title"]), plain(feed.title))
        same(f"{path}: language", document.get("language"), None if feed.language == "mul" else feed.language)
        found = []
        for item in document["items"]:
            unknown = [key for key in item if key not in ITEM_KEYS and not key.startswith("_")]
            same(f"{path}: {item['id']}: unknown keys", unknown, [])
            if ("content_html" in item) == ("content_text" in item):
                raise CheckFailed(f"{path}: {item['id']} has not one content")
            published = item["date_published"]
            found.append((
                item["id"], plain(item.get("title", "")), seconds(published), seconds(item.get("date_modified", published)),
                item.get("url"), item.get("language", document.get("language")),
            ))
        same(path, found, expected(feed, "json"))


def parsed(path):
    document = feedparser.parse(str(path))
    if document.bozo:
        raise CheckFailed(f"{path}: feedparser says {document.bozo_exception!r}")
    return document


def atom_feedparser(publication):
    for feed, path in publication.feed_files("atom"):
        document = parsed(path)
        default = next(iter(publication.store.languages))
        same(f"{path}: id", document.feed.id, feed.id)
        same(f"{path}: title", plain(document.feed.title), plain(feed.title))
        same(f"{path}: language", document.feed.get("language"), default if feed.language == "mul" else feed.language)
        same(f"{path}: updated", from_struct(document.feed.updated_parsed), int(feed.updated.timestamp()))
        found = [
            (
                e.id, plain(e.title), from_struct(e.published_parsed), from_struct(e.updated_parsed),
                next((link.href for link in e.get("links", []) if link.rel == "alternate"), None), e.title_detail.language,
            )
            for e in document.entries
        ]
        same(path, found, expected(feed, "atom"))


def rss_feedparser(publication):
    for feed, path in publication.feed_files("rss"):
        document = parsed(path)
        same(f"{path}: language", document.feed.get("language"), None if feed.language == "mul" else feed.language)
        same(f"{path}: title", guessed(document.feed.title), guessed(feed.title))
        if feed.entries or feed.deleted:
            same(f"{path}: lastBuildDate", from_struct(document.feed.get("updated_parsed")), int(feed.updated.timestamp()))
        found = [
            (
                e.id, guessed(e.title), from_struct(e.published_parsed), e.get("link"),
                e.get("language", document.feed.get("language")),
            )
            for e in document.entries
        ]
        wanted = [
            (id, guessed(title), published, link, language)
            for id, title, published, _, link, language in expected(feed, "rss")
        ]
        same(path, found, wanted)
        # What feedparser guessed is not what the document says: that is the title, letter for letter.
        titles = [plain(item.findtext("title", "")) for item in ElementTree.parse(path).getroot().iter("item")]
        same(path, titles, [plain(e.title) for e in feed.window])


def history(publication):
    """The window and its archives together hold every entry, in every format."""
    for feed in publication.feeds:
        if publication.store.archives == "off" or feed.language == "mul":
            continue
        for format in publication.store.formats:
            path, found, seen = publication.out / feed.path(format), set(), set()
            while path:
                if path in seen:
                    raise CheckFailed(f"{path} leads to itself")
                seen.add(path)
                if format == "json":
                    document = json.loads(path.read_text("utf-8"))
                    found |= {item["id"] for item in document["items"]}
                    older = document.get("next_url")
                else:
                    document = parsed(path)
                    found |= {entry.id for entry in document.entries}
                    older = next((link.href for link in document.feed.links if link.rel == "prev-archive"), None)
                path = older and publication.at(older)
            same(f"{feed.path(format)} and its archives", sorted(found), sorted(e.id(format) for e in feed.entries))


# Programs that people read feeds with.


def newsboat(publication):
    """Each language alone, then all languages together: newsboat keeps one item for each id."""
    for format in [f for f in ("atom", "rss") if f in publication.store.formats]:
        feeds = [feed for feed in publication.feeds if feed.language != "mul"]
        everything = [feed for feed in feeds if feed.scope == "all"]
        for group in [*([feed] for feed in feeds), everything]:
            with temporary_folder() as home:
                urls = [(publication.out / feed.path(format)).as_uri() for feed in group]
                (home / "urls").write_text("\n".join(urls) + "\n")
                for _ in range(2):  # the second time nothing may come again
                    run(
                        "newsboat", "-u", home / "urls", "-c", home / "cache.db", "-x", "reload",
                        env={**os.environ, "HOME": str(home), "LC_ALL": "C.UTF-8", "TERM": "dumb"},
                    )
                rows = run("sqlite3", "-json", home / "cache.db", "select guid, title, pubDate from rss_item").stdout
            found = sorted((row["guid"], plain(row["title"]), row["pubDate"]) for row in json.loads(rows or "[]"))
            wanted = {(id, title, published) for feed in group for id, title, published, *_ in expected(feed, format)}
            same(f"{format}, {', '.join(urls)}", found, sorted(wanted))


def sfeed(publication):
    with temporary_folder() as home:
        feeds = {
            f"{format}.{feed.language}.{feed.scope}": (feed, format, path)
            for format in ("atom", "rss") for feed, path in publication.feed_files(format)
        }
        lines = [f'sfeedpath="{home}/feeds"', 'fetch() { cat "$2"; }', "feeds() {"]
        lines += [f'feed "{name}" "{path}" "https://news.example.org/"' for name, (_, _, path) in feeds.items()]
        (home / "sfeedrc").write_text("\n".join([*lines, "}"]) + "\n")
        run("sfeed_update", home / "sfeedrc", env={**os.environ, "HOME": str(home)})
        for name, (feed, format, path) in feeds.items():
            rows = [line.split("\t") for line in (home / "feeds" / name).read_text("utf-8").split("\n") if line]
            found = sorted((row[5], plain(row[1]), int(row[0]), row[2]) for row in rows)
            wanted = [(id, title, published, link or "") for id, title, published, _, link, _ in expected(feed, format)]
            same(path, found, sorted(wanted))


def rss2email(publication):
    """Every entry is sent once, with its id and date; neither a second run, a correction nor a move sends it again."""
    with temporary_folder() as home:
        (home / "mail").mkdir()
        sendmail = home / "sendmail"
        sendmail.write_text(f'#!/bin/sh\nexec cat > "$(mktemp {home}/mail/XXXXXX)"\n')
        sendmail.chmod(0o755)
        # Atom's Date: header can only be had from `updated` or `published`; both formats have the latter.
        (home / "config").write_text(
            f"[DEFAULT]\nfrom = a@example.org\nto = b@example.org\nemail-protocol = sendmail\nsendmail = {sendmail}\n"
            "date-header = True\ndate-header-order = issued\nverbose = error\n"
        )
        # A folder of its own, because the corrections replace what the other checks read.
        moved = home / "site"
        shutil.copytree(publication.folder, moved, symlinks=True)
        copy = Publication.__new__(Publication)
        copy.__dict__.update(publication.__dict__, out=moved / "out", folder=moved)
        r2e = ["r2e", "-c", home / "config", "-d", home / "data.json"]
        environment = {**os.environ, "HOME": str(home), "LC_ALL": "C.UTF-8"}
        wanted = []
        for format in ("atom", "rss"):
            for number, (feed, path) in enumerate(copy.feed_files(format)):
                if feed.scope == "all":
                    run(*r2e, "add", f"{format}-{number}", path.as_uri(), env=environment)
                    wanted += [(path.as_uri(), id, published) for id, _, published, *_ in expected(feed, format)]
        run(*r2e, "run", env=environment)
        found = []
        for path in (home / "mail").iterdir():
            message = email.message_from_bytes(path.read_bytes())
            id = str(email.header.make_header(email.header.decode_header(message["X-RSS-ID"])))
            found.append((message["X-RSS-Feed"], id, int(email.utils.parsedate_to_datetime(message["Date"]).timestamp())))
        same("first run", sorted(found), sorted(wanted))

        def nothing_new(why):
            run(*r2e, "run", env=environment)
            same(f"messages after {why}", len(list((home / "mail").iterdir())), len(found))

        nothing_new("a second run")
        config = moved / publication.config.relative_to(publication.folder)
        for path in config.parent.rglob("*"):
            if path.suffix in (".toml", ".json", ".jsonl") and path != config:
                text = path.read_text("utf-8")
                path.write_text(re.sub(r'(?m)("title": *"|^title *= *")', r"\1Corrected: ", text), "utf-8")
        copy.build(config=config)
        nothing_new("a correction of every title")
        copy.build("--base-url", "https://moved.example.org/", config=config)
        nothing_new("a move to another address")


CHECKS = {
    "every XML document is well formed (xmllint)": well_formed,
    "Atom is valid (jing, RFC 4287)": atom_schema,
    "Atom keeps the rules that no schema holds": atom_rules,
    "a feed for every language, scope and format": feed_set,
    "bodies are safe and their addresses absolute": bodies,
    "JSON Feed says what the store says": json_feed,
    "Atom says what the store says (feedparser)": atom_feedparser,
    "RSS says what the store says (feedparser)": rss_feedparser,
    "window and archives hold everything": history,
    "newsboat shows each entry once": newsboat,
    "sfeed shows the same entries": sfeed,
    "rss2email sends each entry once": rss2email,
}


LISTING_SITE = """
[site]
base_url = "https://news.example.org/feeds/"
authority = "news.example.org,2014"
timezone = "Europe/Vienna"
[languages]
en = { title = "News" }
ar = { title = "الأخبار" }
es = { title = "Noticias" }
fr = { title = "Actualités" }
ru = { title = "Новости" }
zh = { title = "新闻" }
[topics.reports]
title = { en = "Reports", fr = "Rapports" }
match = ["report", "rapport", "доклад"]
[topics.people]
title = { en = "People" }
match = ["children", "enfants", "детей", "people"]
[feeds]
limit = 20
archives = "year"
"""


def imported(folder, listing):
    """A site of the stories of a listing; a second import must change nothing."""
    folder.mkdir(parents=True)
    config = folder / "tidings.toml"
    config.write_text(LISTING_SITE)
    command = [TIDINGS, "--config", config, "--format", "json", "import", "--from", "listing", listing, "--into", folder / "stories"]
    first, second = (json.loads(run(*command).stdout) for _ in range(2))
    same("stories of the first import", {e["outcome"] for e in first["entries"]}, {"written"})
    same("stories of the second import", {e["outcome"] for e in second["entries"]}, {"unchanged"})
    return config


def main():
    listings = [HERE.parent / "fixtures" / "import" / "listing.txt", *map(Path, sys.argv[2:])]
    with temporary_folder() as folder:
        sample = folder / "sample" / "config"
        shutil.copytree(HERE.parent.parent / "config", sample, ignore=shutil.ignore_patterns("public"))
        sites = {
            "sample": sample / "tidings.toml",
            "hostile": hostile.make(folder / "hostile" / "config"),
        }
        for number, listing in enumerate(listings, 1):
            sites[f"listing {number}"] = imported(folder / f"listing-{number}" / "config", listing)
        for name, config in sites.items():
            publication = None
            with check(f"{name}: builds"):
                publication = Publication(name, config, config.parent.parent)
            for title, assert_that in CHECKS.items() if publication else ():
                with check(f"{name}: {title}"):
                    assert_that(publication)
    finish()


main()
