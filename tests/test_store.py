"""Store: what is committed stays, a file that is none of ours is refused, a full disk is said."""

import os
import re
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from mock_server import MockServer
from mock_server.assertions import Assertions
from mock_server.exchange import received
from mock_server.mock import Mock
from mock_server.store.database import NOBODY, Limits, Store, StoreUnavailable
from mock_server.store.opening import MOST_WAL_BYTES, InvalidStore
from tests.small_disk import UNSHARE, needs_small_disk
from tests.wire import post, talk

TOKEN = "tok_store_test"
JSON = {"Content-Type": "application/json"}
BODY = b'{"events":[{"userId":"u1","eventName":"Signed Up","timestamp":1700000000}]}'
UPLOAD = received(
    "POST",
    "/v1/upload/events",
    [("Authorization", f"Bearer {TOKEN}"), ("Content-Type", "application/json")],
    BODY,
)


def mock_on(path, **choices):
    return Mock(tokens={"default": TOKEN}, db=path, **choices)


def upload(size):
    """Return an upload with an event of about `size` bytes."""
    return UPLOAD._replace(body=BODY.replace(b"Signed Up", b"x" * size))


@contextmanager
def few_pages(store, count):
    """Let a store's file grow by `count` pages at most, as on a full disk."""
    ((now,),) = store.read("PRAGMA page_count")
    ((before,),) = store.read("PRAGMA max_page_count")
    store.read(f"PRAGMA max_page_count = {now + count}")
    yield
    store.read(f"PRAGMA max_page_count = {before}")


def test_a_new_store_knows_nobody_and_no_one_else():
    store = Store()

    assert store.read("SELECT id, name FROM tenants") == [(NOBODY, None)]


def test_a_tenant_keeps_its_number():
    store = Store()

    assert [store.tenant(name) for name in ("a", "b", "a")] == [1, 2, 1]


def test_everything_is_there_again_after_a_restart(tmp_path):
    first = mock_on(tmp_path / "mock.db")
    first.answer(UPLOAD)
    before = (
        Assertions.of(first).entries,
        Assertions.of(first).events,
        Assertions.of(first).counts(),
    )
    first.close()

    again = mock_on(tmp_path / "mock.db")

    assert (
        Assertions.of(again).entries,
        Assertions.of(again).events,
        Assertions.of(again).counts(),
    ) == before
    assert again.answer(UPLOAD).entry == 2


def test_numbers_go_on_after_a_reset_and_a_restart(tmp_path):
    first = mock_on(tmp_path / "mock.db")
    assert [first.answer(UPLOAD).entry for _ in range(3)] == [1, 2, 3]
    Assertions.of(first).reset()
    first.close()

    again = mock_on(tmp_path / "mock.db")

    assert Assertions.of(again).entries == []
    assert again.answer(UPLOAD).entry == 4


def test_a_second_server_on_the_same_file_is_refused(tmp_path):
    first = mock_on(tmp_path / "mock.db")

    with pytest.raises(InvalidStore, match="another server is using it; stop that server or use"):
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
        (None, "is a directory"),
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

    with pytest.raises(InvalidStore, match="it belongs to another program; use another file"):
        Store(path)

    with closing(sqlite3.connect(path)) as other:
        tables = other.execute("SELECT name FROM sqlite_master").fetchall()
    assert tables == [("invoices",)]


def made_older(path, version):
    Store(path).close()
    with closing(sqlite3.connect(path)) as older:
        older.execute(
            "INSERT INTO entries VALUES (1,0,0,'GET','/',404,0,0,0,'','','','',x'',NULL,'','[]')"
        )
        for table in ("messages", "message_ids", "forgotten", "settings"):
            older.execute(f"DROP TABLE {table}")
        older.execute("DELETE FROM counters WHERE name <> 'next_number'")
        older.execute("ALTER TABLE entries DROP COLUMN answer")
        if version == 1:
            older.execute("ALTER TABLE entries DROP COLUMN query")
            older.execute("ALTER TABLE entries DROP COLUMN headers")
        older.execute(f"PRAGMA user_version = {version}")
        older.commit()


