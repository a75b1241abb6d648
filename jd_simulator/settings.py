"""What can be chosen for a sandbox. Each point JD leaves unsure is a named switch here.

Source: contracts/jd/<method>/method.json, whose facts say how sure each point is.
"""

from dataclasses import dataclass

from jd_simulator.fields import Fields

TEST_APP_QUOTA = 500
"""Calls a day that JD gives an app in test state."""
_DAY_S = 86_400
_LONGEST_S = 3650 * _DAY_S
_TOKEN_LIVES_S = {"online": 365 * _DAY_S, "test": _DAY_S}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one sandbox."""

    seed: int = 1
    """Everything made up follows from it: same seed and same calls, same answers."""
    sku_count: int = 300
    """SKUs in the shop at the start."""
    initial_stock: int | None = None
    """stockNum of every SKU at the start; None makes up 20 to 200."""
    order_count: int = 0
    """Paid orders of the last two days that the shop starts with."""
    stock_model: str = "spot"
    """`spot`: an order books its units and takes them off stockNum when shipped (JD's own words);
    `sellable`: stockNum itself falls when an order is placed."""
    receipts: str = "failures"
    """Which SKUs the answer to a stock write lists: `failures` only, or `all`."""
    receivers: str = "encrypted"
    """How name and address come: `encrypted` (base64 ciphertext) or `plain`. Phones are masked
    either way, and enSearch and enGet always encrypt."""
    ciphertext_varies: bool = False
    """Whether ciphertext and `desen_*` of a receiver differ at each reading; the oaid stays."""
    search_lag_s: int = 0
    """How much later than it was placed (or paid, or split off) an order appears in search; JD's
    own sandbox takes 60 to 600."""
    split_parent: str = "refused"
    """How pop.order.get answers for an order that was split: `refused` as unknown, or `shown` as it
    last was. In search it is gone either way."""
    partial_shipment: str = "supported"
    """What partialship.judge says of an order that could leave in parts: `supported`, or
    `refused` as for a shop to which JD has not opened it."""
    belong_type: int = 1
    """The `belongType` that the partial shipment methods take; JD's values are not known."""
    delivery_type: int = 0
    """The `deliveryType` that partial.outship takes; JD's values are not known."""
    refund_sum_unit: str = "yuan"
    """Unit of `applyRefundSum`: `yuan` or `fen`; which it is at JD is not established."""
    legacy_envelopes: str = "short"
    """Root key of the 360buy methods: `short` (order_sop_outstorage_response), or the whole name
    with `response` or `responce` behind it."""
    code_type: str = "text"
    """How JD's codes are written: `text` ("0") or `number` (0)."""
    app_state: str = "online"
    """`online`, or `test`: tokens then live a day, and 500 calls a day is the default quota."""
    token_life_s: int | None = None
    """Life of an access token; None: a year online, a day in test state."""
    refresh_window_s: int = _DAY_S
    """How long before its end a token can be refreshed."""
    clock_start: float | None = None
    """Where the clock starts, seconds since the epoch; None means real time."""
    timestamp_tolerance_s: int = 360
    """Furthest a call's timestamp may be from the clock; a newer page of JD's says 600."""
    daily_quota: int | None = None
    """Calls a (Beijing) day; 500 for an app in test state. None sets no limit."""
    calls_per_second: int | None = None
    """Calls a second; JD publishes no figure. None sets no limit."""
    page_cap: int = 100
    """Last page of an order search; clients report 100 or 300."""
    journal_size: int = 1000
    """Calls the journal keeps."""

    @property
    def access_token_life_s(self) -> int:
        """Seconds that an access token lives."""
        return self.token_life_s or _TOKEN_LIVES_S[self.app_state]


def parse_settings(value: object) -> Settings:
    """Read the settings of a new sandbox; what is not given keeps its default.

    Raises:
        jd_simulator.fields.BadInput: A field is wrong or not known.
    """
    fields = Fields(value)
    default = Settings()
    app_state = fields.choice("app_state", _TOKEN_LIVES_S, default.app_state)
    settings = Settings(
        seed=fields.integer("seed", default.seed),
        sku_count=fields.integer("sku_count", default.sku_count, high=50_000),
        initial_stock=fields.integer("initial_stock", high=10**8)
        if fields.has("initial_stock")
        else None,
        order_count=fields.integer("order_count", default.order_count, high=100_000),
        stock_model=fields.choice("stock_model", ("spot", "sellable"), default.stock_model),
        receipts=fields.choice("receipts", ("failures", "all"), default.receipts),
        receivers=fields.choice("receivers", ("encrypted", "plain"), default.receivers),
        ciphertext_varies=fields.boolean("ciphertext_varies", default=default.ciphertext_varies),
        search_lag_s=fields.integer("search_lag_s", default.search_lag_s, high=_DAY_S),
        split_parent=fields.choice("split_parent", ("refused", "shown"), default.split_parent),
        partial_shipment=fields.choice(
            "partial_shipment", ("supported", "refused"), default.partial_shipment
        ),
        belong_type=fields.integer("belong_type", default.belong_type, high=1000),
        delivery_type=fields.integer("delivery_type", default.delivery_type, high=1000),
        refund_sum_unit=fields.choice("refund_sum_unit", ("yuan", "fen"), default.refund_sum_unit),
        legacy_envelopes=fields.choice(
            "legacy_envelopes", ("short", "response", "responce"), default.legacy_envelopes
        ),
        code_type=fields.choice("code_type", ("text", "number"), default.code_type),
        app_state=app_state,
        token_life_s=fields.integer("token_life_s", low=1, high=_LONGEST_S)
        if fields.has("token_life_s")
        else None,
        refresh_window_s=fields.integer(
            "refresh_window_s", default.refresh_window_s, high=_LONGEST_S
        ),
        clock_start=fields.instant("clock_start") if fields.has("clock_start") else None,
        timestamp_tolerance_s=fields.integer(
            "timestamp_tolerance_s", default.timestamp_tolerance_s, high=86_400
        ),
        daily_quota=fields.integer("daily_quota")
        if fields.has("daily_quota")
        else (TEST_APP_QUOTA if app_state == "test" else None),
        calls_per_second=fields.integer("calls_per_second", low=1)
        if fields.has("calls_per_second")
        else None,
        page_cap=fields.integer("page_cap", default.page_cap, low=1, high=10**6),
        journal_size=fields.integer("journal_size", default.journal_size, high=100_000),
    )
    fields.done()
    return settings
