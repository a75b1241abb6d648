"""Every unsure point is a switch, and each is understood or refused by name."""

from dataclasses import fields

import pytest

from jd_simulator.fields import BadInput
from jd_simulator.settings import Settings, parse_settings

OTHERS: dict[str, object] = {
    "seed": 5,
    "sku_count": 2,
    "initial_stock": 9,
    "order_count": 3,
    "stock_model": "sellable",
    "receipts": "all",
    "receivers": "plain",
    "ciphertext_varies": True,
    "search_lag_s": 60,
    "split_parent": "shown",
    "partial_shipment": "refused",
    "belong_type": 2,
    "delivery_type": 3,
    "refund_sum_unit": "fen",
    "legacy_envelopes": "responce",
    "code_type": "number",
    "app_state": "test",
    "token_life_s": 77,
    "refresh_window_s": 5,
    "clock_start": 1_795_406_400.0,
    "timestamp_tolerance_s": 600,
    "daily_quota": 12,
    "calls_per_second": 10,
    "page_cap": 300,
    "journal_size": 7,
}


def test_nothing_given_means_the_defaults() -> None:
    """An empty object is the sandbox that jd-simulator makes by itself."""
    assert parse_settings({}) == Settings()


@pytest.mark.parametrize("name", [field.name for field in fields(Settings)])
def test_every_setting_can_be_given(name: str) -> None:
    """What is given arrives; the rest keeps its default."""
    settings = parse_settings({name: OTHERS[name]})

    assert getattr(settings, name) == OTHERS[name]
    assert OTHERS[name] != getattr(Settings(), name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("stock_model", "spott"),
        ("legacy_envelopes", "RESPONSE"),
        ("search_lag_s", -1),
        ("ciphertext_varies", "yes"),
        ("app_state", "beta"),
        ("token_life_s", 0),
        ("seacrh_lag_s", 60),
    ],
)
def test_what_is_wrong_is_named(name: str, value: object) -> None:
    """Misspelt settings and values that do not exist."""
    with pytest.raises(BadInput) as refused:
        parse_settings({name: value})

    assert refused.value.field == name


def test_an_app_in_test_state_has_500_calls_a_day() -> None:
    """Unless told otherwise; its tokens live a day, those of an online app a year."""
    test, online = parse_settings({"app_state": "test"}), parse_settings({})

    assert (test.daily_quota, test.access_token_life_s) == (500, 86_400)
    assert (online.daily_quota, online.access_token_life_s) == (None, 365 * 86_400)
    assert parse_settings({"app_state": "test", "daily_quota": 9}).daily_quota == 9
