"""A hub on loopback that records pings, and responds as a check wants it to."""

import socketserver
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs

from common import CheckFailed, free_port, wait_for

FEEDS = (".atom.xml", ".rss.xml", ".json")
QUIET = 1.5  # seconds without a ping, after which none is expected


class Hub:
    """A hub that requests each topic at its ping. It can be closed, respond with 503, hang, redirect, or reject topics."""

    def __init__(self):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        self.site, self.server, self.mode = None, None, "open"
        self.released = threading.Event()
        self.forget()
        self.open()

    def forget(self):
        self.pings = []  # each topic, and its body at that time
        self.rejected, self.rejections, self.unavailable, self.hanging, self.malformed = set(), [], 0, 0, []

    def open(self):
        handler = type("Handler", (Handler,), {"hub": self})
        self.server = Server(("127.0.0.1", self.port), handler)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def counts(self):
        if self.malformed:
            raise CheckFailed(self.malformed[0])
        return Counter(topic for topic, _ in self.pings)

    def release(self):
        """Releases the hanging requests, and responds again."""
        self.mode = "open"
        self.released.set()

    def wait_for_topics(self, topics, seconds):
        """Waits for a ping of each topic, and a while longer."""
        try:
            wait_for("all pings", lambda: set(topics) <= set(self.counts()), seconds)
        except CheckFailed:
            raise CheckFailed(f"after {seconds} s no ping of {sorted(set(topics) - set(self.counts()))}") from None
        time.sleep(QUIET)

    def assert_notified(self, topics, now=None, once=True):
        """Pings of these topics and no other came, and each topic was served as it is now."""
        counts = self.counts()
        if set(counts) != set(topics):
            raise CheckFailed(f"needless pings: {sorted(set(counts) - set(topics))}, no pings: {sorted(set(topics) - set(counts))}")
        if once and max(counts.values(), default=0) > 1:
            raise CheckFailed(f"repeated pings: {[topic for topic, count in counts.items() if count > 1]}")
        for topic, body in dict(self.pings).items():
            if now and body != now[topic]:
                raise CheckFailed(f"{topic} was not yet served as it is now at its ping")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 100


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        hub, kind = self.hub, self.headers.get_content_type()
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        if hub.mode == "hanging":
            hub.hanging += 1
            hub.released.wait(120)
            self.close_connection = True
            return
        if hub.mode == "turning away":
            hub.unavailable += 1
            return self.answer(503)
        if kind != "application/x-www-form-urlencoded" or form.get("hub.mode") != ["publish"] or not form.get("hub.url") or form.get("hub.topic") != form.get("hub.url"):
            hub.malformed.append(f"the hub was sent {kind}: {form}")
            return self.answer(400)
        if hub.mode == "moved" and self.path == "/":
            return self.answer(301)
        if hub.rejected & set(form["hub.url"]):
            hub.rejections.extend(form["hub.url"])
            return self.answer(404)
        running = hub.site and hub.site.process and hub.site.process.poll() is None
        for topic in form["hub.url"]:
            hub.pings.append((topic, hub.site.get(path_of(hub.site, topic))[2] if running else None))
        self.answer(202)

    def do_GET(self):
        self.answer(200)

    def answer(self, status):
        self.send_response(status)
        if status == 301:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def path_of(site, topic):
    return topic.removeprefix(f"http://127.0.0.1:{site.port}")
