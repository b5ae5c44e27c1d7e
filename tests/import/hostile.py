"""Sources made to break an importer, in bounded memory and time.

usage: hostile.py TIDINGS

Each is imported by the real program. It must end within SECONDS, use no more than MEGABYTES, not panic, and either import the
entries or explain in a message why not.
"""

import gzip
import http.server
import socketserver
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "server"))

from common import TIDINGS, CheckFailed, check, finish, run, temporary_folder, write_files

SECONDS = 60
MEGABYTES = 400
CONFIG = """
[site]
base_url = "https://news.example.org/"
authority = "news.example.org,2014"
title = "N"
[languages.en]
title = "N"
[languages.ru]
title = "Н"
"""


def rss(items, head="", declaration='<?xml version="1.0"?>'):
    return f"{declaration}{head}<rss version='2.0'><channel><title>T</title>{items}</channel></rss>"


def item(title, more=""):
    return f"<item><title>{title}</title><pubDate>Mon, 06 Sep 2010 00:01:00 +0000</pubDate>{more}</item>"


def import_source(folder, source, arguments):
    """Imports a source: exit status, all output, the texts of the store, and the memory in MB."""
    command = ["/usr/bin/time", "-f", "%M", "-o", folder / "memory", TIDINGS, "import", source, "--into", "stories", *arguments]
    with open(folder / "stdin" if source == "-" else "/dev/null", "rb") as stdin:
        done = run(*command, cwd=folder, stdin=stdin, timeout=SECONDS, succeeds=False)
    memory = int((folder / "memory").read_text().split()[-1]) // 1024
    stories = "".join(path.read_text() for path in (folder / "stories").rglob("*.toml"))
    return done.returncode, done.stderr + done.stdout, stories, memory


def fault(name, write, status, message="", stored="", never="", source="source", arguments=()):
    """`write` gets the path of the source, or of a folder for it, and creates it."""
    with check(name), temporary_folder() as folder:
        write_files(folder, {"tidings.toml": CONFIG})
        write(folder / ("stdin" if source == "-" else "source"))
        try:
            got, output, stories, memory = import_source(folder, source, arguments)
        except subprocess.TimeoutExpired:
            raise CheckFailed(f"not done after {SECONDS} s") from None
        errors = [
            got != status and f"status {got}, not {status}",
            "panicked" in output and "it panicked",
            message not in output and f"`{message}` is not in the output",
            stored not in stories and f"`{stored[:60]}` is not stored",
            bool(never) and never in stories and f"`{never}` is stored",
            memory > MEGABYTES and f"{memory} MB of memory",
        ]
        if any(errors):
            raise CheckFailed(f"{'; '.join(error for error in errors if error)}\n{output[:600]}")


def text(content, encoding="utf-8"):
    return lambda path: path.write_bytes(content.encode(encoding) if isinstance(content, str) else content)


def endless(start, piece, count, end=""):
    def write(path):
        with open(path, "wb") as out:
            out.write(start.encode())
            for _ in range(count):
                out.write(piece)
            out.write(end.encode())
    return write


def tree(files):
    return lambda path: write_files(path, files)


def laughs(levels):
    entities = "".join(f"<!ENTITY l{n} \"{f'&l{n - 1};' * 10 if n else 'ha'}\">" for n in range(levels))
    return f"<!DOCTYPE rss [{entities}]>"


MEGABYTE = b"x" * (1 << 20)

# XML.
fault("billion laughs", text(rss(item(f"&l9;") + item("Second"), laughs(10))), 0, stored="Second")
fault("quadratic blow-up", text(rss(item("&a;" * 100_000) + item("Second"), f"<!DOCTYPE rss [<!ENTITY a '{'x' * 100_000}'>]>")), 0, stored="Second")
with tempfile.NamedTemporaryFile("w", suffix=".txt") as secret:
    secret.write("the secret of this machine")
    secret.flush()
    external = f"<!DOCTYPE rss [<!ENTITY e SYSTEM 'file://{secret.name}'><!ENTITY % p SYSTEM 'http://127.0.0.1:9/'>%p;]>"
    fault("external entities", text(rss(item("Read &e;"), external)), 0, stored="Read", never="secret of this")
fault("a million open elements", text(rss("<item>" + "<a>" * 1_000_000)), 1)
fault("a million elements in a body", text(rss(item("T", f"<description><![CDATA[{'<div>' * 1_000_000}]]></description>") + item("Second"))), 0, stored="Second")
fault("endless formatting in a body", text(rss(item("T", "<description><![CDATA[" + "".join(f"<font size={n}><p>" for n in range(50_000)) + "]]></description>"))), 0, stored="T")
fault("a hundred thousand attributes", text(rss(item("T", f"<link {' '.join(f'a{n}=1' for n in range(100_000))}/>"))), 0, stored="T")
fault("1 GB of one line, as RSS", endless("<rss><channel><item><title>", MEGABYTE, 1024), 1, message="longer than 64 MB")
fault("1 GB of one tag", endless("<rss><channel><item a='", MEGABYTE, 1024), 1)
fault("1 GB of one comment", endless("<rss><channel><!-- ", MEGABYTE, 1024), 1)
fault("1 GB of white space", endless("<rss><channel>", b" " * (1 << 20), 1024, item("Last") + "</channel></rss>"), 1, message="longer than 64 MB")
fault("1 GB on standard input", endless("<rss><channel><item><title>", MEGABYTE, 1024), 1, message="longer than 64 MB", source="-")

