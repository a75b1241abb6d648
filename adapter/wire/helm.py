"""The messages that Helm and operators write.

Unknown fields are ignored and counted. Whoever reads a record finds in the model's errors which
field is wrong; values are never repeated there, for they may be secrets or a buyer's.

Source: contracts/helm/.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.config import JsonDict

from adapter.wire.fields import (
    ChannelId,
    Code,
    Flag,
    Incoming,
    Instant,
    SignedUnits,
    StockPool,
    Units,
    Version,
)

COMBINED_PREFIX = "C-"
"""Begins the number of a combined order; JD's own numbers are digits."""

_FROM_DATE_NEEDS_A_DATE: JsonDict = {
    "if": {
        "properties": {"order_importing_type": {"const": "from_date"}},
        "required": ["order_importing_type"],
    },
    "then": {
        "properties": {"import_orders_from": {"type": "string"}},
        "required": ["import_orders_from"],
    },
}
"""In the schema, what `SalesChannel` asks of its fields together."""

_WHAT_A_SHIPMENT_NEEDS: JsonDict = {
    "allOf": [
        {
            "if": {"properties": {"channel_order_id": {"pattern": f"^{COMBINED_PREFIX}"}}},
            "then": {
                "properties": {"order_revision": {"type": "integer"}},
                "required": ["order_revision"],
            },
        },
        {
            "if": {"properties": {"parcels": {"minItems": 2}}},
            "then": {
                "properties": {
                    "parcels": {
                        "items": {
                            "properties": {"lines": {"type": "array"}},
                            "required": ["lines"],
                        }
                    }
                }
            },
        },
    ]
}
"""In the schema, what `Shipment` asks of its fields together."""


class SealedCredentials(Incoming):
    """A channel's credentials, readable only with the adapter's private key."""

    sealed: Annotated[str, Field(min_length=1, max_length=20_000)]
    """base64 of a libsodium sealed box that holds `Credentials` as JSON."""


class SalesChannel(Incoming):
    """The settings of one sales channel (`helm.sales-channels`, key channel_id).

    A null value removes the channel.
    """

    model_config = ConfigDict(json_schema_extra=_FROM_DATE_NEEDS_A_DATE)

    channel_id: ChannelId | None = None
    """Optional; must equal the key when given."""
    name: str = ""
    """Sales Channel Name."""
    logo_url: str | None = None
    """Sales Channel Logo."""
    api_endpoint: Annotated[str, Field(min_length=1)] = "https://api.jd.com"
    """API Endpoint: https, or http for loopback and hosts that a setting names."""
    credentials: SealedCredentials | None = None
    """API Key, API Secret, App ID and Access Token, sealed."""
    is_active: Flag = False
    """Is Active."""
    sync_inventory: Flag = False
    """Publish JD's listings."""
    sync_stock_levels: Flag = False
    """Write stock to JD."""
    use_channel_names: Flag = False
    """Order lines carry JD's title instead of Helm's name."""
    auto_merge_orders: Flag = False
    """Combine orders of the same receiver."""
    max_stock_level: Units | None = None
    """Most units ever offered for a listing; null for no cap."""
    stock_buffer: Units = 0
    """Units of each SKU held back from JD."""
    order_importing_type: Literal["from_now", "from_date"] = "from_now"
    """Import orders paid since the first activation, or since `import_orders_from`."""
    import_orders_from: Instant | None = None
    """The start, when `order_importing_type` is `from_date`."""
    stock_pool: StockPool = "default"
    """The pool whose levels the channel offers."""
    stock_model: Literal["spot", "sellable"] = "spot"
    """Whether JD's number includes units booked by orders (spot) or not (sellable)."""
    jd_store_id: Annotated[str, StringConstraints(pattern=r"^(0|[1-9][0-9]{0,17})$")] | None = None
    """JD's store, for sellers that keep stock in several: JD's number."""
    calls_per_second: Annotated[float, Field(strict=True, gt=0, le=1000)] = 10.0
    """JD calls a second that the app may make."""
    daily_call_quota: Annotated[int, Field(strict=True, ge=1)] | None = None
    """JD calls a day that the app may make; null when not known."""
    order_poll_interval_s: Annotated[float, Field(strict=True, gt=0, le=86_400)] = 30.0
    """Seconds between two looks for changed orders."""
    order_grace_s: Annotated[float, Field(strict=True, ge=0, le=86_400)] = 120.0
    """Seconds after which a level is assumed to reflect an order, where no receipts come."""
    merge_window_s: Annotated[float, Field(strict=True, ge=0, le=604_800)] = 900.0
    """Seconds after an order's publication in which others may join it."""
    brake_percent: Annotated[int, Field(strict=True, ge=1, le=100)] = 30
    """Percentage of selling listings that may go to zero within an hour unasked."""
    repair_drift: Flag = True
    """Write again where JD's number is not what was written."""
    shared_sku: Literal["each", "split"] = "each"
    """Several listings of one SKU: each offers the whole level, or they share it."""
    earlier_orders_deducted: Flag = False
    """Helm's levels already reflect orders from before the import start."""
    import_jd_fulfilled: Flag = False
    """Publish orders that JD itself ships."""
    on_unreadable_level: Literal["keep", "zero"] = "keep"
    """What to offer when a SKU's level cannot be read."""
    despatch_hours: Annotated[float, Field(strict=True, gt=0, le=8_760)] = 48.0
    """Hours from payment to dispatch, where JD gives no date."""
    carrier_map: dict[str, str] = Field(default_factory=dict)
    """Helm's carrier names to JD's carrier ids."""

    @model_validator(mode="after")
    def _start_is_given(self) -> Self:
        if self.order_importing_type == "from_date" and self.import_orders_from is None:
            message = "import_orders_from: give an instant when order_importing_type is from_date"
            raise ValueError(message)
        return self


