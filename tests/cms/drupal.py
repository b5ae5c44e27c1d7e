"""A stand-in of the JSON:API of Drupal 10 and 11 on loopback, for tests of what reads it.

    with Drupal() as site:
        node = site.add("Title", "<p>Text</p>", image=site.add_image("a.png", PIXEL, alt="A pixel"), tags=[site.add_tag("News")])
        site.translate(node, "fr", "Titre", "<p>Texte</p>")
        site.correct(node, "fr", title="Titre corrigé")
        site.requests()

It answers from memory and in a thread; it is written from public documentation, without any code of Drupal. What was read:

- jsonapi.org/format/1.1/: "Document Structure" (top level, resource objects, relationships, links, compound documents with
  full linkage, errors), "Fetching Data" (`include`, `fields`, `sort`, `page`, `filter`), "Query Parameters" (names of small
  letters that the specification does not have are refused with 400).
- drupal.org/docs/core-modules-and-themes/core-modules/jsonapi-module and pages below it, some of them in mirrors:
  - "Fetching resources (GET)", "Core Concepts": `/jsonapi/{entity type}/{bundle}[/{uuid}]`, 50 items at most, `drupal_internal__…`.
  - "Filtering": the short form, the form with a condition, its operators, groups, paths through relationships.
  - "Pagination": `page[limit]` and `page[offset]`, links that are to be followed and not made; a page may have fewer items than
    its limit, and yet a next page.
  - "Translations": the language is negotiated as for pages, and another one is shown where that translation is not there. Such a
    node stands in the list with a `langcode` that was not asked for.
- drupal.org/node/2994489 (change record): `meta.omitted` of what somebody may not see.
- drupal.org/node/2859657 (change record): times are RFC 3339.
- api.drupal.org, `jsonapi_jsonapi_node_filter_access`: whoever may see only what is published finds only that with a filter;
  `ConfigurableLanguageManager::getFallbackCandidates`: the other languages of a site in their order;
  `jsonapi.api.php`: `resourceVersion`; `ResourceTestBase`: the members of errors, their links `via` and `info`, and that 405 is the
  answer to whatever would write.
- Answers of real sites in issues and articles: the attributes of articles, `meta` of images, `meta.omitted`, and that there is no
  `included`, against the specification, when all that it would have is omitted.
- drupal.org/project/jsonapi_page_limit: more than 50 items are cut to 50 without an error.

What no page at hand confirmed, and is what Drupal is known to do; a test should not rest on it alone:

- filters on `created` and `changed` compare seconds since 1970, and a text by the number that it starts with, as MySQL does
  (examples with seconds were found, none of a text);
- `filter[langcode]=fr` without the prefix finds nodes that have French, and shows them in the default language; a list is sorted by
  the least, or downwards by the greatest, value of a node's translations;
- JSON has `\\/`, `\\u003C` and `\\u00e9`; `uri.url` of a file has no host;
- the ids `missing` of a file that is gone, and `virtual` of the parent of a term without one; of users the anonymous see
  `display_name` alone; `meta.count` of the module JSON:API Extras (`count=True`);
- the page cache: anonymous answers have Last-Modified, and an ETag made of that time; any change of content makes them anew. Here an
  ETag is never that of an earlier second's other content (`same_second=True` lets it be);
- wrong credentials get 401 (`wrong_credentials="anonymous"` takes them for none); unknown names in `fields` are passed over.
"""

import hashlib
import html
import json
import re
import time
import uuid as uuids
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import formatdate
from urllib.parse import quote

from loopback import Answer, Server, basic

MEDIA_TYPE = "application/vnd.api+json"
TITLES = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
          429: "Too Many Requests", 500: "Internal Server Error", 503: "Service Unavailable"}
HELP = "https://www.drupal.org/docs/8/modules/json-api/filtering#filters-access-control"
OPERATORS = ("=", "<>", ">", ">=", "<", "<=", "STARTS_WITH", "CONTAINS", "ENDS_WITH", "IN", "NOT IN", "BETWEEN", "NOT BETWEEN",
             "IS NULL", "IS NOT NULL")
FORBIDDEN = "The current user is not allowed to GET the selected resource."


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, status, detail, **more):
        super().__init__(detail)
        self.status, self.detail, self.more = status, detail, more


@dataclass
class Version:
    """A node, or a term, in a language."""

    title: str
    langcode: str
    created: int
    changed: int
    status: bool = True
    body: dict | None = None
    alias: str | None = None
    source: str = "und"
    alt: str | None = None  # of the node's image in this language
    extra: dict = field(default_factory=dict)


@dataclass(eq=False)
class Node:
    number: int
    id: str
    revision: int
    versions: dict  # by language; the first is the original
    image: "File | None" = None
    alt: str = ""
    image_title: str = ""
    tags: list = field(default_factory=list)

    @property
    def original(self):
        return next(iter(self.versions))


@dataclass(eq=False)
class Term:
    number: int
    id: str
    versions: dict

    @property
    def original(self):
        return next(iter(self.versions))


