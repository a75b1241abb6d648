from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.rules.diagnosis import Problems
from adapter.rules.encoding import ENCODING, MISTAKES, DamagedTexts, Mistake, damage
from adapter.wire.published import Listing
from jd_simulator.seed.goods import articles

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
GARBLED = "红色".encode().decode("gb18030")
HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=2, max_size=30)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "TEE-RED-M",
        "红色T恤 M码",
        "café",
        "Ménage à trois",
        "Straße",
        "Łódź",
        "ŠKODA",
        "表",
        "①",
        "联通",
        "€",
    ],
)
def test_a_text_as_it_should_be_is_left_in_peace(text: str) -> None:
    """Chinese, Western, and the words that are known to fool such checks."""
    assert damage(text) is None


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.words)
def test_each_mistake_is_named_and_can_be_undone(mistake: Mistake) -> None:
    """A title through the wrong encoding is still a title, only not this one."""
    found = damage("红色 M".encode(mistake.written_in).decode(mistake.read_as))

    assert found is not None
    assert mistake.words in found.seen
    assert found.meant == "红色 M"


@pytest.mark.parametrize(
    ("text", "seen"),
    [("红\ufffdT恤", "U+FFFD"), ("红\ud83d", "surrogate"), ("\udc4d", "surrogate")],
    ids=ascii,
)
def test_lost_characters_are_seen(text: str, seen: str) -> None:
    """Nobody can tell what they were."""
    found = damage(text)

    assert found is not None
    assert seen in found.seen
    assert found.meant is None


@given(st.text(st.characters(blacklist_categories=()), max_size=30))
def test_any_text_can_be_judged(text: str) -> None:
    """Whatever a shop sends, the check itself stops nothing."""
    found = damage(text)

    assert found is None or found.seen


@given(HAN)
def test_utf_8_read_as_gb18030_is_recognised(title: str) -> None:
    """Wherever the bytes happen to be GB18030, as a wrong reader would have needed too."""
    try:
        garbled = title.encode().decode("gb18030")
    except UnicodeDecodeError:
        return  # a strict reader would have noticed
    found = damage(garbled)

    assert found is not None
    assert found.meant == title


def test_no_title_of_a_whole_shop_is_suspected() -> None:
    """A false alarm for one title in a thousand, and nobody heeds the true ones."""
    titles = [article.title for article in articles(5000, Random(1))]  # noqa: S311

    assert [title for title in titles if damage(title)] == []


@pytest.mark.parametrize("side", ["JD", "Helm"])
def test_the_side_that_sent_a_damaged_text_is_named(side: str) -> None:
    """JD sends titles and codes, Helm the codes of its own settings; mended, the problem ends."""
    garbled = GARBLED if side == "Helm" else "RED"
    problems = Problems()
    texts = DamagedTexts(problems)
    listing = Listing(
        channel_id="shop",
        sku_id="1",
        outer_id="RED" if side == "Helm" else GARBLED,
        sku=garbled,
        mapping="override",
        title="红色",
        status="on_sale",
    )
    texts.judge(listing, now=NOON)
    (problem,) = problems.all()
    texts.forget("1")

    assert problem.code == ENCODING
    assert problem.cause.startswith(side)
    assert f"the {'sku' if side == 'Helm' else 'code'} of SKU 1" in problem.evidence
    assert problems.all() == []
