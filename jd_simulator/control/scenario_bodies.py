"""JSON Schemas of new sandboxes, of scenarios and of buyers that come by themselves."""

from dataclasses import fields
from typing import Any

from jd_simulator.clock import FASTEST
from jd_simulator.control import bodies
from jd_simulator.control.fault_bodies import rules_schema
from jd_simulator.control.schemas import (
    Schema,
    array,
    attribute_docs,
    choice,
    closed,
    integer,
    number,
    text,
)
from jd_simulator.crowd import FEWEST_A_MINUTE, MOST_A_MINUTE, MOST_ORDERS, CrowdPlan
from jd_simulator.methods.registry import METHODS
from jd_simulator.scenario import scenario_names

_YEAR_S = 366 * 86_400
_SHARE = number(0, 1)


def crowd_schema() -> Schema:
    """Describe what a crowd is to do, in the words of `CrowdPlan`, with its defaults."""
    said = attribute_docs(CrowdPlan)
    limits = {
        "orders_per_minute": number(FEWEST_A_MINUTE, MOST_A_MINUTE),
        "most_orders": integer(1, MOST_ORDERS),
    }
    defaults: dict[str, Any] = {field.name: field.default for field in fields(CrowdPlan)}
    return closed(
        {},
        {
            name: {
                **limits.get(name, _SHARE),
                "description": said.get(name, ""),
                "default": default,
            }
            for name, default in defaults.items()
        },
    )


def scenario_schema() -> Schema:
    """Describe how a sandbox begins."""
    return closed(
        {"about": text(2000, "What it is for.")},
        {
            "settings": closed({}, bodies.settings_properties()),
            "clock": closed({}, {"speed": number(0, FASTEST, "0: frozen.")}),
            "credentials": closed(
                {},
                {
                    "token_expires_in_s": integer(0, _YEAR_S),
                    "removed_scopes": array(choice(sorted(METHODS))),
                },
            ),
            "quota_used": integer(about="Calls of the first day that are spent already."),
            "orders": array(bodies.PURCHASE, about="Placed at the start; the shop must sell them."),
            "faults": rules_schema(),
            "crowd": crowd_schema(),
        },
    )


def new_sandbox_schema() -> Schema:
    """Describe a new sandbox: its settings, and the scenario it begins with."""
    scenario = {
        "anyOf": [choice(scenario_names()), scenario_schema()],
        "description": "By name, or itself. Settings beside it hold before those of the scenario.",
    }
    return closed({}, {**bodies.settings_properties(), "scenario": scenario})