@pytest.mark.parametrize("version", [1, 2])
def test_a_store_of_an_earlier_version_is_taken_on(tmp_path, version):
    path = tmp_path / "mock.db"
    made_older(path, version)

    with closing(Store(path)) as store:
        assert store.read("SELECT path, query, headers, answer FROM entries") == [
            ("/", "", "[]", None)
        ]
        assert store.read("SELECT count(*) FROM messages") == [(0,)]
    mock = mock_on(path)
    assert mock.answer(UPLOAD).entry == 2
    mock.close()


def test_a_store_of_the_version_with_attempts_of_their_own_is_taken_on(tmp_path):
    path = tmp_path / "mock.db"
    Store(path).close()
    with closing(sqlite3.connect(path)) as older:
        older.execute("CREATE TABLE attempts (number INTEGER)")
        older.execute("PRAGMA user_version = 4")
        older.commit()

    with closing(Store(path)) as store:
        assert store.read("PRAGMA user_version") == [(6,)]
        assert store.read("SELECT 1 FROM sqlite_master WHERE name = 'attempts'") == []


def test_a_newer_store_is_refused_and_left_as_it_is(tmp_path):
    path = tmp_path / "mock.db"
    Store(path).close()
    with closing(sqlite3.connect(path)) as newer:
        newer.execute("PRAGMA user_version = 99")
    before = path.read_bytes()

    with pytest.raises(InvalidStore, match="has version 99, and this program knows versions up to"):
        Store(path)

    assert path.read_bytes() == before


def test_a_store_without_one_of_its_tables_is_refused(tmp_path):
    path = tmp_path / "mock.db"
    Store(path).close()
    with closing(sqlite3.connect(path)) as damaged:
        damaged.execute("DROP TABLE people")

    with pytest.raises(InvalidStore, match="it is damaged: people, people_in_order is missing"):
        mock_on(path)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO settings (name, tenant, value) VALUES ('faults', 1, '{nope')",
        "INSERT INTO settings (name, tenant, value) VALUES ('faults', 1, '[{\"seen\": 1}]')",
        "INSERT INTO settings (name, tenant, value) VALUES ('workspace', 0, '5')",
        "INSERT INTO messages (number, tenant, destinations, record) VALUES (1, 1, '[]', x'00')",
        "UPDATE tenants SET id = 7 WHERE id = 1",
        "DELETE FROM tenants",
        "DELETE FROM counters",
    ],
)
def test_a_store_with_content_that_cannot_be_read_is_refused(tmp_path, statement):
    path = tmp_path / "mock.db"
    mock_on(path).close()
    with closing(sqlite3.connect(path)) as damaged:
        damaged.execute(statement)
        damaged.commit()

    with pytest.raises(InvalidStore, match=r"mock.db cannot be the store: it is damaged \(.*copy"):
        mock_on(path)

    with closing(sqlite3.connect(path)) as left:  # and it is not locked
        left.execute("BEGIN EXCLUSIVE")


def test_a_file_with_a_name_that_sqlite_has_a_meaning_for_is_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    mock = mock_on(":memory:")
    mock.answer(UPLOAD)
    mock.close()

    again = mock_on(":memory:")
    assert len(Assertions.of(again).entries) == 1
    again.close()


@pytest.mark.skipif(os.name != "posix", reason="only POSIX has symbolic links for everybody")
def test_the_reserve_is_not_written_through_a_link_to_a_file_of_somebody(tmp_path):
    other = tmp_path / "other"
    other.write_text("of somebody")
    (tmp_path / "mock.db-reserve").symlink_to(other)

    mock_on(tmp_path / "mock.db").close()

    assert other.read_text() == "of somebody"


