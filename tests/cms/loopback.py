"""What the stand-ins of CMSs share: a threaded server on a free port of loopback, its log of requests, and its faults."""

import base64
import gzip
import socket
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote


class Request(NamedTuple):
    """A request that was received."""

    method: str
    path: str  # with the query, as it was sent
    status: int  # 0 for a connection that was closed without an answer
    authenticated: bool  # it had an Authorization header, be it a wrong one


@dataclass
class Asked:
    """A request as the server has to answer it."""

    method: str
    target: str
    headers: dict
    body: bytes

    @property
    def path(self):
        return unquote(self.target.partition("?")[0])

    @property
    def query(self):
        """The names and values of the query, in order."""
        return parse_qsl(self.target.partition("?")[2], keep_blank_values=True)


@dataclass
class Answer:
    status: int = 200
    headers: dict = field(default_factory=dict)
    body: bytes = b""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def basic(user, password):
    """The value of an Authorization header."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


class Server:
    """A server in threads of this process, from `with` on. A subclass has `answer`, from `Asked` to `Answer`."""

    def __init__(self, compress=False):
        self.compress = compress  # answers are sent with gzip to clients that take it
        self._log, self._faults = [], []
        self._guard = threading.RLock()

    def __enter__(self):
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            timeout = 60

            def handle_any(self):
                outer._handle(self)

            do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = handle_any

            def log_message(self, *_):
                pass

        class Threads(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, *_):
                pass  # a client that went away

        self._server = Threads(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def answer(self, asked):
        raise NotImplementedError

    def requests(self):
        """The requests that were received since the start or `clear_requests`."""
        with self._guard:
            return list(self._log)

    def clear_requests(self):
        with self._guard:
            self._log.clear()

    def fault(self, kind, times=None, match="", after=0, **options):
        """Has the next answers go wrong: `times` of them, or all until `clear_faults`.

        `match` is a text that the path with its query contains; `after` so many matching requests are answered well first.

        - `slow`: the answer starts after `seconds`; `trickle`: its body comes in pieces, spread over `seconds`
        - `status`: an answer of that `status`, 500 otherwise, with Retry-After where `retry_after` is given
        - `cut`: the connection is closed after half of the body; `close`: without any answer
        - `html`: a page with status 200; `garbled`: half of the body as if it were all; `endless`: a body without an end
        """
        kinds = ("slow", "trickle", "status", "cut", "close", "html", "garbled", "endless")
        if kind not in kinds:
            raise ValueError(f"{kind} is none of {kinds}")
        with self._guard:
            self._faults.append({"kind": kind, "times": times, "match": match, "after": after, **options})

    def clear_faults(self):
        with self._guard:
            self._faults.clear()

    def _fault_of(self, target):
        with self._guard:
            for fault in self._faults:
                if fault["match"] not in target and fault["match"] not in unquote(target):
                    continue
                if fault["after"]:
                    fault["after"] -= 1
                    continue
                if fault["times"] is not None:
                    fault["times"] -= 1
                    if fault["times"] <= 0:
                        self._faults.remove(fault)
                return fault
        return {}

    def error(self, status, detail, asked, headers=None):
        """The answer of an error; a subclass has its own form."""
        return Answer(status, {"Content-Type": "text/plain", **(headers or {})}, detail.encode())

    def _handle(self, handler):
        length = int(handler.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in handler.headers.items()}
        asked = Asked(handler.command, handler.path, headers, handler.rfile.read(length))
        fault = self._fault_of(asked.target)
        kind = fault.get("kind")
        if kind == "slow":
            time.sleep(fault.get("seconds", 1))
        if kind == "close":
            self._note(asked, 0)
            handler.close_connection = True
            return
        if kind == "status":
            retry = fault.get("retry_after")
            more = {} if retry is None else {"Retry-After": str(retry)}
            answer = self.error(fault.get("status", 500), "A fault of the test.", asked, more)
        elif kind == "html":
            answer = Answer(200, {"Content-Type": "text/html; charset=UTF-8"}, b"<!doctype html><title>Maintenance</title>")
        else:
            try:
                answer = self.answer(asked)
            except Exception as why:  # a mistake of the stand-in: it has to be seen, not taken for an answer
                answer = Answer(599, {"Content-Type": "text/plain"}, f"{type(why).__name__}: {why}".encode())
        body = answer.body
        if kind == "garbled":
            body = body[: len(body) // 2]
        # A header without a value is none.
        given = {name: value for name, value in answer.headers.items() if value is not None}
        if self.compress and body and "gzip" in headers.get("accept-encoding", "") and kind != "garbled":
            body = gzip.compress(body, 1)
            given |= {"Content-Encoding": "gzip", "Vary": ", ".join(filter(None, [given.get("Vary"), "Accept-Encoding"]))}
        self._note(asked, answer.status)
        handler.send_response(answer.status)
        for name, value in given.items():
            handler.send_header(name, value)
        if kind == "endless":
            handler.send_header("Connection", "close")
            handler.close_connection = True
        elif answer.status not in (204, 304):
            handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        if asked.method == "HEAD" or answer.status in (204, 304):
            return
        if kind == "endless":
            handler.wfile.write(body.rstrip()[:-1] + b' ,"more":"')
            try:
                while not fault.get("stopped"):
                    handler.wfile.write(b"x" * 65536)
                    time.sleep(fault.get("every", 0.001))
            except OSError:
                return
        elif kind == "trickle":
            size = max(1, len(body) // 20)
            for start in range(0, len(body), size):
                handler.wfile.write(body[start : start + size])
                time.sleep(fault.get("seconds", 1) / 20)
        elif kind == "cut":
            handler.wfile.write(body[: len(body) // 2])
            handler.close_connection = True
        else:
            handler.wfile.write(body)

    def _note(self, asked, status):
        with self._guard:
            self._log.append(Request(asked.method, asked.target, status, "authorization" in asked.headers))
