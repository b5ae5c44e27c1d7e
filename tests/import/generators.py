"""Trees of Markdown files, imported, against what the generator that they are made for publishes of them.

usage: generators.py TIDINGS HUGO JEKYLL

The same posts, titles, days, languages and addresses; no shortcode, no Liquid and no relative address left in a text.
"""

import csv
import io
import json
import re
import sys
import tomllib
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "server"))

from common import TIDINGS, CheckFailed, check, finish, run, temporary_folder, write_files

HUGO, JEKYLL = (Path(program).absolute() for program in sys.argv[2:4])
CONFIG = """
[site]
base_url = "https://feeds.example.org/"
authority = "example.org,2014"
title = "N"
[languages.en]
title = "N"
[languages.fr]
title = "N"
"""

POST = {
    "lamps.md": """---
title: "Lamps: a *survey*"
date: 2019-03-02
tags: [light]
---
See [the atlas]({{< ref "atlas" >}}), [its news]({{< relref "posts/release-1.2.md" >}}) and <img src=lamp.png>.

{{< figure src="/pics/lamp.jpg" caption="A lamp" alt="Lamp" >}}

{{% notice %}}Text that **stays**.{{% /notice %}}

    {{</* figure src="x" */>}}

`{{< code >}}` is how it is written. [Root](/about/), [a page](../atlas/), [one][r] and ![](./near.png).

[r]: /reference/
""",
    "lamps.fr.md": "---\nTitle: Les lampes\nDATE: 2020-01-05T23:30:00+01:00\n---\nVoir [l’atlas]({{< ref path=\"atlas\" lang=\"fr\" >}}).\n",
    "atlas/index.md": "+++\ntitle = 'The night atlas'\ndate = 2021-06-30T12:00:00Z\n[params]\nhome = 'https://www.example.org/atlas'\n+++\n![Sky](sky.png) and [home]({{% param home %}}) {{< youtube abc123 >}}\n",
    "atlas/index.fr.md": "+++\ntitle = 'L’atlas de la nuit'\ndate = 2021-09-01\n+++\n![Ciel](sky.png)\n",
    "atlas/sky.png": "",
    "release-1.2.md": '{"title": "Release 1.2", "date": "2022-02-02", "slug": "one-two"}\n\nThe **release**.\n',
    "no-title.md": "---\ndate: 2018-01-01\n---\nA text without a title.\n",
    "own-address.md": "---\ntitle: Own address\ndate: 2018-05-05\nurl: /own/address/\n---\nText.\n",
    "2017/old.md": "---\ntitle: >-\n  Folded\n  title\ndate: 2017-12-31 23:59:59 -0500\n---\nText.\n",
    "draft.md": "---\ntitle: Draft\ndate: 2019-01-01\ndraft: true\n---\nText.\n",
    "future.md": "---\ntitle: Future\ndate: 2199-01-01\n---\nText.\n",
    "expired.md": "---\ntitle: Expired\ndate: 2019-01-01\nexpiryDate: 2019-02-01\n---\nText.\n",
    "_index.md": "---\ntitle: All posts\n---\n",
}
HUGO_CONFIG = "baseURL = 'https://www.example.org/'\ntitle = 'N'\ndefaultContentLanguage = 'en'\ndisableKinds = ['taxonomy', 'term', 'RSS']\n"
LAYOUTS = {"layouts/shortcodes/notice.html": "<aside>{{ .Inner }}</aside>", "layouts/shortcodes/code.html": "<i>code</i>"}
HUGO_TREES = {
    "Hugo, languages by file name": {
        "hugo.toml": HUGO_CONFIG + "[languages.en]\nweight = 1\n[languages.fr]\nweight = 2\n",
        **LAYOUTS,
        **{f"content/posts/{name}": text for name, text in POST.items()},
    },
    "Hugo, languages by directory": {
        "hugo.toml": HUGO_CONFIG
        + "[languages.en]\nweight = 1\ncontentDir = 'content/en'\n[languages.fr]\nweight = 2\ncontentDir = 'content/fr'\n",
        **LAYOUTS,
        **{
            f"content/{'fr' if '.fr.' in name else 'en'}/posts/{name.replace('.fr.', '.')}": text
            for name, text in POST.items()
        },
    },
}
JEKYLL_CONFIG = "url: https://www.example.org\nbaseurl: /blog\ntimezone: UTC\n"
JEKYLL_POSTS = {
    "_posts/2019-03-02-lamps.md": "---\nlayout: none\ntitle: \"Lamps: a survey\"\ntags: [light]\n---\n[root]({{ site.baseurl }}/about/){:target=\"_blank\"}, [protocol](//cdn.example.org/x), ![near](/pics/near.png)\n{:.wide}\n\n{% if page.title %}Shown{% endif %} and {% raw %}`{{ .State }}`{% endraw %}.\n\n```\n{% raw %}{% tag %}{% endraw %}\n```\n",
    "_posts/2020-01-05-other-day.md": "---\ntitle: Another day\ndate: 2020-02-06 13:00:57 +0000\n---\n<img src=\"{{ page.image }}\">Text.\n",
    "_posts/2020/2020-5-7-short.markdown": "---\ntitle: Months of one digit\ncategories: [news, light]\n---\nText.\n",
    "_posts/2021-06-30-no-title-here.md": "---\nauthor:\tA\n---\n\n\nText.\n",
    "_posts/2021-07-01-own-address.md": "---\ntitle: Own\npermalink: /own/:title/\n---\nText.\n",
    "_posts/2021-08-01-page.html": "---\ntitle: A page of HTML\n---\n<p>Text <a href=\"/x\">x</a></p>\n",
    "_posts/2021-09-01-hidden.md": "---\ntitle: Hidden\npublished: false\n---\nText.\n",
    "_posts/2199-01-01-future.md": "---\ntitle: Future\n---\nText.\n",
    "_posts/06-06-name.md": "---\ntitle: Misnamed\n---\nText.\n",
    "_posts/2021-10-01-no-front-matter.md": "Text.\n",
    "_drafts/idea.md": "---\ntitle: Idea\n---\nText.\n",
    "about.md": "---\ntitle: About\n---\nText.\n",
}
JEKYLL_TREES = {
    "Jekyll, its own addresses": {"_config.yml": JEKYLL_CONFIG, **JEKYLL_POSTS},
    "Jekyll, pretty addresses": {"_config.yml": JEKYLL_CONFIG + "permalink: pretty\n", **JEKYLL_POSTS},
}
LIST = (
    "---\n---\n[{% for post in site.posts %}{\"title\": {{ post.title | jsonify }}, \"day\": \"{{ post.date | date: '%Y-%m-%d' }}\", "
    '"path": {{ post.path | jsonify }}, "link": {{ post.url | absolute_url | jsonify }}}{% unless forloop.last %},{% endunless %}{% endfor %}]\n'
)


