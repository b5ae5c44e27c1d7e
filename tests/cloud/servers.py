"""Object stores on loopback: moto for S3, azurite for Azure Blob Storage, and a proxy between them and the program that counts
requests and makes faults."""

import base64
import hashlib
import hmac
import http.client
import http.server
import os
import socket
import subprocess
import sys
import threading
import time
from email.utils import formatdate, mktime_tz, parsedate_tz
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.etree import ElementTree

sys.path.append(str(Path(__file__).parents[1] / "server"))

from common import CheckFailed, free_port, wait_for

ACCOUNT = "devstoreaccount1"
# The key that the emulators of Azure have.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

# moto asks for a signature, and does not check it.
UNCHECKED = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"


def request(port, method, path, body=b"", headers=None):
    """Status, headers with names in lower case, body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, body=body or None, headers={"Content-Length": str(len(body)), **(headers or {})})
        response = connection.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    finally:
        connection.close()


class Server:
    """A store in a process of its own."""

    def __init__(self, command, port, ready, cwd):
        self.port = port
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=cwd)

        def answers():
            if self.process.poll() is not None:
                raise CheckFailed(f"{command[0]} ended with {self.process.returncode}")
            try:
                return request(port, "GET", ready)[0] < 500
            except OSError:
                return False

        wait_for(f"{command[0]} answers", answers, 60)

    def stop(self):
        self.process.kill()
        self.process.wait()


class S3:
    """A bucket of moto."""

    name, scheme, metadata = "S3", "s3", "x-amz-meta-cache-tag"

    def __init__(self, folder, before=()):
        port = free_port()
        program = Path(sys.executable).parent / "moto_server"
        self.server = Server([*before, str(program), "-H", "127.0.0.1", "-p", str(port)], port, "/moto-api/", folder)
        self.port = port
        self.count = 0
        self.environment = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}

    def endpoint(self, port=None):
        return f"http://127.0.0.1:{port or self.port}"

    def path(self, bucket, key=""):
        return f"/{bucket}/{quote(key)}"

    def create(self):
        self.count += 1
        bucket = f"bucket-{self.count}"
        self.call("PUT", self.path(bucket), expected=200)
        return bucket

    def call(self, method, path, body=b"", headers=None, expected=None):
        return self.send(method, path, body, {"Authorization": UNCHECKED, **(headers or {})}, expected)

    def send(self, method, path, body, headers, expected):
        answer = request(self.port, method, path, body, headers)
        if expected is not None and answer[0] != expected:
            raise CheckFailed(f"{method} {path}: {answer[0]} {answer[2][:300]}")
        return answer

    def keys(self, bucket):
        keys, token = [], ""
        while True:
            _, _, body = self.call("GET", f"/{bucket}?list-type=2{token}", expected=200)
            tree = ElementTree.fromstring(body)
            space = tree.tag.partition("}")[0] + "}"
            keys += [element.text for element in tree.iter(space + "Key")]
            following = tree.findtext(space + "NextContinuationToken")
            if not following:
                return keys
            token = "&continuation-token=" + quote(following, safe="")

    def get(self, bucket, key):
        return self.call("GET", self.path(bucket, key))

    def put(self, bucket, key, body):
        self.call("PUT", self.path(bucket, key), body, expected=200)

    def delete(self, bucket, key):
        self.call("DELETE", self.path(bucket, key), expected=204)

    def objects(self, bucket):
        """The bytes of every object."""
        return {key: self.get(bucket, key)[2] for key in self.keys(bucket)}

    def stop(self):
        self.server.stop()


class Azure(S3):
    """A container of azurite."""

    name, scheme, metadata = "Azure", "az", "x-ms-meta-cache_tag"

    def __init__(self, folder):
        port = free_port()
        program = Path(__file__).parent / "node_modules/.bin/azurite-blob"
        command = [str(program), "--disableTelemetry", "--skipApiVersionCheck", "--silent", "--inMemoryPersistence"]
        command += ["--blobHost", "127.0.0.1", "--blobPort", str(port)]
        self.server = Server(command, port, "/", folder)
        self.port = port
        self.count = 0
        self.environment = {"AZURE_STORAGE_ACCOUNT_NAME": ACCOUNT, "AZURE_STORAGE_ACCOUNT_KEY": KEY}

    def endpoint(self, port=None):
        return f"http://127.0.0.1:{port or self.port}/{ACCOUNT}"

    def path(self, bucket, key=""):
        return f"/{ACCOUNT}/{bucket}" + (f"/{quote(key)}" if key else "")

    def create(self):
        self.count += 1
        bucket = f"container-{self.count}"
        self.call("PUT", self.path(bucket) + "?restype=container", expected=201)
        return bucket

    def call(self, method, path, body=b"", headers=None, expected=None):
        headers = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": "2021-08-06", **(headers or {})}
        address = urlsplit(path)
        own = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers) if name.startswith("x-ms-"))
        query = "".join(f"\n{name}:{value}" for name, value in sorted(parse_qsl(address.query)))
        length = str(len(body)) if body else ""
        text = f"{method}\n\n\n{length}\n\n{headers.get('Content-Type', '')}\n\n\n\n\n\n\n{own}/{ACCOUNT}{address.path}{query}"
        signature = base64.b64encode(hmac.new(base64.b64decode(KEY), text.encode(), hashlib.sha256).digest()).decode()
        return self.send(method, path, body, {**headers, "Authorization": f"SharedKey {ACCOUNT}:{signature}"}, expected)

    def keys(self, bucket):
        _, _, body = self.call("GET", self.path(bucket) + "?comp=list&restype=container", expected=200)
        return [element.text for element in ElementTree.fromstring(body.lstrip(b"\xef\xbb\xbf")).iter("Name") if element.text]

    def put(self, bucket, key, body):
        self.call("PUT", self.path(bucket, key), body, {"x-ms-blob-type": "BlockBlob"}, expected=201)

    def delete(self, bucket, key):
        self.call("DELETE", self.path(bucket, key), expected=202)


class Proxy:
    """Passes requests on to a store. `fault` may answer instead of it: it gets the method, the path below the bucket and the
    number of the request, and returns `None`, a status with a body, or "cut"; it may wait, too."""

    def __init__(self, store, tls=None):
        self.store, self.requests, self.fault, self.shift, self.lock = store, [], None, 0, threading.Lock()
        self.ignores_conditions = False
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self):
                length = int(self.headers.get("Content-Length") or 0)
                key = unquote(urlsplit(self.path).path.split("/", 3 if store.scheme == "az" else 2)[-1])
                with proxy.lock:
                    number = len(proxy.requests)
                    proxy.requests.append((self.command, key))
                    fault = proxy.fault
                fault = fault(self.command, key, number) if fault else None
                if fault == "cut":
                    self.rfile.read(length // 2)
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                body = self.rfile.read(length)
                if fault and fault != "lose":
                    status, text = fault
                    answer = status, {"content-type": "application/xml", "etag": '"x"'}, text.encode()
                else:
                    dropped = {"content-length"} | ({"if-match", "if-none-match"} if proxy.ignores_conditions else set())
                    headers = {name: value for name, value in self.headers.items() if name.lower() not in dropped}
                    answer = request(store.port, self.command, self.path, body, headers)
                if fault == "lose":
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                status, headers, content = answer
                self.send_response_only(status)
                for name, value in headers.items():
                    if name in ("date", "last-modified"):
                        value = formatdate(mktime_tz(parsedate_tz(value)) + proxy.shift, usegmt=True)
                    if name not in ("content-length", "transfer-encoding", "connection"):
                        self.send_header(name, value)
                is_head = self.command == "HEAD"
                self.send_header("content-length", headers.get("content-length", "0") if is_head else str(len(content)))
                self.end_headers()
                if not is_head:
                    self.wfile.write(content)

            do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = handle_one

            def log_message(self, *_):
                pass

        class HTTPServer(http.server.ThreadingHTTPServer):
            daemon_threads, request_queue_size = True, 128

            def handle_error(self, *_):
                """A client that was killed is none of the proxy's errors."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def counted(self, publish):
        """What a function requests: the methods with their keys."""
        with self.lock:
            self.requests.clear()
        publish()
        with self.lock:
            return list(self.requests)

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