class Credentials(BaseModel):
    """What a channel's sealed box holds."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", use_attribute_docstrings=True, hide_input_in_errors=True
    )

    channel_id: ChannelId
    """The channel that the box was sealed for."""
    api_endpoint: Annotated[str, Field(min_length=1)]
    """The endpoint that the box was sealed for."""
    api_key: Annotated[str, Field(min_length=1)]
    """API Key: JD's app_key."""
    api_secret: Annotated[SecretStr, Field(min_length=1)]
    """API Secret: JD's app_secret; signs every call."""
    app_id: str = ""
    """App ID: names the app in remedies; never sent to JD."""
    access_token: Annotated[SecretStr, Field(min_length=1)]
    """Access Token: the seller's grant to the app."""
    refresh_token: SecretStr | None = None
    """Renews the access token, where the seller has one."""
    oauth_endpoint: str | None = None
    """Where tokens are renewed; JD's own when null."""


class StockChange(Incoming):
    """A SKU's level (`helm.stock-changes`, key stock_pool:sku)."""

    sku: Code
    """Helm's SKU code."""
    available: SignedUnits | None
    """Sellable units, absolute, net of every order that Helm has accepted. Null: gone."""
    stock_pool: StockPool = "default"
    """The pool that the level belongs to."""
    version: Version | None = None
    """Rises with each change; decides which level is newer."""
    occurred_at: Instant | None = None
    """When it changed; decides where there is no version."""
    name: str | None = None
    """The SKU's name, for people."""


class ListingSettings(Incoming):
    """Overrides for one listing (`helm.listing-settings`, key channel_id:sku_id)."""

    channel_id: ChannelId
    """The sales channel."""
    sku_id: Code
    """JD's SKU number."""
    sku: Code | None = None
    """Helm's SKU code, in place of the one that JD holds as outer id."""
    units_per_listing: Annotated[int, Field(strict=True, ge=1)] = 1
    """Units of the SKU that one sold listing takes."""
    stock_buffer: Units | None = None
    """In place of the channel's."""
    max_stock_level: Units | None = None
    """In place of the channel's."""
    hold: Flag = False
    """Offer none."""


class OrderReceipt(Incoming):
    """Helm's answer to an order (`helm.order-receipts`, key channel_id)."""

    channel_id: ChannelId
    """The sales channel."""
    channel_order_id: Code
    """The order."""
    revision: Annotated[int, Field(strict=True, ge=1)]
    """The revision that Helm took in."""
    outcome: Literal["accepted", "rejected", "picking"]
    """What Helm did with it."""
    reason: str | None = None
    """Why it was rejected."""
    taken_in_at: Instant
    """When Helm deducted the order from its levels."""
    stock_versions: dict[str, Version] = Field(default_factory=dict)
    """By SKU, the version of the first level that reflects the order."""


class ParcelLine(Incoming):
    """Units of a SKU in a parcel."""

    sku: Code
    """Helm's SKU code."""
    quantity: Annotated[int, Field(strict=True, ge=1)]
    """Units of the SKU."""


class Parcel(Incoming):
    """A parcel that left."""

    carrier: Annotated[str, Field(min_length=1, max_length=200)]
    """Helm's carrier name, or JD's carrier id."""
    shipping_tracking_code: Annotated[str, Field(max_length=200)] = ""
    """The waybill. Only the merchant's own delivery has none."""
    lines: Annotated[list[ParcelLine], Field(min_length=1)] | None = None
    """What is in it; null only where one parcel holds the whole order."""


class Shipment(Incoming):
    """Parcels of an order were dispatched (`helm.shipments`, key channel_id)."""

    model_config = ConfigDict(json_schema_extra=_WHAT_A_SHIPMENT_NEEDS)

    channel_id: ChannelId
    """The sales channel."""
    shipment_id: Code | None = None
    """Names the shipment; the record's ce_id, else its place in the log, when null."""
    channel_order_id: Code
    """The order, or a combined order."""
    order_revision: Annotated[int, Field(strict=True, ge=1)] | None = Field(
        default=None, validate_default=True
    )
    """Which revision of a combined order was packed; needed for these."""
    stage: Literal["outbound", "domestic"] | None = None
    """The step of a cross-border order."""
    replaces: Code | None = None
    """The shipment whose waybill this one corrects."""
    final: Flag = False
    """Nothing more of the order will come."""
    parcels: Annotated[list[Parcel], Field(min_length=1)]
    """What left."""
    despatched_at: Instant
    """When it left."""

    @field_validator("order_revision")
    @classmethod
    def _combined_order_names_its_revision(
        cls, value: int | None, info: ValidationInfo
    ) -> int | None:
        order_id = info.data.get("channel_order_id", "")
        if value is None and order_id.startswith(COMBINED_PREFIX):
            message = "a combined order needs the revision that was packed"
            raise ValueError(message)
        return value

    @field_validator("parcels")
    @classmethod
    def _several_parcels_have_lines(cls, value: list[Parcel]) -> list[Parcel]:
        if len(value) > 1 and any(parcel.lines is None for parcel in value):
            message = "of several parcels each needs its lines"
            raise ValueError(message)
        return value


class Command(Incoming):
    """Something an operator asks for (`helm.commands`, key channel_id)."""

    channel_id: ChannelId
    """The sales channel."""
    command_id: Code
    """Names the command; its outcome is published under it."""
    command: Annotated[str, Field(min_length=1, max_length=50)]
    """pause, resume, approve, resync or reconcile; any other is answered as failed."""
    arguments: dict[str, Any] = Field(default_factory=dict)
    """What the command needs: reconcile takes `repair`, true or false."""
