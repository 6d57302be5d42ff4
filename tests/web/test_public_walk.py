"""What the public is shown, at every address that the server has, holds no address and no name of a surveyed host."""

import itertools
import re

import duckdb
import pytest
from starlette.routing import Route

from openletter.store.store import Store

VALUES = {
    "code": ("DE", "ZZ", "US"),
    "asn": ("64500", "0"),
    "name": ("dovecot", "unknown", "openletter.css"),
    "product": ("dovecot",),
    "port": ("143",),
    "token": ("x",),
    "digest": ("0" * 16,),
    "rest": ("x",),
    "path": ("x",),
    "host": ("mail0.example",),
    "format": ("csv", "json"),
    "kind": ("csv", "jsonl", "parquet"),
    "form": ("csv", "jsonl", "parquet"),
}
"""For the parameters of paths."""

DOWNLOADS = ("", "?format=csv", "?format=json")


@pytest.fixture(scope="module")
def hosts(served) -> list[tuple[str, str]]:
    """Address and name of every host of the latest survey."""
    with Store(served.world.root) as store:
        files = [str(path) for path in store.endpoint_files(store.latest(judged=True))]
    with duckdb.connect() as database:
        return database.execute("SELECT DISTINCT ip, hostname FROM read_parquet(?)", [files]).fetchall()


def addresses(route: Route, survey: str, ip: str, question: tuple[str, ...]) -> list[str]:
    """All that a route may be asked for here."""
    named = {
        **VALUES,
        "id": (survey, "latest"),
        "survey": (survey, "latest"),
        "ip": (ip,),
        "address": (ip,),
        "question": question,
    }
    names = re.findall(r"{(\w+)(?::\w+)?}", route.path)
    made = []
    for values in itertools.product(*(named[name] for name in names)):
        path = route.path
        for name, value in zip(names, values, strict=True):
            path = re.sub(rf"{{{name}(:\w+)?}}", value, path)
        made.append(path)
    return made


def test_no_answer_to_the_public_names_a_host(served, hosts):
    from openletter.statistics.question import QUESTIONS

    ip = next(ip for ip, _ in hosts if ":" not in ip)
    # An address as a whole: not within a longer number, and no prefix of another one.
    secrets = [re.compile(rf"(?<![\d.]){re.escape(ip)}(?![\d./]|\d)") for ip, _ in hosts]
    names = sorted({name for _, name in hosts if name})
    assert names
    asked, shown = 0, 0
    for route in served.public.app.routes:
        assert isinstance(route, Route), "a route that this test cannot walk"
        for path in addresses(route, served.world.surveys[-1], ip, tuple(QUESTIONS)):
            for query in DOWNLOADS if not path.startswith(("/static/", "/api/")) else ("",):
                answer = served.public.get(path + query, headers={"Accept": "*/*"})
                assert answer.status_code < 500, path
                asked += 1
                if path.startswith("/static/"):
                    continue
                shown += answer.status_code == 200
                # What the reader typed himself is not told to him by us.
                text = answer.text.replace(path, "").replace(path.replace("/", "%2F"), "")
                for found in secrets:
                    assert not found.search(text), f"{path}{query} shows {found.pattern}"
                for name in names:
                    assert name not in text, f"{path}{query} shows {name}"
    assert asked > 100
    assert shown > 40


def test_what_the_public_may_not_see_is_refused_and_not_empty(served):
    """A page without rows would look like a survey without faults."""
    survey = served.world.surveys[-1]
    for path in ("/endpoints", "/search?q=example", "/endpoint/11.0.0.1/143", "/endpoints.csv"):
        answer = served.public.get(path, follow_redirects=False)
        assert answer.status_code in (303, 401), path
    for path in (f"/api/v1/surveys/{survey}/endpoints", "/api/v1/endpoints/11.0.0.1/143"):
        assert served.public.get(path).status_code == 401
        assert served.subscriber.get(path).status_code == 403
        assert served.operator.get(path).status_code == 200
