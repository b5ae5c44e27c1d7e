"""A small site whose texts are as hostile as a store may hold, in four languages and every kind of store file."""

import json
import random
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "server"))

from common import write_files

CONFIG = """
[site]
base_url = "https://news.example.org/feeds/"
authority = "news.example.org,2014"
title = "Všechny <zprávy> & \\"víc\\""
timezone = "Europe/Vienna"
home_page = "https://news.example.org/{language}/?a=1&b=2"
authors = [{ name = "Press & <office>", email = "press@news.example.org" }]
rights = "© <Example> & co"
icon = "https://news.example.org/icon.png?a=1&b=2"

[languages.en]
title = "News & <views>"
description = "All ]]> of it & more"

[languages.fr]
title = "Nouvelles d’« ici »"
fallback = ["en"]

[languages.ar]
title = "الأخبار & <آراء>"

[languages.zh-Hans]
title = "新闻"

[topics.blue-heart]
title = { en = "Blue <Heart> & co", fr = "Cœur bleu", ar = "القلب الأزرق" }
description = { en = "Hearts ]]>" }

[topics.research]
title = { en = "Research" }

[topics.nothing-yet]

[feeds]
limit = 10
archives = "month"
"""

WORDS = {
    "en": "the river rose over night and nobody slept until morning".split(),
    "fr": "la rivière est montée pendant la nuit et personne n’a dormi".split(),
    "ar": "ارتفع النهر أثناء الليل ولم ينم أحد حتى الصباح".split(),
    "zh-Hans": "夜里 河水 上涨 直到 早晨 没有人 睡觉".split(),
}

HOSTILE = [
    "]]>", "<![CDATA[", "&", "&amp;", "&lt;b&gt;", "&nbsp;", "&#x41;", "<b>bold</b>", "<script>alert(1)</script>", "</title>",
    "<!-- -->", "<?xml?>", '"quoted"', "it's", "back\\slash", "{language}", "%s", "$0",
    "👩‍👩‍👧‍👦", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "𝔄", "e\u0301\u0323", "\u200fright\u200e", "\u202eesrever\u202c", "\u2066isolated\u2069", "line\u2028here", "para\u2029here",
    "a\u00a0b", "ﬁ", "ẞ", "\u00ad", "\ud7ff", "\U0010fffd",
]


def make(folder):
    """Writes the site into a folder, and returns its configuration."""
    files = {"tidings.toml": CONFIG}
    rng = random.Random(1)
    lines = []
    for number in range(60):
        story = make_story(rng, number)
        kind = number % 4
        if kind == 0:
            files[f"stories/toml/{story['id']}.toml"] = toml(story)
        elif kind == 1:
            files[f"stories/json/{number // 8}/{story['id']}.json"] = json.dumps(story, ensure_ascii=False)
        elif kind == 2:
            lines.append(json.dumps(story, ensure_ascii=False))
        else:
            translations = story.pop("translations")
            for language, own in translations.items():
                lines.append(json.dumps({**story, "language": language, **own}))
    files["stories/lines.jsonl"] = "\n".join(lines) + "\n"
    files["stories/array.json"] = json.dumps([make_story(rng, 60), make_story(rng, 61)])
    files["stories/special.json"] = json.dumps({"stories": special()}, ensure_ascii=False)
    files["stories/_left-out.toml"] = "this is not TOML"
    write_files(folder, files)
    return folder / "tidings.toml"


def text(rng, language, words):
    mixed = [rng.choice(WORDS[language]) for _ in range(words)] + rng.sample(HOSTILE, 4)
    rng.shuffle(mixed)
    return " ".join(mixed)


