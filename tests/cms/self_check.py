"""The counterparts of CMSs are what they are to be: every document of the stand-in of Drupal is one of JSON:API 1.1, lists have
each item once, filters and languages do as documented, faults come when asked for; WordPress hides drafts and calls nobody.

The rules of documents are those of jsonapi.org/format/1.1/, "Document Structure". The program that is tested has no part in it.
"""

import http.client
import http.server
import json
import re
import shutil
import sys
import threading
import time
import tracemalloc
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import quote, urlsplit

sys.path.append(str(Path(__file__).parents[1] / "server"))

import wordpress
from common import CheckFailed, Skipped, check, expect, finish, temporary_folder, wait_for
from drupal import MEDIA_TYPE, Drupal, rfc3339
from loopback import basic
from paged import Paged
from wordpress import PIXEL, WordPress

MEMBER = re.compile(r"[A-Za-z0-9\u0080-\uffff]([A-Za-z0-9\u0080-\uffff _-]*[A-Za-z0-9\u0080-\uffff])?")


def same(found, expected, what="found"):
    expect(found == expected, f"{what} {found!r}, expected {expected!r}")


def send(url, headers=None, method="GET", body=None):
    """Status, headers with names in lower case, body."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
    try:
        connection.request(method, parts.path + ("?" + parts.query if parts.query else ""), body, headers or {})
        response = connection.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    finally:
        connection.close()


# The rules of JSON:API 1.1.


def members(value, allowed, where):
    expect(isinstance(value, dict), f"{where} is no object")
    others = {name for name in value if not name.startswith("@")} - set(allowed)
    expect(not others, f"{where} has {sorted(others)}")


def names(value, where):
    for name in value:
        expect(name.startswith("@") or MEMBER.fullmatch(name), f"{where} has the member name {name!r}")


def links(value, where):
    expect(isinstance(value, dict), f"{where} is no object")
    for name, link in value.items():
        if isinstance(link, dict):
            members(link, ("href", "rel", "describedby", "title", "type", "hreflang", "meta"), f"{where}.{name}")
            link = link.get("href")
            expect(isinstance(link, str), f"{where}.{name} has no href")
        expect(link is None or isinstance(link, str), f"{where}.{name} is {link!r}")


def identifier(value, where, more=()):
    members(value, ("type", "id", "meta", *more), where)
    for name in ("type", "id"):
        expect(isinstance(value.get(name), str) and value[name], f"{where} has no {name}")
    expect(MEMBER.fullmatch(value["type"]), f"{where} has the type {value['type']}")
    expect(isinstance(value.get("meta", {}), dict), f"{where}.meta is no object")


def linkage(data):
    return [] if data is None else data if isinstance(data, list) else [data]


def resource(value, where):
    identifier(value, where, ("attributes", "relationships", "links"))
    attributes, relationships = value.get("attributes", {}), value.get("relationships", {})
    fields = [*attributes, *relationships]
    names(fields, where)
    expect(len(set(fields)) == len(fields) and not {"type", "id"} & set(fields), f"{where} has a field twice")
    links(value.get("links", {}), f"{where}.links")
    for name, relationship in relationships.items():
        here = f"{where}.{name}"
        members(relationship, ("links", "data", "meta"), here)
        expect(relationship, f"{here} is empty")
        if "links" in relationship:
            links(relationship["links"], f"{here}.links")
            expect({"self", "related"} & relationship["links"].keys(), f"{here} has neither self nor related")
        for each in linkage(relationship.get("data")):
            identifier(each, here)


def document(value):
    """Asserts that a value is a document of JSON:API 1.1."""
    members(value, ("data", "errors", "meta", "jsonapi", "links", "included"), "the document")
    expect({"data", "errors", "meta"} & value.keys(), "the document has neither data nor errors nor meta")
    expect(not {"data", "errors"} <= value.keys(), "the document has data and errors")
    expect("data" in value or "included" not in value, "the document has included, and no data")
    if "jsonapi" in value:
        members(value["jsonapi"], ("version", "ext", "profile", "meta"), "jsonapi")
        expect(isinstance(value["jsonapi"].get("version", ""), str), "the version is no text")
    links(value.get("links", {}), "links")
    expect(isinstance(value.get("meta", {}), dict), "meta is no object")
    if "errors" in value:
        expect(isinstance(value["errors"], list) and value["errors"], "errors is no list, or empty")
        for error in value["errors"]:
            expect(error, "an error is empty")
            members(error, ("id", "links", "status", "code", "title", "detail", "source", "meta"), "an error")
            expect(re.fullmatch("[1-5][0-9][0-9]", error.get("status", "500")), "a status is no text of three digits")
            # The specification names `about` and `type`; Drupal has links of other names.
            links(error.get("links", {}), "the links of an error")
            members(error.get("source", {}), ("pointer", "parameter", "header"), "the source of an error")
        return
    if "data" not in value:
        return
    primary = linkage(value["data"])
    included = value.get("included", [])
    for each in primary:
        identifier(each, "data", ("attributes", "relationships", "links"))
        resource(each, "data")
    for each in included:
        resource(each, "included")
    keys = [(each["type"], each["id"]) for each in primary + included]
    expect(len(set(keys)) == len(keys), "a resource is there twice")
    linked, found = set(), primary
    everything = {(each["type"], each["id"]): each for each in included}
    while found:
        targets = {
            (each["type"], each["id"]) for one in found for relation in one.get("relationships", {}).values()
            for each in linkage(relation.get("data"))
        } | {key for key in map(lambda one: (one["type"], one["id"]), primary) if key in everything}
        found = [everything[key] for key in targets - linked if key in everything]
        linked |= targets
    expect(set(everything) <= linked, "an included resource is linked by none")


def ask(site, path, status=200, headers=None, known=False):
    """What the stand-in of Drupal answers; it has to be a document."""
    given = {"Accept": MEDIA_TYPE, **(headers or {}), **({"Authorization": site.authorization} if known else {})}
    url = path if path.startswith("http") else site.url + quote(path, safe="/?&=%[]-,.:+")
    code, got, body = send(url, given)
    same(code, status, f"{path}: status")
    same(got.get("content-type"), MEDIA_TYPE, f"{path}: type")
    value = json.loads(body)
    try:
        document(value)
    except CheckFailed as why:
        raise CheckFailed(f"{path}: {why}") from None
    return value


def walk(site, path, most=200, **options):
    """The items of all pages, and the number of pages."""
    items, pages, following = [], 0, path
    while following:
        value = ask(site, following, **options)
        items += value["data"]
        pages += 1
        expect(pages < most, "no end of pages")
        following = value["links"].get("next", {}).get("href")
    return items, pages


def titles(value):
    return [each["attributes"]["title"] for each in (value if isinstance(value, list) else value["data"])]


def drupal_checks():
    with Drupal() as site:
        tag = site.add_tag("Research", fr="Recherche")
        image = site.add_image("a picture.png", PIXEL)
        full = site.add("One & <two>", "<p onclick='x()'>Text é 🎈</p><script>no()</script>", created="2024-05-01T10:00:00+02:00",
                        image=image, alt="A pixel", tags=[tag], alias="/news/one", summary="Short")
        site.translate(full, "fr", "Un", "<p>Texte</p>", created=1_720_000_000, alt="Un pixel")
        only = site.add("Only English", created=1_710_000_000)
        german = site.add("Nur deutsch", langcode="de", created=1_715_000_000)
        hidden = site.add("Hidden", status=False, created=1_716_000_000)
        plain = "/jsonapi/node/article"

        with check("drupal: the entry point and each resource type"):
            value = ask(site, "/jsonapi")
            for name, link in value["links"].items():
                if name != "self":
                    ask(site, link["href"])
                    ask(site, link["href"], known=True)
            expect("me" in ask(site, "/jsonapi", known=True)["meta"]["links"], "who asks is not told")

        with check("drupal: attributes and relationships of a node"):
            value = ask(site, f"{plain}/{full}?include=field_image,field_tags,uid,field_image.uid")
            data = value["data"]
            attributes = data["attributes"]
            same(attributes["created"], "2024-05-01T08:00:00+00:00")
            same(attributes["title"], "One & <two>")
            same(attributes["path"]["alias"], "/news/one")
            same(attributes["body"]["processed"], "<p>Text é 🎈</p>")
            same(attributes["body"]["summary"], "Short")
            same(data["relationships"]["field_image"]["data"]["meta"]["alt"], "A pixel")
            same(sorted(each["type"] for each in value["included"]), ["file--file", "taxonomy_term--tags", "user--user"])
            file = next(each for each in value["included"] if each["type"] == "file--file")
            same(file["attributes"]["uri"]["url"], "/sites/default/files/2024-05/a%20picture.png")
            status, headers, body = send(site.url + file["attributes"]["uri"]["url"])
            same((status, headers["content-type"], body), (200, "image/png", PIXEL))
            for name, relation in data["relationships"].items():
                ask(site, relation["links"]["self"]["href"])
                if name not in ("node_type",):
                    ask(site, relation["links"]["related"]["href"])
            ask(site, data["links"]["self"]["href"])
            expect(all(each["href"].startswith(site.url + "/") for each in ask(site, plain)["links"].values()), "a link without a host")
            same(ask(site, f"{plain}/{only}")["data"]["relationships"]["field_image"]["data"], None)
            expect(b"\\u003C" in send(site.url + plain)[2] and b"\\/" in send(site.url + plain)[2], "no escapes of Drupal")
            same(send(site.url + "/news/one")[0], 200)

        with check("drupal: a language without a translation gets the original"):
            found = {each["id"]: each["attributes"]["langcode"] for each in ask(site, "/fr" + plain)["data"]}
            same(found, {full: "fr", only: "en", german: "de"})
            french = ask(site, f"/fr{plain}/{full}?include=field_tags")
            same(french["data"]["attributes"]["default_langcode"], False)
            same(french["data"]["attributes"]["content_translation_source"], "en")
            same(french["data"]["relationships"]["field_image"]["data"]["meta"]["alt"], "Un pixel")
            same(french["included"][0]["attributes"]["name"], "Recherche")
            expect("/fr/jsonapi/" in french["data"]["links"]["self"]["href"], "a link is without its language")
            same(titles(ask(site, f"/fr{plain}?filter[langcode]=fr")), ["Un"])
            same(titles(ask(site, f"{plain}?filter[langcode]=fr")), ["One & <two>"])
            # Neither is a prefix, and so it is no address of the API.
            same([send(f"{site.url}/{each}{plain}")[0] for each in ("en", "es")], [404, 404])

        with check("drupal: what is not published is hidden from the anonymous, and shown to the editor"):
            value = ask(site, plain)
            same(len(value["data"]), 3)
            same([name[:6] for name in value["meta"]["omitted"]["links"]], ["help", "item--"])
            expect("meta" not in ask(site, plain + "?filter[status]=1"), "a filter left something out")
            same(ask(site, f"{plain}/{hidden}", 403)["errors"][0]["status"], "403")
            same(len(ask(site, plain, known=True)["data"]), 4)
            same(ask(site, f"{plain}/{hidden}", known=True)["data"]["attributes"]["status"], False)
            same(titles(ask(site, plain + "?filter[status]=0", known=True)), ["Hidden"])
            same(titles(ask(site, plain + "?filter[status]=0")), [])
            ask(site, plain, 401, {"Authorization": "Basic bm86bm8="})
            ask(site, f"{plain}/00000000-0000-4000-8000-000000000000", 404)

        with check("drupal: filters in both forms, with each operator, and groups"):
            for query, expected in (
                ("filter[title]=only english", ["Only English"]),
                ("filter[title][operator]=CONTAINS&filter[title][value]=only", ["Only English"]),
                ("filter[a][condition][path]=title&filter[a][condition][operator]=STARTS_WITH&filter[a][condition][value]=Nur",
                 ["Nur deutsch"]),
                ("filter[title][operator]=ENDS_WITH&filter[title][value]=lish", ["Only English"]),
                ("filter[created][operator]=%3E&filter[created][value]=1714000000", ["One & <two>", "Nur deutsch"]),
                # A text counts by the number that it starts with: all are later than 2024 seconds.
                ("filter[created][operator]=%3E&filter[created][value]=2024-05-10T00:00:00Z",
                 ["One & <two>", "Only English", "Nur deutsch"]),
                ("filter[created][operator]=BETWEEN&filter[created][value][]=1709999999&filter[created][value][]=1710000001",
                 ["Only English"]),
                ("filter[drupal_internal__nid][operator]=IN&filter[drupal_internal__nid][value][]=1&"
                 "filter[drupal_internal__nid][value][]=3", ["One & <two>", "Nur deutsch"]),
                ("filter[drupal_internal__nid][operator]=NOT IN&filter[drupal_internal__nid][value][0]=1", ["Only English", "Nur deutsch"]),
                ("filter[langcode][operator]=%3C%3E&filter[langcode][value]=en", ["One & <two>", "Nur deutsch"]),
                ("filter[field_tags.name]=Research", ["One & <two>"]),
                ("filter[uid.name]=editor&filter[langcode]=de", ["Nur deutsch"]),
                ("filter[field_image.id][operator]=IS NULL", ["Only English", "Nur deutsch"]),
                ("filter[body.value][operator]=IS NOT NULL", ["One & <two>"]),
                ("filter[g][group][conjunction]=OR&filter[a][condition][path]=langcode&filter[a][condition][value]=de&"
                 "filter[a][condition][memberOf]=g&filter[b][condition][path]=langcode&filter[b][condition][value]=fr&"
                 "filter[b][condition][memberOf]=g&filter[status]=1", ["One & <two>", "Nur deutsch"]),
            ):
                same(titles(ask(site, f"{plain}?{query}")), expected, query)
            for query in (
                "filter[nothing]=1", "filter[a][condition][value]=1", "filter[title][operator]=LIKE&filter[title][value]=x",
                "page[limit]=x", "page[offset]=-1", "include=nothing", "lang=fr", "sort=nothing",
            ):
                ask(site, f"{plain}?{query}", 400)

        with check("drupal: sorting, and fields that are asked for"):
            same(titles(ask(site, plain + "?sort=created")), ["Only English", "One & <two>", "Nur deutsch"])
            same(titles(ask(site, plain + "?sort=-created&filter[langcode][operator]=IN&filter[langcode][value][]=en&"
                            "filter[langcode][value][]=de")), ["Nur deutsch", "One & <two>", "Only English"])
            # The first has a translation that comes later in the alphabet than all others.
            same(titles(ask(site, plain + "?sort[a][path]=title&sort[a][direction]=DESC")), ["One & <two>", "Only English", "Nur deutsch"])
            value = ask(site, f"{plain}?fields[node--article]=title,field_image&fields[file--file]=uri&include=field_image")
            same(sorted({name for each in value["data"] for name in each["attributes"]}), ["title"])
            same(sorted({name for each in value["data"] for name in each["relationships"]}), ["field_image"])
            same(list(value["included"][0]["attributes"]), ["uri"])

        with check("drupal: ETag, and 304 until something changes, for the anonymous alone"):
            status, headers, _ = send(site.url + plain)
            etag = headers["etag"]
            expect(re.fullmatch(r'"\d{10}"', etag), f"{etag}")
            parsedate_to_datetime(headers["last-modified"])
            same(send(site.url + plain, {"If-None-Match": etag})[0::2], (304, b""))
            same(send(site.url + plain)[1]["x-drupal-cache"], "HIT")
            expect("etag" not in send(site.url + plain, {"Authorization": site.authorization})[1], "the editor got an ETag")
            site.correct(only, title="Corrected")
            status, headers, body = send(site.url + plain, {"If-None-Match": etag})
            same(status, 200)
            expect(headers["etag"] != etag and b"Corrected" in body, "the answer is the old one")

        with check("drupal: changes, translations that go, deletions"):
            before = ask(site, f"{plain}/{only}")["data"]["attributes"]
            site.correct(only, title="Again", body="<p>New</p>", at=1_800_000_000)
            after = ask(site, f"{plain}/{only}")["data"]["attributes"]
            same((after["title"], after["changed"], after["body"]["value"]), ("Again", rfc3339(1_800_000_000), "<p>New</p>"))
            expect(after["drupal_internal__vid"] > before["drupal_internal__vid"], "there is no new revision")
            same(titles(ask(site, f"{plain}?filter[changed][operator]=%3E%3D&filter[changed][value]=1800000000")), ["Again"])
            site.delete_translation(full, "fr")
            same(ask(site, f"/fr{plain}/{full}")["data"]["attributes"]["langcode"], "en")
            site.unpublish(german)
            ask(site, f"{plain}/{german}", 403)
            site.publish(german)
            site.delete(german)
            ask(site, f"{plain}/{german}", 404)
            site.delete_image(image)
            value = ask(site, f"{plain}/{full}?include=field_image")
            same(value["data"]["relationships"]["field_image"]["data"]["id"], "missing")
            expect("included" not in value, "a missing file is included")
            for method in ("POST", "PATCH", "DELETE"):
                same(send(f"{site.url}{plain}", method=method)[0], 405)

    with Drupal() as site:
        made = site.fill(230)
        for each in made[::10]:
            site.unpublish(each)
        shown = set(made) - set(made[::10])

        with check("drupal: the pages have each node once, some with fewer items than their limit"):
            items, pages = walk(site, plain)
            same((len(items), {each["id"] for each in items}, pages), (len(shown), shown, 5))
            items, pages = walk(site, plain + "?page[limit]=7&sort=-created&filter[status]=1")
            same((len(items), {each["id"] for each in items}, pages), (len(shown), shown, -(-len(shown) // 7)))
            same([each["attributes"]["title"] for each in items], [f"Node {number}" for number in range(229, -1, -1) if number % 10])
            same(walk(site, plain + "?page[limit]=500", known=True)[1], 5)
            value = ask(site, plain + "?page[offset]=100&page[limit]=20")
            same(len(value["data"]), 18)
            same(sorted(value["links"]), ["first", "next", "prev", "self"])
            expect("page%5Boffset%5D=80" in value["links"]["prev"]["href"], value["links"]["prev"]["href"])
            same(ask(site, plain + "?page[offset]=1000")["data"], [])

        with check("drupal: lies about what is next, and items that change between pages"):
            site.next_lie = "self"
            value = ask(site, plain)
            same(value["links"]["next"]["href"], value["links"]["self"]["href"])
            site.next_lie = "beyond"
            value = ask(site, plain + "?page[offset]=1000")
            expect(value["data"] == [] and "next" in value["links"], "there is no page beyond")
            site.next_lie = "missing"
            expect("next" not in ask(site, plain)["links"], "there is a next page")
            site.next_lie = "elsewhere"
            expect("elsewhere.invalid" in ask(site, plain)["links"]["next"]["href"], "the next page is here")
            site.next_lie = None
            gone = [each for each in made if each in shown][:60]
            site.after_page = lambda: [site.delete(gone.pop()) for _ in range(min(20, len(gone)))]
            items, _ = walk(site, plain)
            site.after_page = None
            expect(len({each["id"] for each in items}) < len(shown), "nothing was passed over")

    with Drupal(count=True, version="1.1", prefix_of_default=True, compress=True, page_cache=0) as site:
        site.fill(120)
        with check("drupal: totals, as a module adds them, and a lie"):
            value = ask(site, plain)
            same((value["meta"]["count"], value["jsonapi"]["version"]), (120, "1.1"))
            expect("page%5Boffset%5D=100" in value["links"]["last"]["href"], value["links"]["last"]["href"])
            site.count_lie = 5
            same(ask(site, "/en" + plain)["meta"]["count"], 125)
            expect("etag" not in send(site.url + plain)[1], "an ETag without a cache")
            same(send(site.url + plain, {"Accept-Encoding": "gzip"})[1].get("content-encoding"), "gzip")

        with check("drupal: faults"):
            site.clear_requests()
            site.fault("status", times=2)
            for status in (500, 500, 200):
                ask(site, plain, status)
            site.fault("status", times=1, status=429, retry_after=3, match="page[offset]")
            ask(site, plain)
            status, headers, body = send(site.url + plain + "?page%5Boffset%5D=50")
            document(json.loads(body))
            same((status, headers["retry-after"]), (429, "3"))
            site.fault("slow", times=1, seconds=0.3)
            start = time.monotonic()
            ask(site, plain)
            expect(time.monotonic() - start >= 0.3, "it was not slow")
            site.fault("status", times=1, after=1)
            ask(site, plain)
            ask(site, plain, 500)
            for kind in ("cut", "close"):
                site.fault(kind, times=1)
                try:
                    send(site.url + plain)
                    raise CheckFailed(f"{kind} has a whole answer")
                except (http.client.HTTPException, ConnectionError):
                    pass
            site.fault("html", times=1)
            same(send(site.url + plain)[1]["content-type"], "text/html; charset=UTF-8")
            site.fault("garbled", times=1)
            try:
                json.loads(send(site.url + plain)[2])
                raise CheckFailed("garbled is JSON")
            except json.JSONDecodeError:
                pass
            site.fault("trickle", times=1, seconds=0.2)
            ask(site, plain)
            site.fault("endless", times=1)
            connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
            connection.request("GET", plain)
            expect(len(connection.getresponse().read(1_000_000)) == 1_000_000, "it ended")
            connection.close()
            ask(site, plain)

        with check("drupal: the log of requests"):
            log = site.requests()
            same([each.status for each in log[:3]], [500, 500, 200])
            same((log[0].method, log[0].path, log[0].authenticated), ("GET", plain, False))
            expect(any(each.status == 0 for each in log), "a closed connection is not in the log")


def paged_checks():
    with check("paged: 100,000 records, each once, and none of them kept"):
        with Paged(100_000, per_page=1000, links="both", total="meta.total") as api:
            connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=20)
            tracemalloc.start()
            seen, url = 0, "/items"
            while url:
                connection.request("GET", url)
                response = connection.getresponse()
                header = response.getheader("Link") or ""
                value = json.loads(response.read())
                for each in value["data"]:
                    seen += 1
                    expect(each["id"] == seen, f"{each['id']} is at {seen}")
                url = value["next"] and value["next"].removeprefix(api.url)
                expect((f"<{value['next']}>" in header) == bool(url), f"the header has {header}")
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            connection.close()
            same((seen, value["meta"]["total"], len(api.requests())), (100_000, 100_000, 100))
            expect(peak < 20_000_000, f"{peak} bytes were used")

    with check("paged: changes, deletions, and single records"):
        with Paged(25, per_page=10) as api:
            api.correct(3, title="Corrected")
            for number in (1, 2, 12, 25):
                api.delete(number)
            ids = []
            for page in (1, 2, 3, 4):
                ids += [each["id"] for each in json.loads(send(f"{api.url}/items?page={page}")[2])["data"]]
            same(ids, [number for number in range(1, 26) if number not in (1, 2, 12, 25)])
            same(json.loads(send(f"{api.url}/items/3")[2])["title"], "Corrected")
            same([send(f"{api.url}/items/{each}")[0] for each in (1, 26)], [404, 404])
            etag = send(f"{api.url}/items")[1]["etag"]
            same(send(f"{api.url}/items", {"If-None-Match": etag})[0], 304)
            api.add(title="New")
            same(json.loads(send(f"{api.url}/items?page=3")[2])["data"][-1]["title"], "New")

    with check("paged: a list alone, cursors, relative addresses, tokens"):
        with Paged(25, per_page=10, items="", links="header", address="query", token="a-token") as api:
            same(send(api.url + "/items")[0], 401)
            status, headers, body = send(api.url + "/items?page=2", {"Authorization": "Bearer a-token"})
            same(len(json.loads(body)), 10)
            expect('<?page=3>; rel="next"' in headers["link"], headers["link"])
            expect("link" in send(api.url + "/items?page=3", {"Authorization": "Bearer a-token"})[1], "no Link")
        with Paged(25, per_page=10, cursor=True, items="result.items", next="result.paging.next", address="path") as api:
            ids, url = [], "/items"
            while url:
                value = json.loads(send(api.url + url)[2])["result"]
                ids += [each["id"] for each in value["items"]]
                url = value["paging"]["next"]
            same(ids, list(range(1, 26)))
            same(send(api.url + "/items?cursor=abc")[0], 400)
        with Paged(5, per_page=10, links="none") as api:
            same([len(json.loads(send(f"{api.url}/items?page={page}")[2])["data"]) for page in (1, 2)], [5, 0])
            api.next_lie = "beyond"


class Hook:
    """What receives a webhook."""

    def __enter__(self):
        received = self.received = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                received.append((self.headers["Authorization"], json.loads(body)))
                try:
                    self.send_response(204)
                    self.end_headers()
                except OSError:
                    pass  # WordPress does not wait

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def wordpress_checks(folder):
    lacks = wordpress.missing()
    if lacks:
        with check("wordpress"):
            raise Skipped(f"no {lacks}")
        return
    trace = folder / "trace"
    trace.touch()
    trace.chmod(0o666)
    watched = shutil.which("strace")
    before = ["strace", "-f", "-qq", "-e", "trace=connect,sendto", "-o", str(trace)] if watched else []
    start = time.monotonic()
    with WordPress(before=before) as site, Hook() as hook:
        took = time.monotonic() - start

        def get(path, known=False, status=200):
            code, headers, body = send(site.url + path, {"Authorization": site.authorization} if known else {})
            same(code, status, f"{path}: status")
            return json.loads(body), headers

        with check("wordpress: it is set up in less than a minute"):
            expect(took < 60, f"it took {took:.0f} s")

        with check("wordpress: it starts without posts, pages, and requests"):
            same((get("/wp-json/wp/v2/posts")[0], get("/wp-json/wp/v2/pages")[0]), ([], []))
            same([each[:3] for each in site.requests()], [("GET", f"/wp-json/wp/v2/{each}", 200) for each in ("posts", "pages")])
            site.clear_requests()
            same(site.requests(), [])

        with check("wordpress: posts, their dates in both forms, terms, and images"):
            image = site.upload("pixel.png", PIXEL, "image/png", alt="One pixel", caption="A caption")
            tag = site.term("Research")
            number = site.post("A “title” & <b>more</b>", "<p>Text</p>", date="2024-07-01T10:00:00", excerpt="Short", slug="a-slug",
                               featured_media=image, tags=[tag])
            value = get(f"/wp-json/wp/v2/posts/{number}?_embed=1")[0]
            same((value["date"], value["date_gmt"]), ("2024-07-01T10:00:00", "2024-07-01T08:00:00"))
            same((value["slug"], value["status"], value["tags"]), ("a-slug", "publish", [tag]))
            same(value["link"], f"{site.url}/2024/07/a-slug/")
            embedded = value["_embedded"]["wp:featuredmedia"][0]
            same(embedded["alt_text"], "One pixel")
            expect("A caption" in embedded["caption"]["rendered"], embedded["caption"])
            status, headers, body = send(embedded["source_url"])
            same((status, headers["content-type"], body), (200, "image/png", PIXEL))
            status, _, body = send(value["link"])
            expect(status == 200 and b"<p>Text</p>" in body, f"the page: {status}")

        with check("wordpress: drafts are hidden from the anonymous, and the deleted are gone"):
            draft = site.post("A draft", "<p>Not yet</p>", status="draft")
            same([each["id"] for each in get("/wp-json/wp/v2/posts")[0]], [number])
            get(f"/wp-json/wp/v2/posts/{draft}", status=401)
            get("/wp-json/wp/v2/posts?status=draft", status=400)
            same([each["id"] for each in get("/wp-json/wp/v2/posts?status=draft", known=True)[0]], [draft])
            binned = site.post("To the bin", "<p>x</p>")
            site.delete(binned, force=False)
            get(f"/wp-json/wp/v2/posts/{binned}", status=401)
            site.delete(binned)
            get(f"/wp-json/wp/v2/posts/{binned}", status=404)

        with check("wordpress: pages of lists"):
            for each in range(6):
                site.post(f"Number {each}", "<p>x</p>", date=f"2024-06-0{each + 1}T00:00:00")
            found, path = [], "/wp-json/wp/v2/posts?per_page=3"
            while path:
                value, headers = get(path)
                found += value
                following = re.search(r'<([^>]*)>; rel="next"', headers.get("link", ""))
                path = following and following[1].removeprefix(site.url)
            same((len(found), len({each["id"] for each in found}), headers["x-wp-total"], headers["x-wp-totalpages"]), (7, 7, "7", "3"))
            many = site.fill(150)
            found = [each["id"] for page in (1, 2) for each in get(f"/wp-json/wp/v2/posts?per_page=100&page={page}&_fields=id")[0]]
            same((len(found), set(many) <= set(found)), (157, True))
            get("/wp-json/wp/v2/posts?per_page=101", status=400)
            get("/wp-json/wp/v2/posts?page=3&per_page=100", status=400)

        with check("wordpress: languages and translations when they are switched on, as of Polylang"):
            expect("lang" not in get(f"/wp-json/wp/v2/posts/{number}")[0], "lang is there before")
            site.languages("en", "fr", "de")
            english = site.post("Hello", "<p>x</p>", lang="en")
            french = site.post("Bonjour", "<p>x</p>", lang="fr", translations={"en": english})
            german = site.post("Hallo", "<p>x</p>", lang="de", translations={"fr": french})
            group = {"de": german, "en": english, "fr": french}
            for lang, each in group.items():
                value = get(f"/wp-json/wp/v2/posts/{each}")[0]
                same((value["lang"], value["translations"]), (lang, group))
                listed = [one["id"] for one in get(f"/wp-json/wp/v2/posts?lang={lang}")[0]]
                expect(each in listed, f"{each} is not among {lang}")
            same([one["id"] for one in get("/wp-json/wp/v2/posts?lang=fr")[0]], [french])
            same(get(f"/wp-json/wp/v2/posts/{number}")[0]["translations"], {"en": number})
            same([each["slug"] for each in get("/wp-json/pll/v1/languages")[0]], ["en", "fr", "de"])
            site.delete(german)
            same(get(f"/wp-json/wp/v2/posts/{english}")[0]["translations"], {"en": english, "fr": french})
            site.languages()
            expect("translations" not in get(f"/wp-json/wp/v2/posts/{number}")[0], "translations is there after")

        with check("wordpress: the webhook arrives when a published post changes, and only then"):
            site.webhook(hook.url, "a-token")
            draft = site.post("Quiet", "<p>x</p>", status="draft")
            first = site.post("Loud", "<p>x</p>")
            site.update(first, title="Louder")
            site.update(draft, status="publish")
            site.update(first, status="draft")
            site.delete(draft)
            expected = [("published", first), ("updated", first), ("published", draft), ("unpublished", first), ("deleted", draft)]
            wait_for("five calls", lambda: len(hook.received) >= 5, 10)
            same([(body["event"], body["id"]) for _, body in hook.received], expected)
            same({token for token, _ in hook.received}, {"Bearer a-token"})
            site.webhook(None)
            site.delete(first)
            time.sleep(0.2)
            same(len(hook.received), 5)

        with check("wordpress: wrong credentials show nothing more"):
            # Public lists may be answered, as to the anonymous; that depends on the version.
            wrong = {"Authorization": basic(site.user, "wrong")}
            site.post("Another draft", "<p>x</p>", status="draft")
            for path in ("users/me", "posts?context=edit", "posts?status=draft"):
                status = send(f"{site.url}/wp-json/wp/v2/{path}", wrong)[0]
                expect(status in (400, 401), f"{path}: {status}")

        with check("wordpress: it calls loopback alone"):
            # Also what an administrator's visit starts: checks for updates.
            site.php("define('WP_ADMIN', true); wp_version_check([], true); wp_update_plugins(); wp_update_themes();")
            elsewhere = [each for each in site.outgoing() if "api.wordpress.org" in each]
            expect(elsewhere, "what WordPress tried was not noted")
            if not watched:
                raise Skipped("strace is not there")

        if watched:
            with check("wordpress: its processes connect to nothing but loopback"):
                lines = [each for each in trace.read_text(errors="replace").splitlines() if "sin" in each]
                far = [each for each in lines if "127.0.0.1" not in each and "::1" not in each and "0.0.0.0" not in each]
                expect(lines, "nothing was traced")
                expect(not far, far[:3])

        folder, groups = site.folder, [each.pid for each in site._processes]
    with check("wordpress: it leaves neither processes nor files"):
        expect(not folder.exists(), f"{folder} is there")
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                state, _, group = stat.read_text(errors="replace").rpartition(") ")[2].split()[:3]
            except OSError:
                continue
            expect(int(group) not in groups or state == "Z", f"process {stat.parent.name} is there")


def rules_checks():
    with check("json:api: the rules of documents find mistakes"):
        one = {"type": "a--b", "id": "1"}
        link = {"self": "http://127.0.0.1/"}
        for good in (
            {"data": None}, {"data": []}, {"data": [{**one, "attributes": {"a_b": 1}}], "links": {"next": None}}, {"meta": {}},
            {"data": {**one, "relationships": {"c": {"data": {"type": "d", "id": "2"}}}}, "included": [{"type": "d", "id": "2"}]},
        ):
            document(good)
        for bad in (
            {}, {"data": None, "errors": [{}]}, {"data": None, "more": 1}, {"included": [], "meta": {}}, {"errors": []},
            {"errors": [{"status": 500}]}, {"data": [{"type": "a"}]}, {"data": [{**one, "id": 1}]}, {"data": [one, one]},
            {"data": [{**one, "title": "x"}]}, {"data": [{**one, "attributes": {"id": 1}}]}, {"data": one, "included": [{**one, "id": "2"}]},
            {"data": [{**one, "attributes": {"c": 1}, "relationships": {"c": {"data": None}}}]}, {"data": [], "links": {"next": 1}},
            {"data": [{**one, "attributes": {"_c": 1}}]}, {"data": [{**one, "relationships": {"c": {}}}]}, {"data": [], "links": [link]},
            {"data": [{**one, "relationships": {"c": {"data": {"type": "d"}}}}]}, {"errors": [{}]},
        ):
            try:
                document(bad)
            except (CheckFailed, TypeError):
                continue
            raise CheckFailed(f"{bad} passed")


def main():
    rules_checks()
    drupal_checks()
    paged_checks()
    with temporary_folder() as folder:
        wordpress_checks(folder)
    finish()


main()
