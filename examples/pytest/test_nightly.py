"""The contract of the nightly job: billing is faked with respx, Toplyne is the sandbox."""

import nightly
import pytest

from sandbox import answers


@pytest.fixture
def billing(respx_mock):
    """Answer for billing; what goes to this machine, where the sandbox is, passes through."""
    respx_mock.route(host="127.0.0.1").pass_through()

    def has(*accounts):
        respx_mock.get(f"{nightly.BILLING}/accounts").respond(json=list(accounts))

    return has


def account(name, paid=0):
    return {"account": name, "since": 1795450639, "paid": paid}


def test_each_account_arrives_with_what_it_paid(toplyne, billing):
    billing(account("acme", 1200), account("umbrella", 80))

    nightly.run(toplyne.client)

    toplyne.assert_received(account={"accountId": "acme", "accountProperties": {"paid": 1200}})
    toplyne.assert_received(account={"accountId": "umbrella", "accountProperties": {"paid": 80}})
    toplyne.assert_nothing_else()


def test_more_than_500_accounts_go_in_several_calls(toplyne, billing):
    billing(*[account(f"a{number}") for number in range(1200)])

    nightly.run(toplyne.client)

    assert [len(entry["json"]["accounts"]) for entry in toplyne.entries] == [500, 500, 200]


def test_a_bad_moment_of_toplyne_is_waited_for(toplyne, billing):
    billing(account("acme"))
    toplyne.fail_next(status=503)

    nightly.run(toplyne.client, pause=0)

    toplyne.assert_received(account={"accountId": "acme"}, times=1)


def test_a_gateway_that_is_down_fails_the_job(toplyne, billing):
    billing(account("acme"))
    toplyne.answer_next(**answers.gateway_502, times=3)

    with pytest.raises(RuntimeError, match="Toplyne answered 502"):
        nightly.run(toplyne.client, pause=0)


@pytest.mark.toplyne(allow_refused=True)
def test_what_billing_has_wrong_is_named(toplyne, billing):
    billing(account("acme") | {"since": "2026-11-23"})

    with pytest.raises(RuntimeError, match="creationTime"):
        nightly.run(toplyne.client)
