"""The shop to which the contracts are put: the simulator's, or a real one at JD.

A real one is named by the environment: `JD_SANDBOX_URL` (JD's gateway, such as that of its
pre-production), `JD_APP_KEY`, `JD_APP_SECRET`, `JD_ACCESS_TOKEN`. Nothing is written there unless
`JD_VERIFY_SKU` names a SKU whose stock may be written: the quantity that it has already.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

import contracts
from jd_simulator.clock import BEIJING
from jd_simulator.testing import serve_in_thread
from jd_simulator.wire import JSON_NAME, signature

VARIABLES = ("JD_APP_KEY", "JD_APP_SECRET", "JD_ACCESS_TOKEN")


class NotConfiguredError(Exception):
    """`JD_SANDBOX_URL` is set, and something that belongs to it is not."""


@dataclass(frozen=True, kw_only=True)
class Shop:
    """Where calls go, and with which credentials."""

    endpoint: str
    app_key: str
    app_secret: str = field(repr=False)
    access_token: str = field(repr=False)
    writable_sku: str | None
    """SKU whose stock may be written; None where nothing may be."""
    http: httpx.Client = field(repr=False)

    def call(
        self, method: str, arguments: Mapping[str, object], /, **changes: str | None
    ) -> contracts.JsonObject:
        """Call a method and give the whole answer.

        Args:
            method: The method's full name.
            arguments: The business parameters.
            **changes: System parameters to set otherwise; None leaves one out.
        """
        given: dict[str, str | None] = {
            "method": method,
            "app_key": self.app_key,
            "access_token": self.access_token,
            "timestamp": now_text(),
            "v": "2.0",
            JSON_NAME: json.dumps(arguments, ensure_ascii=False),
        }
        given |= changes
        form = {name: value for name, value in given.items() if value is not None}
        form.setdefault("sign", signature(self.app_secret, form))
        answer = self.http.post(self.endpoint, data=form).raise_for_status()
        body: contracts.JsonObject = answer.json()
        return body


def now_text(shift: timedelta = timedelta()) -> str:
    """Write an instant as JD does, so long before or after now."""
    return f"{datetime.now(BEIJING) + shift:%Y-%m-%d %H:%M:%S}"


@contextmanager
def shop_to_verify(environment: Mapping[str, str]) -> Iterator[Shop]:
    """Give the shop that the environment names, or a simulated one.

    Raises:
        NotConfiguredError: A credential is missing.
    """
    url = environment.get("JD_SANDBOX_URL", "").rstrip("/")
    with httpx.Client(timeout=30) as http:
        if not url:
            with serve_in_thread() as simulator:
                sandbox = simulator.create_sandbox(seed=6, sku_count=12, order_count=6)
                yield Shop(
                    endpoint=f"{sandbox.endpoint}/routerjson",
                    app_key=sandbox.app_key,
                    app_secret=sandbox.app_secret,
                    access_token=sandbox.access_token,
                    writable_sku=str(sandbox.skus()[0].sku_id),
                    http=http,
                )
            return
        missing = [name for name in VARIABLES if not environment.get(name)]
        if missing:
            message = f"JD_SANDBOX_URL is set, and {', '.join(missing)} is not"
            raise NotConfiguredError(message)
        key, secret, token = (environment[name] for name in VARIABLES)
        yield Shop(
            endpoint=url if url.endswith("/routerjson") else f"{url}/routerjson",
            app_key=key,
            app_secret=secret,
            access_token=token,
            writable_sku=environment.get("JD_VERIFY_SKU") or None,
            http=http,
        )


def content(answer: Mapping[str, Any]) -> Any:
    """Give what lies under an answer's first root key."""
    return next(iter(answer.values()))