def by_hugo(tree):
    """What Hugo publishes: by path, the title, the day, the language and the address."""
    listed = run(HUGO, "list", "published", cwd=tree).stdout
    rows = csv.DictReader(io.StringIO(listed[listed.index("path,"):]))
    posts = {}
    for row in rows:
        if row["kind"] == "page":
            language = "fr" if row["permalink"].startswith("https://www.example.org/fr/") else "en"
            posts[row["path"]] = (row["title"], row["date"][:10], language, row["permalink"])
    return posts


def by_jekyll(tree):
    write_files(tree, {"list.json": LIST})
    run(JEKYLL, "build", "--quiet", "--destination", "../site", cwd=tree)
    posts = json.loads((tree.parent / "site/list.json").read_text())
    (tree / "list.json").unlink()
    return {post["path"]: (post["title"], post["day"], "en", post["link"]) for post in posts}


def by_tidings(tree):
    """What came in, and the texts of the stories."""
    write_files(tree.parent, {"tidings.toml": CONFIG})
    command = [TIDINGS, "--format", "json", "import", tree, "--into", "stories"]
    report = json.loads(run(*command, cwd=tree.parent, succeeds=False).stdout)
    posts, texts = {}, {}
    for entry in report["entries"]:
        if "file" in entry:
            story = tomllib.loads((tree.parent / "stories" / entry["file"]).read_text())
            text = story["translations"][entry["language"]]
            path = str(Path(entry["source"]).relative_to(tree))
            posts[path] = (text["title"], entry["date"], entry["language"], text.get("link", story.get("link")))
            texts[path] = text.get("content_markdown") or text.get("content_html") or ""
    return posts, texts


def without_code(text):
    text = re.sub(r"(?ms)^```.*?^```", "", text)
    text = re.sub(r"(?m)^    .*$", "", text)
    return re.sub(r"`[^`]*`", "", text)


def left(text):
    """What must not stand in a text."""
    text = without_code(text)
    signs = re.findall(r"\{\{|\{%|\{:", text)
    addresses = re.findall(r"\]\(\s*<?([^)\s>]*)", text) + re.findall(r"(?m)^\[[^\]]+\]:\s*<?(\S+?)>?$", text)
    addresses += re.findall(r"""(?:src|href)\s*=\s*["']?([^"'\s>]+)""", text)
    return signs + [address for address in addresses if not re.match(r"(https?|mailto|tel):|#", address)]


def compare(files, generator):
    """Compares what is imported of a tree with what its generator publishes."""
    with temporary_folder() as folder:
        tree = folder / "tree"
        write_files(tree, files)
        expected = generator(tree)
        got, texts = by_tidings(tree)
    errors = []
    for path in sorted(expected.keys() | got.keys()):
        # A post without a title needs one in a feed: the start of its text.
        title = got[path][0] if path in got and not expected.get(path, ("x",))[0] else None
        one = expected.get(path) and (title or expected[path][0], *expected[path][1:])
        if one != got.get(path):
            errors.append(f"{path}: published {one}, imported {got.get(path)}")
    errors += [f"{path}: not converted: {syntax}" for path, text in texts.items() if (syntax := left(text))]
    if not expected:
        errors.append("the generator publishes nothing")
    if errors:
        raise CheckFailed("\n  ".join(errors))


for trees, generator in ((HUGO_TREES, by_hugo), (JEKYLL_TREES, by_jekyll)):
    for name, files in trees.items():
        with check(name):
            compare(files, generator)
finish()