@pytest.mark.parametrize("page", [0, 3, 7, -1])
def test_a_store_with_a_page_overwritten_is_refused(tmp_path, page):
    path = tmp_path / "mock.db"
    mock = mock_on(path)
    for _ in range(200):
        mock.answer(UPLOAD)
    mock.close()
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek((page % (size // 4096)) * 4096)
        file.write(b"\xa5" * 4096)

    with pytest.raises(InvalidStore, match=r"damaged|malformed|not a database"):
        mock_on(path)


@pytest.mark.skipif(os.name != "posix", reason="only POSIX has modes of files")
@pytest.mark.parametrize("mode", [None, 0o644])
def test_the_files_of_a_store_are_their_owners_alone(tmp_path, mode):
    path = tmp_path / "mock.db"
    if mode is not None:
        mock_on(path).close()
        path.chmod(mode)

    mock = mock_on(path)
    mock.answer(UPLOAD)

    files = {each.name: stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()}
    assert files == {"mock.db": 0o600, "mock.db-wal": 0o600, "mock.db-reserve": 0o600}
    mock.close()


def test_a_commit_is_synced_as_was_asked_for(tmp_path):
    for sync, level in (("normal", 1), ("full", 2)):
        with closing(Store(tmp_path / "mock.db", sync=sync)) as store:
            assert store.read("PRAGMA synchronous") == [(level,)]

    with pytest.raises(
        InvalidStore, match="the sync of a store must be normal or full, not 'none'"
    ):
        Store(tmp_path / "mock.db", sync="none")


def test_each_start_has_a_number_of_its_own(tmp_path):
    starts = []
    for _ in range(3):
        with closing(Store(tmp_path / "mock.db")) as store:
            starts.append(store.start)

    assert starts == [1, 2, 3]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_process_may_not_use_the_store(tmp_path):
    program = (
        "import os, sys\n"
        "from mock_server.store.database import Store, StoreUnavailable\n"
        "store = Store(sys.argv[1])\n"
        "if os.fork():\n"
        "    _, status = os.wait()\n"
        "    store.write(\"INSERT INTO tenants (name) VALUES ('parent')\")\n"
        "    sys.exit(os.waitstatus_to_exitcode(status))\n"
        "try:\n"
        "    store.write(\"INSERT INTO tenants (name) VALUES ('child')\")\n"
        "except StoreUnavailable as error:\n"
        "    print(error, flush=True)\n"
        "    os._exit(7)\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "mock.db")],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert (done.returncode, done.stderr) == (7, "")
    assert done.stdout == "it was opened before this process was forked; open it after the fork\n"


def test_the_wal_stays_short(tmp_path):
    path = tmp_path / "mock.db"
    with closing(Store(path)) as store:
        for _ in range(40):
            rows = [(f"{number}" * 300,) for number in range(500)]
            with store.transaction():
                store.write_many("INSERT OR REPLACE INTO settings VALUES (?, 0, '')", rows)

        assert Path(f"{path}-wal").stat().st_size < MOST_WAL_BYTES + 2**20


@pytest.mark.parametrize(
    "uploads", [4_000, pytest.param(100_000, id="whole", marks=pytest.mark.heavy)]
)
def test_the_wal_stays_short_beside_readers_that_never_end(tmp_path, uploads):
    path, at_once, longest = tmp_path / "mock.db", 200, 0
    with ExitStack() as stack:
        toplyne = stack.enter_context(MockServer(tokens={"default": TOKEN}, db=path))
        for _ in range(100):
            toplyne.mock.answer(UPLOAD)
        for asked in ("/_sandbox/live", "/_sandbox/entries", "/_sandbox/export"):
            head = f"GET {asked} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
            reader = stack.enter_context(socket.create_connection(("127.0.0.1", toplyne.port)))
            reader.sendall(head)
            assert reader.recv(12) == b"HTTP/1.1 200"  # and no more of it, as long as others write
        body = BODY.replace(b"Signed Up", b"x" * 3000)
        one, last = (post(body=body, token=TOKEN, close=close) for close in (False, True))
        for _ in range(uploads // at_once):
            talk(toplyne, one * (at_once - 1) + last)
            longest = max(longest, Path(f"{path}-wal").stat().st_size)

        assert toplyne.counts()["entries"] == 100 + uploads
    assert MOST_WAL_BYTES / 2 < longest < MOST_WAL_BYTES + 2**20


FULL_DISK = """
import sys
from mock_server.assertions import Assertions
from mock_server.mock import Mock
from mock_server.exchange import received
body = b'{"events":[{"userId":"u","eventName":"' + b"x" * 20_000 + b'","timestamp":1}]}'
headers = [("Authorization", "Bearer tok_store_test"), ("Content-Type", "application/json")]
upload = received("POST", "/v1/upload/events", headers, body)
for start in range(2):
    mock = Mock(tokens={"default": "tok_store_test"}, db=sys.argv[1] + "/mock.db")
    print(Assertions.of(mock).counts()["entries"])
    statuses = [mock.answer(upload).status for _ in range(3000)]
    print({status: statuses.index(status) > 100 or status for status in sorted(set(statuses))})
    if start == 0:
        Assertions.of(mock).reset()
        print([mock.answer(upload).status for _ in range(300)].count(202))
    mock.close()
mock = Mock(tokens={"default": "tok_store_test"}, db=sys.argv[1] + "/mock.db")
Assertions.of(mock).reset()
print(mock.answer(upload).status)
"""


@pytest.mark.laws
@needs_small_disk
def test_on_a_full_disk_a_reset_makes_room_and_a_start_is_possible(tmp_path):
    words = 'mount -t tmpfs -o size=40m tmpfs "$0" && exec "$1" -c "$2" "$0"'
    done = subprocess.run(
        [*UNSHARE, "sh", "-c", words, str(tmp_path), sys.executable, FULL_DISK],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        *("0", "{202: 202, 503: True}", "300"),  # full, reset, and room for more
        *("300", "{202: 202, 503: True}"),  # started and full again
        "202",  # started on a full disk, and reset
    ]


def test_a_full_disk_is_503_and_loses_nothing_answered(tmp_path):
    mock = mock_on(tmp_path / "mock.db")
    ((pages,),) = mock.store.read("PRAGMA page_count")
    mock.store.read(f"PRAGMA max_page_count = {pages + 20}")

    statuses = [mock.answer(UPLOAD).status for _ in range(2000)]

    assert set(statuses) == {202, 503}
    accepted = statuses.count(202)
    assert len(Assertions.of(mock).events) == accepted
    refused = mock.answer(UPLOAD)
    assert refused.entry is None
    assert refused.body.decode() == (
        '{"status":"ERROR","error":{"code":"SERVICE_UNAVAILABLE","message":"Service unavailable",'
        '"details":"Nothing can be stored now: database or disk is full.'
        ' Earlier requests are kept."}}'
    )

    mock.close()
    again = mock_on(tmp_path / "mock.db")
    assert len(Assertions.of(again).events) == accepted
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

        assert not store._waiting


def test_rows_that_a_settling_thread_appends_to_a_file_are_one_transaction(tmp_path):
    statements = []
    with closing(Store(tmp_path / "db")) as store:
        store.settle_later()
        for name in "abc":
            store.append(INSERT, (name,), size=1)
        store._connection.set_trace_callback(statements.append)
        store.settle()

        assert [text.split()[0] for text in statements] == ["BEGIN", *["INSERT"] * 3, "COMMIT"]
        assert names(store) == ["a", "b", "c"]


def test_rows_that_another_thread_appends_to_a_file_are_there_at_once(tmp_path):
    with closing(Store(tmp_path / "db")) as store:
        settling = threading.Thread(target=store.settle_later)
        settling.start()
        settling.join()
        store.append(INSERT, ("a",), size=1)

        assert not store._waiting


def test_waiting_rows_that_cannot_be_written_are_told_with_later_ones_of_their_tenant(
    tmp_path,
):
    insert, lost = "INSERT INTO settings (name, tenant, value) VALUES (?, ?, ?)", []
    with closing(Store(tmp_path / "db")) as store:
        store.on_loss = lambda row, error: lost.append((row[:2], str(error)))
        store.settle_later()
        for name, tenant in (("a", 1), ("a", 2), ("a", 1), ("b", 1), ("b", 2)):
            store.append(insert, (name, tenant, "{}"), size=1)
        store.settle()

        assert {name: set(store.setting(name)) for name in "ab"} == {"a": {1, 2}, "b": {2}}
        why = "UNIQUE constraint failed: settings.name, settings.tenant"
        assert lost == [(("a", 1), why), (("b", 1), why)]


@pytest.mark.parametrize("second", ["refused", "of another thread"])
def test_what_is_kept_after_lost_uploads_is_counted_without_them(tmp_path, second):
    with closing(mock_on(tmp_path / "mock.db")) as mock:
        mock.store.settle_later()
        with few_pages(mock.store, 4):
            large = mock.answer(upload(60_000)).entry
            if second == "refused":
                mock.answer(UPLOAD._replace(body=b"{}"))
            else:
                worker = threading.Thread(target=mock.answer, args=(UPLOAD,))
                worker.start()
                worker.join()
        assert list(mock.journal.settle()) == [large]
        assert mock.answer(UPLOAD).status == 202
        assert not mock.journal.settle()

        kept = 1 if second == "refused" else 2
        assert len(Assertions.of(mock).events) == Assertions.of(mock).counts()["events"] == kept


def test_an_upload_is_kept_where_all_that_a_full_journal_had_is_lost(tmp_path):
    with closing(mock_on(tmp_path / "mock.db", limits=Limits(entries=1))) as mock:
        mock.store.settle_later()
        with few_pages(mock.store, 4):
            large = mock.answer(upload(60_000)).entry
            assert mock.answer(UPLOAD).status == 202

        assert list(mock.journal.settle()) == [large]
        assert [event["userId"] for event in Assertions.of(mock).events] == ["u1"]


def test_one_tenants_upload_that_is_not_kept_leaves_those_of_others(tmp_path):
    tokens = {"default": TOKEN, "other": "tok_other_test"}
    with MockServer(tokens=tokens, db=tmp_path / "mock.db") as toplyne:
        with few_pages(toplyne.mock.store, 4):
            large = post(body=upload(60_000).body, token=TOKEN, close=False)
            answered = talk(toplyne, large + post(token="tok_other_test"))

        assert re.findall(rb"HTTP/1.1 (\d+)", answered) == [b"503", b"202"]


def test_uploads_that_came_together_are_answered_503_where_they_were_not_kept(tmp_path):
    one = post(token=TOKEN, close=False)
    statuses, entries = [], []
    with MockServer(tokens={"default": TOKEN}, db=tmp_path / "mock.db") as toplyne:
        ((pages,),) = toplyne.mock.store.read("PRAGMA page_count")
        toplyne.mock.store.read(f"PRAGMA max_page_count = {pages + 20}")
        for _ in range(40):
            answered = talk(toplyne, one * 29 + post(token=TOKEN))
            statuses += re.findall(rb"HTTP/1.1 (\d+)", answered)
            entries += map(int, re.findall(rb"X-Sandbox-Entry: (\d+)", answered))

        assert set(statuses) == {b"202", b"503"}
        assert len(statuses) == 40 * 30
        assert entries == [entry["number"] for entry in toplyne.entries]
        assert len(toplyne.events) == statuses.count(b"202") == len(entries)

    with MockServer(tokens={"default": TOKEN}, db=tmp_path / "mock.db") as again:
        assert [entry["number"] for entry in again.entries] == entries
        assert again.client.post("/upload/events", content=BODY, headers=JSON).status_code == 202
        assert again.counts()["events"] == len(entries) + 1


def test_a_bounded_number_of_appended_rows_waits():
    store = Store()

    for number in range(1000):
        store.append(INSERT, (str(number),), size=1)
    assert len(store.waiting(INSERT)) < 500
    store.append(INSERT, ("large",), size=10_000_000)

    assert not store.waiting(INSERT)
    assert len(names(store)) == 1001


def test_nothing_can_be_appended_to_a_closed_store():
    store = Store()
    store.close()

    with pytest.raises(StoreUnavailable, match="the mock has stopped"):
        store.append(INSERT, ("a",), size=1)
