"""The programs that people have, as they are, ask a running server.

What a user loses when these fail: a collector that ran against the Foundation's server does not run against this one.
"""

import csv
import hashlib
import hmac
import http.client
import io
import json
import os
import socketserver
import ssl
import subprocess
import threading
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

PYTHON = Path(__file__).parents[3] / ".venv-intelmq" / "bin" / "python"
CLIENTS = Path(__file__).parent / "clients"
SCHEMA = Path(__file__).parents[2] / "report" / "fixtures" / "shadowserver-intelmq.json"
METHODS, DOWNLOADS = "transform.shadowserver.org", "dl.shadowserver.org"

needs_clients = pytest.mark.skipif(
    not PYTHON.exists(),
    reason="NOT TESTED AGAINST shadowserver-api AND IntelMQ: there is no .venv-intelmq; sh tools/setup.sh makes it",
)


@pytest.fixture(scope="module")
def server(owners, running):
    with running("--store", str(owners.root)) as (address, _):
        yield address


def _certificate(folder):
    """For the two names of the Foundation that the clients have in them; for this test's processes alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.DNSName(METHODS), x509.DNSName(DOWNLOADS)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(
        made.public_bytes(Encoding.PEM) + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return path


@pytest.fixture(scope="module")
def in_their_place(server, tmp_path_factory):
    """The environment in which a program finds the server where it looks for the Foundation's: what an operator does with names
    and a proxy, a proxy alone does here."""
    certificate = _certificate(tmp_path_factory.mktemp("tls"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    here = urlsplit(server)

    class Proxy(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_CONNECT(self):
            self.named = self.path.partition(":")[0]
            self.send_response(200)
            self.end_headers()
            # Also to who asks by HTTP/1.0, as urllib3 does.
            self.close_connection = False
            self.connection = context.wrap_socket(self.connection, server_side=True)
            self.rfile = self.connection.makefile("rb")
            self.wfile = self.connection.makefile("wb", buffering=0)

        def _pass_on(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            path = f"/dl{self.path}" if self.named == DOWNLOADS else self.path
            connection = http.client.HTTPConnection(here.hostname, here.port, timeout=30)
            headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
            connection.request(self.command, path, body or None, headers)
            answer = connection.getresponse()
            octets = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("content-length", "connection", "transfer-encoding", "date"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(octets)))
            self.end_headers()
            self.wfile.write(octets)
            connection.close()

        def do_GET(self):
            self._pass_on()

        def do_POST(self):
            self._pass_on()

        def finish(self):
            super().finish()
            self.rfile.close()
            self.connection.close()

        def log_message(self, *_):
            pass

    proxy = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Proxy)
    proxy.daemon_threads = True
    serving = threading.Thread(target=proxy.serve_forever, daemon=True)
    serving.start()
    yield {
        **{name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")},
        "HTTPS_PROXY": f"http://127.0.0.1:{proxy.server_address[1]}",
        "SSL_CERT_FILE": str(certificate),
        "REQUESTS_CA_BUNDLE": str(certificate),
    }
    proxy.shutdown()
    proxy.server_close()
    serving.join(10)


def _drive(base, key, calls, environment=None, secret=""):
    done = subprocess.run(
        [PYTHON, CLIENTS / "drive_shadowserver_api.py", base, key.key, secret or key.secret],
        input="".join(json.dumps(call) + "\n" for call in calls),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=environment,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


@needs_clients
def test_shadowserver_api_has_every_method_answered(owners, in_their_place):
    """At the Foundation's own addresses, by TLS: nothing of the package is changed or even configured."""
    before, today = owners.days
    first, *found = _drive(
        f"https://{METHODS}/api2/",
        owners.alpha,
        [
            ["api_reports_list", [], {}],
            ["api_test_ping", [], {}],
            ["api_key_info", [], {}],
            ["api_reports_subscribed", [], {}],
            ["api_reports_types", [], {}],
            ["api_reports_list", [["alpha"], before, "now", "scan_pop3_vulnerable", 5], {}],
            ["api_reports_query", [{"ip": "192.0.2.0/24"}], {"start_date": "now", "limit": 10}],
            ["api_reports_query", [{"geo": "NL"}], {"facet": "port", "sort": "descending"}],
            ["api_reports_stats", [], {"start_date": before, "end_date": "now"}],
            ["api_reports_device_info", [{"ip": "192.0.2.1"}], {}],
            ["api_reports_schema", ["scan_imap"], {}],
        ],
        in_their_place,
    )
    assert all("answer" in one for one in (first, *found)), found
    ping, info, lists, types, listed, rows, facet, stats, devices, schema = (one["answer"] for one in found)
    assert datetime.strptime(ping["pong"], "%Y-%m-%d %H:%M:%S")
    assert info["report"] == "alpha"
    assert lists == ["alpha"]
    assert {one["type"] for one in first["answer"]} <= set(types)
    assert [one["timestamp"] for one in listed] == [today, before]
    # Pages of ten, until there are none: each row once.
    assert len(rows) == len({(row["ip"], row["port"]) for row in rows}) == 24
    assert {row["timestamp"][:10] for row in rows} == {today}
    assert facet == [{"port": 110, "count": 24}, {"port": 143, "count": 24}]
    assert sum(int(count) for _, _, count in stats) == 2 * 48
    assert {row["ip"] for row in devices["devices"]} == {"192.0.2.1"}
    assert len(schema["properties"]) == 60

    (report,) = _drive(
        f"https://{METHODS}/api2/",
        owners.alpha,
        [["api_reports_download", [listed[0]["id"]], {}]],
        in_their_place,
    )
    kept = owners.root / "reports" / listed[0]["file"]
    assert report["answer"] == list(csv.DictReader(io.StringIO(kept.read_text("utf-8"))))


