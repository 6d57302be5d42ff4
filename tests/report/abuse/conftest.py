"""An RDAP service on loopback, lists of registries and all, which answers what a test puts there; nobody else is ever asked."""

import json
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address, ip_network
from types import SimpleNamespace

import pytest

from openletter.report.abuse.contact_cache import ContactCache
from openletter.report.abuse.looking_up import LookUp
from openletter.report.abuse.registries import registries

NOW = 1_795_478_400.0


def card(*mails, name="Abuse desk"):
    lines = [["version", {}, "text", "4.0"], ["fn", {}, "text", name], ["kind", {}, "text", "group"]]
    return ["vcard", [*lines, *(["email", {"type": "work"}, "text", mail] for mail in mails)]]


def entity(*roles, mails=(), inside=(), handle="E1-ZZ"):
    return {
        "objectClassName": "entity",
        "handle": handle,
        "roles": list(roles),
        "vcardArray": card(*mails),
        "entities": list(inside),
    }


def network(cidr, *entities, **more):
    net = ip_network(cidr)
    return {
        "rdapConformance": ["rdap_level_0", "cidr0"],
        "objectClassName": "ip network",
        "handle": f"NET-{net.network_address}",
        "name": "EXAMPLE-NET",
        "country": "NL",
        "ipVersion": f"v{net.version}",
        "startAddress": str(net.network_address),
        "endAddress": str(net.broadcast_address),
        "cidr0_cidrs": [{f"v{net.version}prefix": str(net.network_address), "length": net.prefixlen}],
        "entities": list(entities),
        "links": [{"rel": "self", "href": "https://rdap.alt/"}],
        "events": [{"eventAction": "registration", "eventDate": "2020-01-01T00:00:00Z"}],
        "remarks": [{"title": "remarks", "description": ["complaints to abuse@example"]}],
        **more,
    }


class Registry:
    """Several registries are several names of one server: ``/rdap-a/``, ``/rdap-b/``; or several servers."""

    def __init__(self):
        self.asked = []
        """Paths, in their order."""
        self.networks = []
        """Answers; the smallest that holds an address is given."""
        self.special = {}
        """What is answered for an address instead: (status, headers, octets), one after the other, the last for good."""
        self.questioned = threading.Event()
        """Set by the second question about an address: by then what was answered to the first is kept."""
        self.lists = None
        registry = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                registry.asked.append(self.path)
                if len(registry.questions) == 2:
                    registry.questioned.set()
                status, headers, octets = registry.answer(self.path)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(octets)))
                self.end_headers()
                with suppress(OSError):
                    self.wfile.write(octets)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        self.list_for(self.url + "rdap/")

    def list_for(self, url):
        """All public addresses are this one's."""

        def services(*prefixes):
            return json.dumps({"version": "1.0", "services": [[list(prefixes), [url]]]}).encode()

        self.lists = {
            "/lists/asn.json": services("1-4294967294"),
            "/lists/dns.json": services("alt"),
            "/lists/ipv4.json": services(*(f"{n}.0.0.0/8" for n in range(1, 224) if n not in (10, 127))),
            "/lists/ipv6.json": services("2000::/3"),
            "/lists/object-tags.json": json.dumps(
                {"version": "1.0", "services": [[["x@example.org"], ["ZZ"], [url]]]}
            ).encode(),
        }

    @property
    def source(self):
        return self.url + "lists/"

    @property
    def questions(self):
        """Addresses that were asked about."""
        return [path.rpartition("/")[2] for path in self.asked if "/ip/" in path]

    def answer(self, path):
        if path in self.lists:
            return 200, {}, self.lists[path]
        text = path.rpartition("/")[2]
        if text in self.special:
            answers = self.special[text]
            status, headers, octets = answers.pop(0) if len(answers) > 1 else answers[0]
            return status, headers, octets if isinstance(octets, bytes) else json.dumps(octets).encode()
        found = [one for one in self.networks if self.holds(one, text)]
        if not found:
            return 404, {}, b'{"errorCode": 404, "title": "Not Found"}'
        smallest = max(found, key=lambda one: one["cidr0_cidrs"][0]["length"])
        return 200, {"Content-Type": "application/rdap+json"}, json.dumps(smallest).encode()

    @staticmethod
    def holds(one, text):
        first, last, asked = map(ip_address, (one["startAddress"], one["endAddress"], text))
        return first.version == asked.version and first <= asked <= last

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


@pytest.fixture
def registry():
    made = Registry()
    yield made
    made.close()


class Clock:
    """Time that goes by only where somebody waits."""

    def __init__(self):
        self.now = NOW
        self.slept = []

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def cache(tmp_path):
    with ContactCache(tmp_path) as made:
        yield made


@pytest.fixture
def look(registry, cache, clock):
    def run(*ips, rate=600.0, **more):
        lists = registries(cache, registry.source, clock.now)
        looking = LookUp(cache, lists, rate=rate, timeout=2.0, clock=clock, sleep=clock.sleep, **more).run(
            ips
        )
        return looking, {ip: found and found.network for ip in ips for found in [cache.find(ip, clock.now)]}

    return run


@pytest.fixture
def rdap():
    """What answers are made of."""
    return SimpleNamespace(network=network, entity=entity, card=card)


@pytest.fixture
def bootstrap(registry, cache):
    return registries(cache, registry.source, NOW).bootstrap
