"""Which carrier a name means, and whether a shipment is a whole order."""

import unicodedata
from collections.abc import Iterable, Mapping

from adapter.errors import UnknownCarrier
from adapter.wire.helm import Shipment
from adapter.wire.jd import JdCarrier

_MOST_NAMES = 20


def carrier_id(
    name: str,
    *,
    carrier_map: Mapping[str, str],
    carriers: Iterable[JdCarrier],
    aliases: Mapping[str, str],
) -> str:
    """Find JD's id of a carrier.

    The channel's own map decides first, then a number is taken as JD's id, then JD's names, then
    well-known names. Upper and lower case, white space and full-width forms do not matter.

    Args:
        name: As Helm wrote it.
        carrier_map: The channel's, from names to ids.
        carriers: Those that this seller may ship with.
        aliases: Well-known names to ids.

    Raises:
        UnknownCarrier: None of these knows it.
    """
    if name in carrier_map:
        return carrier_map[name]
    folded = _folded(name)
    own = {carrier.name: carrier.carrier_id for carrier in carriers if carrier.name}
    found = _find(folded, carrier_map)
    number = unicodedata.normalize("NFKC", name).strip()
    if found is None and number.isascii() and number.isdecimal():
        found = number
    if found is None:
        found = _find(folded, own) or _find(folded, aliases)
    if found is not None:
        return found
    message = (
        f"JD knows no carrier {name!r} for this seller. Add it to the channel's carrier_map "
        "with JD's id"
    )
    if own:
        message += f", or use one of: {', '.join(sorted(own)[:_MOST_NAMES])}"
    raise UnknownCarrier(message, field="parcels.carrier")


def is_whole_order(shipment: Shipment, ordered: Mapping[str, int] | None) -> bool:
    """Tell whether the parcels hold all that was ordered.

    Args:
        shipment: As Helm wrote it.
        ordered: Units of the order by Helm's SKU code; None when they are not all known.
    """
    if shipment.final or any(parcel.lines is None for parcel in shipment.parcels):
        return True
    if ordered is None:
        return False
    packed: dict[str, int] = {}
    for parcel in shipment.parcels:
        for line in parcel.lines or ():
            packed[line.sku] = packed.get(line.sku, 0) + line.quantity
    return all(packed.get(sku, 0) >= units for sku, units in ordered.items())


def is_same_waybill(at_jd: str | None, ours: Iterable[str]) -> bool:
    """Tell whether the waybills that JD holds are the ones that were submitted.

    Args:
        at_jd: JD's text: `|` between carriers, `,` inside one.
        ours: The parcels'.
    """
    held = (at_jd or "").replace("|", ",").split(",")
    return _numbers(held) == _numbers(ours)


def _numbers(waybills: Iterable[str]) -> set[str]:
    return {waybill.strip() for waybill in waybills if waybill.strip()}


def _folded(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


def _find(folded: str, names: Mapping[str, str]) -> str | None:
    return next((found for name, found in names.items() if _folded(name) == folded), None)
