"""The survey of the whole simulated zoo in the formats of other tools, and what these files must say of each endpoint."""

from datetime import date

import pyarrow as pa
import pytest

from openletter.report.line_format import octets_of
from openletter.report.reporting import make_reports
from openletter.report.shadowserver.columns import SCHEMA
from openletter.store.store import Store
from openletter.subscriber.directory import Directory
from openletter.subscriber.subscriber import Format, Subscriber


@pytest.fixture(scope="session")
def formats_made(zoo, tmp_path_factory):
    """A folder with the lines of somebody who owns everything, and the run that made it."""
    target = tmp_path_factory.mktemp("formats")
    everything = Subscriber(id=1, slug="all_of_it", name="All", networks=("0.0.0.0/0", "::/0"))
    formats = (Format.CEF, Format.ECS)
    with Store(zoo) as store, Directory(zoo) as directory:
        record = store.latest(judged=True)
        run = make_reports(store, record, directory, target, formats, subscribers=[everything])
    return target, run


@pytest.fixture(scope="session")
def report_table():
    """Makes a table of report rows out of what is to differ from a plain one."""
    plain = {
        "timestamp": "2026-11-24 03:15:00",
        "severity": "medium",
        "ip": "192.0.2.1",
        "protocol": "tcp",
        "port": 143,
        "tag": "imap;no-tls",
        "type": "scan_imap_vulnerable",
        "day": date(2026, 11, 24),
        "ip_sort": b"\0" * 16,
        "host": "",
        "key": "192.0.2.1:143",
        "mode": "cleartext",
        "evidence": "advertised",
    }

    def table(*rows):
        whole = [{**dict.fromkeys(SCHEMA.names), **plain, **row} for row in rows]
        columns = [pa.array([row[field.name] for row in whole], field.type) for field in SCHEMA]
        return pa.table(columns, schema=SCHEMA)

    return table


@pytest.fixture(scope="session")
def lines_of():
    """Makes the lines of a table in a format, as octets."""

    def lines(form, table):
        made = form.lines(form.pieces(table), pa.array(range(table.num_rows), pa.int64()))
        octets, places = octets_of(made)
        return bytes(octets[places[0] : places[-1]])

    return lines
