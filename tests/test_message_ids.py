"""Message ids: seen once in a day, for each tenant, within bounds."""

from mock_server.segment.message_ids import SECONDS_KEPT, MessageIds


def test_an_id_is_new_once_a_day_for_each_tenant():
    ids = MessageIds()

    assert ids.is_new(1, "m1", now=0)
    assert not ids.is_new(1, "m1", now=SECONDS_KEPT - 1)
    assert ids.is_new(2, "m1", now=0)
    assert ids.is_new(1, "m1", now=SECONDS_KEPT)


def test_the_oldest_are_forgotten_where_there_are_too_many():
    ids = MessageIds(most=2)

    for name in ("m1", "m2", "m3"):
        assert ids.is_new(1, name, now=0)

    assert not ids.is_new(1, "m3", now=1)
    assert not ids.is_new(1, "m2", now=1)
    assert ids.is_new(1, "m1", now=1)


def test_a_reset_forgets_one_tenant():
    ids = MessageIds()
    ids.is_new(1, "m1", now=0)
    ids.is_new(2, "m1", now=0)

    ids.reset(1)

    assert ids.is_new(1, "m1", now=1)
    assert not ids.is_new(2, "m1", now=1)
