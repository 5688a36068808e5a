"""Store: what is committed stays, a file that is none of ours is refused, a full disk is said."""

import sqlite3
import threading
from contextlib import closing

import pytest

from mock_server.exchange import received
from mock_server.mock import Mock
from mock_server.store.database import NOBODY, InvalidStore, Store, StoreUnavailable

TOKEN = "tok_store_test"
BODY = b'{"events":[{"userId":"u1","eventName":"Signed Up","timestamp":1700000000}]}'
UPLOAD = received(
    "POST",
    "/v1/upload/events",
    [("Authorization", f"Bearer {TOKEN}"), ("Content-Type", "application/json")],
    BODY,
)


def mock_on(path, **choices):
    return Mock(tokens={"default": TOKEN}, db=path, **choices)


def test_a_new_store_knows_nobody_and_no_one_else():
    store = Store()

    assert store.read("SELECT id, name FROM tenants") == [(NOBODY, None)]


def test_a_tenant_keeps_its_number():
    store = Store()

    assert [store.tenant(name) for name in ("a", "b", "a")] == [1, 2, 1]


def test_everything_is_there_again_after_a_restart(tmp_path):
    first = mock_on(tmp_path / "mock.db")
    first.answer(UPLOAD)
    before = (first.view().entries, first.view().events, first.view().counts())
    first.close()

    again = mock_on(tmp_path / "mock.db")

    assert (again.view().entries, again.view().events, again.view().counts()) == before
    assert again.answer(UPLOAD).entry == 2


def test_numbers_go_on_after_a_reset_and_a_restart(tmp_path):
    first = mock_on(tmp_path / "mock.db")
    assert [first.answer(UPLOAD).entry for _ in range(3)] == [1, 2, 3]
    first.view().reset()
    first.close()

    again = mock_on(tmp_path / "mock.db")

    assert again.view().entries == []
    assert again.answer(UPLOAD).entry == 4


def test_a_second_server_on_the_same_file_is_refused(tmp_path):
    first = mock_on(tmp_path / "mock.db")

    with pytest.raises(InvalidStore, match="another server is using it; stop that one or name"):
        mock_on(tmp_path / "mock.db")

    assert first.answer(UPLOAD).status == 202
    first.close()
    mock_on(tmp_path / "mock.db").close()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            b"hello, I am a text and no database at all, and long enough to be sure",
            "not a database",
        ),
        (None, "unable to open database file"),
    ],
    ids=["a text", "a folder"],
)
def test_a_file_that_is_no_store_is_refused(tmp_path, content, reason):
    path = tmp_path / "mock.db"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)

    with pytest.raises(InvalidStore, match=f"mock.db cannot be the store: .*{reason}"):
        Store(path)


def test_another_programs_database_is_refused_and_left_as_it_is(tmp_path):
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE invoices (id INTEGER)")
    other.close()

    with pytest.raises(InvalidStore, match="it holds something else; name a new file"):
        Store(path)

    with closing(sqlite3.connect(path)) as other:
        tables = other.execute("SELECT name FROM sqlite_master").fetchall()
    assert tables == [("invoices",)]


def test_a_store_of_the_version_before_is_taken_on_and_a_newer_one_refused(tmp_path):
    path = tmp_path / "mock.db"
    Store(path).close()
    with closing(sqlite3.connect(path)) as older:
        older.execute(
            "INSERT INTO entries VALUES (1,0,0,'GET','/',404,0,0,0,'','','','',x'','','')"
        )
        older.execute("ALTER TABLE entries DROP COLUMN query")
        older.execute("ALTER TABLE entries DROP COLUMN headers")
        older.execute("PRAGMA user_version = 1")
        older.commit()

    store = Store(path)
    assert store.read("SELECT path, query, headers FROM entries") == [("/", "", "[]")]
    store.close()

    with closing(sqlite3.connect(path)) as newer:
        newer.execute("PRAGMA user_version = 99")
    with pytest.raises(InvalidStore, match="name a new file"):
        Store(path)


def test_a_full_disk_is_503_and_loses_nothing_answered(tmp_path):
    mock = mock_on(tmp_path / "mock.db")
    ((pages,),) = mock.store.read("PRAGMA page_count")
    mock.store.read(f"PRAGMA max_page_count = {pages + 20}")

    statuses = [mock.answer(UPLOAD).status for _ in range(2000)]

    assert set(statuses) == {202, 503}
    accepted = statuses.count(202)
    assert len(mock.view().events) == accepted
    refused = mock.answer(UPLOAD)
    assert refused.entry is None
    assert refused.body.decode() == (
        '{"status":"ERROR","error":{"code":"SERVICE_UNAVAILABLE","message":"Service unavailable",'
        '"details":"Nothing can be stored now: database or disk is full.'
        ' What was answered before is kept."}}'
    )

    mock.close()
    again = mock_on(tmp_path / "mock.db")
    assert len(again.view().events) == accepted
    assert again.answer(UPLOAD).status == 202


def test_what_raises_inside_a_transaction_leaves_nothing(tmp_path):
    store = Store(tmp_path / "mock.db")

    def fail_half_way():
        with store.transaction():
            store.write("INSERT INTO tenants (name) VALUES ('half')")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()

    assert store.read("SELECT name FROM tenants") == [(None,)]


def test_a_wrong_statement_is_a_bug_and_not_an_unavailable_store():
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        Store().read("SELECT * FROM nowhere")


def test_a_closed_store_is_unavailable():
    store = Store()
    store.close()
    store.close()

    with pytest.raises(StoreUnavailable, match="the mock has stopped"):
        store.read("SELECT 1")


def test_writes_of_many_threads_all_stay():
    store = Store()

    def write(name):
        for number in range(50):
            store.tenant(f"{name} {number}")

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcdefgh"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert store.read("SELECT count(*) FROM tenants") == [(401,)]


INSERT = "INSERT INTO tenants (name) VALUES (?)"


def names(store):
    return [name for (name,) in store.read("SELECT name FROM tenants WHERE id > 0 ORDER BY id")]


def test_what_is_appended_is_read_and_no_other_write_passes_it_by():
    store = Store()

    store.append(INSERT, ("a",), size=1)
    store.write(INSERT, ("b",))
    store.append(INSERT, ("c",), size=1)
    with store.transaction():
        store.append(INSERT, ("d",), size=1)
        store.write("UPDATE tenants SET name = name || '!' WHERE id > 0")

    assert names(store) == ["a!", "b!", "c!", "d!"]


def test_what_is_appended_to_a_file_is_there_at_once(tmp_path):
    with closing(Store(tmp_path / "db")) as store:
        store.append(INSERT, ("a",), size=1)

        assert store._waiting == []


def test_a_bounded_number_of_appended_rows_waits():
    store = Store()

    for number in range(1000):
        store.append(INSERT, (str(number),), size=1)
    assert len(store._waiting) < 500
    store.append(INSERT, ("large",), size=10_000_000)

    assert store._waiting == []
    assert len(names(store)) == 1001


def test_nothing_can_be_appended_to_a_closed_store():
    store = Store()
    store.close()

    with pytest.raises(StoreUnavailable, match="the mock has stopped"):
        store.append(INSERT, ("a",), size=1)
