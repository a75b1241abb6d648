from adapter.rules.overrides import Overrides
from adapter.wire.helm import ListingSettings

HELD = ListingSettings(channel_id="shop", sku_id="100", hold=True)


def test_a_channels_settings_follow_what_is_taken_in() -> None:
    """A mapping handed out before the first record shows each later one, and each removal."""
    overrides = Overrides()
    of_shop = overrides.of("shop")
    overrides.take("shop", "100", HELD)
    overrides.take("other", "100", HELD.model_copy(update={"channel_id": "other"}))
    while_held = dict(of_shop)
    overrides.take("shop", "100", None)
    overrides.take("shop", "100", None)

    assert while_held == {"100": HELD}
    assert of_shop == {}
    assert list(overrides.of("other")) == ["100"]
