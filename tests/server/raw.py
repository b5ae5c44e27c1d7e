"""Odd, broken and hostile requests, written to the socket as they stand."""

import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor

from common import CheckFailed, Site, check, finish, temporary_folder

PATH = "/en/all.atom.xml"
HOST = b"Host: news.example.org\r\n"
SECRET = "keep-this-to-yourself"
SECOND = b"GET /fr/all.json HTTP/1.1\r\n" + HOST + b"\r\n"
CLOSED = 0  # in the place of a status: closed without an answer


def get(path=PATH, headers=b"", method="GET", host=HOST, body=b""):
    path = path if isinstance(path, bytes) else path.encode()
    return method.encode() + b" " + path + b" HTTP/1.1\r\n" + host + headers + b"\r\n" + body


def exchange(port, pieces, heads=(), seconds=5):
    """Writes to a fresh connection, and returns what comes until it is closed (and whether it was) or is still after an
    answer. `heads`: which of the answers are to a HEAD."""
    received, answered = bytearray(), None
    end = time.monotonic() + seconds
    with socket.create_connection(("127.0.0.1", port), seconds) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
        except OSError:  # it did not want the rest; it may have answered
            pass
        while True:
            now = time.monotonic()
            if now > end and not answered:
                raise CheckFailed(f"no answer and no close in {seconds} s: {bytes(received)[:200]}")
            if now > end or answered and now > answered + 0.3:
                return bytes(received), False
            connection.settimeout(0.05)
            try:
                more = connection.recv(65536)
            except TimeoutError:
                answered = answered or (parse(bytes(received), heads)[0] and now)
                continue
            except ConnectionError:
                return bytes(received), True
            if not more:
                return bytes(received), True
            received += more
            answered = None


def parse(received, heads=()):
    """The answers in some bytes (status, headers, body), and what is left over."""
    answers = []
    while match := re.match(rb"HTTP/1\.[01] (\d{3})[^\r\n]*\r\n((?:[^\r\n]+\r\n)*)\r\n", received):
        status, rest = int(match[1]), received[match.end():]
        fields = [line.split(b":", 1) for line in match[2].splitlines()]
        headers = {name.decode().lower(): value.strip().decode("latin-1") for name, value in fields}
        if status < 200:
            received = rest
            continue
        length = int(headers.get("content-length", 0))
        if len(answers) in heads or status in (204, 304):
            length = 0
        elif headers.get("transfer-encoding") == "chunked":
            chunked = re.match(rb"(?s)(.*?\r\n)?0\r\n\r\n", rest)
            if not chunked:
                break
            length = chunked.end()
        if len(rest) < length:
            break
        answers.append((status, headers, rest[:length]))
        received = rest[length:]
    return answers, received


def one_answer(port, data, expected, within=5.0, heads=()):
    """The only answer to one request, `None` if the connection was closed instead."""
    started = time.monotonic()
    received, closed = exchange(port, [data], heads)
    seconds = time.monotonic() - started - (0 if closed else 0.35)
    answers, rest = parse(received, heads)
    if SECRET.encode() in received:
        raise CheckFailed(f"a file of the disk: {received[:500]}")
    if rest:
        raise CheckFailed(f"bytes that are no whole answer: {rest[:200]}")
    if len(answers) > 1:
        raise CheckFailed(f"{len(answers)} answers to one request: {[status for status, _, _ in answers]}")
    if seconds > within:
        raise CheckFailed(f"it took {seconds:.1f} s")
    status = answers[0][0] if answers else CLOSED
    if status not in expected:
        raise CheckFailed(f"{status or 'closed'} instead of {' or '.join(str(each or 'closed') for each in sorted(expected))}")
    return answers[0] if answers else None


REFUSED = {400, CLOSED}
TOO_LARGE = {400, 431}
CHUNKED = b"Transfer-Encoding: chunked\r\n"

