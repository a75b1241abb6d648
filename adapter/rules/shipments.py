"""Which carrier a name means, and whether a shipment is a whole order."""

from collections.abc import Iterable, Mapping

from adapter.errors import UnknownCarrier
from adapter.wire.helm import Shipment
from adapter.wire.jd import JdCarrier


def carrier_id(
    name: str,
    *,
    carrier_map: Mapping[str, str],
    carriers: Iterable[JdCarrier],
    aliases: Mapping[str, str],
) -> str:
    """Find JD's id of a carrier.

    The channel's own map decides first, then a number is taken as JD's id, then JD's names as
    they are, then well-known names; upper and lower case and white space do not matter.

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
    known = list(carriers)
    if name.strip().isdecimal():
        return name.strip()
    folded = _folded(name)
    for carrier in known:
        if carrier.name and _folded(carrier.name) == folded:
            return carrier.carrier_id
    for alias, found in aliases.items():
        if _folded(alias) == folded:
            return found
    names = ", ".join(sorted(carrier.name for carrier in known if carrier.name)[:20])
    message = (
        f"JD knows no carrier {name!r} for this seller. Add it to the channel's carrier_map "
        f"with JD's id, or use one of: {names}"
    )
    raise UnknownCarrier(message, field="parcels.carrier")


def is_whole_order(shipment: Shipment, ordered: Mapping[str, int]) -> bool:
    """Tell whether the parcels hold all that was ordered.

    Args:
        shipment: As Helm wrote it.
        ordered: Units of the order by Helm's SKU code; empty when the order is not known.
    """
    if shipment.final or any(parcel.lines is None for parcel in shipment.parcels):
        return True
    packed: dict[str, int] = {}
    for parcel in shipment.parcels:
        for line in parcel.lines or ():
            packed[line.sku] = packed.get(line.sku, 0) + line.quantity
    return all(packed.get(sku, 0) >= units for sku, units in ordered.items())


def _folded(name: str) -> str:
    return "".join(name.split()).casefold()


def is_same_waybill(at_jd: str | None, ours: Iterable[str]) -> bool:
    """Tell whether the waybills that JD holds are the ones that were submitted.

    Args:
        at_jd: JD's text: `|` between carriers, `,` inside one.
        ours: The parcels'.
    """
    held = {number for number in (at_jd or "").replace("|", ",").split(",") if number}
    return held == {number for number in ours if number}
