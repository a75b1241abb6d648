"""The goods of a shop are many, distinct and plausible."""

from random import Random

import pytest

from jd_simulator.seed.goods import articles, ean13


@pytest.mark.parametrize(
    "code", ["4006381333931", "6901234567892", "5901234123457"], ids=["pen", "china", "wikipedia"]
)
def test_check_digit_is_that_of_ean13(code: str) -> None:
    """Known barcodes come out."""
    assert ean13(code[:12]) == code


def test_codes_are_unique_beyond_one_series() -> None:
    """A shop of a thousand has a thousand codes, the first always the same."""
    made = list(articles(1000, Random(1)))  # noqa: S311 - made-up data

    assert len({article.outer_id for article in made}) == 1000
    assert made[0].outer_id == "TEE-RED-M"
    assert made[300].outer_id == "TEE2-RED-M"
    assert all(article.price > 0 for article in made)
    assert made[0].title == "纯棉圆领短袖T恤 男女同款 中国红 M"