# JSON.
fault("1 GB of one line, as JSON", endless('{"version":"https://jsonfeed.org/version/1.1","items":[{"id":"', MEGABYTE, 1024), 1, message="longer than 64 MB")
fault("a million open arrays", text('{"version":"https://jsonfeed.org/version/1.1","items":[{"id":"1","x":' + "[" * 1_000_000), 1)

# Wrong encodings.
lie = "<?xml version='1.0' encoding='{}'?>"
fault("UTF-16 that says it is UTF-8", text(rss(item("Снег лежит на горах"), declaration=lie.format("utf-8")), "utf-16"), 0, stored="Снег лежит на горах")
fault("UTF-16 without a mark", text(rss(item("Снег лежит на горах"), declaration=lie.format("utf-8")), "utf-16-be"), 0, stored="Снег лежит на горах")
fault("UTF-8 that says it is UTF-16", text(rss(item("Снег лежит на горах"), declaration=lie.format("utf-16"))), 0, stored="Снег лежит на горах")
fault("windows-1251 that says so", text(rss(item("Снег лежит на горах"), declaration=lie.format("windows-1251")), "cp1251"), 0, stored="Снег лежит на горах")
fault("an encoding that nobody knows", text(rss(item("Снег лежит на горах"), declaration=lie.format("klingon"))), 0, stored="Снег лежит на горах")
fault("bytes of nothing", text(bytes(range(256)) * 4096), 1)

# Listings and pages.
fault("1 GB of one line, as a listing", endless("• 16/04/2015\n", MEGABYTE, 1024), 1, message="64 MB")
fault("1 GB of HTML", endless("<!doctype html><article><h1>", MEGABYTE, 1024), 1, message="64 MB")
fault("a page with a million open elements", text("<!doctype html><article><h1>T</h1>" + "<div>" * 1_000_000), 1, message="nested")

# Markdown.
yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12))
post = lambda front, body: {"p.md": f"---\n{front}\n---\n{body}", "q.md": "---\ntitle: Second\ndate: 2015-04-16\n---\nText.\n"}
front = "title: T\ndate: 2015-04-16"
fault("anchors that multiply", tree(post(f"{front}\n{yaml}", "Text.")), 0, stored="Second", arguments=["--from", "markdown"])
fault("front matter without end", tree({**post(front, ""), "p.md": f"---\n{front}\n" + "a: b\n" * 200_000}), 1, stored="Second")
fault("flow lists a hundred thousand deep", tree(post(f"{front}\nx: {'[' * 100_000}", "Text.")), 0, stored="Second")
fault("quotes a hundred thousand deep", tree(post(front, ">" * 100_000 + " T")), 0, stored="Second")
fault("lists a hundred thousand deep", tree(post(front, "- " * 100_000 + " T")), 0, stored="Second")
fault("brackets a hundred thousand deep", tree(post(front, "[" * 100_000 + "T" + "](a)" * 100_000)), 0, stored="Second")
fault("shortcodes a hundred thousand deep", tree({"hugo.toml": "baseURL='https://www.example.org/'", "content/p.md": f"---\n{front}\n---\n" + "{{< a >}}" * 100_000, "content/q.md": "---\ntitle: Second\ndate: 2015-04-16\n---\nText.\n"}), 0, stored="Second")
fault("a post of 100 MB", lambda path: (tree(post(front, ""))(path), endless("---\ntitle: T\n---\n", MEGABYTE, 100)(path / "p.md")), 1, message="too large", stored="Second")

# WordPress.
wxr = '<?xml version="1.0"?><rss xmlns:wp="http://wordpress.org/export/1.2/" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>{}</channel></rss>'
entry = lambda body: wxr.format(f"<item><title>T</title><wp:post_type>post</wp:post_type><wp:status>publish</wp:status><wp:post_date>2015-04-16 00:00:00</wp:post_date><content:encoded><![CDATA[{body}]]></content:encoded></item>")
fault("captions a hundred thousand deep", text(entry("[caption]" * 100_000)), 0, stored="T")
fault("ten million blank lines", text(entry("a\n\n" * 3_000_000)), 0, stored="T")
fault("a million comments of blocks", text(entry("<!-- wp:x -->" * 1_000_000)), 0, stored="T")


class Bombs(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        if self.path == "/gzip":
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        try:
            if self.path == "/endless":
                self.wfile.write(b"<rss><channel>")
                while True:
                    self.wfile.write(b" " * (1 << 20))
            if self.path == "/gzip":
                self.wfile.write(BOMB)
            if self.path == "/cut":
                self.wfile.write(rss(item("Whole") + "<item><title>Half").split("</channel>")[0].encode())
        except OSError:
            pass

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True


BOMB = gzip.compress(bytes(1 << 30), 1)
with Server(("127.0.0.1", 0), Bombs) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    at = f"http://127.0.0.1:{server.server_port}"
    nothing = lambda path: None
    fault("an answer without end", nothing, 1, message="longer than 256 MB", source=f"{at}/endless")
    fault("a bomb of gzip over HTTP", nothing, 1, message="compressed", source=f"{at}/gzip")
    fault("half an entry over HTTP", nothing, 1, stored="Whole", source=f"{at}/cut")
    server.shutdown()
fault("a bomb of gzip", text(BOMB), 1, message="compressed")

finish()
