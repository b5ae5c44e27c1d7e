"""What a store says that its feeds must hold: a second reading of the contract, independent of the program.

Only what a reader of feeds can see is worked out here: which entries a feed holds, in which order, with which id, title,
dates, link and language.
"""

import json
import re
import tomllib
from dataclasses import dataclass, field
from datetime import date, datetime, time, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

# XML 1.0 forbids these; tidings removes them.
FORBIDDEN = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclass
class Entry:
    story: str
    language: str
    title: str
    published: datetime
    updated: datetime
    link: str | None
    guid: str | None
    topics: list
    draft: bool
    expires: datetime | None
    withdrawn: datetime | None
    tag: str = ""

    def id(self, format):
        """A guid that is no absolute IRI is for RSS and JSON Feed alone."""
        if self.guid and (format != "atom" or re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", self.guid)):
            return self.guid
        return self.tag

    def gone(self, now):
        return any(end and end <= now for end in (self.expires, self.withdrawn))


@dataclass
class Feed:
    language: str
    scope: str
    id: str
    title: str
    updated: datetime
    entries: list = field(default_factory=list)  # all of them, newest first
    window: list = field(default_factory=list)  # those of the subscription document
    deleted: list = field(default_factory=list)  # withdrawn ones

    def path(self, format):
        return f"{self.language}/{self.scope}." + {"atom": "atom.xml", "rss": "rss.xml", "json": "json"}[format]


def tag_case(tag):
    """A language tag as BCP 47 writes it."""
    parts = tag.lower().split("-")
    return "-".join(
        p if i == 0 else p.title() if len(p) == 4 and p.isalpha() else p.upper() if len(p) == 2 else p
        for i, p in enumerate(parts)
    )


class Site:
    def __init__(self, config, now):
        self.now = now
        self.config = tomllib.loads(Path(config).read_text("utf-8"))
        self.site = self.config["site"]
        self.zone = ZoneInfo(self.site.get("timezone", "UTC"))
        self.languages = {tag_case(tag): value for tag, value in self.config["languages"].items()}
        self.topics = self.config.get("topics", {})
        feeds = self.config.get("feeds", {})
        self.formats = feeds.get("formats", ["atom", "rss", "json"])
        self.limit = feeds.get("limit", 50)
        self.archives = feeds.get("archives", "off")
        self.base = self.site["base_url"]
        root = Path(config).parent / self.site.get("stories", "stories")
        self.entries = sorted(self.read(root), key=self.order)

    def order(self, entry):
        return -entry.published.timestamp(), entry.story, list(self.languages).index(entry.language)

    def instant(self, value):
        if isinstance(value, str):
            value = date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
        if not isinstance(value, datetime):
            value = datetime.combine(value, time())
        # Python's first reading of a local time is the earlier one in a fold and the later one in a gap.
        return (value if value.tzinfo else value.replace(tzinfo=self.zone)).astimezone(timezone.utc)

    def read(self, root):
        records = []
        for path in sorted(root.rglob("*")):
            below = path.relative_to(root)
            if not path.is_file() or any(part[0] in "._" for part in below.parts):
                continue
            text = path.read_text("utf-8-sig") if path.suffix in (".toml", ".json", ".jsonl") else ""
            if path.suffix == ".toml":
                found = tomllib.loads(text)
            elif path.suffix == ".json":
                found = json.loads(text)
            elif path.suffix == ".jsonl":
                found = [json.loads(line) for line in text.split("\n") if line.strip()]
            else:
                continue
            if isinstance(found, dict):
                found = found.get("stories", [{"id": below.with_suffix("").as_posix(), **found}])
            records += found
        topics = {}
        for record in records:
            record["id"] = str(record["id"])
            topics[record["id"]] = record.get("topics") or topics.get(record["id"], [])
        for record in records:
            translations = record.pop("translations", None)
            if translations is None:
                translations = {record["language"]: {}}
            for language, own in translations.items():
                yield self.entry(tag_case(language), {**record, **own}, topics[record["id"]])

    def entry(self, language, record, topics):
        published = self.instant(record["published"])
        withdrawn = record.get("withdrawn")
        link = record.get("link")
        if link:
            link = link.replace("{language}", language)
        elif self.site.get("pages", True) and self.site.get("story_pages") != "none":
            # Without a link it has a page of its own.
            link = f"{self.base}{language}/stories/{record['id']}/"
        return Entry(
            story=record["id"],
            language=language,
            title=FORBIDDEN.sub("", record.get("title", "")),
            published=published,
            updated=max(self.instant(record["updated"]) if "updated" in record else published, published),
            link=link,
            guid=record.get("guid"),
            topics=topics,
            draft=record.get("draft", False),
            expires=self.instant(record["expires"]) if "expires" in record else None,
            withdrawn=self.instant(withdrawn["on"]) if withdrawn else None,
            tag=f"tag:{self.site['authority']}:{record['id']}/{language}",
        )

    def feeds(self):
        for language in [*self.languages, "mul"]:
            for scope in ["all", *self.topics]:
                yield self.feed(language, scope)

    def feed(self, language, scope):
        appeared = [
            e for e in self.entries
            if not e.draft and e.published <= self.now and (scope == "all" or scope in e.topics)
        ]
        live = [e for e in appeared if not e.gone(self.now)]
        if language == "mul":
            belong, shown = appeared, live
        else:
            fallbacks = self.languages[language].get("fallback", [])
            belong = [e for e in appeared if e.language in (language, *fallbacks)]
            shown = [e for e in live if e.language == self.chosen(e.story, language, fallbacks, live)]
        ends = [end for e in belong for end in (e.expires, e.withdrawn) if end and end <= self.now]
        newest = max([e.updated for e in belong] + ends, default=self.first_instant())
        return Feed(
            language=language,
            scope=scope,
            id=f"tag:{self.site['authority']}:feeds/{language}/{scope}",
            title=self.title(language, scope),
            updated=newest,
            entries=shown,
            window=shown[: self.limit],
            deleted=[e for e in belong if e.withdrawn and e.withdrawn <= self.now],
        )

    def chosen(self, story, language, fallbacks, live):
        has = {e.language for e in live if e.story == story}
        return next((l for l in (language, *map(tag_case, fallbacks)) if l in has), None)

    def first_instant(self):
        day = self.site["authority"].split(",")[1]
        return self.instant(date.fromisoformat(day + "-01-01"[len(day) - 4:]))

    def title(self, language, scope):
        default = next(iter(self.languages))
        edition = self.languages[default if language == "mul" else language]["title"]
        if language == "mul":
            edition = self.site.get("title", edition)
        if scope == "all":
            return edition
        titles = self.topics[scope].get("title", {})
        titles = {tag_case(tag): title for tag, title in titles.items()}
        return f"{edition} – {titles.get(language, titles.get(default, scope))}"
