"""The API over HTTP: what programs of other people rely on."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jsonschema
import pyarrow.parquet as pq
import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from starlette.testclient import TestClient

from openletter.store.retention import prune
from openletter.store.store import Store
from openletter.web.app import create_app
from openletter.web.audit import FILE as AUDIT_LOG
from openletter.web.settings import WebSettings
from openletter.web.snapshot import Snapshot

PUBLISHED = Path(__file__).parents[3] / "docs" / "schema"


@pytest.fixture(scope="module")
def description(served: Any) -> dict[str, Any]:
    answer = served.public.get("/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture(scope="module")
def check(description: dict[str, Any]) -> Any:
    """Checks a value against one of the description's schemas."""
    registry: Any = Registry().with_resource(
        "openapi", Resource(contents=description, specification=DRAFT202012)
    )

    def checked(value: Any, schema: dict[str, Any]) -> None:
        whole = json.loads(json.dumps(schema).replace('"#/', '"openapi#/'))
        Draft202012Validator(whole, registry=registry).validate(value)

    return checked


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for inner in node.values():
            yield from _references(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _references(inner)


def test_the_description_that_is_published_is_the_one_that_is_served(description: dict[str, Any]) -> None:
    """Clients are generated from the file in the repository. `python tools/schemas.py` writes it."""
    assert json.loads((PUBLISHED / "openapi.json").read_text("utf-8")) == description


def test_the_description_is_sound(description: dict[str, Any]) -> None:
    """A generator of clients would stop at a name that leads nowhere, or at a schema that is none."""
    assert description["openapi"].startswith("3.1")
    for schema in description["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    for reference in _references(description):
        node = description
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]
    names = []
    for path, methods in description["paths"].items():
        operation = methods["get"]
        names.append(operation["operationId"])
        in_path = {one["name"] for one in operation["parameters"] if one["in"] == "path"}
        assert in_path == {part[1:-1] for part in path.split("/") if part.startswith("{")}
        for parameter in operation["parameters"]:
            Draft202012Validator.check_schema(parameter["schema"])
    assert len(names) == len(set(names))


def _addresses(description: dict[str, Any]) -> list[tuple[str, str]]:
    """Each path of the description, with something in the place of its parameters."""
    made = []
    for path in description["paths"]:
        address = path.replace("{survey}", "latest").replace("{ip}", "11.0.0.1").replace("{port}", "143")
        made.append((path, address + ("?q=11.0.0.0/24" if path.endswith("/search") else "")))
    return made


def test_every_answer_is_as_described(served: Any, description: dict[str, Any], check: Any) -> None:
    """A program that believes the description would stumble over an answer."""
    walked = 0
    for path, address in _addresses(description):
        answer = served.operator.get(address)
        assert answer.status_code == 200, (address, answer.text)
        content = description["paths"][path]["get"]["responses"]["200"]["content"]
        (media_type,) = content
        assert answer.headers["content-type"].partition(";")[0] == media_type
        if media_type == "application/json":
            check(answer.json(), content[media_type]["schema"])
            walked += 1
    assert walked > 20


def test_errors_have_one_shape(served: Any, description: dict[str, Any], check: Any) -> None:
    """A program would have to read prose to learn what is wrong."""
    problem = {"$ref": "#/components/schemas/Problem"}
    for address, status in (
        ("/api/v1/surveys/latest/countries?nosuch=1", 400),
        ("/api/v1/surveys/latest/networks?country=japan", 400),
        ("/api/v1/surveys/latest/networks?most=-1", 400),
        ("/api/v1/surveys/20260230T000000Z-0000/countries", 404),
        ("/api/v1/surveys/last%00/countries", 400),
        ("/api/v1/surveys/latest/nosuch", 404),
        ("/api/v1/surveys/latest/endpoints?after=nonsense", 400),
        ("/api/v1/surveys/latest/endpoints?page=-1", 400),
        ("/api/v1/surveys/latest/endpoints?text=%00", 400),
        ("/api/v1/surveys/latest/endpoints?text=" + "a" * 3_000, 400),
        ("/api/v1/surveys/latest/endpoints?text=" + "a" * 10_000, 414),
        ("/api/v1/surveys?after=nosuch", 400),
        ("/api/v1/endpoints/11.0.0.1/99999", 400),
        ("/api/v1/endpoints/nowhere/143", 400),
        ("/api/v1/endpoints/203.0.113.1/143", 404),
        ("/api/v1/search?q=", 400),
        ("/api/nowhere", 404),
    ):
        answer = served.operator.get(address)
        assert answer.status_code == status, (address[:80], answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
        check(answer.json(), problem)
        assert answer.json()["status"] == status
        assert str(served.world.root) not in answer.text, "where the store lies is nobody's business"


def test_an_unknown_parameter_is_answered_with_the_known_ones(served: Any) -> None:
    """A misspelt filter would be no filter, and its answer all endpoints."""
    told = served.operator.get("/api/v1/surveys/latest/endpoints?klass=no_tls&port=0x8f").json()
    by_name = {one["parameter"]: one["detail"] for one in told["errors"]}
    assert set(by_name) == {"klass", "port"}
    assert "class" in by_name["klass"]
    assert "protocol" in by_name["klass"]


def test_addresses_are_for_operators(served: Any, description: dict[str, Any]) -> None:
    """Anybody could read where the weak servers are."""
    for path, address in _addresses(description):
        closed = description["paths"][path]["get"]["security"] != [{}]
        assert closed == any(word in path for word in ("/endpoints", "/search", "/prefixes"))
        assert served.public.get(address).status_code == (401 if closed else 200)
        assert served.subscriber.get(address).status_code == (403 if closed else 200)
        if closed:
            assert "Bearer" in served.public.get(address).headers["www-authenticate"]
            assert '"11.' not in served.public.get(address).text


def test_a_wrong_token_is_nobody(served: Any) -> None:
    """A token that was revoked would still open the list."""
    for given in ("Bearer nonsense", "Bearer ", "Basic b3BlcmF0b3I6eA==", "Bearer " + "x" * 5_000):
        answer = served.public.get("/api/v1/surveys/latest/endpoints", headers={"Authorization": given})
        assert answer.status_code == 401


def test_who_has_an_answer_is_not_sent_it_again(served: Any) -> None:
    """A dashboard that looks every minute would be sent the same megabytes."""
    address = "/api/v1/surveys/latest/countries"
    first = served.public.get(address)
    etag = first.headers["etag"]
    for given in (etag, f'"x", W/{etag}', "*"):
        again = served.public.get(address, headers={"If-None-Match": given})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == etag
    assert served.public.get(address, headers={"If-None-Match": '"x"'}).status_code == 200
    others = {
        served.operator.get(address).headers["etag"],
        served.public.get("/api/v1/surveys/latest/classes").headers["etag"],
        served.public.get("/api/v1/surveys/latest/classes?country=DE").headers["etag"],
    }
    assert len({etag, *others}) == 4


def test_an_answer_is_made_once(served: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs ask for the same again and again; each time anew, an endpoint of millions costs others their time."""
    made: list[int] = []
    ask = Snapshot.over

    async def counted(self: Snapshot, *given: Any) -> Any:
        made.append(1)
        return await ask(self, *given)

    monkeypatch.setattr(Snapshot, "over", counted)
    address = "/api/v1/surveys/latest/endpoints?limit=3&sort=severity"
    first, again = served.operator.get(address), served.operator.get(address)
    assert first.status_code == 200
    assert (again.content, again.headers["link"]) == (first.content, first.headers["link"])
    assert len(made) == 1
    assert served.operator.get(f"{address}&wide=true").content != first.content
    assert served.public.get(address).status_code == 401


def test_methods(served: Any) -> None:
    """A probe with HEAD would be told that nothing is there; a wrong method would do something."""
    for address in ("/api/v1/surveys", "/api/v1/surveys/latest/endpoints?limit=1"):
        got, head = served.operator.get(address), served.operator.head(address)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["etag"] == got.headers["etag"]
        assert served.operator.options(address).status_code == 204
        assert served.operator.options(address).headers["allow"] == "GET, HEAD, OPTIONS"
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            refused = served.operator.request(method, address)
            assert refused.status_code == 405
            assert refused.headers["allow"] == "GET, HEAD, OPTIONS"


def _all_pages(client: TestClient, address: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    while address:
        answer = client.get(address)
        assert answer.status_code == 200, answer.text
        rows += answer.json()["endpoints"]
        link = answer.headers.get("link", "")
        assert bool(link) is (answer.json()["next"] is not None)
        address = link.partition(">")[0].removeprefix("<")
    return rows


@pytest.mark.parametrize("sort", ["address", "severity", "class", "country"])
def test_pages_hold_every_endpoint_once(served: Any, sort: str) -> None:
    """Whoever reads page after page would miss some, or count some twice."""
    whole = served.operator.get("/api/v1/surveys/latest/endpoints?limit=1000").json()
    assert whole["total"] == {"count": len(whole["endpoints"]), "exact": True}
    paged = _all_pages(served.operator, f"/api/v1/surveys/latest/endpoints?limit=77&sort={sort}")
    key = [(row["ip"], row["port"]) for row in paged]
    assert len(key) == len(set(key))
    assert set(key) == {(row["ip"], row["port"]) for row in whole["endpoints"]}


def test_surveys_are_paged_too(served: Any) -> None:
    """A store of ten years would be one answer."""
    first = served.public.get("/api/v1/surveys?limit=2")
    assert [one["id"] for one in first.json()["surveys"]] == served.world.surveys[:0:-1]
    rest = served.public.get(first.headers["link"].partition(">")[0].removeprefix("<"))
    assert [one["id"] for one in rest.json()["surveys"]] == served.world.surveys[:1]
    assert "link" not in rest.headers


def test_one_endpoint_is_the_record_of_check(served: Any) -> None:
    """What reads `check --json` could not read this."""
    schema = json.loads((PUBLISHED / "endpoint.json").read_text("utf-8"))
    for address in ("11.0.0.1/143", "11.0.0.1/995", "2a00:11::1/110", "2a00:0011:0:0::1/110"):
        answer = served.operator.get(f"/api/v1/endpoints/{address}")
        assert answer.status_code == 200, answer.text
        jsonschema.validate(answer.json()["endpoint"], schema)
        assert len(answer.json()["history"]) == 3
    earlier = served.operator.get(f"/api/v1/endpoints/11.0.0.1/143?survey={served.world.surveys[0]}").json()
    assert earlier["survey"]["id"] == served.world.surveys[0]


def test_files_hold_what_the_filter_says(served: Any) -> None:
    """A download would be other endpoints than those on the page; and nobody would know who took it."""
    base = "/api/v1/surveys/latest/endpoints"
    words = "wide=true&country=DE"
    expected = [(row["ip"], row["port"]) for row in _all_pages(served.operator, f"{base}?{words}&limit=50")]
    assert expected
    as_csv = served.operator.get(f"{base}.csv?{words}")
    rows = list(csv.DictReader(io.StringIO(as_csv.text)))
    assert [(row["ip"], int(row["port"])) for row in rows] == expected
    lines = served.operator.get(f"{base}.jsonl?{words}").text.splitlines()
    assert [(row["ip"], row["port"]) for row in map(json.loads, lines)] == expected
    parquet = served.operator.get(f"{base}.parquet?{words}")
    table = pq.read_table(io.BytesIO(parquet.content)).to_pylist()
    assert [(row["ip"], row["port"]) for row in table] == expected
    assert "attachment" in parquet.headers["content-disposition"]
    written = (served.world.root / AUDIT_LOG).read_text("utf-8").splitlines()
    taken = [json.loads(line) for line in written]
    told = [one for one in taken if one["event"] == "downloaded" and "DE" in one["filter"]]
    assert {one["file"] for one in told} == {"endpoints.csv", "endpoints.jsonl", "endpoints.parquet"}
    assert {one["account"] for one in told} == {"operator"}


def test_head_of_a_file_is_no_download(served: Any) -> None:
    """Link checkers would fill the audit log."""
    before = (
        (served.world.root / AUDIT_LOG).read_text("utf-8") if (served.world.root / AUDIT_LOG).exists() else ""
    )
    answer = served.operator.head("/api/v1/surveys/latest/endpoints.csv")
    assert (answer.status_code, answer.content) == (200, b"")
    after = (
        (served.world.root / AUDIT_LOG).read_text("utf-8") if (served.world.root / AUDIT_LOG).exists() else ""
    )
    assert before == after


def _of(root: Path) -> TestClient:
    return TestClient(
        create_app(WebSettings(store=root)), base_url="http://127.0.0.1:8080", client=("127.0.0.1", 1)
    )


def test_who_asks_too_often_waits(empty_world: Any) -> None:
    """One program could keep the server from everybody else."""
    with _of(empty_world.root) as client:
        answers = [client.get("/api/v1") for _ in range(320)]
    statuses = [answer.status_code for answer in answers]
    assert statuses[:300] == [200] * 300
    refused = answers[-1]
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) >= 1
    assert refused.json()["status"] == 429
    left = [int(answer.headers["ratelimit"].split("r=")[1].split(";")[0]) for answer in answers]
    assert left[0] == 299
    assert left[-1] == 0


def test_before_the_first_survey(empty_world: Any) -> None:
    """A new installation would look broken."""
    with _of(empty_world.root) as client:
        assert client.get("/api/v1/surveys").json() == {"surveys": []}
        for address in ("countries", "timeline", "endpoints", "endpoints.csv"):
            answer = client.get(f"/api/v1/surveys/latest/{address}")
            assert answer.status_code == 404
            assert "no judged survey" in answer.json()["detail"]


def test_a_survey_that_was_not_enriched_says_how_it_is(bare_world: Any) -> None:
    """Who asks for networks would be told that there are none."""
    with _of(bare_world.root) as client:
        answer = client.get("/api/v1/surveys/latest/networks")
        assert answer.status_code == 409
        assert "openletter enrich" in answer.json()["detail"]
        assert client.get("/api/v1/surveys/latest/countries").status_code == 200
        assert client.get("/api/v1/surveys/latest/endpoints?asn=64500").status_code == 409
        found = client.get("/api/v1/surveys/latest/endpoints?port=143&limit=5").json()
        assert len(found["endpoints"]) == 5
        assert client.get("/api/v1/endpoints/11.0.0.1/143").json()["known"] is None


def test_of_a_pruned_survey_the_counts_are_left(make_world: Any, tmp_path: Path) -> None:
    """Its endpoints would be none, rather than gone."""
    first, _ = make_world(tmp_path / "store", 2)
    with Store(tmp_path / "store") as store:
        prune(store, keep=1)
    with _of(tmp_path / "store") as client:
        assert client.get(f"/api/v1/surveys/{first}/countries").status_code == 200
        for address in (
            f"surveys/{first}/endpoints",
            f"surveys/{first}/endpoints.csv",
            f"endpoints/11.0.0.1/143?survey={first}",
        ):
            answer = client.get(f"/api/v1/{address}")
            assert answer.status_code == 404, address
            assert "pruned" in answer.json()["detail"]


def test_links_stay_paths(served: Any) -> None:
    """Behind a proxy, an absolute address would lead into the inside."""
    link = served.operator.get("/api/v1/surveys/latest/endpoints?limit=3&class=tls_optional").headers["link"]
    address = urlsplit(link.partition(">")[0].removeprefix("<"))
    assert not address.netloc
    assert dict(parse_qsl(address.query)).keys() == {"limit", "class", "after"}
