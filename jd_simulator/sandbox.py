"""One isolated shop with its own credentials, clock, limits, faults and journal."""

from collections import Counter
from dataclasses import dataclass, field

from jd_simulator.clock import Clock
from jd_simulator.crowd import Crowd, CrowdPlan
from jd_simulator.errors import Code, JdError
from jd_simulator.faults import FaultPlan
from jd_simulator.journal import Journal
from jd_simulator.retries import RetryWatch
from jd_simulator.scenario import Scenario
from jd_simulator.settings import Settings
from jd_simulator.shop.shop import Shop

_BEIJING_SHIFT_S = 8 * 3600
_DAY_S = 86_400


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
    retries: RetryWatch = field(default_factory=RetryWatch)
    crashes: int = 0
    """Methods of the simulator's that failed."""


class Sandbox:
    """An isolated shop in the simulator; the `app_key` of a call says which one it means."""

    clock: Clock
    shop: Shop
    faults: FaultPlan
    journal: Journal
    tallies: Tallies
    grant: Grant

    def __init__(
        self, *, identity: Identity, settings: Settings, scenario: Scenario | None = None
    ) -> None:
        """Make the shop that `settings` describe, and let it begin as a scenario says.

        A scenario with a crowd needs an event loop that runs.
        """
        self.identity = identity
        self.settings = settings
        self.scenario = scenario
        self.crowd: Crowd | None = None
        self.reset()

    def reset(self) -> None:
        """Bring everything back to how it was when the sandbox was made, credentials too."""
        self.stop_crowd()
        self.clock = Clock(start=self.settings.clock_start)
        self.shop = Shop(settings=self.settings, clock=self.clock)
        self.faults = FaultPlan(seed=self.settings.seed)
        self.journal = Journal(self.settings.journal_size)
        self.tallies = Tallies()
        self.grant = Grant(
            access_token=self.identity.access_token,
            refresh_token=self.identity.refresh_token,
            expires_at=self.clock.now() + self.settings.access_token_life_s,
        )
        if self.scenario is not None:
            self._begin(self.scenario)

    def start_crowd(self, plan: CrowdPlan) -> None:
        """Let buyers come by themselves, in the place of those that came before.

        Raises:
            RuntimeError: No event loop runs.
        """
        self.stop_crowd()
        self.crowd = Crowd(plan=plan, shop=self.shop, seed=self.settings.seed)
        self.crowd.start()

    def stop_crowd(self) -> None:
        """Let no more buyers come by themselves."""
        if self.crowd is not None:
            self.crowd.stop()
            self.crowd = None

    def expire_token(self) -> None:
        """Let the access token's life end now."""
        self.grant.expires_at = self.clock.now()

    def rotate_tokens(self) -> None:
        """Put new tokens in the place of the old ones, which are void from now on."""
        self.grant.rotations += 1
        suffix = f"-{self.grant.rotations}"
        self.grant.access_token = self.identity.access_token + suffix
        self.grant.refresh_token = self.identity.refresh_token + suffix
        self.grant.expires_at = self.clock.now() + self.settings.access_token_life_s

    def count_call(self) -> None:
        """Spend one call of the day's quota and of the second's limit.

        Every call whose signature holds counts, whatever it is answered.

        Raises:
            JdError: 2, one of them is spent.
        """
        tallies, settings, now = self.tallies, self.settings, self.clock.now()
        day = _beijing_day(now)
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

    def _begin(self, scenario: Scenario) -> None:
        for purchase in scenario.orders:
            self.shop.orders.place(purchase)
        if scenario.token_expires_in_s is not None:
            self.grant.expires_at = self.clock.now() + scenario.token_expires_in_s
        self.grant.removed_scopes |= scenario.removed_scopes
        self.tallies.quota_day = _beijing_day(self.clock.now())
        self.tallies.quota_used = scenario.quota_used
        self.faults.replace(scenario.faults)
        self.clock.run(scenario.speed)
        if scenario.crowd is not None:
            self.start_crowd(scenario.crowd)


def _beijing_day(instant: float) -> int:
    return int(instant + _BEIJING_SHIFT_S) // _DAY_S
