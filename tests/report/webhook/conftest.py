"""A receiver of webhooks on loopback, written after the Standard Webhooks specification and nothing of ours: it verifies each
request by hand, and answers what a test tells it to."""

import base64
import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


def hmac_sha256(key, message):
    """RFC 2104, by hand."""
    block = key.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(octet ^ 0x36 for octet in block) + message).digest()
    return hashlib.sha256(bytes(octet ^ 0x5C for octet in block) + inner).digest()


def verified(secret, headers, body, now):
    """Whether the specification lets a receiver believe it."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    number, stamp = headers["webhook-id"], headers["webhook-timestamp"]
    if abs(now - int(stamp)) > 300:
        return False
    wanted = base64.b64encode(hmac_sha256(key, f"{number}.{stamp}.".encode() + body)).decode()
    return any(one.partition(",")[::2] == ("v1", wanted) for one in headers["webhook-signature"].split(" "))


class Receiver:
    def __init__(self):
        self.secret = SECRET
        self.requests = []
        """Id, whether it was signed well, the decoded body, and what was answered."""
        self.answers = []
        """Status and headers for the next requests; after that 204."""
        self.stall_after = None
        """From this request on it takes all and answers nothing."""
        self.stalled = threading.Event()
        self.over = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                good = verified(SECRET, self.headers, body, time.time())
                index = len(receiver.requests)
                status, headers = receiver.answers.pop(0) if receiver.answers else (204, {})
                receiver.requests.append((self.headers["webhook-id"], good, json.loads(body), status))
                if receiver.stall_after is not None and index >= receiver.stall_after:
                    receiver.stalled.set()
                    receiver.over.wait(60)
                    self.close_connection = True
                    return
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self):
                receiver.requests.append(("GET", False, {}, 200))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"

    def wrap(self, context):
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    @property
    def ids(self):
        """Of what was accepted."""
        return [number for number, _, _, status in self.requests if 200 <= status < 300]

    def findings(self):
        """What a receiver that knows ids has taken in."""
        bodies = {number: body for number, _, body, status in self.requests if 200 <= status < 300}
        return [line for body in bodies.values() for line in body["data"]["findings"]]

    def close(self):
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.close()
