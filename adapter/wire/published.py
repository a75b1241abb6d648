"""The messages that the adapter publishes for Helm and everybody else.

Source: contracts/helm/.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, FiniteFloat

from adapter.wire.fields import (
    ChannelId,
    Code,
    Instant,
    Money,
    Outgoing,
    SignedUnits,
    StockPool,
    Units,
    Version,
)


class JdWords(Outgoing):
    """JD's own words on a call."""

    code: str
    """JD's code; empty where JD gave none."""
    message_zh: str
    """In Chinese."""
    message_en: str
    """In English."""


class OrderFacts(Outgoing):
    """What is true of an order at JD."""

    paid: bool = False
    """JD holds the payment, or the order is paid on delivery."""
    locked: bool = False
    """A cancellation or refund is under review."""
    paused: bool = False
    """JD holds the order back."""
    refund_requested: bool = False
    """The buyer asks for the money back."""
    cancelled: bool = False
    """The order is cancelled."""
    partly_shipped: bool = False
    """Some of its units have been shipped."""
    shipped: bool = False
    """All of it has been shipped."""
    finished: bool = False
    """The buyer has it."""
    customs_uncleared: bool = False
    """A cross-border order that customs have not cleared."""
    state_unknown: bool = False
    """JD names a state that this version does not know."""
    address_changed: bool = False
    """The receiver is another than at first."""
    invoice_changed: bool = False
    """The invoice is another than at first."""
    remark_changed: bool = False
    """The seller's remark is another than at first."""
    replaced_by: list[str] = Field(default_factory=list)
    """The orders that JD split it into."""


class OrderPart(Outgoing):
    """One JD order inside this record; a combined order has several."""

    channel_order_id: Code
    """JD's order number."""
    modified: Instant
    """JD's instant of its last change."""
    units: Units
    """Units of all its lines."""
    total: Money
    """Its total."""


class Discount(Outgoing):
    """An amount taken off the order."""

    kind: str
    """What it is, in JD's words or `seller_discount`."""
    amount: Money
    """How much."""
    borne_by: Literal["seller", "jd", "unknown"]
    """Who pays for it."""


class DespatchBy(Outgoing):
    """Until when the order has to leave."""

    instant: Instant
    """The last moment."""
    assumed: bool
    """JD gave none: reckoned from payment and `despatch_hours`."""


class Customer(Outgoing):
    """The buyer."""

    id: str | None
    """JD's stable, opaque id of the buyer."""


class ShippingAddress(Outgoing):
    """Where the order goes, exactly as JD gave it."""

    form: Literal["plain", "masked", "encrypted"]
    """Whether people can read it."""
    name: str | None = None
    """The receiver, perhaps as ciphertext."""
    phone: str | None = None
    """The receiver's phone, perhaps masked."""
    address: str | None = None
    """The whole address, perhaps as ciphertext."""
    province: str | None = None
    """Province; a municipality stands here by its own name."""
    city: str | None = None
    """City; the district of a municipality."""
    county: str | None = None
    """County or district."""
    town: str | None = None
    """Town or street."""
    postcode: str | None = None
    """Postcode, where JD gives one."""
    country: str = "CN"
    """ISO 3166 code."""
    oaid: str | None = None
    """JD's id of the receiver's name, phone and address."""


class Invoice(Outgoing):
    """The invoice that the buyer asks for."""

    kind: str | None = None
    """Kind, in JD's words."""
    title: str | None = None
    """To whom it is made out."""
    tax_number: str | None = None
    """The company's tax number."""
    content: str | None = None
    """What it names."""


class Customs(Outgoing):
    """What customs need of a cross-border order."""

    model: str | None = None
    """How it enters: 直邮, 保税集货 or 保税备货."""
    port: str | None = None
    """JD's code of the customs office."""
    declaration_status: str | None = None
    """JD's word on the declaration."""
    declaration_description: str | None = None
    """Why it stands as it does."""


class OrderLine(Outgoing):
    """Units of one SKU."""

    line_id: Code
    """Names the line within this record."""
    channel_order_id: Code
    """The JD order that it belongs to."""
    sku: str | None
    """Helm's SKU code; null when the listing is not mapped."""
    sales_channel_item_id: str
    """JD's SKU number."""
    name: str
    """JD's title."""
    quantity: Units
    """Units of the SKU (a multi-pack counts its units)."""
    unit_price: Money
    """JD's price of one listing."""
    discount: Money
    """What was taken off this line."""
    is_gift: bool
    """JD added it for nothing."""


class OrderJd(Outgoing):
    """JD's own view of the order."""

    state: str
    """JD's state."""
    state_zh: str
    """In Chinese."""
    state_en: str
    """In English."""
    order_type: str | None = None
    """JD's order type, as JD writes it."""
    modified: Instant
    """JD's instant of the last change."""
    content_hash: str
    """Digest of the business fields; begins with the version of their list."""