BROKEN = [
    ("headers of 1 MB", get(headers=b"X-Long: " + b"a" * 1_000_000 + b"\r\n"), TOO_LARGE | {CLOSED}),
    ("1,000 headers", get(headers=b"".join(b"X-%d: 1\r\n" % n for n in range(1000))), TOO_LARGE),
    ("request line of 100 kB", get("/" + "a" * 100_000), {400, 414, 431}),
    ("1 MB without an end of line", b"a" * 1_000_000, TOO_LARGE | {CLOSED}),
    ("a body on GET", get(headers=b"Content-Length: 5\r\n", body=b"hello"), {200, 400, 413}),
    ("a body on GET that does not come", get(headers=b"Content-Length: 50\r\n"), {200, 400, 413}),
    ("a body of 2^64 bytes", get(headers=b"Content-Length: 18446744073709551616\r\n"), REFUSED | {413}),
    ("a length below zero", get(headers=b"Content-Length: -1\r\n"), REFUSED),
    ("a length with a plus", get(headers=b"Content-Length: +5\r\n", body=b"hello"), REFUSED),
    ("two lengths", get(headers=b"Content-Length: 5\r\nContent-Length: 6\r\n", body=b"hello" + SECOND), REFUSED),
    ("two lengths in a list", get(headers=b"Content-Length: 5, 6\r\n", body=b"hello" + SECOND), REFUSED),
    ("length, then chunked", get(headers=b"Content-Length: 5\r\n" + CHUNKED, body=b"0\r\n\r\n" + SECOND), REFUSED),
    ("chunked, then length", get(headers=CHUNKED + b"Content-Length: 5\r\n", body=b"0\r\n\r\n" + SECOND), REFUSED),
    ("length and chunked hide a request", get(headers=b"Content-Length: %d\r\n" % (len(SECOND) + 5) + CHUNKED, body=b"0\r\n\r\n" + SECOND), REFUSED),
    ("a coding that is not chunked", get(headers=b"Transfer-Encoding: cow\r\n", body=b"5\r\nhello\r\n0\r\n\r\n" + SECOND), REFUSED | {501}),
    ("chunked, then a coding", get(headers=b"Transfer-Encoding: chunked, cow\r\n", body=b"0\r\n\r\n" + SECOND), REFUSED | {501}),
    ("chunked nonsense", get(headers=CHUNKED, body=b"nonsense\r\n\r\n" + SECOND), {200, 400, 413, CLOSED}),
    ("a chunk of 2^64 bytes", get(headers=CHUNKED, body=b"10000000000000000\r\na\r\n0\r\n\r\n" + SECOND), {200, 400, 413, CLOSED}),
    ("a chunk that is longer than it says", get(headers=CHUNKED, body=b"1\r\nabc\r\n0\r\n\r\n" + SECOND), {200, 400, 413, CLOSED}),
    ("a chunk without an end", get(headers=CHUNKED, body=b"1\n" + SECOND), {200, 400, 413, CLOSED}),
    ("a request and half of another", get() + get()[:-5], {200}),
    ("bare LF", b"GET " + PATH.encode() + b" HTTP/1.1\nHost: a\n\n", REFUSED),
    ("bare LF between headers", b"GET " + PATH.encode() + b" HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", REFUSED),
    ("bare CR in a header", get(headers=b"X: a\rY: b\r\n"), REFUSED),
    ("NUL in a header", get(headers=b"X: a\0b\r\n"), REFUSED),
    ("NUL in a header's name", get(headers=b"X\0Y: a\r\n"), REFUSED),
    ("a control byte in a header", get(headers=b"X: a\x01b\x7f\r\n"), REFUSED),
    ("a header without a colon", get(headers=b"nonsense\r\n"), REFUSED),
    ("a space before the colon", get(headers=b"Content-Length : 5\r\n", body=b"hello"), REFUSED),
    ("a folded header", get(headers=b"X: a\r\n b\r\n"), {200, 400, CLOSED}),
    ("HTTP/0.9", b"GET " + PATH.encode() + b"\r\n", REFUSED | {505}),
    ("HTTP/0.9 by name", b"GET " + PATH.encode() + b" HTTP/0.9\r\n\r\n", REFUSED | {505}),
    ("HTTP/1.0", b"GET " + PATH.encode() + b" HTTP/1.0\r\n\r\n", {200}),
    ("HTTP/2.0 by name", b"GET " + PATH.encode() + b" HTTP/2.0\r\n" + HOST + b"\r\n", REFUSED | {505}),
    ("HTTP/1.10 and other versions", b"GET " + PATH.encode() + b" HTTP/1.10\r\n" + HOST + b"\r\n", REFUSED | {505}),
    ("the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", REFUSED | {405, 505}),
    ("TLS", bytes.fromhex("16030100a5010000a10303") + b"\x5a" * 200, REFUSED),
    ("random bytes", bytes(range(256)) * 20, REFUSED),
    ("absolute form", get("http://news.example.org" + PATH), {200}),
    ("absolute form, another host", get("http://elsewhere.example:81" + PATH), {200}),
    ("asterisk form of GET", get("*"), {400, 404, 405}),
    ("CONNECT", get("news.example.org:443", method="CONNECT"), {400, 404, 405, 501}),
    ("a method in lower case", get(method="get"), {400, 405, 501}),
    ("a method that is no token", get(method="G@T"), REFUSED | {405, 501}),
    ("empty lines before", b"\r\n\r\n" + get(), {200}),
    ("no Host", get(host=b""), {400}),
    ("two Hosts", get(host=HOST * 2), {400}),
    ("a Host that is none", get(host=b"Host: a b/c@d\r\n"), {400}),
]

