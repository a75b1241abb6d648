"""Which commands can be carried out, and what is said of the others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue, SecretStr

from adapter.errors import MalformedRecord
from adapter.rules.channels import AnyChannel, Channel, InactiveChannel, UnreadableChannel
from adapter.rules.commands import COMMANDS, refusal
from adapter.wire.helm import Credentials, SalesChannel

CREDENTIALS = Credentials(
    channel_id="shop",
    api_endpoint="https://api.jd.com",
    api_key="k",
    api_secret=SecretStr("s"),
    app_id="a",
    access_token=SecretStr("t"),
)
ACTIVE = Channel("shop", SalesChannel(is_active=True, sync_stock_levels=True), CREDENTIALS)
STOCK_OFF = Channel("shop", SalesChannel(is_active=True), CREDENTIALS)
INACTIVE = InactiveChannel("shop", SalesChannel())
UNREADABLE = UnreadableChannel("shop", MalformedRecord("no"))


def refused(
    command: str,
    channel: AnyChannel | None = ACTIVE,
    arguments: dict[str, JsonValue] | None = None,
    *,
    is_paused: bool = False,
) -> str | None:
    """Ask for a command of channel `shop`."""
    return refusal(command, arguments or {}, "shop", channel, is_paused=is_paused)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_running_channel_takes_every_command(command: str) -> None:
    """Nothing stands against it."""
    assert refused(command) is None


@pytest.mark.parametrize(
    ("channel", "words"),
    [
        (None, "there is no channel shop"),
        (INACTIVE, "channels activate shop"),
        (UNREADABLE, "channels put shop"),
    ],
)
@pytest.mark.parametrize("command", ["approve", "resync", "reconcile"])
def test_a_channel_that_does_not_run_says_what_to_do(
    command: str, channel: AnyChannel | None, words: str
) -> None:
    """Work that nobody would do is refused with the remedy."""
    assert words in str(refused(command, channel))


@pytest.mark.parametrize("command", ["pause", "resume"])
def test_a_channel_that_does_not_run_can_be_paused_and_resumed(command: str) -> None:
    """Taking note needs no running channel, but one that exists."""
    assert refused(command, INACTIVE) is None
    assert refused(command, UNREADABLE) is None
    assert "there is no channel shop" in str(refused(command, None))


@pytest.mark.parametrize("command", ["approve", "resync", "reconcile"])
def test_a_paused_channel_works_for_nobody(command: str) -> None:
    """It has to be resumed first; a pause and its end are taken always."""
    assert "helm-jd resume shop" in str(refused(command, is_paused=True))
    assert refused("resume", is_paused=True) is None


def test_stock_commands_need_stock_that_is_written() -> None:
    """Where Sync Stock Levels is off there is nothing to approve, compare or write again."""
    assert "--sync-stock-levels" in str(refused("approve", STOCK_OFF))
    assert "--sync-stock-levels" in str(refused("resync", STOCK_OFF))
    assert "--sync-stock-levels" in str(refused("reconcile", STOCK_OFF))


@pytest.mark.parametrize("repair", ["yes", 1, None])
def test_repair_is_true_or_false(repair: JsonValue) -> None:
    """A word that may mean it repairs nothing."""
    assert refused("reconcile", arguments={"repair": repair}) == "repair: must be true or false"


@given(command=st.text(max_size=50).filter(lambda text: text not in COMMANDS))
def test_an_unknown_command_names_the_known_ones(command: str) -> None:
    """Whoever mistyped sees at once what there is."""
    for known in COMMANDS:
        assert known in str(refused(command, None))