@needs_clients
def test_shadowserver_api_says_what_is_wrong(owners, server):
    """Whoever points it to the wrong place, or mistypes a secret, reads why."""
    (found,) = _drive(f"{server}api2/", owners.alpha, [["api_test_ping", [], {}]], secret="wrong")
    assert found["error"] == "InvalidRequest"
    assert "HMAC2" in found["said"]
    for base in (server, f"{server}api2", f"{server}api/", server.rstrip("/") + "/wrong/"):
        (found,) = _drive(base, owners.alpha, [["api_test_ping", [], {}]])
        assert found["error"] == "InvalidRequest", base
        assert f"{server}api2/" in found["said"], base
    (found,) = _drive(f"{server}api2/", owners.alpha, [["api_reports_schema", ["scan_ftp"], {}]])
    assert "scan_imap" in found["said"]


@needs_clients
def test_intelmq_collects_and_its_parser_reads(owners, in_their_place, tmp_path):
    out = tmp_path / "collected.json"
    done = subprocess.run(
        [
            PYTHON,
            CLIENTS / "collect_with_intelmq.py",
            SCHEMA,
            owners.alpha.key,
            owners.alpha.secret,
            out,
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
        env=in_their_place,
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    found = json.loads(out.read_text())
    on_disk = sorted(path.name for path in (owners.root / "reports").glob("*-alpha-*.csv"))
    assert sorted(found["files"]) == on_disk
    assert len(on_disk) == 8
    assert found["again"] == 0
    assert found["errors"] == []
    rows = {
        (row["ip"], int(row["port"]), row["timestamp"])
        for name in on_disk
        for row in csv.DictReader(io.StringIO((owners.root / "reports" / name).read_text("utf-8")))
    }
    events = {
        (one["source.ip"], one["source.port"], one["time.source"][:19].replace("T", " "))
        for one in found["events"]
    }
    assert events == rows
    assert len(found["events"]) == 96


class CallApi:
    """The wire format of the Foundation's own programs: JSON in Latin-1; urllib adds a form's content type by itself."""

    def __init__(self, uri, key):
        self.uri, self.key = uri, key

    def call(self, method, request):
        octets = bytes(json.dumps({**request, "apikey": self.key.key}), "latin-1")
        signature = hmac.new(bytes(self.key.secret, "latin-1"), octets, hashlib.sha256).hexdigest()
        asked = urllib.request.Request(self.uri + method, data=octets, headers={"HMAC2": signature})
        with urllib.request.urlopen(asked, timeout=45) as answer:
            return json.loads(answer.read())


def test_the_wire_format_of_call_api_is_understood(owners, server):
    caller = CallApi(f"{server}api2/", owners.alpha)
    assert set(caller.call("test/ping", {})) == {"pong"}
    # As its documentation has it: numbers as numbers, and a list's name.
    rows = caller.call(
        "reports/query", {"report": "alpha", "date": owners.days[1], "query": {"city": "utrecht"}, "limit": 3}
    )
    assert [row["city"] for row in rows] == ["UTRECHT"] * 3
    # What is not ASCII comes as an escape, and is not in the way.
    assert caller.call("reports/query", {"query": {"city": "Zürich 漢字"}}) == []
    with pytest.raises(urllib.error.HTTPError) as refused:
        CallApi(f"{server}api2/", owners.removed).call("test/ping", {})
    with refused.value as answer:
        assert "error" in json.loads(answer.read())


def test_report_manager_fetches_each_report_once(owners, server, tmp_path):
    """What report-manager.py does: days one by one, into a tree, by the id alone, whatever is not there yet."""
    caller = CallApi(f"{server}api2/", owners.alpha)
    fetched = []
    for _ in range(2):
        for day in owners.days:
            for report in caller.call("reports/list", {"date": day}):
                path = tmp_path / report["file"]
                if not path.exists():
                    with urllib.request.urlopen(f"{server}dl/{report['id']}", timeout=45) as answer:
                        path.write_bytes(answer.read())
                    fetched.append(report["file"])
    assert sorted(fetched) == sorted(path.name for path in (owners.root / "reports").glob("*-alpha-*.csv"))
    for name in fetched:
        assert (tmp_path / name).read_bytes() == (owners.root / "reports" / name).read_bytes()


def test_the_odd_spacing_of_the_collector_is_signed_as_it_is(owners, server):
    """IntelMQ puts its JSON together by hand; the HMAC is of those octets, not of what they mean."""
    key = owners.alpha
    text = f'{{ "apikey": "{key.key}" ,"date": "{owners.days[0]}:{owners.days[1]}" ,"reports": ["alpha"]}}'
    asked = urllib.request.Request(
        f"{server}api2/reports/list", data=text.encode(), headers={"HMAC2": key.sign(text.encode())}
    )
    with urllib.request.urlopen(asked, timeout=45) as answer:
        assert len(json.loads(answer.read())) == 8
