"""Named scenarios: a whole sandbox as a file, from its settings to its faults and its buyers.

The files of the named ones are in `scenarios/`; docs/simulator/scenarios.md describes them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from jd_simulator.clock import FASTEST, Clock
from jd_simulator.control.reading import read_purchase
from jd_simulator.crowd import CrowdPlan, read_crowd
from jd_simulator.faults import Rule, read_rules
from jd_simulator.field_lines import Misplaced, field_lines, line_of
from jd_simulator.fields import BadInput, Fields
from jd_simulator.methods.registry import METHODS
from jd_simulator.settings import Settings, parse_settings
from jd_simulator.shop.model import Purchase
from jd_simulator.shop.orders import NotForSale
from jd_simulator.shop.shop import Shop

_LARGEST_FILE = 1024 * 1024
_YEAR_S = 366 * 86_400
_FOLDER = "scenarios"


class ScenarioError(Exception):
    """A scenario that cannot be read; names the file, the line and the field."""

    def __init__(
        self, source: str, detail: str, *, line: int | None = None, field: str = ""
    ) -> None:
        place = source if line is None else f"{source}:{line}"
        super().__init__(": ".join(part for part in (place, field, detail) if part))
        self.source = source
        self.line = line
        self.field = field
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """How a sandbox begins, beyond its settings, and what happens in it by itself."""

    about: str
    settings: Mapping[str, object] = field(default_factory=dict)
    """Fields of `Settings`; whoever makes a sandbox may set them otherwise."""
    speed: float = 1.0
    """Of the clock; 0 means frozen."""
    token_expires_in_s: int | None = None
    """None: the token lives as long as the settings say."""
    removed_scopes: frozenset[str] = frozenset()
    """Methods that the app may not call."""
    quota_used: int = 0
    """Calls of the first day that are spent already."""
    orders: tuple[Purchase, ...] = ()
    """Placed at the start."""
    faults: tuple[Rule, ...] = ()
    crowd: CrowdPlan | None = None


def scenario_names() -> list[str]:
    """List the named scenarios."""
    folder = files(__package__).joinpath(_FOLDER)
    return sorted(file.name[:-5] for file in folder.iterdir() if file.name.endswith(".json"))


def load_scenario(name_or_path: str) -> Scenario:
    """Read a named scenario, or one from a file.

    Raises:
        ScenarioError: There is none, or it is wrong: names the line and the field.
    """
    if name_or_path in scenario_names():
        source = f"{name_or_path}.json"
        data = files(__package__).joinpath(_FOLDER, source).read_bytes()
    else:
        source, data = name_or_path, _read(name_or_path)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ScenarioError(source, "is not UTF-8", line=line) from None
    try:
        value = json.loads(text)
        lines = field_lines(text)
    except json.JSONDecodeError as error:
        detail = f"is no JSON: {error.msg} (column {error.colno})"
        raise ScenarioError(source, detail, line=error.lineno) from None
    except Misplaced as error:
        raise ScenarioError(source, error.detail, line=error.line, field=error.field) from None
    except RecursionError:
        raise ScenarioError(source, "is nested too deeply") from None
    try:
        return parse_scenario(value)
    except BadInput as error:
        line = line_of(error.field, lines)
        raise ScenarioError(source, error.detail, line=line, field=error.field) from None


def parse_scenario(value: object) -> Scenario:
    """Read a scenario from parsed JSON.

    Raises:
        BadInput: Names the field that is wrong.
    """
    fields = Fields(value)
    clock, credentials = fields.nested("clock"), fields.nested("credentials")
    settings = _settings(fields)
    scenario = Scenario(
        about=fields.text("about", longest=2000),
        settings=settings,
        speed=clock.number("speed", 1.0, low=0, high=FASTEST),
        token_expires_in_s=credentials.integer("token_expires_in_s", low=0, high=_YEAR_S)
        if credentials.has("token_expires_in_s")
        else None,
        removed_scopes=_scopes(credentials),
        quota_used=fields.integer("quota_used", 0),
        orders=_orders(fields, settings),
        faults=tuple(read_rules(fields, "faults")),
        crowd=read_crowd(fields.nested("crowd")) if fields.has("crowd") else None,
    )
    for part in (clock, credentials, fields):
        part.done()
    return scenario


def read_new_sandbox(value: object, *, seed: int) -> tuple[Settings, Scenario | None]:
    """Read what a caller wants of a new sandbox: settings, and a `scenario` if it likes.

    Args:
        value: The parsed JSON; `scenario` in it is a name, or a scenario itself. Settings beside
            it hold before those of the scenario.
        seed: Where neither names one.

    Raises:
        BadInput: Names the field that is wrong.
    """
    if not isinstance(value, Mapping) or value.get("scenario") is None:
        given = {"seed": seed, **value} if isinstance(value, Mapping) else value
        if isinstance(given, dict):
            given.pop("scenario", None)
        return parse_settings(given), None
    scenario = _chosen(value["scenario"])
    own = {name: setting for name, setting in value.items() if name != "scenario"}
    return scenario_settings(scenario, {"seed": seed}, own), scenario


def scenario_settings(
    scenario: Scenario, before: Mapping[str, object], after: Mapping[str, object]
) -> Settings:
    """Put a scenario's settings over those `before` it and under those `after` it.

    Raises:
        BadInput: Names the setting that is wrong.
    """
    return parse_settings({**before, **scenario.settings, **after})


def _chosen(value: object) -> Scenario:
    if isinstance(value, str):
        # By name alone: a caller over HTTP must not make the server read its files.
        names = scenario_names()
        if value not in names:
            detail = f"must be one of {', '.join(names)}, or a scenario itself"
            raise BadInput(field="scenario", detail=detail)
        return load_scenario(value)
    try:
        return parse_scenario(value)
    except BadInput as error:
        raise BadInput(_below("scenario", error.field), error.detail) from None


def _settings(fields: Fields) -> Mapping[str, object]:
    value = fields.raw("settings")
    if value is None:
        return {}
    try:
        parse_settings(value)
    except BadInput as error:
        raise BadInput(_below("settings", error.field), error.detail) from None
    return dict(value) if isinstance(value, Mapping) else {}


def _scopes(fields: Fields) -> frozenset[str]:
    scopes = set()
    for path, item in fields.array("removed_scopes"):
        if not isinstance(item, str) or item not in METHODS:
            raise BadInput(path, f"must be one of {', '.join(sorted(METHODS))}")
        scopes.add(item)
    return frozenset(scopes)


def _orders(fields: Fields, settings: Mapping[str, object]) -> tuple[Purchase, ...]:
    """Read the orders of the start, and try whether a shop with these settings sells them."""
    given = fields.array("orders")
    if not given:
        return ()
    wanted = parse_settings(settings)
    shop = Shop(settings=wanted, clock=Clock(start=wanted.clock_start))
    purchases = []
    for path, item in given:
        try:
            purchase = read_purchase(item)
            shop.orders.place(purchase)
        except BadInput as error:
            raise BadInput(_below(path, error.field), error.detail) from None
        except NotForSale as error:
            raise BadInput(_below(path, error.path), error.detail) from None
        purchases.append(purchase)
    return tuple(purchases)


def _below(path: str, field_name: str) -> str:
    return path if field_name == "(body)" else f"{path}.{field_name}"


def _read(path: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            data = file.read(_LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        known = ", ".join(scenario_names())
        reason = error.strerror if isinstance(error, OSError) else "no path"
        detail = f"cannot be read ({reason}); named scenarios are {known}"
        raise ScenarioError(path, detail) from None
    if len(data) > _LARGEST_FILE:
        raise ScenarioError(path, "is larger than 1 MiB")
    return data
