"""A small JSON API in pages on loopback, as many sites have one: `/items?page=N` with `{"data": [...], "next": address or null}`.

    with Paged(100_000, per_page=100) as api:
        api.url + "/items"
        api.correct(7, title="Corrected"); api.delete(8); api.requests()

Records are numbered from 1, and made when they are asked for: 100,000 of them take no memory. A record that was changed or deleted
is the only one that is kept. Pages are numbered from 1; after a deletion the later records move up, as they do in a database.

The facts are of RFC 8288, sections 3 and 3.5 (the Link header, its relation types `next`, `prev`, `last`, and relative
addresses), RFC 9110, section 10.2.3 (Retry-After) and 13.1.2 (If-None-Match), and RFC 6585, section 4 (429). X-Total-Count is a
custom, not a standard. The form with `data` and `next` is nobody's in particular.
"""

import bisect
import hashlib
import json
import re

from loopback import Answer, Server, basic


def record(number):
    """A record, always the same one for a number."""
    day = number % 28 + 1
    return {
        "id": number, "slug": f"record-{number}", "title": f"Record {number}", "html": f"<p>The text of record {number}.</p>",
        "language": ("en", "fr", "de")[number % 3], "published": f"{2000 + number % 25}-{number % 12 + 1:02}-{day:02}T10:00:00Z",
        "updated": f"2025-{number % 12 + 1:02}-{day:02}T11:00:00Z", "url": f"https://news.example.org/record-{number}",
        "tags": ["research"] if number % 2 else [], "image": None,
    }


def put(document, path, value):
    """Sets a member by its dotted path."""
    *outer, last = path.split(".")
    for name in outer:
        document = document.setdefault(name, {})
    document[last] = value


class Paged(Server):
    """The API. `links` is where the next page is told: `body`, `header`, `both`, or `none` (it ends with an empty page).

    `items` and `next` are dotted paths in the body; an empty `items` has the body be the list itself. `address` is `whole`,
    `path` (without a host) or `query` (`?page=2`). `token` is one that has to be sent as `Authorization: Bearer`, `user` and
    `password` those of Basic. With `cursor` pages have opaque names, `?cursor=…`, and no numbers.

    `next_lie` is `self`, `first`, `beyond`, `missing` or `elsewhere`, `total_lie` is added to the total, and `after_page` is called
    after each page.
    """

    def __init__(self, count, per_page=100, record=record, links="body", items="data", next="next", total=None, address="whole",
                 cursor=False, token=None, user=None, password=None, compress=False):
        super().__init__(compress)
        self.count, self.per_page, self.record, self.links, self.address = count, per_page, record, links, address
        self.items, self.next, self.total, self.cursor = items, next, total, cursor
        self.authorization = f"Bearer {token}" if token else basic(user, password) if user else None
        self.next_lie, self.total_lie, self.after_page = None, 0, None
        self._changed, self._deleted = {}, []

    def correct(self, number, **fields):
        with self._guard:
            self._changed.setdefault(number, {}).update(fields)

    def delete(self, number):
        with self._guard:
            if number not in self._deleted:
                bisect.insort(self._deleted, number)

    def add(self, **fields):
        """Adds a record at the end, and returns its number."""
        with self._guard:
            self.count += 1
            self._changed[self.count] = fields
            return self.count

    def _at(self, position):
        """The number of the record at a position, from 0 on."""
        number = position + 1
        while True:
            moved = position + 1 + bisect.bisect_right(self._deleted, number)
            if moved == number:
                return number
            number = moved

    def _one(self, number):
        return {**self.record(number), **self._changed.get(number, {})}

    def error(self, status, detail, asked, headers=None):
        return Answer(status, {"Content-Type": "application/json", **(headers or {})}, json.dumps({"error": detail}).encode())

    def _cursor_of(self, page):
        return hashlib.sha256(str(page).encode()).hexdigest()[:8] + format(page * 7919, "x")

    def _page(self, query):
        """The number of the page that is asked for, or None."""
        if self.cursor:
            given = query.get("cursor")
            if given is None:
                return 1
            page = int(given[8:], 16) // 7919 if re.fullmatch("[0-9a-f]{9,30}", given) else 0
            return page if page and self._cursor_of(page) == given else None
        given = query.get("page", "1")
        return int(given) if re.fullmatch("[1-9][0-9]{0,9}", given) else None

    def _address(self, page, query):
        kept = {name: value for name, value in query.items() if name not in ("page", "cursor")}
        kept |= {"cursor": self._cursor_of(page)} if self.cursor else {"page": page}
        text = "?" + "&".join(f"{name}={value}" for name, value in kept.items())
        return {"whole": self.url + "/items", "path": "/items", "query": ""}[self.address] + text

    def answer(self, asked):
        if self.authorization and asked.headers.get("authorization") != self.authorization:
            return self.error(401, "Who are you?", asked, {"WWW-Authenticate": self.authorization.split()[0]})
        if asked.method not in ("GET", "HEAD"):
            return self.error(405, "Only GET.", asked, {"Allow": "GET, HEAD"})
        with self._guard:
            single = re.fullmatch(r"/items/([1-9][0-9]{0,9})", asked.path)
            if single:
                number = int(single[1])
                if number > self.count or number in self._deleted:
                    return self.error(404, "No such record.", asked)
                return self._sent(asked, self._one(number), {})
            if asked.path != "/items":
                return self.error(404, "Only /items.", asked)
            query = dict(asked.query)
            page = self._page(query)
            if page is None:
                return self.error(400, "No such page.", asked)
            answer = self._listed(asked, query, page)
            if self.after_page:
                self.after_page()
            return answer

    def _listed(self, asked, query, page):
        there = self.count - len(self._deleted)
        start = (page - 1) * self.per_page
        items = [self._one(self._at(position)) for position in range(start, min(start + self.per_page, there))]
        following = page + 1 if start + self.per_page < there or self.next_lie == "beyond" else None
        address = self._address({"self": page, "first": 1}.get(self.next_lie, following), query) if following else None
        if self.next_lie == "missing":
            address = None
        elif self.next_lie in ("self", "first"):
            address = self._address(page if self.next_lie == "self" else 1, query)
        elif self.next_lie == "elsewhere" and address:
            address = "http://elsewhere.invalid/items?page=2"
        headers = {}
        body = items if not self.items else {}
        if self.items:
            put(body, self.items, items)
            if self.links in ("body", "both"):
                put(body, self.next, address)
            if self.total:
                put(body, self.total, there + self.total_lie)
        if self.links in ("header", "both"):
            links = [f'<{address}>; rel="next"'] if address else []
            if page > 1 and not self.cursor:
                links.insert(0, f'<{self._address(page - 1, query)}>; rel="prev"')
                links.append(f'<{self._address(1, query)}>; rel=first; title="First, of \\"all\\""')
            headers["Link"] = ", ".join(links) or None
            headers["X-Total-Count"] = str(there + self.total_lie)
        return self._sent(asked, body, headers)

    def _sent(self, asked, value, headers):
        body = json.dumps(value, ensure_ascii=False).encode()
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if etag in asked.headers.get("if-none-match", ""):
            return Answer(304, {"ETag": etag})
        return Answer(200, {"Content-Type": "application/json", "ETag": etag, **headers}, body)