PATHS = [
    "/../", "/../tidings.toml", "/../secret.txt", "/%2e%2e/tidings.toml", "/%2e%2e%2fsecret.txt", "/en/../../tidings.toml",
    "/en/%2E%2E/%2E%2E/secret.txt", "/./en/all.atom.xml", "/..;/tidings.toml", "/%252e%252e/tidings.toml", "/%c0%ae%c0%ae/secret.txt",
    "/..%00/secret.txt", "/%00", PATH + "%00", PATH + "%00.html", "/%", "/%2", "/%zz", "/en/%", "//", "//en/all.atom.xml", "/en//all.atom.xml",
    "//elsewhere.example/..", "//elsewhere.example/%2e%2e", "/\\", "/..\\tidings.toml", "/en\\all.atom.xml", "/%5c..%5csecret.txt", "/" + "a/" * 5000,
    "/" + "%2e%2e/" * 500 + "secret.txt", b"/\xff\xfe", b"/en/\xc3\x28", "/%ff%fe", "/en/%C3%28", PATH + ";x", "/en;x/all.atom.xml", PATH + "/", PATH + "%20",
    PATH + ".", "/EN/all.atom.xml", "/en/ALL.atom.xml", "/en/all.ATOM.xml", "/.tidings", "/en/.tidings", "/%2etidings", "/en%2Fall.atom.xml",
    "/%2Fen/all.atom.xml", "/en/all%2Fatom.xml", "/stories/first.toml", "/tidings.toml", "/secret.txt", "/.hidden.toml", "/proc/self/environ",
    "file:///etc/passwd", "en/all.atom.xml", "/en/all.atom.xml.gz", "/metrics", "/status", "/~", "/:", "/en/all.atom.xml%0d%0aX-Injected:%20yes",
]

MANY = 10_000
CODINGS = b"gzip;q=0.1,br;q=0.01,zstd;q=0.001,identity;q=0.9,"
NEVER = b"Accept-Encoding: identity\r\n"
OLD = b"Mon, 01 Jan 2001 00:00:00 GMT"

