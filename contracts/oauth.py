"""Read the contract of JD's OAuth refresh, the one call of JD's that is no method of its gateway.

Source: contracts/jd/oauth2.refresh_token/
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from contracts import JdFact, Json, JsonObject, Strength, load_json

_FOLDER = "oauth2.refresh_token"


@dataclass(frozen=True, kw_only=True)
class OAuthError:
    """A refusal of the refresh. `strength` is that of the code, `wording` that of `zh` and `en`."""

    code: str
    zh: str
    en: str
    meaning: str
    strength: Strength
    wording: Strength


@dataclass(frozen=True, kw_only=True)
class OAuthRefreshContract:
    """What JD takes and answers when tokens are refreshed; examples as those of the methods."""

    path: str
    host: str
    title: str
    facts: tuple[JdFact, ...]
    errors: tuple[OAuthError, ...]
    request_schema: JsonObject
    response_schema: JsonObject
    request_examples: Mapping[str, Json]
    response_examples: Mapping[str, Json]


def oauth_refresh() -> OAuthRefreshContract:
    """Load the contract of the refresh."""
    about: Any = load_json("jd", _FOLDER, "call.json")
    return OAuthRefreshContract(
        path=about["path"],
        host=about["host"],
        title=about["title"],
        facts=tuple(JdFact(**fact) for fact in about["facts"]),
        errors=tuple(OAuthError(**error) for error in about["errors"]),
        request_schema=load_json("jd", _FOLDER, "request.schema.json"),
        response_schema=load_json("jd", _FOLDER, "response.schema.json"),
        request_examples=_examples("request-"),
        response_examples=_examples("response-"),
    )


def _examples(prefix: str) -> dict[str, Json]:
    folder = files("contracts").joinpath("jd", _FOLDER, "examples")
    names = sorted(file.name for file in folder.iterdir() if file.name.startswith(prefix))
    return {
        name.removeprefix(prefix).removesuffix(".json"): load_json("jd", _FOLDER, "examples", name)
        for name in names
    }
