"""JD's SKUs as listings, and which Helm SKU each one sells.

JD's outer id is the seller's own code for a SKU. It maps when it is there; it is never guessed,
trimmed or matched loosely. `helm.listing-settings` overrides it.
"""

from adapter.wire.helm import ListingSettings
from adapter.wire.jd import JdSku
from adapter.wire.published import Listing, StockUpdate

ON_SALE, OFF_SALE, DELETED = "1", "2", "4"
"""JD's states of a SKU.

Source: contracts/jd/sku.read.searchSkuList.
"""

_PICTURES = "https://img10.360buyimg.com/n1/"


def listing_of(channel_id: str, sku: JdSku, override: ListingSettings | None) -> Listing:
    """Translate a JD SKU.

    Args:
        channel_id: The sales channel.
        sku: As JD has it.
        override: The listing's own settings.
    """
    attributes = {
        attribute.attribute_id or str(number): ",".join(
            value for value in (attribute.aliases or attribute.values) if value
        )
        for number, attribute in enumerate(sku.sale_attributes, start=1)
    }
    return mapped(
        Listing(
            channel_id=channel_id,
            sku_id=sku.sku_id,
            ware_id=sku.ware_id,
            outer_id=sku.outer_id,
            mapping="none",
            title=sku.name or sku.ware_title or "",
            status="on_sale" if sku.status == ON_SALE else "off_sale",
            price=sku.price,
            bar_code=sku.bar_code,
            image_url=_picture(sku.logo),
            attributes=attributes,
            observed_stock=sku.stock_num,
            modified_at=sku.modified,
        ),
        override,
    )


def mapped(listing: Listing, override: ListingSettings | None) -> Listing:
    """Give a listing the SKU and the units that its code at JD and its own settings make of it.

    What was applied to it before leaves no trace.
    """
    # Records from before `outer_id` was published say it by their mapping.
    code = listing.outer_id or (listing.sku if listing.mapping == "code" else None)
    own = override.sku if override else None
    made = {
        "outer_id": code,
        "sku": own or code,
        "mapping": "override" if own else "code" if code else "none",
        "units_per_listing": override.units_per_listing if override else 1,
    }
    if all(getattr(listing, name) == value for name, value in made.items()):
        return listing  # a restart restores a whole shop this way
    return listing.model_copy(update=made)


def listing_as_written(update: StockUpdate) -> Listing:
    """Make the listing that its last write tells of, where listings are not published."""
    return Listing(
        channel_id=update.channel_id,
        sku_id=update.sku_id,
        outer_id=update.sku,
        sku=update.sku,
        mapping="code",
        title="",
        status="on_sale",
    )


def is_changed(known: Listing | None, found: Listing) -> bool:
    """Tell whether a listing has to be published again.

    JD's stock figure alone does not count: it changes with every sale.
    """
    if known is None:
        return True
    volatile = {"observed_stock", "modified_at"}
    return known.model_dump(exclude=volatile) != found.model_dump(exclude=volatile)


def _picture(logo: str | None) -> str | None:
    if not logo:
        return None
    return logo if "://" in logo else _PICTURES + logo.lstrip("/")