@dataclass(eq=False)
class File:
    number: int
    id: str
    name: str
    content: bytes
    media_type: str
    width: int
    height: int
    created: int

    @property
    def path(self):
        return "2024-05/" + self.name


@dataclass(eq=False)
class User:
    number: int
    id: str
    name: str


def rfc3339(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S+00:00")


def seconds_of(when):
    """Seconds since 1970 of a number, a datetime with a time zone, or a text of RFC 3339."""
    if when is None:
        return int(time.time())
    if isinstance(when, str):
        when = datetime.fromisoformat(when)
    return int(when.timestamp()) if isinstance(when, datetime) else int(when)


def processed(text, text_format):
    """What a text format makes of a text: nearly what Drupal's first formats do."""
    if text_format == "plain_text":
        return "<p>" + html.escape(text).replace("\n\n", "</p>\n<p>").replace("\n", "<br />\n") + "</p>\n"
    if text_format == "full_html":
        return text
    text = re.sub(r"(?is)<(script|style)\b.*?</\1\s*>|<!--.*?-->", "", text)
    return re.sub(r"(?i)\s(on\w+|style)\s*=\s*(\"[^\"]*\"|'[^']*')", "", text)


def json_of(document):
    """JSON as Drupal writes it: beyond ASCII, and what is special in HTML, escaped; slashes too."""
    text = json.dumps(document, ensure_ascii=True, separators=(",", ":"))
    text = re.sub(r"\\(.)", lambda found: "\\u0022" if found[1] == '"' else found[0], text)
    for character in "<>&'":
        text = text.replace(character, f"\\u{ord(character):04X}")
    return text.replace("/", "\\/").encode()


def nested(pairs):
    """A query with brackets as PHP reads it."""
    result = {}
    for name, value in pairs:
        found = re.fullmatch(r"([^\[\]]+)((?:\[[^\[\]]*\])*)", name)
        if not found:
            result[name] = value
            continue
        keys = [found[1], *re.findall(r"\[([^\[\]]*)\]", found[2])]
        place = result
        for position, key in enumerate(keys):
            if key == "":
                numbers = [int(each) for each in place if each.isdigit()]
                key = str(max(numbers, default=-1) + 1)
            if position == len(keys) - 1:
                place[key] = value
            else:
                if not isinstance(place.get(key), dict):
                    place[key] = {}
                place = place[key]
    return result


def number_of(text):
    """The number that a text starts with, as MySQL compares it."""
    found = re.match(r"\s*[-+]?\d+(\.\d+)?", str(text))
    return float(found[0]) if found else 0.0


def holds(value, operator, operand):
    """Whether a condition holds of a value; a field of several values is a tuple."""
    if operator in ("IS NULL", "IS NOT NULL"):
        empty = value is None or value == ()
        return empty if operator == "IS NULL" else not empty
    if isinstance(value, tuple):
        return any(holds(each, operator, operand) for each in value)
    if value is None:
        return False
    if isinstance(value, str):
        value, convert = value.casefold(), lambda each: str(each).casefold()
    else:
        value, convert = float(value), number_of
    if operator in ("IN", "NOT IN", "BETWEEN", "NOT BETWEEN"):
        many = [convert(each) for each in (operand.values() if isinstance(operand, dict) else [operand])]
        if "BETWEEN" in operator:
            if len(many) != 2:
                raise Refused(400, "BETWEEN needs two values.")
            inside = many[0] <= value <= many[1]
        else:
            inside = value in many
        return inside != operator.startswith("NOT")
    if isinstance(operand, dict):
        raise Refused(400, f"The operator {operator} takes one value.")
    if operator in ("STARTS_WITH", "CONTAINS", "ENDS_WITH"):
        text, part = str(value), str(operand).casefold()
        return {"STARTS_WITH": text.startswith, "ENDS_WITH": text.endswith, "CONTAINS": text.__contains__}[operator](part)
    operand = convert(operand)
    return {"=": value == operand, "<>": value != operand, ">": value > operand, ">=": value >= operand, "<": value < operand,
            "<=": value <= operand}[operator]


class Drupal(Server):
    """The stand-in. The first language is the default one; the others have their code as prefix of the path.

    Lies, each until it is set to None again: `next_lie` is `self` (the page itself), `first` (the first page), `beyond` (there
    always is another page, without items at last), `missing` (no page is next), `elsewhere` (an address of another host);
    `count_lie` is added to `meta.count`. `after_page` is called after each page of a list is made: change nodes in it.
    """

    def __init__(self, languages=("en", "fr", "de"), bundle="article", user="editor", password="a password: of the editor",
                 version="1.0", page_cache=300, count=False, prefix_of_default=False, wrong_credentials="refused",
                 same_second=False, compress=False):
        super().__init__(compress)
        self.languages, self.bundle, self.user, self.password = tuple(languages), bundle, user, password
        self.version, self.page_cache, self.count, self.prefix_of_default = version, page_cache, count, prefix_of_default
        self.wrong_credentials, self.same_second = wrong_credentials, same_second
        self.next_lie, self.count_lie, self.after_page = None, 0, None
        self.type = f"node--{bundle}"
        self._nodes, self._terms, self._files, self._cache, self._found = {}, {}, {}, {}, {}
        self._numbers, self._revisions, self._etag = {}, 0, int(time.time()) - 1
        self._author = User(self._number("user") + 1, self._uuid("user", 2), user)
        self._node_type = self._uuid("node type", bundle)

    # Content.

    @property
    def authorization(self):
        """The value of the Authorization header of the user."""
        return basic(self.user, self.password)

    def _number(self, kind):
        self._numbers[kind] = self._numbers.get(kind, 0) + 1
        return self._numbers[kind]

    @staticmethod
    def _uuid(kind, name):
        return str(uuids.UUID(bytes=hashlib.sha256(f"{kind} {name}".encode()).digest()[:16], version=4))

    def _changed(self):
        self._cache.clear()
        self._found.clear()
        self._revisions += 1
        return self._revisions

    def add(self, title, body=None, langcode=None, status=True, created=None, changed=None, summary="", format="basic_html",
            alias=None, image=None, alt="", image_title="", tags=(), extra=None):
        """Makes a node, and returns its UUID. Times are seconds, texts of RFC 3339, or datetimes; now otherwise."""
        with self._guard:
            langcode = langcode or self.languages[0]
            created = seconds_of(created)
            version = Version(
                title, langcode, created, created if changed is None else seconds_of(changed), status,
                self._body(body, summary, format), alias, extra=dict(extra or {}),
            )
            number = self._number("node")
            node = Node(number, self._uuid("node", number), self._changed(), {langcode: version}, alt=alt, image_title=image_title)
            node.image = self._files[image] if image else None
            node.tags = [self._terms[each] for each in tags]
            self._nodes[node.id] = node
            return node.id

    def fill(self, count, title="Node {}", start=1_600_000_000, **fields):
        """Makes many nodes, a minute after each other, and returns their UUIDs."""
        return [self.add(title.format(each), f"<p>Text {each}</p>", created=start + 60 * each, **fields) for each in range(count)]

    @staticmethod
    def _body(body, summary, text_format):
        return None if body is None else {"value": body, "format": text_format, "summary": summary}

    def translate(self, node, langcode, title, body=None, status=True, created=None, changed=None, summary="",
                  format="basic_html", alias=None, source=None, alt=None, extra=None):
        """Adds a translation of a node; its other languages stay as they are."""
        with self._guard:
            node = self._nodes[node]
            if langcode not in self.languages:
                raise ValueError(f"{langcode} is no language of the site")
            created = seconds_of(created)
            node.versions[langcode] = Version(
                title, langcode, created, created if changed is None else seconds_of(changed), status,
                self._body(body, summary, format), alias, source or node.original, alt, dict(extra or {}),
            )
            node.revision = self._changed()

    def correct(self, node, langcode=None, at=None, **fields):
        """Changes a node in a language, the original one otherwise: `title`, `body`, `summary`, `alias`, `status`, `alt`, `extra`;
        or of all languages `image`, `tags`. With `at=False` the time of the change stays."""
        with self._guard:
            node = self._nodes[node]
            version = node.versions[langcode or node.original]
            for name, value in fields.items():
                if name == "image":
                    node.image = self._files[value] if value else None
                elif name == "tags":
                    node.tags = [self._terms[each] for each in value]
                elif name in ("body", "summary"):
                    version.body = {"value": "", "format": "basic_html", "summary": "", **(version.body or {})}
                    version.body["value" if name == "body" else "summary"] = value
                elif name == "alt" and langcode in (None, node.original):
                    node.alt = value
                elif name in ("title", "alias", "status", "alt", "created"):
                    setattr(version, name, value)
                elif name == "extra":
                    version.extra.update(value)
                else:
                    raise ValueError(f"{name} is no field")
            if at is not False:
                version.changed = seconds_of(at)
            node.revision = self._changed()

    def unpublish(self, node, langcode=None, at=None):
        """Hides a language of a node, or all of them."""
        self._publish(node, langcode, at, False)

    def publish(self, node, langcode=None, at=None):
        self._publish(node, langcode, at, True)

    def _publish(self, node, langcode, at, status):
        with self._guard:
            for each in [langcode] if langcode else list(self._nodes[node].versions):
                self.correct(node, each, at, status=status)

    def delete(self, node):
        with self._guard:
            del self._nodes[node]
            self._changed()

    def delete_translation(self, node, langcode):
        """Takes a translation away. The times of the others stay: no list shows it."""
        with self._guard:
            node = self._nodes[node]
            if langcode == node.original:
                raise ValueError("the original cannot go without its translations")
            del node.versions[langcode]
            node.revision = self._changed()

    def add_image(self, name, content, media_type="image/png", width=1, height=1):
        """Makes a file, and returns its UUID."""
        with self._guard:
            number = self._number("file")
            file = File(number, self._uuid("file", number), name, content, media_type, width, height, int(time.time()))
            self._files[file.id] = file
            self._changed()
            return file.id

    def delete_image(self, file):
        """Deletes a file; nodes still refer to it."""
        with self._guard:
            del self._files[file]
            self._changed()

    def add_tag(self, name, langcode=None, **translations):
        """Makes a term of the vocabulary `tags`, with its names in other languages, and returns its UUID."""
        with self._guard:
            number, now = self._number("term"), int(time.time())
            names = {langcode or self.languages[0]: name, **translations}
            versions = {each: Version(text, each, now, now) for each, text in names.items()}
            term = Term(number, self._uuid("term", number), versions)
            self._terms[term.id] = term
            self._changed()
            return term.id

    # Answers.

    def error(self, status, detail, asked, headers=None, **more):
        """A document with an error."""
        title = TITLES.get(status, "Error")
        error = {
            "title": title, "status": str(status), "detail": detail,
            "links": {"via": {"href": self.url + asked.target}}, **more,
        }
        if status in (400, 401, 403, 404, 405, 500):
            section = {400: "4.1", 401: "4.2", 403: "4.4", 404: "4.5", 405: "4.6", 500: "5.1"}[status]
            error["links"]["info"] = {"href": f"http://www.w3.org/Protocols/rfc2616/rfc2616-sec10.html#sec10.{section}"}
        body = json_of({"jsonapi": self._jsonapi(), "errors": [error]})
        headers = {"Cache-Control": "must-revalidate, no-cache, private", **(headers or {})}
        return Answer(status, {"Content-Type": MEDIA_TYPE, **headers}, body)

    def _jsonapi(self):
        scheme = "http" if self.version == "1.0" else "https"
        return {"version": self.version, "meta": {"links": {"self": {"href": f"{scheme}://jsonapi.org/format/{self.version}/"}}}}

    def answer(self, asked):
        try:
            parts, language, prefix = self._language(asked.path.strip("/").split("/"))
            if parts[:1] != ["jsonapi"]:
                return self._page(asked, parts, language)
            known = self._user(asked)
            if asked.method not in ("GET", "HEAD"):
                raise Refused(405, "JSON:API is configured to accept only read operations.", headers={"Allow": "GET"})
            with self._guard:
                answer = self._cached(asked, known, language, prefix, parts)
                if self.after_page and len(parts) == 3:
                    self.after_page()
                return answer
        except Refused as refused:
            return self.error(refused.status, refused.detail, asked, **refused.more)

    def _language(self, parts):
        """The path without its prefix, its language, and the prefix."""
        default = self.languages[0]
        if parts[0] in self.languages and (parts[0] != default or self.prefix_of_default):
            return parts[1:], parts[0], "/" + parts[0]
        return parts, default, ""

    def _user(self, asked):
        given = asked.headers.get("authorization")
        if given is None:
            return False
        if given == self.authorization:
            return True
        if self.wrong_credentials == "anonymous":
            return False
        raise Refused(401, "No authentication credentials provided.", headers={"WWW-Authenticate": 'Basic realm="Drupal"'})

    def _page(self, asked, parts, language):
        """Files, and the pages of nodes."""
        with self._guard:
            path = "/".join(parts)
            for file in self._files.values():
                if path == "sites/default/files/" + file.path:
                    return Answer(200, {"Content-Type": file.media_type}, file.content)
            for node in self._nodes.values():
                version = self._shown(node, language)
                if path == f"node/{node.number}" or version.alias == "/" + path:
                    if not version.status:
                        break
                    title = html.escape(version.title)
                    text = f'<!doctype html><html lang="{version.langcode}"><title>{title}</title><h1>{title}</h1>'
                    return Answer(200, {"Content-Type": "text/html; charset=UTF-8"}, text.encode())
        return Answer(404, {"Content-Type": "text/html; charset=UTF-8"}, b"<!doctype html><title>Page not found</title>")

    def _cached(self, asked, known, language, prefix, parts):
        """An answer with the headers of the page cache, which is for the anonymous alone."""
        headers = {
            "Content-Type": MEDIA_TYPE, "Content-language": language, "X-Content-Type-Options": "nosniff",
            "X-Generator": "Drupal 11 (https://www.drupal.org)", "Expires": "Sun, 19 Nov 1978 05:00:00 GMT",
        }
        if known or not self.page_cache:
            body = self._document(asked, known, language, prefix, parts)
            return Answer(200, {**headers, "Cache-Control": "must-revalidate, no-cache, private"}, body)
        key = (asked.target, self.next_lie, self.count_lie)
        cached = self._cache.get(key)
        hit = "HIT" if cached else "MISS"
        if not cached:
            now = int(time.time())
            body = self._document(asked, known, language, prefix, parts)
            self._etag = now if self.same_second else max(now, self._etag + 1)
            cached = (self._etag, formatdate(now, usegmt=True), body)
            if len(self._cache) > 200:
                self._cache.clear()
            self._cache[key] = cached
        etag, made, body = cached
        headers |= {
            "Cache-Control": f"max-age={self.page_cache}, public", "ETag": f'"{etag}"', "Vary": "Cookie",
            "Last-Modified": made, "X-Drupal-Cache": hit,
        }
        asked_for = asked.headers.get("if-none-match")
        if asked_for is not None and f'"{etag}"' in [each.strip().removeprefix("W/") for each in asked_for.split(",")]:
            return Answer(304, {name: value for name, value in headers.items() if not name.startswith("Content-")})
        return Answer(200, headers, body)

    def _document(self, asked, known, language, prefix, parts):
        view = View(self, asked, known, language, prefix)
        return json_of({"jsonapi": self._jsonapi(), **view.document(parts)})

    def _shown(self, entity, language):
        """The version of a node or a term that a language gets."""
        for each in (language, *self.languages):
            if each in entity.versions:
                return entity.versions[each]
        return entity.versions[entity.original]


class View:
    """One request: who asks, in what language, with what parameters."""

    def __init__(self, site, asked, known, language, prefix):
        self.site, self.asked, self.known, self.language, self.prefix = site, asked, known, language, prefix
        self.base = site.url + prefix + "/jsonapi"
        self.query = nested(asked.query)
        own = {"filter", "sort", "page", "fields", "include"}
        wrong = [name for name in self.query if re.fullmatch("[a-z]+", name) and name not in own]
        if wrong:
            names = "', '".join(wrong)
            raise Refused(400, f"The following query parameters violate the JSON:API spec: '{names}'.")
        self.omitted = []
        self.kinds = {
            ("node", site.bundle): (site.type, site._nodes), ("taxonomy_term", "tags"): ("taxonomy_term--tags", site._terms),
            ("file", "file"): ("file--file", site._files), ("user", "user"): ("user--user", {site._author.id: site._author}),
        }

    def document(self, parts):
        site = self.site
        if len(parts) == 1:
            links = {kind: {"href": f"{self.base}/{first}/{second}"} for (first, second), (kind, _) in self.kinds.items()}
            links["self"] = {"href": self.base}
            document = {"data": [], "links": dict(sorted(links.items()))}
            if self.known:
                me = {"href": f"{self.base}/user/user/{site._author.id}", "meta": {"id": site._author.id}}
                document["meta"] = {"links": {"me": me}}
            return document
        if len(parts) < 3 or tuple(parts[1:3]) not in self.kinds or len(parts) > 6:
            raise Refused(404, f'No route found for "GET {site.url}{self.asked.path}"')
        kind, entities = self.kinds[tuple(parts[1:3])]
        if len(parts) == 3:
            return self.collection(kind, entities)
        if parts[3] not in entities:
            path = f"{self.prefix}/jsonapi/{parts[1]}/{parts[2]}/{{entity}}"
            raise Refused(404, f'The "entity" parameter was not converted for the path "{path}"'
                          f' (route name: "jsonapi.{kind}.individual")')
        entity = entities[parts[3]]
        if not self.visible(entity):
            raise Refused(403, FORBIDDEN, source={"pointer": "/data"})
        self.check_version(entity)
        document = {"links": {"self": {"href": site.url + self.asked.target}}}
        if len(parts) == 4:
            return {**self.compound([entity], self.resource(entity)), **document}
        name, relation = parts[-1], len(parts) == 6 and parts[4] == "relationships"
        relations = self.relations(entity)
        if name not in relations or (len(parts) == 6) != relation:
            raise Refused(404, f'No route found for "GET {site.url}{self.asked.path}"')
        if relation:
            return self.relationship(entity, name, relations[name])
        targets = [each for each, _ in relations[name] if not isinstance(each, str)]
        seen = [each for each in targets if self.check(each)]
        if name in self.many(entity):
            data = [self.resource(each) for each in seen]
        elif targets and not seen:
            raise Refused(403, FORBIDDEN)
        else:
            data = self.resource(seen[0]) if seen else None
        return {**self.compound(seen, data), **document}

    def check_version(self, entity):
        wanted = self.query.get("resourceVersion")
        if wanted is None or wanted in ("rel:latest-version", "rel:working-copy"):
            return
        if not re.fullmatch(r"id:\d+", str(wanted)):
            raise Refused(400, f"A resource version identifier was provided in an invalid format: `{wanted}`")
        if isinstance(entity, Node) and wanted != f"id:{entity.revision}":
            raise Refused(404, f"The requested version, identified by `{wanted}`, could not be found.")

    def collection(self, kind, entities):
        """A page of a list."""
        offset, limit = self.page()
        # The pages of a list are of one query; it is made anew when something has changed.
        query = tuple(pair for pair in self.asked.query if pair[0].startswith(("filter", "sort")))
        found = self.site._found.get((kind, self.known, query))
        if found is None:
            if len(self.site._found) > 50:
                self.site._found.clear()
            found = self.site._found[kind, self.known, query] = self.find(list(entities.values()))
        site, lie = self.site, self.site.next_lie
        page = found[offset : offset + limit]
        seen = [each for each in page if self.check(each)]
        document = self.compound(seen, [self.resource(each) for each in seen])
        links = {"self": {"href": site.url + self.asked.target}}
        following = self.address(offset + limit, limit)
        if lie == "missing":
            following = None
        elif lie == "self":
            following = site.url + self.asked.target
        elif lie == "first":
            following = self.address(0, limit)
        elif lie == "elsewhere":
            following = following.replace(site.url, "http://elsewhere.invalid")
        elif lie != "beyond" and offset + limit >= len(found):
            following = None
        if following:
            links["next"] = {"href": following}
        if offset > 0:
            links["first"] = {"href": self.address(0, limit)}
            links["prev"] = {"href": self.address(max(0, offset - limit), limit)}
        if site.count:
            if offset + limit < len(found):
                links["last"] = {"href": self.address((len(found) - 1) // limit * limit, limit)}
            document.setdefault("meta", {})["count"] = len(found) + site.count_lie
        return {**document, "links": links}

    def page(self):
        given = self.query.get("page", {})
        if not isinstance(given, dict):
            raise Refused(400, "The page parameter needs to be an array.")
        numbers = []
        for name, least, without in (("offset", 0, 0), ("limit", 1, 50)):
            text = str(given.get(name, without))
            if not re.fullmatch(r"\d+", text) or int(text) < least:
                raise Refused(400, f"The page {name} needs to be a positive integer.")
            numbers.append(int(text))
        return numbers[0], min(numbers[1], 50)

    def address(self, offset, limit):
        """The address of another page of the same list."""
        kept = [(name, value) for name, value in self.asked.query if not name.startswith("page[")]
        kept += [("page[offset]", offset), ("page[limit]", limit)]
        query = "&".join(f"{quote(str(name), safe='')}={quote(str(value), safe='')}" for name, value in kept)
        return self.site.url + quote(self.asked.path) + "?" + query

    # Finding.

    def find(self, entities):
        """What the filter finds, in the order that is asked for."""
        condition = self.filter()
        rows = []
        for entity in entities:
            matching = [row for row in self.rows(entity) if condition is None or condition(row)]
            # A filter of somebody who may see only what is published is of that alone.
            if condition is not None and not self.known and isinstance(entity, Node):
                matching = [row for row in matching if row["status"]]
            if matching:
                rows.append((entity, matching))
        for path, downwards in reversed(self.sort()):
            # In one order the least of the translations counts, in the other one the greatest.
            def key(pair, path=path, downwards=downwards):
                values = [self.value(row, path) for row in pair[1]]
                values = [each[0] if isinstance(each, tuple) and each else each for each in values]
                values = [each.casefold() if isinstance(each, str) else each for each in values if each not in (None, ())]
                chosen = (max if downwards else min)(values, default=None)
                return (chosen is not None, chosen if chosen is not None else 0)

            rows.sort(key=key, reverse=downwards)
        return [entity for entity, _ in rows]

    def rows(self, entity):
        """The values that filters and sorting read, for each language."""
        if isinstance(entity, File):
            return [{"id": entity.id, "drupal_internal__fid": entity.number, "filename": entity.name, "filesize": len(entity.content),
                     "filemime": entity.media_type, "created": entity.created, "changed": entity.created, "status": 1}]
        if isinstance(entity, User):
            return [{"id": entity.id, "drupal_internal__uid": entity.number, "name": entity.name}]
        rows = []
        for version in entity.versions.values():
            row = {"id": entity.id, "langcode": version.langcode, "status": int(version.status), "changed": version.changed,
                   "default_langcode": int(version.langcode == entity.original)}
            if isinstance(entity, Term):
                rows.append({**row, "drupal_internal__tid": entity.number, "name": version.title})
                continue
            body = version.body or {}
            rows.append({
                **row, "drupal_internal__nid": entity.number, "drupal_internal__vid": entity.revision, "title": version.title,
                "created": version.created, "promote": 1, "sticky": 0,
                "body.value": body.get("value"), "body.summary": body.get("summary"), "body.format": body.get("format"),
                "content_translation_source": version.source,
                "uid.id": self.site._author.id, "uid.name": self.site._author.name,
                "uid.meta.drupal_internal__target_id": self.site._author.number,
                "field_image.id": entity.image.id if entity.image else None,
                "field_image.filename": entity.image.name if entity.image else None,
                "field_image.alt": entity.alt if entity.image else None,
                "field_tags.id": tuple(term.id for term in entity.tags),
                "field_tags.name": tuple(each.title for term in entity.tags for each in term.versions.values()),
                "field_tags.drupal_internal__tid": tuple(term.number for term in entity.tags),
                "field_tags.meta.drupal_internal__target_id": tuple(term.number for term in entity.tags),
                **{name: value for name, value in version.extra.items() if not isinstance(value, (dict, list))},
            })
        return rows

    @staticmethod
    def value(row, path):
        for name in (path, path.replace(".entity", ""), path + ".value", path + ".id"):
            if name in row:
                return row[name]
        first = path.partition(".")[0]
        raise Refused(400, f"Invalid nested filtering. The field `{first}`, given in the path `{path}`, does not exist.")

    def filter(self):
        """The filter as a function of a row, or None."""
        given = self.query.get("filter")
        if not given:
            return None
        if not isinstance(given, dict):
            raise Refused(400, "The filter parameter needs to be an array.")
        groups, members = {"@root": ("AND", None)}, {}
        for name, spec in given.items():
            if isinstance(spec, dict) and "group" in spec:
                conjunction = spec["group"].get("conjunction", "AND")
                if conjunction not in ("AND", "OR"):
                    raise Refused(400, f"The conjunction `{conjunction}` is none of AND and OR.")
                groups[name] = (conjunction, spec["group"].get("memberOf", "@root"))
        for name, spec in given.items():
            if isinstance(spec, dict) and "group" in spec:
                continue
            if not isinstance(spec, dict):
                spec = {"path": name, "value": spec}
            elif "condition" in spec:
                spec = spec["condition"]
                if not isinstance(spec, dict) or "path" not in spec:
                    raise Refused(400, "Filter parameter is missing a path.")
            elif not {"value", "operator", "path"} & spec.keys():
                raise Refused(400, f"The filter `{name}` is neither a value nor a condition.")
            path, operator = spec.get("path", name), spec.get("operator", "=")
            if operator not in OPERATORS:
                raise Refused(400, f"The '{operator}' operator is not allowed in a filter parameter.")
            if "value" not in spec and "NULL" not in operator:
                raise Refused(400, "Filter parameter is missing a value.")
            group = spec.get("memberOf", "@root")
            if group not in groups:
                raise Refused(400, f"The group `{group}` does not exist.")
            members.setdefault(group, []).append(self.condition(path, operator, spec.get("value")))

        def made(group):
            parts = members.get(group, []) + [made(name) for name, (_, of) in groups.items() if of == group]
            combine = any if groups[group][0] == "OR" else all
            return lambda row: not parts or combine(part(row) for part in parts)

        return made("@root")

    def condition(self, path, operator, operand):
        return lambda row: holds(self.value(row, path), operator, operand)

    def sort(self):
        """The paths to sort by, and whether downwards."""
        given = self.query.get("sort")
        if given is None:
            return []
        if isinstance(given, str):
            return [(each.removeprefix("-"), each.startswith("-")) for each in given.split(",") if each.strip("-")]
        order = []
        for spec in given.values():
            if not isinstance(spec, dict) or "path" not in spec:
                raise Refused(400, "You need to provide a field name for the sort parameter.")
            order.append((spec["path"], spec.get("direction", "ASC").upper() == "DESC"))
        return order

    # Seeing.

    def visible(self, entity):
        if isinstance(entity, (Node, Term)):
            return self.known or self.site._shown(entity, self.language).status
        return True

    def check(self, entity):
        """Whether somebody may see it; what they may not is noted."""
        if self.visible(entity):
            return True
        if entity not in self.omitted:
            self.omitted.append(entity)
        return False

    def kind(self, entity):
        return {Node: self.site.type, Term: "taxonomy_term--tags", File: "file--file", User: "user--user"}[type(entity)]

    def own(self, entity):
        return self.base + "/" + self.kind(entity).replace("--", "/") + "/" + entity.id

    def revision(self, entity):
        return f"?resourceVersion=id%3A{entity.revision}" if isinstance(entity, Node) else ""

    @staticmethod
    def many(entity):
        return {Node: ("field_tags",), Term: ("parent",)}.get(type(entity), ())

    def relations(self, entity):
        """For each relationship its targets, each with its meta. A text is a target that nobody can see, or that is gone."""
        site = self.site
        author = (site._author, {"drupal_internal__target_id": site._author.number})
        if isinstance(entity, Node):
            image = []
            if entity.image:
                alt = site._shown(entity, self.language).alt
                image = [(entity.image, {
                    "alt": entity.alt if alt is None else alt, "title": entity.image_title, "width": entity.image.width,
                    "height": entity.image.height, "drupal_internal__target_id": entity.image.number,
                })]
                if entity.image.id not in site._files:
                    meta = {"links": {"help": {"href": "https://www.drupal.org/docs/8/modules/json-api/core-concepts#missing",
                                               "meta": {"about": "Usage and meaning of the 'missing' resource identifier."}}}}
                    image = [("file--file missing", {**image[0][1], **meta})]
            return {
                "node_type": [(f"node_type--node_type {site._node_type}", {"drupal_internal__target_id": site.bundle})],
                "revision_uid": [author], "uid": [author], "field_image": image,
                "field_tags": [(term, {"drupal_internal__target_id": term.number}) for term in entity.tags],
            }
        if isinstance(entity, Term):
            help_link = {"href": "https://www.drupal.org/docs/8/modules/json-api/core-concepts#virtual",
                         "meta": {"about": "Usage and meaning of the 'virtual' resource identifier."}}
            return {
                "vid": [(f"taxonomy_vocabulary--taxonomy_vocabulary {site._uuid('vocabulary', 'tags')}",
                         {"drupal_internal__target_id": "tags"})],
                "parent": [("taxonomy_term--tags virtual", {"links": {"help": help_link}})],
            }
        return {"uid": [author]} if isinstance(entity, File) else {}

    def relationship(self, entity, name, targets):
        data = []
        for target, meta in targets:
            kind, id = target.split(" ") if isinstance(target, str) else (self.kind(target), target.id)
            data.append({"type": kind, "id": id, "meta": meta})
        if name not in self.many(entity):
            data = data[0] if data else None
        return {"data": data, "links": {
            "related": {"href": f"{self.own(entity)}/{name}{self.revision(entity)}"},
            "self": {"href": f"{self.own(entity)}/relationships/{name}{self.revision(entity)}"},
        }}

    def resource(self, entity):
        kind = self.kind(entity)
        attributes = self.attributes(entity)
        relationships = {name: self.relationship(entity, name, targets) for name, targets in self.relations(entity).items()}
        wanted = self.query.get("fields", {})
        if not isinstance(wanted, dict):
            raise Refused(400, "The fields parameter needs to be an array.")
        if kind in wanted:
            names = set(str(wanted[kind]).split(","))
            attributes = {name: value for name, value in attributes.items() if name in names}
            relationships = {name: value for name, value in relationships.items() if name in names}
        resource = {"type": kind, "id": entity.id, "links": {"self": {"href": self.own(entity) + self.revision(entity)}}}
        if attributes:
            resource["attributes"] = attributes
        if relationships:
            resource["relationships"] = relationships
        return resource

    def attributes(self, entity):
        if isinstance(entity, File):
            url = "/sites/default/files/" + quote(entity.path)
            return {
                "drupal_internal__fid": entity.number, "langcode": self.site.languages[0], "filename": entity.name,
                "uri": {"value": "public://" + entity.path, "url": url}, "filemime": entity.media_type,
                "filesize": len(entity.content), "status": True, "created": rfc3339(entity.created),
                "changed": rfc3339(entity.created),
            }
        if isinstance(entity, User):
            shown = {"display_name": entity.name}
            if self.known:
                shown |= {"drupal_internal__uid": entity.number, "langcode": self.site.languages[0], "name": entity.name}
            return shown
        version = self.site._shown(entity, self.language)
        common = {
            "default_langcode": version.langcode == entity.original, "revision_translation_affected": True,
            "path": {"alias": version.alias, "pid": entity.number if version.alias else None, "langcode": version.langcode},
        }
        if isinstance(entity, Term):
            return {
                "drupal_internal__tid": entity.number, "drupal_internal__revision_id": entity.number, "langcode": version.langcode,
                "revision_created": rfc3339(version.created), "status": version.status, "name": version.title,
                "description": None, "weight": 0, "changed": rfc3339(version.changed), **common,
            }
        body = version.body
        if body is not None:
            body = {"value": body["value"], "format": body["format"], "processed": processed(body["value"], body["format"]),
                    "summary": body["summary"]}
        return {
            "drupal_internal__nid": entity.number, "drupal_internal__vid": entity.revision, "langcode": version.langcode,
            "revision_timestamp": rfc3339(version.changed), "status": version.status, "title": version.title,
            "created": rfc3339(version.created), "changed": rfc3339(version.changed), "promote": True, "sticky": False, **common,
            "content_translation_source": version.source, "content_translation_outdated": False, "body": body, **version.extra,
        }

    def compound(self, entities, data):
        """A document with its primary data, what `include` asks for, and what had to be left out."""
        document = {"data": data}
        paths = self.query.get("include")
        if paths is not None:
            if not isinstance(paths, str):
                raise Refused(400, "The include parameter needs to be a text.")
            included = {}
            for path in filter(None, paths.split(",")):
                self.include(entities, path.split("."), path, included)
            primary = {(self.kind(each), each.id) for each in entities}
            resources = [self.resource(each) for key, each in included.items() if key not in primary]
            if resources:
                document["included"] = resources
        if self.omitted:
            links = {"help": {"href": HELP}}
            for entity in self.omitted:
                name = "item--" + hashlib.sha256(entity.id.encode()).hexdigest()[:7]
                links[name] = {"href": self.own(entity), "meta": {"rel": "item", "detail": FORBIDDEN}}
            detail = "Some resources have been omitted because of insufficient authorization."
            document["meta"] = {"omitted": {"detail": detail, "links": links}}
        return document

    def include(self, entities, names, path, included):
        following = []
        for entity in entities:
            relations = self.relations(entity)
            if names[0] not in relations:
                possible = ", ".join(relations)
                raise Refused(400, f"`{names[0]}` is not a valid relationship field name. Possible values: {possible}.")
            for target, _ in relations[names[0]]:
                if not isinstance(target, str) and self.check(target):
                    included[self.kind(target), target.id] = target
                    following.append(target)
        if names[1:] and following:
            self.include(following, names[1:], path, included)
