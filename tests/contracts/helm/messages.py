"""Strategies for messages as the adapter makes them, from the fields of their models."""

import datetime as dt
import types
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from hypothesis import strategies as st
from pydantic import AwareDatetime, BaseModel, StringConstraints
from pydantic.fields import FieldInfo

Message = TypeVar("Message", bound=BaseModel)

INSTANTS = st.datetimes(
    timezones=st.builds(
        dt.timezone,
        st.integers(-23 * 60, 23 * 60).map(lambda minutes: dt.timedelta(minutes=minutes)),
    )
)
AMOUNTS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    Any: JSON,
    bool: st.booleans(),
    type(None): st.none(),
    float: st.floats(allow_nan=False, allow_infinity=False),
    Decimal: AMOUNTS,
    AwareDatetime: INSTANTS,
}


def messages(model: type[Message]) -> st.SearchStrategy[Message]:
    """Build instances of a model; fields with defaults may be left out."""
    required: dict[str, st.SearchStrategy[Any]] = {}
    optional: dict[str, st.SearchStrategy[Any]] = {}
    for name, field in model.model_fields.items():
        values = _values(field.annotation, field.metadata)
        (required if field.is_required() else optional)[name] = values
    return st.fixed_dictionaries(required, optional=optional).map(lambda made: model(**made))


def _values(annotation: Any, metadata: Sequence[Any] = ()) -> st.SearchStrategy[Any]:
    """Build what an annotation, with its constraints, allows."""
    if annotation in SCALARS:
        return SCALARS[annotation]
    if annotation is int:
        return st.integers(min_value=_bound(metadata, "ge"))
    if annotation is str:
        return _texts(metadata)
    if get_origin(annotation) is None:
        return messages(annotation)
    return _composed(get_origin(annotation), get_args(annotation), metadata)


def _composed(
    origin: object, arguments: Sequence[Any], metadata: Sequence[Any]
) -> st.SearchStrategy[Any]:
    """Build what a type made of others allows."""
    if origin is Annotated:
        return _values(arguments[0], [*arguments[1:], *metadata])
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is list:
        return st.lists(_values(arguments[0]), max_size=3)
    if origin is dict:
        return st.dictionaries(_values(arguments[0]), _values(arguments[1]), max_size=3)
    assert origin in (Union, types.UnionType), f"messages have no {origin}"
    return st.one_of([_values(argument) for argument in arguments])


def _texts(metadata: Sequence[Any]) -> st.SearchStrategy[str]:
    for constraint in metadata:
        if isinstance(constraint, StringConstraints) and constraint.pattern:
            return st.from_regex(constraint.pattern, fullmatch=True)
    return st.text(
        min_size=_bound(metadata, "min_length") or 0,
        max_size=_bound(metadata, "max_length"),
    )


def _bound(metadata: Sequence[Any], name: str) -> int | None:
    """Find a constraint, standing alone or grouped with others."""
    for constraint in metadata:
        if isinstance(constraint, FieldInfo):
            return _bound(constraint.metadata, name)
        bound: int | None = getattr(constraint, name, None)
        if bound is not None:
            return bound
    return None
