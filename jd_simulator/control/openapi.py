"""The control room's OpenAPI 3.1 document, made from the routes themselves."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from jd_simulator.control.answers import PROBLEM
from jd_simulator.control.route import Route

_VERSION = "1.0.0"
"""Of the control room's calls; rises when one changes."""
_PARTS = {
    "sandbox_id": "Which sandbox; `demo` is there from the start.",
    "order_id": "JD's order number.",
    "sku": "JD's id of the SKU, or the seller's code.",
}


def openapi_document(routes: Iterable[Route]) -> dict[str, Any]:
    """Describe every call with what it takes, answers and refuses."""
    paths: dict[str, dict[str, object]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.verb.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "JD simulator: control room",
            "version": _VERSION,
            "description": "What buyers and JD's staff do in a simulated shop, and what an "
            "observer at JD's side sees. JD's own API is at /routerjson and not described here. "
            "Every refusal is problem+json.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {"schemas": {"Problem": PROBLEM}},
    }


def _operation(route: Route) -> dict[str, object]:
    operation: dict[str, object] = {
        "operationId": _operation_id(route),
        "tags": [route.tag],
        "summary": route.summary,
        "responses": _responses(route),
    }
    if parameters := _parameters(route):
        operation["parameters"] = parameters
    if route.body is not None:
        operation["requestBody"] = {
            "required": route.body_required,
            "content": {"application/json": {"schema": route.body}},
        }
    return operation


def _operation_id(route: Route) -> str:
    names = [piece for piece in route.path.split("/")[2:] if not piece.startswith("{")]
    one = "One" if route.path.endswith("}") else ""
    words = "".join(name.title().replace(".", "") for name in names)
    return f"{route.verb.lower()}{words}{one}"


def _parameters(route: Route) -> list[object]:
    in_path = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": _PARTS[name],
            "schema": {"type": "string", "minLength": 1},
        }
        for name in route.parts
    ]
    in_query = [
        {"name": query.name, "in": "query", "description": query.about, "schema": query.schema}
        for query in route.query
    ]
    return [*in_path, *in_query]


def _responses(route: Route) -> dict[str, object]:
    answered: dict[str, object] = {"description": HTTPStatus(route.status).phrase}
    if route.answer is not None:
        answered["content"] = {route.media: {"schema": route.answer}}
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    refused = {
        str(int(status)): {"description": when, "content": problem}
        for status, when in sorted(route.refusals.items())
    }
    return {str(int(route.status)): answered, **refused}