class Order(Outgoing):
    """An order as imported; each record is the whole order (`jd.orders`).

    Read it `read_committed` and apply it only if `revision` is higher than what you have.
    """

    channel_id: ChannelId
    """The sales channel."""
    channel_order_id: Code
    """JD's order number, or `C-…` for a combined order."""
    revision: Annotated[int, Field(ge=1)]
    """1, 2, 3 …"""
    change: str
    """What is new: new, cancelled, locked, paused, shipped, finished, address_changed, …"""
    status_id: int
    """Helm's status: 2 On Hold, 3 Despatch Ready, 5 Despatched, 6 Cancelled, 81 Part Shipped."""
    status_changed: bool
    """Whether Helm should apply `status_id`."""
    facts: OrderFacts
    """What is true of it at JD."""
    fulfilled_by: Literal["merchant", "jd", "unknown"]
    """Who ships it."""
    is_combined: bool = False
    """It stands for several JD orders."""
    combined_into: str | None = None
    """The combined order that ships it."""
    parts: list[OrderPart]
    """The JD orders inside it."""
    merge_suggestion: list[str] = Field(default_factory=list)
    """Orders that may go to the same receiver, which is not known."""
    date_received: Instant
    """When the buyer placed it."""
    date_paid: Instant | None
    """When the buyer paid."""
    despatch_by: DespatchBy | None
    """Until when it has to leave."""
    not_before: Instant | None
    """The buyer wants it to leave no earlier."""
    payment_type: str
    """online, cash_on_delivery, … or JD's own word."""
    payment_currency: str = "CNY"
    """Currency of every amount in the record."""
    total: Money
    """Goods before discounts."""
    total_paid: Money
    """What the buyer pays."""
    total_discount: Money
    """Sum of all discounts."""
    discounts: list[Discount]
    """Each of them."""
    shipping_paid: Money
    """Freight that the buyer pays."""
    tax_paid: Money
    """Import tax that the buyer pays."""
    sums_agree: bool
    """Whether JD's own amounts add up."""
    customer_comments: str
    """The buyer's words."""
    seller_remark: str
    """The seller's remark at JD."""
    customer: Customer
    """The buyer."""
    shipping_address: ShippingAddress
    """Where it goes."""
    invoice: Invoice | None
    """The invoice asked for."""
    customs: Customs | None
    """Cross-border orders only."""
    inventory: list[OrderLine]
    """What was bought."""
    jd: OrderJd
    """JD's own view."""
    channel_data: dict[str, str] = Field(default_factory=dict)
    """More of JD's fields: an allow-list without personal data."""


class Listing(Outgoing):
    """A JD SKU on sale in a channel (`jd.listings`, key channel_id:sku_id)."""

    channel_id: ChannelId
    """The sales channel."""
    sku_id: Code
    """JD's SKU number."""
    ware_id: str | None = None
    """JD's number of the ware that the SKU belongs to."""
    outer_id: str | None = None
    """The seller's own code at JD, exactly as JD has it; null when there is none."""
    sku: str | None = None
    """Helm's SKU code; null when not mapped."""
    mapping: Literal["code", "override", "none"]
    """Where `sku` comes from: JD's outer id, `helm.listing-settings`, or nowhere."""
    units_per_listing: Annotated[int, Field(ge=1)] = 1
    """Units of the SKU that one sold listing takes."""
    title: str
    """JD's title."""
    status: Literal["on_sale", "off_sale"]
    """Whether buyers can order it."""
    price: Money | None = None
    """JD's price."""
    currency: str = "CNY"
    """Currency of `price`."""
    bar_code: str | None = None
    """Bar code."""
    image_url: str | None = None
    """Main picture."""
    attributes: dict[str, str] = Field(default_factory=dict)
    """What tells it from its siblings: colour, size."""
    observed_stock: int | None = None
    """JD's own stock figure when it was read."""
    modified_at: Instant | None = None
    """JD's instant of the last change."""


class LevelUsed(Outgoing):
    """The level that a quantity was reckoned from."""

    stock_pool: StockPool | None = None
    """The pool whose level it is; null where that is not known."""
    available: SignedUnits | None
    """As Helm gave it."""
    version: Version | None = None
    """As Helm gave it."""
    occurred_at: Instant | None = None
    """As Helm gave it."""


class Arithmetic(Outgoing):
    """How a quantity was reckoned: written = sellable + open units (spot) or sellable."""

    uncounted: Units
    """Units of paid JD orders that the level does not reflect yet."""
    stock_buffer: Units
    """Units held back."""
    max_stock_level: Units | None
    """Most units ever offered."""
    units_per_listing: Annotated[int, Field(ge=1)]
    """Units of the SKU that one sold listing takes."""
    open_units: Units
    """Units that JD books for paid, unshipped orders of the listing."""
    sellable: Units
    """What JD's buyers shall be able to order."""


