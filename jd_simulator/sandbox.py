"""One isolated shop with its own credentials, clock, limits, faults and journal."""

from collections import Counter
from dataclasses import dataclass, field

from jd_simulator.clock import Clock
from jd_simulator.errors import Code, JdError
from jd_simulator.faults import FaultPlan
from jd_simulator.journal import Journal
from jd_simulator.settings import Settings
from jd_simulator.shop.shop import Shop

_BEIJING_SHIFT_S = 8 * 3600
_DAY_S = 86_400
_TOKEN_LIFE_S = 365 * _DAY_S
"""An online app's token lives a year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The credentials that a sandbox starts with."""

    sandbox_id: str
    app_key: str
    app_secret: str
    app_id: str
    access_token: str
    refresh_token: str


@dataclass(slots=True, kw_only=True)
class Grant:
    """What the seller has granted the app: a token, and the methods it may call."""

    access_token: str
    refresh_token: str
    expires_at: float
    """Seconds since the epoch."""
    rotations: int = 0
    removed_scopes: set[str] = field(default_factory=set)
    """Methods that the app may not call."""


@dataclass(slots=True)
class Tallies:
    """What was called, by an observer at JD's side; unlike the journal it forgets nothing."""

    calls_by_method: Counter[str] = field(default_factory=Counter)
    refused_by_code: Counter[str] = field(default_factory=Counter)
    quota_day: int = 0
    """Beijing day number of `quota_used`."""
    quota_used: int = 0
    second: int = 0
    calls_in_second: int = 0


class Sandbox:
    """An isolated shop in the simulator; the `app_key` of a call says which one it means."""

    clock: Clock
    shop: Shop
    faults: FaultPlan
    journal: Journal
    tallies: Tallies
    grant: Grant

    def __init__(self, *, identity: Identity, settings: Settings) -> None:
        """Make the shop that `settings` describe."""
        self.identity = identity
        self.settings = settings
        self.reset()

    def reset(self) -> None:
        """Bring everything back to how it was when the sandbox was made, credentials too."""
        self.clock = Clock(start=self.settings.clock_start)
        self.shop = Shop(settings=self.settings, clock=self.clock)
        self.faults = FaultPlan(seed=self.settings.seed)
        self.journal = Journal(self.settings.journal_size)
        self.tallies = Tallies()
        self.grant = Grant(
            access_token=self.identity.access_token,
            refresh_token=self.identity.refresh_token,
            expires_at=self.clock.now() + _TOKEN_LIFE_S,
        )

    def expire_token(self) -> None:
        """Let the access token's life end now."""
        self.grant.expires_at = self.clock.now()

    def rotate_tokens(self) -> None:
        """Put new tokens in the place of the old ones, which are void from now on."""
        self.grant.rotations += 1
        suffix = f"-{self.grant.rotations}"
        self.grant.access_token = self.identity.access_token + suffix
        self.grant.refresh_token = self.identity.refresh_token + suffix
        self.grant.expires_at = self.clock.now() + _TOKEN_LIFE_S

    def count_call(self) -> None:
        """Spend one call of the day's quota and of the second's limit.

        Every call whose signature holds counts, whatever it is answered.

        Raises:
            JdError: 2, one of them is spent.
        """
        tallies, settings, now = self.tallies, self.settings, self.clock.now()
        day = int(now + _BEIJING_SHIFT_S) // _DAY_S
        if day != tallies.quota_day:
            tallies.quota_day, tallies.quota_used = day, 0
        if int(now) != tallies.second:
            tallies.second, tallies.calls_in_second = int(now), 0
        is_spent = settings.daily_quota is not None and tallies.quota_used >= settings.daily_quota
        is_fast = (
            settings.calls_per_second is not None
            and tallies.calls_in_second >= settings.calls_per_second
        )
        if is_spent or is_fast:
            raise JdError(Code.CALL_LIMITED)
        tallies.quota_used += 1
        tallies.calls_in_second += 1