def make_story(rng, number):
    story = {
        "id": f"story-{number:02}",
        "published": f"2024-{1 + number % 12:02}-{1 + number % 28:02}T{number % 24:02}:30:00",
        "topics": rng.sample(["blue-heart", "research"], rng.randrange(3)),
        "translations": {},
    }
    if number % 3 == 0:
        story["updated"] = f"2025-01-{1 + number % 28:02}T09:30:00+05:30"
    if number % 5:
        story["link"] = f"https://news.example.org/{{language}}/{number}?a=1&b=2"
    if number % 7 == 0:
        story["authors"] = [{"name": "Zoë <Q> & sons", "url": "https://q.example.org/?a=1&b=2"}]
    if number % 4 == 0:
        story["image"] = {
            "url": f"https://news.example.org/{number}.jpg?a=1&b=2",
            "alt": "alt ]]> & <b>",
            "credit": "Photo: <X> & “Y”",
            "width": 1200,
            "height": 800,
        }
    if number % 6 == 0:
        story["enclosures"] = [
            {"url": "https://news.example.org/a.pdf?a=1&b=2", "type": "application/pdf", "length": 812345, "title": "A & <B>"},
            {"url": "https://news.example.org/b.mp3", "type": "audio/mpeg", "length": 1},
        ]
    for language in rng.sample(list(WORDS), 1 + number % 4):
        own = {"title": f"{text(rng, language, 5)} {language} {number}."}
        if number % 2:
            own["summary"] = text(rng, language, 20)
        body = text(rng, language, 60)
        if number % 3 == 0:
            own["content_markdown"] = f"# {body}\n\n* [a](/relative?x=1&y=2)\n* ![b](picture.png)\n\n<script>alert(1)</script>\n\n{body}"
        elif number % 3 == 1:
            own["content_html"] = f'<p onclick="x()" dir="auto">{body}<iframe src="https://x.example.org/"></iframe><a href="../up">up</a></p>'
        else:
            own["content_text"] = f"{body}\n\n{body}"
        story["translations"][language] = own
    return story


def special():
    """Stories that appear late, expire, are withdrawn, or have an earlier id."""
    plain = {"en": {"title": "A plain title"}}
    return [
        {"id": "dated-ahead", "published": "2099-01-01", "translations": plain},
        {"id": "draft", "published": "2024-01-01", "draft": True, "translations": plain},
        {"id": "expired", "published": "2024-02-01", "expires": "2024-03-01", "translations": plain},
        {"id": "taken-down", "published": "2024-12-20", "withdrawn": {"on": "2024-12-30", "reason": "Not <so> & ]]>"}, "translations": {"en": {}}},
        {"id": "guid-iri", "published": "2024-12-21", "translations": {"en": {"title": "Known by an address", "guid": "https://old.example.org/?p=17&x=1"}}},
        {"id": "guid-text", "published": "2024-12-22", "translations": {"en": {"title": "Known by a number", "guid": "17 & <18>"}}},
        {"id": "late", "published": "2024-05-01", "translations": {
            "en": {"title": "Early in English"},
            "zh-Hans": {"title": "迟到的翻译", "published": "2024-12-24T08:00:00"},
        }},
        {"id": "a/b/c", "published": "2024-03-31T02:30:00", "translations": {"fr": {"title": "Dans une heure qui n’existe pas"}}},
        {"id": 170, "published": "2024-10-27T02:30:00", "translations": {"ar": {"title": "مرتين"}, "fr": {"title": "Deux fois"}}},
        {"id": "pasted", "published": "2024-12-25", "translations": {"en": {"title": "A vertical\u000btab was pasted", "content_text": "so\u000bit\u0001goes"}}},
    ]


def toml(story):
    """A story as TOML, whose strings, numbers and arrays can be written as JSON's."""
    translations = story.pop("translations")
    lines = [f"{key} = {value if key in ('published', 'updated') else toml_value(value)}" for key, value in story.items()]
    for language, own in translations.items():
        lines += [f"\n[translations.{language}]"] + [f"{key} = {toml_value(value)}" for key, value in own.items()]
    return "\n".join(lines) + "\n"


def toml_value(value):
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml_value(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    print(make(Path(sys.argv[1])))
