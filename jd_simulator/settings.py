"""What can be chosen for a sandbox. Each point JD leaves unsure is a named switch here."""

from dataclasses import dataclass

from jd_simulator.fields import Fields


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
    either way."""
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


def parse_settings(value: object) -> Settings:
    """Read the settings of a new sandbox; what is not given keeps its default.

    Raises:
        jd_simulator.fields.BadInput: A field is wrong or not known.
    """
    fields = Fields(value)
    default = Settings()
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
        clock_start=fields.instant("clock_start") if fields.has("clock_start") else None,
        timestamp_tolerance_s=fields.integer(
            "timestamp_tolerance_s", default.timestamp_tolerance_s, high=86_400
        ),
        daily_quota=fields.integer("daily_quota") if fields.has("daily_quota") else None,
        calls_per_second=fields.integer("calls_per_second", low=1)
        if fields.has("calls_per_second")
        else None,
        page_cap=fields.integer("page_cap", default.page_cap, low=1, high=10**6),
        journal_size=fields.integer("journal_size", default.journal_size, high=100_000),
    )
    fields.done()
    return settings
