"""Listings' own settings, by channel; one for each process."""

from collections.abc import Mapping

from adapter.wire.helm import ListingSettings


class Overrides:
    """What `helm.listing-settings` says, kept up to date."""

    def __init__(self) -> None:
        self._channels: dict[str, dict[str, ListingSettings]] = {}

    def take(self, channel_id: str, sku_id: str, settings: ListingSettings | None) -> None:
        """Take in a listing's own settings; None removes them."""
        listings = self._channels.setdefault(channel_id, {})
        if settings is None:
            listings.pop(sku_id, None)
        else:
            listings[sku_id] = settings

    def of(self, channel_id: str) -> Mapping[str, ListingSettings]:
        """Return a channel's, by JD's SKU number; the mapping follows later changes."""
        return self._channels.setdefault(channel_id, {})
