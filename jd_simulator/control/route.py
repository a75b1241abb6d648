"""What a call of the control room is: its handler, and what the OpenAPI document says of it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web

from jd_simulator.control.schemas import Schema

PREFIX = "/_simulator"
"""Where the control room is."""
SANDBOX = f"{PREFIX}/sandboxes/{{sandbox_id}}"
"""Where a sandbox is."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A parameter of a call's query."""

    name: str
    about: str
    schema: Schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One call of the control room."""

    verb: str
    path: str
    """With `{name}` for each part that the caller fills in."""
    handler: Handler
    tag: str
    """The group it is listed under."""
    summary: str
    answer: Schema | None
    """Schema of what is answered when all is well; None: nothing is."""
    status: HTTPStatus = HTTPStatus.OK
    body: Schema | None = None
    """Schema of what is sent; None: nothing is."""
    body_required: bool = True
    query: tuple[Query, ...] = ()
    conflicts: str = ""
    """When the call is refused with 409; empty: never."""
    media: str = "application/json"
    """Of the answer."""

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of what the caller fills in."""
        return tuple(piece[1:-1] for piece in self.path.split("/") if piece.startswith("{"))

    @property
    def refusals(self) -> Mapping[HTTPStatus, str]:
        """Every way to be refused, with when."""
        said: dict[HTTPStatus, str] = {}
        if self.body is not None or self.query:
            said[HTTPStatus.BAD_REQUEST] = "What was sent is wrong; `field` names where."
        if self.parts:
            said[HTTPStatus.NOT_FOUND] = "There is no such thing."
        if self.conflicts:
            said[HTTPStatus.CONFLICT] = self.conflicts
        if self.body is not None:
            said[HTTPStatus.REQUEST_ENTITY_TOO_LARGE] = "The body is larger than 1 MiB."
            said[HTTPStatus.UNSUPPORTED_MEDIA_TYPE] = (
                "The body is not said to be JSON, or is packed in an unknown way."
            )
        return said
