"""Where an order goes, and how much of that people can read.

JD gives a receiver in plain text only to apps with a decryption grant; others get masked phones
and ciphertext. All of it passes through untouched. A municipality (北京 天津 上海 重庆) is its own
province: `province` holds its name, `city` the district, `county` the area within it.

Source: contracts/jd/pop.order.search.
"""

import re
from typing import Literal

from adapter.wire.jd import JdConsignee
from adapter.wire.published import ShippingAddress

AddressForm = Literal["plain", "masked", "encrypted"]

_CIPHERTEXT = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,2}")


def shipping_address(consignee: JdConsignee | None) -> ShippingAddress:
    """Write a receiver as Helm reads it.

    Args:
        consignee: As JD gives it; None where JD gave none.
    """
    to = consignee or JdConsignee()
    return ShippingAddress(
        form=address_form(to),
        name=to.name,
        phone=to.mobile or to.telephone,
        address=to.address,
        province=to.province,
        city=to.city,
        county=to.county,
        town=to.town,
        oaid=to.oaid,
    )


def address_form(consignee: JdConsignee) -> AddressForm:
    """Tell whether people can read a receiver.

    Args:
        consignee: As JD gives it.

    Returns:
        `encrypted` when name, phone or address is ciphertext, else `masked` when one of them has
        stars, else `plain`.
    """
    texts = [
        text.strip()
        for text in (consignee.name, consignee.mobile, consignee.telephone, consignee.address)
        if text is not None
    ]
    if any(_CIPHERTEXT.fullmatch(text) for text in texts):
        return "encrypted"
    return "masked" if any("*" in text for text in texts) else "plain"
