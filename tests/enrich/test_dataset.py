"""Whose data a survey's countries are of; a user's file is made ready once.

What a user loses when these fail: minutes at every judging, and the answer to "says who?".
"""

import pytest

from openletter.enrich import dataset
from openletter.enrich.dataset import carried, geo_data, of_user
from openletter.enrich.error import DataSetError

OWN = "# name: Own\ncidr,country\n192.0.2.0/24,DE\n"


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(OWN)
    return path


def test_what_comes_with_the_program_is_there():
    names = {one.described.name for one in carried()}
    assert names == {"ip-location-db asn", "ip-location-db geo-whois-asn-country"}


def test_without_set_up_there_is_none(tmp_path):
    assert carried(tmp_path) == ()


def test_broken_data_of_the_program_say_how_to_mend_them(tmp_path):
    (tmp_path / "DATASETS.json").write_text("{")
    with pytest.raises(DataSetError, match="set up again"):
        carried(tmp_path)


def test_a_user_s_file_has_its_say_first_and_is_known_by_its_content(own, tmp_path):
    first, *rest = geo_data([own], tmp_path / "store")
    assert rest == list(carried())
    assert first.described.name == "Own"
    assert first.described.version.startswith("sha256:")
    own.write_text(OWN.replace("DE", "FR"))
    again = of_user(own, tmp_path / "store")
    assert again.path != first.path
    assert again.described.version != first.described.version


def test_the_same_file_is_read_once(own, tmp_path, monkeypatch):
    kept = of_user(own, tmp_path / "store")
    monkeypatch.setattr(dataset, "_read", lambda _: pytest.fail("was read again"))
    assert of_user(own, tmp_path / "store") == kept


def test_what_was_kept_and_is_broken_is_made_anew(own, tmp_path):
    kept = of_user(own, tmp_path / "store")
    whole = (tmp_path / "store" / "geo").glob("*.parquet").__next__()
    octets = whole.read_bytes()
    whole.write_bytes(octets[: len(octets) // 2])
    assert of_user(own, tmp_path / "store") == kept
    assert whole.read_bytes() == octets


def test_the_kind_of_a_file_is_seen_from_its_content(mmdb, tmp_path):
    path = mmdb({"1.2.3.0/24": {"country": {"iso_code": "DE"}}}).rename(tmp_path / "without-suffix")
    assert of_user(path, tmp_path / "store").described.name == "Test-City"


@pytest.mark.parametrize("name", ["missing.csv", "."])
def test_what_cannot_be_read_is_one_line(tmp_path, name):
    with pytest.raises(DataSetError, match="cannot be read"):
        of_user(tmp_path / name, tmp_path / "store")
