"""One endpoint with all that is kept of it.

What a user loses when these fail: the evidence behind a verdict.
"""

import hashlib

import msgspec
import pytest

from openletter.statistics.endpoint import one_endpoint
from openletter.statistics.error import BadQuestionError
from openletter.store.certificates import Certificates
from openletter.store.error import NoSurveyError


def test_every_endpoint_is_found_with_what_was_said(store, record, rows):
    for row in rows[::17]:
        found = one_endpoint(store, record, row["ip"], row["port"], row["host"])
        verdict = msgspec.to_builtins(found.verdict)
        assert {name: verdict[name] for name in verdict if name not in ("findings", "class_")} == {
            name: row[name] for name in verdict if name not in ("findings", "class_")
        }
        assert (found.verdict.class_, list(found.verdict.findings)) == (row["class"], row["findings"])
        known = msgspec.to_builtins(found.known)
        assert known == {name: row[name] for name in known}
        assert found.observation.transcript[0].data.startswith(f"+OK {row['ip']} {row['port']}".encode())
        alike = [one["port"] for one in rows if one["ip"] == row["ip"]]
        assert [one.port for one in found.of_host] == alike
        assert found.chain == ()


def test_what_was_not_asked_is_none(store, record, rows):
    first = rows[0]
    assert one_endpoint(store, record, first["ip"], 25) is None
    assert one_endpoint(store, record, "203.0.113.1", 143) is None
    assert one_endpoint(store, record, first["ip"], first["port"], "other.example") is None
    for wrong in ("", "example.org", "1.2.3", "x" * 10_240, "\x1b[31m"):
        with pytest.raises(BadQuestionError) as told:
            one_endpoint(store, record, wrong, 143)
        assert str(told.value).isprintable()
        assert len(str(told.value)) < 200


def test_a_bare_survey_has_the_verdict_alone(store, publish, rows):
    bare = publish(rows, enriched=False)
    found = one_endpoint(store, bare, rows[5]["ip"], rows[5]["port"], rows[5]["host"])
    assert found.known is None
    assert found.verdict.class_ == rows[5]["class"]


def test_the_chain_of_the_session_that_went_on(store, publish_seen):
    leaf, issuer = b"leaf", b"issuer"
    names = tuple(hashlib.sha256(der).hexdigest() for der in (leaf, issuer))
    with Certificates(store.root) as kept:
        kept.add(zip(names, (leaf, issuer), strict=True))
    record, row = publish_seen(names)
    assert one_endpoint(store, record, row["ip"], row["port"], row["host"]).chain == (leaf, issuer)


def test_a_pruned_survey_says_so(store, record, rows):
    store.manifest.prune(record.id)
    with pytest.raises(NoSurveyError, match="pruned"):
        one_endpoint(store, store.survey(record.id), rows[0]["ip"], rows[0]["port"])