class StockUpdate(Outgoing):
    """What was offered to JD (`jd.stock-updates`, key channel_id:sku_id)."""

    channel_id: ChannelId
    """The sales channel."""
    sku_id: Code
    """JD's SKU number."""
    sku: str
    """Helm's SKU code."""
    status: Literal["intended", "accepted", "adjusted", "refused", "unknown"]
    """Announced, taken by JD, changed by JD itself, refused, or not known."""
    quantity: Units
    """The number for JD."""
    stock_ref: str
    """Names the call; JD's stockRfId."""
    store_id: str | None = None
    """JD's store that it was written to; null for the shop's default one."""
    level: LevelUsed | None = None
    """The level that it was reckoned from."""
    arithmetic: Arithmetic | None = None
    """How."""
    jd: JdWords | None = None
    """JD's words, where it refused."""
    at: Instant
    """When."""


class ShipmentResult(Outgoing):
    """JD's answer to a shipment (`jd.shipment-results`, key channel_id:shipment_id)."""

    channel_id: ChannelId
    """The sales channel."""
    shipment_id: Code
    """The shipment."""
    channel_order_id: Code
    """Its order."""
    outcome: Literal["shipped", "waiting", "refused", "conflict"]
    """At JD; waits and why; refused for good; JD holds another waybill."""
    reason: str = ""
    """In plain words, with the remedy; empty when shipped."""
    parts: list[str] = Field(default_factory=list)
    """The JD orders that it was submitted for."""
    jd: JdWords | None = None
    """JD's words, where it gave some."""
    at: Instant
    """When."""


class Problem(Outgoing):
    """Something that keeps a channel from working, or may."""

    code: str
    """Names the problem: CREDENTIALS, SCOPE, CLOCK, …"""
    severity: Literal["warning", "error"]
    """Whether something works less well, or not at all."""
    since: Instant
    """When it was first seen."""
    cause: str
    """What is wrong."""
    evidence: str = ""
    """What shows it."""
    remedy: str
    """What to do."""
    jd: JdWords | None = None
    """JD's own words."""
    count: Units = 1
    """How often it was seen."""


class Quota(Outgoing):
    """JD calls of the channel: its equal share of its app's."""

    used: Units = 0
    """Calls made today, by JD's clock; after a crash a few more, never fewer."""
    limit: Units | None = None
    """Calls a day that are allowed; null when the app's quota is not known."""
    forecast: Instant | None = None
    """When they will be used up at the pace of the last hour; null when they last the day."""


class MappingCounts(Outgoing):
    """How JD's listings map to Helm's SKUs."""

    mapped: Units = 0
    """Listings with a Helm SKU."""
    unmapped: Units = 0
    """Listings without."""
    duplicate: Units = 0
    """Listings whose SKU another listing has too."""
    near_miss: Units = 0
    """SKU codes of listings without level that nearly equal one of Helm's, at the last sweep."""
    without_level: Units = 0
    """Mapped listings whose SKU no level ever came for."""
    without_listing: Units = 0
    """Levels of the stock pool that no listing of the channel sells."""


class ChannelStatus(Outgoing):
    """A channel's health (`jd.channel-status`, key channel_id)."""

    channel_id: ChannelId
    """The sales channel."""
    name: str = ""
    """Its name."""
    health: Literal["live", "degraded", "paused", "inactive"]
    """Works; works in part; waits for somebody; switched off."""
    problems: list[Problem] = Field(default_factory=list)
    """What is wrong, and what to do."""
    watermarks: dict[str, Instant] = Field(default_factory=dict)
    """By flow, the instant up to which all was seen."""
    lag_s: dict[str, FiniteFloat] = Field(default_factory=dict)
    """By flow, seconds behind."""
    quota: Quota = Field(default_factory=Quota)
    """Its JD calls."""
    mapping: MappingCounts = Field(default_factory=MappingCounts)
    """Listings and SKUs."""
    reconciliation: dict[str, Units] = Field(default_factory=dict)
    """Listings by what comparing them with JD's own stock figures came to last: equal, drift, lag,
    booked, waiting, unmapped, missing, held_by_jd."""
    orders_at_risk: Units = 0
    """Orders that are late or soon will be."""
    at: Instant
    """When."""


class CommandOutcome(Outgoing):
    """What became of a command (`jd.channel-status`, key channel_id:command:command_id)."""

    channel_id: ChannelId
    """The sales channel."""
    command_id: Code
    """The command."""
    command: str
    """What was asked for."""
    status: Literal["accepted", "running", "done", "failed"]
    """How far it is."""
    arguments: dict[str, Any] = Field(default_factory=dict)
    """As they were asked for; who takes the channel over goes on by them."""
    result: dict[str, Any] = Field(default_factory=dict)
    """What came of it; while it runs `done` of `total`, when it failed the `reason`."""
    at: Instant
    """When."""
