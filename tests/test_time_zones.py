"""Time zones: the tables of the tzdata package, at all times JavaScript has."""

import pytest

from sandbox.surroundings import zone_offset

HOUR = 3600


@pytest.mark.parametrize(
    ("zone", "seconds", "offset"),
    [
        ("europe/berlin", 1616893199, HOUR),
        ("europe/berlin", 1616893200, 2 * HOUR),
        ("america/new_york", 1625097600, -4 * HOUR),
        ("america/new_york", -2717650801, -17762),
        ("asia/kolkata", 0, 5.5 * HOUR),
        ("utc", -8_640_000_000_000, 0),
        ("asia/tokyo", -8_640_000_000_000, 33539),
        ("asia/tokyo", 8_640_000_000_000, 9 * HOUR),
        ("europe/paris", 327_419_020_800, 2 * HOUR),
    ],
    ids=str,
)
def test_a_zone_is_ahead_of_utc_by_what_its_rules_say(zone, seconds, offset):
    assert zone_offset(zone, seconds) == offset


@pytest.mark.parametrize("zone", ["mars", "", "z", "europe", "europe/", "../utc", "Europe/Berlin"])
def test_what_is_no_zone_in_lower_case_has_no_offset(zone):
    assert zone_offset(zone, 0) is None


def test_summer_time_goes_on_after_the_last_year_that_python_knows():
    july, january = 327_419_020_800, 327_403_382_400  # of the year 12345

    assert zone_offset("america/new_york", july) == -4 * HOUR
    assert zone_offset("america/new_york", january) == -5 * HOUR