HEADERS = [
    ("Range", b"Range: bytes=0-9\r\n", {200}),
    ("many Ranges", b"Range: bytes=" + b"0-1," * 1000 + b"\r\n", {200}),
    ("If-Range", b"If-Range: \"wrong\"\r\nRange: bytes=0-9\r\n", {200}),
    ("If-Match with a wrong tag", b"If-Match: \"wrong\"\r\n", {412}),
    ("If-Match with any", b"If-Match: *\r\n", {200}),
    ("If-Unmodified-Since long ago", b"If-Unmodified-Since: " + OLD + b"\r\n", {412}),
    ("If-Unmodified-Since nonsense", b"If-Unmodified-Since: nonsense\r\n", {200}),
    ("If-Modified-Since nonsense", b"If-Modified-Since: Mon, 99 Foo 2001 99:99:99 GMT\r\n", {200}),
    ("If-None-Match nonsense", b"If-None-Match: \"\"\",,W/,\"a\r\n", {200}),
    ("If-None-Match, 5,000 tags", b"If-None-Match: " + b'"a", ' * 5000 + b"\r\n", {200, 400, 431}),
    ("TE", b"TE: trailers, deflate;q=0.5, cow\r\nConnection: TE\r\n", {200}),
    ("Expect: 100-continue without a body", b"Expect: 100-continue\r\n", {200, 417}),
    ("Expect nonsense", b"Expect: nonsense\r\n", {200, 417}),
    ("Upgrade", b"Upgrade: h2c, websocket\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n", {200}),
    ("Accept of what there is not", b"Accept: application/x-nonsense;q=1, ;;;\r\n", {200, 406}),
    ("Accept-Language nonsense", b"Accept-Language: ;q=,,xx-;-q=1\r\n", {200}),
    ("Accept-Language, 10,000 entries", b"Accept-Language: " + b"fr;q=0.1," * MANY + b"\r\n", {200, 400, 431}),
    ("Accept-Encoding nonsense", b"Accept-Encoding: ;;q=,gzip;x;q,=\r\n", {200, 406}),
    ("Accept-Encoding of q=9", b"Accept-Encoding: gzip;q=9\r\n", {200, 406}),
    ("Accept-Encoding of q=NaN and q=1e9", b"Accept-Encoding: br;q=NaN, gzip;q=1e9, zstd;q=-1\r\n", {200, 406}),
    ("Accept-Encoding of nothing", b"Accept-Encoding: identity;q=0, *;q=0\r\n", {200, 406}),
    ("Accept-Encoding, 10,000 entries", b"Accept-Encoding: " + CODINGS * (MANY // 4) + b"\r\n", {200, 400, 431}),
    ("A-IM nonsense", b"A-IM: ;;feed;q=9,,nonsense\r\n", {200}),
    ("Forwarded nonsense", b"Forwarded: for=\"[[[\";;by=,\r\nX-Forwarded-For: nonsense, 1.2.3.4.5.6, \xff\r\n", {200, 400}),
    ("an override of the method", b"X-HTTP-Method-Override: DELETE\r\n", {200}),
    ("an override of the path", b"X-Original-URL: /../secret.txt\r\nX-Rewrite-URL: /secret.txt\r\n", {200}),
]


def all_at_once(table, one):
    """Tries every row, several at a time, and then says how each went."""
    with ThreadPoolExecutor(12) as pool:
        tried = [(row[0], pool.submit(one, *row)) for row in table]
    for name, outcome in tried:
        with check(name):
            outcome.result()


def main():
    with temporary_folder() as folder, Site(folder) as site:
        site.story("first", "First", languages=("en", "fr"))
        site.story("second", "Second", languages=("en", "fr"))
        site.write(".hidden.toml", SECRET)
        site.story("draft", SECRET, more="draft = true\n")
        (folder / "secret.txt").write_text(SECRET)
        site.config.write_text(f"# {SECRET}\n" + site.config.read_text())
        site.start()
        process, whole = site.process, {path: site.get(path)[2] for path in (PATH, "/fr/all.json", "/mul/all.rss.xml")}

        all_at_once(BROKEN, lambda name, data, expected: one_answer(site.port, data, expected))

        def nothing(name, path):
            _, headers, _ = one_answer(site.port, get(path), {400, 404, 414, 431} if len(path) > 3000 else {400, 404})
            if "x-injected" in headers:
                raise CheckFailed("the path became a header")

        all_at_once([(f"path {each[:40]!r}", each) for each in PATHS], nothing)

        def header(name, fields, expected):
            coding = b"" if b"Accept-Encoding" in fields else NEVER
            answer = one_answer(site.port, get(headers=coding + fields), expected, within=1)
            if answer and answer[0] == 200 and "content-encoding" not in answer[1] and answer[2] != whole[PATH]:
                raise CheckFailed(f"200 with {len(answer[2])} bytes instead of {len(whole[PATH])}")

        all_at_once(HEADERS, header)

        def refused(method):
            with_length = get(method=method, headers=b"Content-Length: %d\r\n" % len(SECOND), body=SECOND)
            with_chunks = get(method=method, headers=CHUNKED + b"Expect: 100-continue\r\n", body=b"0\r\n\r\n")
            for data in (get(method=method), with_length, with_chunks):
                status, headers, body = one_answer(site.port, data, {405})
                if [part.strip() for part in headers.get("allow", "").split(",")] != ["GET", "HEAD", "OPTIONS"]:
                    raise CheckFailed(f"405 with Allow: {headers.get('allow')}")
                if b"chunked" in body or SECOND in body:
                    raise CheckFailed(f"the request comes back: {body[:200]}")

        all_at_once([(method,) for method in ("POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "COW")], refused)

        for target in ("*", PATH):
            with check(f"OPTIONS {target}"):
                _, headers, _ = one_answer(site.port, get(target, method="OPTIONS"), {200, 204})
                if "GET" not in headers.get("allow", ""):
                    raise CheckFailed(f"Allow: {headers.get('allow')}")

        with check("HEAD: the headers of GET, and no body"):
            of_head = one_answer(site.port, get(method="HEAD"), {200}, heads=(0,))[1]
            of_get = one_answer(site.port, get(), {200})[1]
            if of_head | {"date": ""} != of_get | {"date": ""}:
                raise CheckFailed(f"{of_head} instead of {of_get}")

        many = list(whole) * 20
        asked = b"".join(get(each, NEVER) for each in many)
        odd = [asked[at:at + 1009] for at in range(0, len(asked), 1009)]
        for name, pieces in (("in one piece", [asked]), ("in odd pieces", odd), ("byte by byte", [bytes([byte]) for byte in asked[:2000]])):
            with check(f"pipelined requests, {name}, are answered in order"):
                received, _ = exchange(site.port, pieces)
                bodies = [body for _, _, body in parse(received)[0]]
                expected = [whole[each] for each in many][:b"".join(pieces).count(b"\r\n\r\n")]
                if bodies != expected:
                    raise CheckFailed(f"{len(bodies)} answers to {len(expected)} requests, or in another order")

        with check("a body on GET is not taken for the next request"):
            data = get(headers=b"Content-Length: %d\r\n" % len(SECOND), body=SECOND) + get("/mul/all.rss.xml", NEVER)
            received, closed = exchange(site.port, [data])
            answers, _ = parse(received)
            statuses = [status for status, _, _ in answers]
            if not (statuses == [200, 200] and answers[1][2] == whole["/mul/all.rss.xml"] or closed and len(statuses) == 1):
                raise CheckFailed(f"{statuses}{', closed' if closed else ''}")

        with check("the server has stood it"):
            if site.process is not process or process.poll() is not None or site.get(PATH)[2] != whole[PATH]:
                raise CheckFailed(f"it is gone or answers otherwise: {site.log_text()[-1000:]}")
            if "panicked" in site.log_text():
                raise CheckFailed(site.log_text()[-1000:])
    finish()


main()
