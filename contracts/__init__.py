"""Read the contracts to which the adapter and the simulator are both held.

`contracts/jd` says what JD.com's seller API takes and answers, with the strength of every fact;
`contracts/helm` says the same of the Kafka messages. Both are data; this module finds the files
inside the installed package and hands them out parsed. What else can be run stands beside it:
`journeys` plays orders' journeys to a reader, `reference_consumer` is one, `asyncapi` describes the
messages as AsyncAPI does.
Nothing is kept: every call reads its files again, so callers may change what they get.

Source: the files themselves; `contracts/README.md` tells how they are laid out.
"""

import json
import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any, Literal

__all__ = [
    "HelmMessageContract",
    "JdBusinessError",
    "JdCarrier",
    "JdErrorCode",
    "JdFact",
    "JdMethodContract",
    "JdOrderState",
    "JdSignatureVector",
    "Json",
    "JsonObject",
    "Strength",
    "helm_message",
    "helm_messages",
    "jd_business_errors",
    "jd_carriers",
    "jd_error_codes",
    "jd_method",
    "jd_methods",
    "jd_order_states",
    "jd_signature_vectors",
    "load_json",
]

Json = Any  # parsed JSON: whoever reads it knows its shape from the schema beside it
JsonObject = dict[str, Any]

Strength = Literal["DOC", "SDK", "CLIENT", "INF", "ASSUMED"]
"""How sure a fact is: JD's own text, read in or seen from an SDK, seen in a public client,
inferred, or assumed here until someone has asked JD."""


@dataclass(frozen=True, kw_only=True)
class JdFact:
    """One thing known of a method that its schemas cannot say."""

    fact: str
    strength: Strength
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class JdMethodContract:
    """What JD takes and answers for one method; schemas and examples are read when asked for.

    Both schemas are draft 2020-12 and self-contained. The request schema describes the business
    JSON (`360buy_param_json`), the response schema the whole HTTP body. An example's name begins
    with its kind: responses are `success-…`, `business-…`, `error-…` or `odd-…`.
    """

    name: str
    full_name: str
    title: str
    envelope: str
    tolerated_envelopes: tuple[str, ...]
    needs_access_token: bool
    effect: Literal["read", "write"]
    idempotent: Literal["yes", "by_key", "unknown"]
    facts: tuple[JdFact, ...]

    @cached_property
    def request_schema(self) -> JsonObject:
        """What the business JSON looks like."""
        return _load_schema("jd", self.name, "request.schema.json")

    @cached_property
    def response_schema(self) -> JsonObject:
        """What the whole HTTP body looks like."""
        return _load_schema("jd", self.name, "response.schema.json")

    @cached_property
    def request_examples(self) -> Mapping[str, Json]:
        """Business JSON that JD takes, by name."""
        return _load_examples("jd", self.name, prefix="request-")

    @cached_property
    def response_examples(self) -> Mapping[str, Json]:
        """Answers, by name."""
        return _load_examples("jd", self.name, prefix="response-")


@dataclass(frozen=True, kw_only=True)
class JdErrorCode:
    """A code with which JD's platform refuses a call, whatever the method.

    `act` says who is asked to act, `field` which credential is wrong where `act` is
    `credentials`. `strength` is that of the meaning, `wording` that of `zh` and `en`.
    """

    code: str
    zh: str
    en: str
    meaning: str
    act: Literal[
        "retry",
        "throttled",
        "daily_quota",
        "credentials",
        "scope",
        "clock",
        "channel",
        "bug",
        "record",
    ]
    field: Literal["api_key", "api_secret", "access_token"] | None = None
    remedy: str
    strength: Strength
    wording: Strength


@dataclass(frozen=True, kw_only=True)
class JdBusinessError:
    """A refusal of one method: the envelope is fine, what was asked is not.

    `code` is None where JD gives words only. `strength` is that of the code and its meaning,
    `wording` that of `zh` and `en`.
    """

    code: str | None
    zh: str
    en: str
    meaning: str
    act: Literal["retry", "read_back", "record", "channel"]
    remedy: str
    strength: Strength
    wording: Strength


@dataclass(frozen=True, kw_only=True)
class JdOrderState:
    """A state of an order at JD and the states that may follow it."""

    state: str
    zh: str
    en: str
    meaning: str
    is_terminal: bool
    is_searchable: bool
    transitions: tuple[str, ...]
    """Inferred, but for those below."""
    assumed_transitions: tuple[str, ...]
    strength: Strength
    wording: Strength


@dataclass(frozen=True, kw_only=True)
class JdCarrier:
    """A carrier of JD's list: a fallback for when the list cannot be fetched."""

    id: str
    zh: str
    names: tuple[str, ...]
    strength: Strength


@dataclass(frozen=True, kw_only=True)
class JdSignatureVector:
    """A signed call whose signature is known.

    `parameters` holds everything that is signed, `360buy_param_json` as the exact text sent.
    """

    name: str
    client: str
    secret: str
    parameters: Mapping[str, str]
    sign: str
    strength: Strength
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class HelmMessageContract:
    """What a record of one Kafka topic looks like, under the topic's default name."""

    topic: str
    schema: JsonObject
    valid: Mapping[str, Json]
    invalid: Mapping[str, Json]


