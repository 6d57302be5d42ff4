"""Manifests of older versions. What a user loses when these fail: the surveys of the years before."""

import sqlite3

from openletter.store.manifest import VERSION, Manifest
from openletter.survey.sink import Published


def test_a_store_of_version_1_is_brought_up_and_keeps_its_shards(tmp_path):
    path = tmp_path / "manifest.sqlite"
    Manifest(path).close()
    db = sqlite3.connect(path)
    db.execute("ALTER TABLE shard DROP COLUMN left_out")
    db.execute("INSERT INTO survey VALUES ('a', '{}', '0', 'finished', 0, 0, 1, '', '')")
    db.execute("INSERT INTO shard VALUES ('a', 0, 1, 'spool/a/000000-1.parquet', 10, 5, 2, 99)")
    db.execute("PRAGMA user_version = 1")
    db.commit()
    db.close()
    manifest = Manifest(path)
    (shard,) = manifest.shards("a")
    assert (shard.rows, shard.octets, shard.left_out) == (10, 99, 0)
    new = Published(shard=1, attempt=1, file="x", rows=1, answered=1, exposed=0, octets=9, left_out=7)
    assert manifest.record_shard("a", new)
    assert manifest.shards("a")[1] == new
    manifest.close()
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA user_version").fetchone() == (VERSION,)
    db.close()
    Manifest(path).close()
