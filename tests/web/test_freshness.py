"""A request whose files left in the middle is answered from a newer snapshot, and the reader notices nothing."""

from starlette.testclient import TestClient

from openletter.store.error import StoreError
from openletter.web.app import create_app
from openletter.web.settings import WebSettings
from openletter.web.snapshot import Snapshot, SnapshotGoneError


def client(root) -> TestClient:
    app = create_app(WebSettings(store=root))
    return TestClient(app, base_url="http://127.0.0.1:8080", client=("127.0.0.1", 50_000))


def test_a_page_is_made_again_once(world, monkeypatch):
    gone = []
    ask = Snapshot.ask

    async def leaving(self: Snapshot, name: str, **of: object) -> object:
        if name == "countries" and not gone:
            gone.append(self)
            raise SnapshotGoneError("a file left")
        return await ask(self, name, **of)

    monkeypatch.setattr(Snapshot, "ask", leaving)
    with client(world.root) as reader:
        assert reader.get("/countries").status_code == 200
        assert len(gone) == 1


def test_so_is_an_answer_of_the_api(world, monkeypatch):
    gone = []
    ask = Snapshot.ask

    async def leaving(self: Snapshot, name: str, **of: object) -> object:
        if not gone:
            gone.append(self)
            raise SnapshotGoneError("a file left")
        return await ask(self, name, **of)

    monkeypatch.setattr(Snapshot, "ask", leaving)
    with client(world.root) as reader:
        assert reader.get("/api/v1/surveys/latest/countries").status_code == 200


def test_a_store_in_trouble_is_503_and_names_no_file(world, monkeypatch):
    async def broken(*_: object, **__: object) -> object:
        raise StoreError("/srv/store/rollups/7.parquet: cannot be read")

    monkeypatch.setattr(Snapshot, "ask", broken)
    with client(world.root) as reader:
        answer = reader.get("/countries")
        assert answer.status_code == 503
        assert "/srv" not in answer.text
        assert answer.headers["retry-after"]

    async def always_gone(*_: object, **__: object) -> object:
        raise SnapshotGoneError("a file left")

    monkeypatch.setattr(Snapshot, "ask", always_gone)
    with client(world.root) as reader:
        assert reader.get("/countries").status_code == 503
