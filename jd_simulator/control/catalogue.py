"""What the control room can name in both languages: states, error codes, methods, faults,
scenarios, actions.

Source: contracts/jd/order-states.json, contracts/jd/error-codes.json
"""

from collections.abc import Mapping
from functools import cache

from aiohttp import web

import contracts
from jd_simulator.control import answers
from jd_simulator.control.actions import ACTIONS
from jd_simulator.control.asking import json_answer
from jd_simulator.control.route import PREFIX, Route
from jd_simulator.fault_kinds import KINDS
from jd_simulator.methods.registry import METHODS
from jd_simulator.scenario import load_scenario, scenario_names


@cache
def catalogue() -> Mapping[str, object]:
    """Tell every state, error code, method, fault kind, scenario and action.

    Made once: reading all contracts takes longer than any call of JD's may wait.
    """
    titles = {
        contract.full_name: contract.title
        for contract in map(contracts.jd_method, contracts.jd_methods())
    }
    return {
        "states": [
            {"state": known.state, "zh": known.zh, "en": known.en, "meaning": known.meaning}
            for known in contracts.jd_order_states().values()
        ],
        "codes": [
            {
                "code": known.code,
                "zh": known.zh,
                "en": known.en,
                "meaning": known.meaning,
                "remedy": known.remedy,
            }
            for known in contracts.jd_error_codes().values()
        ],
        "methods": [{"method": name, "title": titles.get(name, "")} for name in METHODS],
        "fault_kinds": [{"kind": kind, "about": about} for kind, about in KINDS.items()],
        "scenarios": [
            {"name": name, "about": load_scenario(name).about} for name in scenario_names()
        ],
        "actions": [
            {
                "action": name,
                "zh": action.zh,
                "en": action.en,
                "states": [str(state) for state in action.states],
                "for_jd": action.is_for_jd,
            }
            for name, action in ACTIONS.items()
        ],
    }


async def _show_catalogue(_: web.Request) -> web.Response:
    return json_answer(catalogue())


ROUTES = (
    Route(
        verb="GET",
        path=f"{PREFIX}/catalogue",
        handler=_show_catalogue,
        tag="simulator",
        summary="Tell states, codes, methods, faults, scenarios and actions, in both languages",
        answer=answers.CATALOGUE,
    ),
)
