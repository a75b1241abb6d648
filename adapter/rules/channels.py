"""A channel's record: its settings, and its credentials out of their sealed box.

Whoever writes a channel needs the adapter's public key only; the adapter holds the private keys
(several, so that they can be changed). A box names the channel and the endpoint that it was
sealed for, so one that was copied to another channel, or pointed elsewhere, is refused.

Source: contracts/helm/helm.sales-channels.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox
from pydantic import BaseModel, SecretStr, ValidationError

from adapter.errors import AdapterError, MalformedRecord, Misconfigured
from adapter.rules.endpoints import endpoint_problem, same_endpoint
from adapter.wire.helm import Credentials, SalesChannel

_SECRET_NAME = re.compile(r"secret|token|passw|(api|app|private)key|credential|authorization")
_SEAL_AGAIN = "seal them again with `helm-jd channels put`"


@dataclass(frozen=True, slots=True)
class Channel:
    """An active channel, ready to run."""

    channel_id: str
    settings: SalesChannel
    credentials: Credentials


@dataclass(frozen=True, slots=True)
class InactiveChannel:
    """A channel that is switched off; its credentials may be missing."""

    channel_id: str
    settings: SalesChannel


@dataclass(frozen=True, slots=True)
class UnreadableChannel:
    """A channel whose newest settings cannot be read: it rests until they can."""

    channel_id: str
    error: AdapterError


AnyChannel = Channel | InactiveChannel | UnreadableChannel


def read_channel(
    key: bytes | None,
    value: bytes,
    *,
    private_keys: Sequence[SecretStr],
    http_hosts: Collection[str] = (),
) -> Channel | InactiveChannel:
    """Read a record of the sales channels' topic.

    Args:
        key: The channel's id.
        value: The record's bytes; a null record removes the channel and is not for this function.
        private_keys: The adapter's, base64, the one in use first.
        http_hosts: Hosts to which plain http is allowed beside loopback.

    Returns:
        The channel; what nobody knows of its fields is in `settings.model_extra`.

    Raises:
        MalformedRecord: It is no channel, its credentials lie open, or its box cannot be opened
            or was sealed for another channel or endpoint. No value is repeated.
        Misconfigured: It is a channel that cannot work: active without credentials, or an
            endpoint over which they would travel in the open.
    """
    settings = _parse(value)
    channel_id = _agreed_id(key, settings.channel_id)
    require_workable(channel_id, settings, http_hosts)
    if settings.credentials is None:
        return InactiveChannel(channel_id, settings)
    credentials = unseal(settings.credentials.sealed, private_keys)
    _require_own(credentials, channel_id, settings.api_endpoint)
    _require_safe_renewal(credentials, http_hosts)
    if not settings.is_active:
        return InactiveChannel(channel_id, settings)
    return Channel(channel_id, settings, credentials)


def require_workable(
    channel_id: str, settings: SalesChannel, http_hosts: Collection[str] = ()
) -> None:
    """Make sure that a channel can work with its settings; its box stays closed.

    Raises:
        Misconfigured: It is active without credentials, or they would travel in the open.
    """
    problem = endpoint_problem(settings.api_endpoint, http_hosts)
    if problem:
        message = f"API Endpoint {problem}"
        remedy = "Enter https://api.jd.com, or name the host in HELM_JD_HTTP_HOSTS."
        raise Misconfigured(message, remedy=remedy, field="API Endpoint")
    if settings.is_active and settings.credentials is None:
        message = f"channel {channel_id} is active and has no credentials"
        remedy = f"Add them with `helm-jd channels put {channel_id}`, or deactivate it."
        raise Misconfigured(message, remedy=remedy, field="credentials")


def seal(credentials: Credentials, public_key: str) -> str:
    """Close credentials in a box that only the adapter can open.

    Args:
        credentials: With the channel and endpoint that they are for.
        public_key: The adapter's, base64.

    Returns:
        base64, for `credentials.sealed`; another one at each call.

    Raises:
        ValueError: The key is not the base64 of 32 bytes.
    """
    content = {
        name: value.get_secret_value() if isinstance(value, SecretStr) else value
        for name, value in credentials.model_dump(exclude_none=True).items()
    }
    box = SealedBox(PublicKey(key_bytes(public_key)))
    return base64.b64encode(box.encrypt(json.dumps(content).encode())).decode()


def unseal(sealed: str, private_keys: Sequence[SecretStr]) -> Credentials:
    """Open a box with the first private key that fits.

    Raises:
        MalformedRecord: It is no box, none of the keys opens it, or it holds something else.
    """
    try:
        box = base64.b64decode(sealed, validate=True)
    except (binascii.Error, ValueError):
        message = f"credentials.sealed: not base64; {_SEAL_AGAIN}"
        raise MalformedRecord(message, field="credentials.sealed") from None
    for private_key in private_keys:
        try:
            content = SealedBox(_private(private_key)).decrypt(box)
        except CryptoError:
            continue
        try:
            return Credentials.model_validate_json(content)
        except ValidationError as error:
            message = f"credentials.sealed: the box holds no credentials ({wrong_fields(error)})"
            raise MalformedRecord(message, field="credentials.sealed") from None
    known = ", ".join(public_key_of(key) for key in private_keys) or "none is set"
    message = (
        "credentials.sealed: none of this adapter's private keys opens the box; "
        f"{_SEAL_AGAIN} (this adapter's public keys: {known})"
    )
    raise MalformedRecord(message, field="credentials.sealed")


def new_key() -> tuple[SecretStr, str]:
    """Make a pair of keys: the private one for the adapter, the public one for who seals."""
    private_key = PrivateKey.generate()
    return (
        SecretStr(base64.b64encode(bytes(private_key)).decode()),
        base64.b64encode(bytes(private_key.public_key)).decode(),
    )


def public_key_of(private_key: SecretStr) -> str:
    """Give the public key, base64, that belongs to a private one."""
    return base64.b64encode(bytes(_private(private_key).public_key)).decode()


def key_bytes(key: str) -> bytes:
    """Read a key, private or public.

    Raises:
        ValueError: It is not the base64 of 32 bytes; the key is not repeated.
    """
    try:
        content = base64.b64decode(key.strip(), validate=True)
    except (binascii.Error, ValueError):
        content = b""
    if len(content) != PublicKey.SIZE:
        message = f"a key is the base64 of {PublicKey.SIZE} bytes, as `helm-jd keys new` prints it"
        raise ValueError(message)
    return content


def without_credentials(value: bytes) -> bytes:
    """Give what may be kept of a channel's record in dead letters.

    Fields whose names sound secret are left out at any depth, a box of credentials too. Of bytes
    that are no JSON object nothing can be told apart, so nothing is kept but their length and
    digest: enough to find the record again at whoever wrote it.
    """
    try:
        document = json.loads(value)
        if isinstance(document, dict):
            return json.dumps(_harmless(document)).encode()
    except (ValueError, RecursionError):
        pass
    digest = hashlib.sha256(value).hexdigest()
    return json.dumps({"unreadable": {"length": len(value), "sha256": digest}}).encode()


def is_secret_name(name: str) -> bool:
    """Tell whether a field of this name may hold a credential."""
    return bool(_SECRET_NAME.search(re.sub(r"[^a-z]", "", name.lower())))


def _parse(value: bytes) -> SalesChannel:
    try:
        settings = SalesChannel.model_validate_json(value)
    except ValidationError as error:
        wrong = error.errors(include_input=False, include_url=False, include_context=False)
        if any(
            item["loc"] == ("credentials", "sealed") and item["type"] == "missing" for item in wrong
        ):
            raise _open_credentials(["credentials"]) from None
        message = f"not a sales channel ({wrong_fields(error)})"
        first = ".".join(str(part) for part in wrong[0]["loc"])
        raise MalformedRecord(message, field=first) from None
    if open_names := list(_open_secrets(settings)):
        raise _open_credentials(open_names)
    return settings


def _open_secrets(model: BaseModel, path: str = "") -> Iterator[str]:
    """Find fields beside those of the contract whose names sound secret."""
    for name in model.model_extra or {}:
        if is_secret_name(name):
            yield path + name
    for name in type(model).model_fields:
        part = getattr(model, name)
        if isinstance(part, BaseModel):
            yield from _open_secrets(part, f"{path}{name}.")


def _open_credentials(names: Sequence[str]) -> MalformedRecord:
    message = (
        f"{', '.join(names)}: credentials are taken only as credentials.sealed, sealed with the "
        f"adapter's public key; {_SEAL_AGAIN}, and renew what lay open on the topic"
    )
    return MalformedRecord(message, field=names[0])


def _agreed_id(key: bytes | None, in_body: str | None) -> str:
    try:
        channel_id = (key or b"").decode()
        SalesChannel(channel_id=channel_id)
    except ValueError:  # UnicodeDecodeError and ValidationError are such
        message = "key: must be the channel's id: 1 to 100 letters, digits, dots, - or _"
        raise MalformedRecord(message, field="key") from None
    if in_body is not None and in_body != channel_id:
        message = f"channel_id: says {in_body}, but the record's key says {channel_id}"
        raise MalformedRecord(message, field="channel_id")
    return channel_id


def _require_own(credentials: Credentials, channel_id: str, api_endpoint: str) -> None:
    if credentials.channel_id != channel_id:
        message = (
            f"credentials.sealed: the box was sealed for channel {credentials.channel_id}, "
            f"not for {channel_id}; {_SEAL_AGAIN}"
        )
        raise MalformedRecord(message, field="credentials.sealed")
    if not same_endpoint(credentials.api_endpoint, api_endpoint):
        message = (
            "credentials.sealed: the box was sealed for another API Endpoint than the record "
            f"names; {_SEAL_AGAIN}, with the endpoint that is meant"
        )
        raise MalformedRecord(message, field="credentials.sealed")


def _require_safe_renewal(credentials: Credentials, http_hosts: Collection[str]) -> None:
    if credentials.oauth_endpoint is None:
        return
    problem = endpoint_problem(credentials.oauth_endpoint, http_hosts)
    if problem:
        message = f"the address that renews tokens {problem}"
        raise Misconfigured(message, remedy=f"Give an https address: {_SEAL_AGAIN}.")


def wrong_fields(error: ValidationError) -> str:
    """List fields and what is wrong with them, without their values."""
    return "; ".join(
        f"{'.'.join(str(part) for part in item['loc']) or 'record'}: {item['msg']}"
        for item in error.errors(include_input=False, include_url=False, include_context=False)
    )


def _private(key: SecretStr) -> PrivateKey:
    return PrivateKey(key_bytes(key.get_secret_value()))


def _harmless(part: object) -> object:
    if isinstance(part, dict):
        return {name: _harmless(inner) for name, inner in part.items() if not is_secret_name(name)}
    if isinstance(part, list):
        return [_harmless(inner) for inner in part]
    return part
