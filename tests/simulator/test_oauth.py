"""Tokens are refreshed in the last day of their life, and both are new."""

import json
from collections.abc import Mapping
from typing import Any

import aiohttp
import pytest
from jsonschema_rs import Draft202012Validator

from contracts.oauth import oauth_refresh
from jd_simulator.testing import SandboxHandle, SimulatorHandle
from tests.jd_shop import call

ANSWERS = Draft202012Validator(oauth_refresh().response_schema)
CARRIERS = "360buy.get.vender.all.delivery.company"
DAY = 86_400


def parameters(sandbox: SandboxHandle, **changes: str | None) -> dict[str, str]:
    """Build the parameters of a refresh; None leaves one out."""
    given = {
        "app_key": sandbox.app_key,
        "app_secret": sandbox.app_secret,
        "grant_type": "refresh_token",
        "refresh_token": sandbox.refresh_token,
        **changes,
    }
    return {name: value for name, value in given.items() if value is not None}


async def refresh(
    sandbox: SandboxHandle, changes: Mapping[str, str | None] | None = None, *, verb: str = "GET"
) -> dict[str, Any]:
    """Refresh the tokens; the answer is held to the contract."""
    given = parameters(sandbox, **(changes or {}))
    place = {"params": given} if verb == "GET" else {"data": given}
    async with (
        aiohttp.ClientSession() as session,
        session.request(verb, f"{sandbox.endpoint}/oauth2/refresh_token", **place) as response,  # type: ignore[arg-type]  # either place is one that aiohttp takes
    ):
        assert response.status == 200
        answer: dict[str, Any] = json.loads(await response.read())
    assert ANSWERS.is_valid(answer), answer
    return answer


@pytest.fixture
def shop(simulator: SimulatorHandle) -> SandboxHandle:
    """Make a shop of an app in test state: every moment of a token's life is its last day."""
    sandbox = simulator.create_sandbox(sku_count=1, app_state="test")
    sandbox.clock.freeze()
    return sandbox


@pytest.mark.parametrize("verb", ["GET", "POST"])
async def test_both_tokens_are_new_and_the_old_ones_void(shop: SandboxHandle, verb: str) -> None:
    """In the query or in a form: the answer's token works, the one before no longer."""
    old = shop.access_token, shop.refresh_token
    answer = await refresh(shop, verb=verb)
    with_new = await call(shop, CARRIERS, {}, access_token=answer["access_token"])
    with_old = await call(shop, CARRIERS, {}, access_token=old[0])
    again = await refresh(shop, {"refresh_token": old[1]})

    assert (answer["code"], answer["expires_in"]) == (0, DAY)
    assert answer["access_token"] != old[0]
    assert answer["refresh_token"] == shop.refresh_token != old[1]
    assert answer["time"] == int(shop.clock.now() * 1000)
    assert "error_response" not in with_new
    assert with_old["error_response"]["code"] == "19"
    assert again["code"] == 402


async def test_a_year_old_token_waits_for_its_last_day(simulator: SimulatorHandle) -> None:
    """Online tokens live a year: the refresh is refused until a day before its end."""
    shop = simulator.create_sandbox(sku_count=1)
    shop.clock.freeze()
    start = shop.clock.now()
    codes = []
    for elapsed in (0, 364 * DAY - 1, 364 * DAY):
        shop.clock.set(start + elapsed)
        codes.append((await refresh(shop))["code"])

    assert codes == [403, 403, 0]


async def test_an_ended_token_cannot_be_refreshed(shop: SandboxHandle) -> None:
    """The seller must authorise the app again; calls are refused with 19 meanwhile."""
    shop.clock.advance(DAY)

    assert (await refresh(shop))["code"] == 402
    assert (await call(shop, CARRIERS, {}))["error_response"]["code"] == "19"


async def test_life_and_window_are_switches(simulator: SimulatorHandle) -> None:
    """`token_life_s` and `refresh_window_s` are in the caller's hand."""
    shop = simulator.create_sandbox(sku_count=1, token_life_s=100, refresh_window_s=10)
    shop.clock.freeze()
    early = await refresh(shop)
    shop.clock.advance(91)
    late = await refresh(shop)

    assert (early["code"], late["code"], late["expires_in"]) == (403, 0, 100)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"grant_type": "authorization_code"}, 400),
        ({"grant_type": None}, 400),
        ({"refresh_token": None}, 400),
        ({"app_key": " "}, 400),
        ({"app_key": "nobody"}, 401),
        ({"app_secret": "wrong"}, 401),
        ({"refresh_token": "刷新"}, 402),
    ],
)
async def test_refusals_change_nothing(
    shop: SandboxHandle, changes: dict[str, str | None], code: int
) -> None:
    """Each has its number and words; the tokens stay."""
    before = shop.access_token
    answer = await refresh(shop, changes)

    assert answer["code"] == code
    assert answer["msg"]
    assert shop.access_token == before


async def test_the_journal_tells_of_it_without_secrets(shop: SandboxHandle) -> None:
    """Neither secret nor tokens, old or new, stand in it."""
    old = shop.refresh_token
    await refresh(shop)
    entry = shop.journal[-1]

    assert (entry.method, entry.code) == ("/oauth2/refresh_token", "0")
    kept = json.dumps([dict(entry.parameters), entry.answer_text])
    for secret in (shop.app_secret, old, shop.access_token, shop.refresh_token):
        assert secret not in kept