def load_json(*parts: str) -> Json:
    """Load one file of this package, e.g. `load_json("jd", "error-codes.json")`."""
    return json.loads(files(__name__).joinpath(*parts).read_text(encoding="utf-8"))


def jd_methods() -> list[str]:
    """List the short names of JD's methods that have a contract, e.g. `pop.order.search`."""
    return list(_folders_with("jd", "method.json"))


def jd_method(name: str) -> JdMethodContract:
    """Load the contract of one method of JD's.

    Args:
        name: The short name, one of `jd_methods()`.

    Raises:
        FileNotFoundError: There is no such contract.
    """
    about = load_json("jd", name, "method.json")
    return JdMethodContract(
        name=name,
        full_name=about["method"],
        title=about["title"],
        envelope=about["envelope"],
        tolerated_envelopes=tuple(about["tolerated_envelopes"]),
        needs_access_token=about["needs_access_token"],
        effect=about["effect"],
        idempotent=about["idempotent"],
        facts=tuple(JdFact(**fact) for fact in about["facts"]),
    )


def jd_error_codes() -> dict[str, JdErrorCode]:
    """Load every error code of JD's platform, by code."""
    codes = load_json("jd", "error-codes.json")["codes"]
    return {entry["code"]: JdErrorCode(**entry) for entry in codes}


def jd_business_errors(name: str) -> tuple[JdBusinessError, ...]:
    """Load the refusals that are one method's own.

    Args:
        name: The method's short name, one of `jd_methods()`.

    Raises:
        KeyError: There is no such contract.
    """
    errors = load_json("jd", "business-errors.json")["methods"][name]
    return tuple(JdBusinessError(**entry) for entry in errors)


def jd_order_states() -> dict[str, JdOrderState]:
    """Load the states an order can have at JD, by state. Any other state is legal and unknown."""
    states = load_json("jd", "order-states.json")["states"]
    lists = ("transitions", "assumed_transitions")
    return {
        entry["state"]: JdOrderState(**{**entry, **{name: tuple(entry[name]) for name in lists}})
        for entry in states
    }


def jd_carriers() -> tuple[JdCarrier, ...]:
    """Load the carriers known by number, the commonest first."""
    carriers = load_json("jd", "carriers.json")["carriers"]
    return tuple(JdCarrier(**{**entry, "names": tuple(entry["names"])}) for entry in carriers)


def jd_signature_vectors() -> tuple[JdSignatureVector, ...]:
    """Load the signed calls whose signatures are known."""
    vectors = load_json("jd", "signature-vectors.json")["vectors"]
    return tuple(JdSignatureVector(**entry) for entry in vectors)


def helm_messages() -> list[str]:
    """List the topics whose records have a contract, under their default names."""
    return list(_folders_with("helm", "schema.json"))


def helm_message(topic: str) -> HelmMessageContract:
    """Load the contract of one topic's records.

    Args:
        topic: The topic's default name, one of `helm_messages()`.

    Raises:
        FileNotFoundError: There is no such contract.
    """
    return HelmMessageContract(
        topic=topic,
        schema=_load_schema("helm", topic, "schema.json"),
        valid=_load_examples("helm", topic, prefix="valid-"),
        invalid=_load_examples("helm", topic, prefix="invalid-"),
    )


def _folders_with(shore: str, file: str) -> Iterator[str]:
    for folder in sorted(files(__name__).joinpath(shore).iterdir(), key=lambda entry: entry.name):
        if folder.is_dir() and folder.joinpath(file).is_file():
            yield folder.name


def _load_examples(shore: str, folder: str, *, prefix: str) -> dict[str, Json]:
    examples = files(__name__).joinpath(shore, folder, "examples")
    return {
        file.name.removeprefix(prefix).removesuffix(".json"): json.loads(
            file.read_text(encoding="utf-8")
        )
        for file in sorted(examples.iterdir(), key=lambda entry: entry.name)
        if file.name.startswith(prefix)
    }


def _load_schema(*parts: str) -> JsonObject:
    """Load a schema and bring every definition it needs inside, so that it stands alone."""
    path = "/".join(parts)
    definitions: JsonObject = {}
    schema = load_json(path)
    schema.pop("$defs", None)  # those it uses come back, with the ones from other files
    load = cache(load_json)  # for this schema alone: its definitions lie together in few files
    bundled: JsonObject = _inline(schema, path, definitions, load)
    return {**bundled, "$defs": definitions} if definitions else bundled


def _inline(node: Json, path: str, definitions: JsonObject, load: Callable[[str], Json]) -> Json:
    """Copy a piece of the schema at `path`, its references pointing into `definitions`.

    Every reference names a definition: `#/$defs/name`, with a relative file before it or not.
    """
    if isinstance(node, list):
        return [_inline(item, path, definitions, load) for item in node]
    if not isinstance(node, dict):
        return node
    copy = {key: _inline(value, path, definitions, load) for key, value in node.items()}
    if isinstance(reference := copy.get("$ref"), str):
        file, _, pointer = reference.partition("#")
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), file)) if file else path
        name = pointer.removeprefix("/$defs/")
        if name not in definitions:
            definitions[name] = {}  # a definition may refer to itself
            definitions[name] = _inline(load(target)["$defs"][name], target, definitions, load)
        copy["$ref"] = f"#/$defs/{name}"
    return copy
