"""The command `drift`: the table of rules, and a recording compared."""

import json

from click.testing import CliRunner

from sandbox.cli import cli
from sandbox.known_rules import service_rules
from sandbox.toplyne import TOPLYNE

EXCHANGE = {
    "request": {
        "method": "POST",
        "url": "https://api.toplyne.io/v1/upload/events",
        "headers": {"Authorization": "Bearer k", "Content-Type": "application/json"},
        "json": {"events": [{"userId": "u", "eventName": "E", "timestamp": 1.5}]},
    },
    "response": {
        "status": 202,
        "json": {"status": "SUCCESS", "data": {"message": "Events uploaded."}},
    },
}


def run(*arguments, stdin=None):
    return CliRunner().invoke(cli, ["drift", *arguments], input=stdin)


def test_without_a_file_it_lists_every_rule_with_what_speaks_against_it():
    result = run()

    assert result.exit_code == 0
    assert (
        "time-integer           docs      Times are Unix seconds without a fraction.\n"
        "    against recorded: timestamp 1670242516.143688 was answered 202\n"
    ) in result.stdout
    text = " ".join(result.stdout.split())
    assert all(f"{rule.key} " in text and rule.statement in text for rule in TOPLYNE.rules)
    assert max(map(len, result.stdout.splitlines())) <= 100


def test_every_contradiction_of_the_declaration_is_listed_for_machines():
    both = [json.loads(line) for line in run("--json").stdout.splitlines()]
    lines = [line for line in both if line["side"] == "Toplyne's API"]

    assert len(both) == len(TOPLYNE.rules) + len(service_rules())
    assert {line["rule"]: [each["mark"] for each in line["against"]] for line in lines} == {
        rule.key: [evidence.mark for evidence in rule.against] for rule in TOPLYNE.rules
    }
    assert [line["rule"] for line in lines if line["against"]] == [
        "token-missing",
        "token-unknown",
        "body-structure",
        "list-size",
        "unknown-key",
        "id-required",
        "time-integer",
        "time-number",
        "accepted-answer",
        "creation-time-user",
        "creation-time-account",
    ]


def test_a_recording_is_compared_rule_by_rule():
    result = run("-", stdin=json.dumps(EXCHANGE))

    assert result.exit_code == 1
    assert result.stdout.splitlines()[:4] == [
        "1 call compared",
        "",
        "time-integer  Times are Unix seconds without a fraction. (docs)",
        "  known already: recorded: timestamp 1670242516.143688 was answered 202",
    ]
    assert " ".join(" ".join(result.stdout.splitlines()[4:]).split()) == (
        "standard input, exchange 1: POST /v1/upload/events was answered 202; the mock refuses it"
        " with 400: $.events[0].timestamp is the number 1.5. Expected Unix seconds, a number"
        " without a fraction."
    )


def test_observed_rules_take_what_was_recorded():
    result = run("-", "--rules", "observed", stdin=json.dumps(EXCHANGE))

    assert (result.exit_code, result.stdout) == (
        0,
        "1 call compared\nNothing in them contradicts the mock.\n",
    )


def test_for_machines_each_contradiction_is_a_line():
    (line,) = run("-", "--json", stdin=json.dumps(EXCHANGE)).stdout.splitlines()

    assert json.loads(line)["rule"] == "time-integer"


def test_calls_of_other_hosts_are_counted_and_passed_over():
    other = json.loads(json.dumps(EXCHANGE))
    other["request"]["url"] = "https://api.other.example/v1/x"
    stdin = json.dumps([EXCHANGE, other])

    result = run("-", "--rules", "observed", stdin=stdin)
    named = run("-", "--rules", "observed", "--host", "api.other.example", stdin=stdin)

    assert "1 call to other hosts skipped; --host" in result.stderr
    assert result.exit_code == 0
    assert named.exit_code == 1


def test_a_line_that_is_none_is_named_and_the_rest_is_compared():
    result = run("-", "--rules", "observed", stdin=json.dumps(EXCHANGE) + "\n{\n")

    assert result.exit_code == 2
    assert "standard input, line 2" in result.stderr
    assert "1 call compared" in result.stdout


def test_a_file_that_is_not_there_is_said():
    result = run("no-such-file.har")

    assert result.exit_code == 2
    assert "there is no file 'no-such-file.har'" in result.stderr


def test_a_recording_without_a_call_to_compare_is_not_said_to_agree():
    result = run("-", stdin='{"cut":1}\n{"cut":2}\n')

    assert (result.exit_code, result.stdout) == (2, "0 calls compared\n")
    assert "there is no result" in result.stderr


def test_of_many_lines_that_cannot_be_read_the_first_hundred_are_told_and_the_others_counted():
    result = run("-", stdin="{}\n" * 300)

    told = result.stderr.splitlines()
    assert result.exit_code == 2
    assert told[99].startswith("standard input, line 100")
    assert "200 more cannot be read; only 100 are shown." in told
    assert sum("standard input, line" in line for line in told) == 100


def test_a_body_that_a_proxy_recorded_inflated_is_compared_as_it_was_meant():
    call = json.loads(json.dumps(EXCHANGE))
    call["request"]["headers"]["Content-Encoding"] = "gzip"

    result = run("-", "--rules", "observed", stdin=json.dumps(call))

    assert result.stdout == "1 call compared\nNothing in them contradicts the mock.\n"


def test_a_call_whose_body_was_left_out_is_passed_over():
    call = json.loads(json.dumps(EXCHANGE))
    call["request"] |= {"bodySize": 67}
    del call["request"]["json"]

    result = run("-", stdin=json.dumps(call))

    assert (result.exit_code, result.stdout.splitlines()) == (
        2,
        [
            "0 calls compared",
            "  skipped: standard input, exchange 1: the recording does not have its body",
        ],
    )


def test_nothing_in_a_recording_writes_over_the_screen():
    call = json.loads(json.dumps(EXCHANGE))
    call["request"]["url"] = "https://api.toplyne.io/v1/\x1b]0;x\x07\u009b2J"

    result = run("-", stdin=json.dumps(call))

    assert "/v1/\\u001b]0;x\\u0007\\u009b2J was answered" in " ".join(result.stdout.split())
    assert result.stdout.replace("\n", "").isprintable()
