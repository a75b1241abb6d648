"""A channel's record and its sealed credentials."""

import base64
import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.public import PublicKey, SealedBox
from pydantic import SecretStr

from adapter.errors import AdapterError, MalformedRecord, Misconfigured
from adapter.rules.channels import (
    Channel,
    InactiveChannel,
    is_secret_name,
    key_bytes,
    new_key,
    public_key_of,
    read_channel,
    seal,
    unseal,
    without_credentials,
)
from adapter.wire.helm import Credentials

PRIVATE_KEY, PUBLIC_KEY = new_key()
KEYS = (PRIVATE_KEY,)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def credentials(**changes: Any) -> Credentials:
    """Make credentials of the channel `shop`."""
    return Credentials.model_validate(
        {
            "channel_id": "shop",
            "api_endpoint": "https://api.jd.com",
            "api_key": "key",
            "api_secret": "hush-secret",
            "app_id": "app",
            "access_token": "hush-token",
        }
        | changes
    )


def record(box: str | None = None, **changes: Any) -> bytes:
    """Make an active channel's record with a box."""
    document = {"name": "店", "is_active": True, "credentials": {"sealed": box}}
    if box is None:
        document["credentials"] = {"sealed": seal(credentials(), PUBLIC_KEY)}
    return json.dumps({**document, **changes}).encode()


def refusal(value: bytes, key: bytes | None = b"shop") -> AdapterError:
    """Read a record that is refused; whatever is wrong, no secret is repeated."""
    with pytest.raises((MalformedRecord, Misconfigured)) as refused:
        read_channel(key, value, private_keys=KEYS)
    assert "hush" not in f"{refused.value} {refused.value!r} {refused.value.__cause__!r}"
    return refused.value


def test_an_active_channel_comes_with_its_credentials() -> None:
    """Settings and what was sealed come out as they went in."""
    channel = read_channel(b"shop", record(stock_buffer=2, colour="red"), private_keys=KEYS)

    assert isinstance(channel, Channel)
    assert channel.channel_id == "shop"
    assert channel.settings.stock_buffer == 2
    assert channel.settings.model_extra == {"colour": "red"}
    assert channel.credentials == credentials()


def test_an_inactive_channel_may_lack_credentials() -> None:
    """A channel can be prepared before the seller has an app."""
    bare = read_channel(b"shop", b'{"name": "a"}', private_keys=KEYS)
    sealed = read_channel(b"shop", record(is_active=False), private_keys=KEYS)

    assert isinstance(bare, InactiveChannel)
    assert isinstance(sealed, InactiveChannel)


def test_an_active_channel_without_credentials_is_misconfigured() -> None:
    """The remedy says how to add them."""
    error = refusal(record(credentials=None))

    assert isinstance(error, Misconfigured)
    assert "helm-jd channels put shop" in error.remedy


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (b"", ""),
        (b"{", ""),
        (b"[]", ""),
        (b"null", ""),
        ('{"name": "店"}'.encode("gb18030"), ""),
        (record(stock_buffer="2"), "stock_buffer"),
        (record(stock_buffer=-1), "stock_buffer"),
        (record(max_stock_level=1.5), "max_stock_level"),
        (record(api_endpoint=""), "api_endpoint"),
        (record(api_endpoint=None), "api_endpoint"),
        (record(order_importing_type="from_date"), ""),
        (record(channel_id="other"), "channel_id"),
        (record(credentials={"sealed": 5}), "credentials.sealed"),
        (record("hush!"), "credentials.sealed"),
        (record(base64.b64encode(b"hush").decode()), "credentials.sealed"),
        (record(seal(credentials(channel_id="other"), PUBLIC_KEY)), "credentials.sealed"),
        (
            record(seal(credentials(api_endpoint="https://other.example"), PUBLIC_KEY)),
            "credentials.sealed",
        ),
        (record(seal(credentials(), new_key()[1])), "credentials.sealed"),
    ],
    ids=[
        "empty",
        "half",
        "list",
        "null",
        "not-utf8",
        "text-buffer",
        "negative-buffer",
        "fraction-cap",
        "empty-endpoint",
        "null-endpoint",
        "no-start",
        "other-channel",
        "number-box",
        "no-base64",
        "no-box",
        "box-of-other-channel",
        "box-of-other-endpoint",
        "box-for-other-key",
    ],
)
def test_a_record_that_is_no_channel_is_malformed(value: bytes, field: str) -> None:
    """The field that is wrong is named."""
    error = refusal(value)

    assert isinstance(error, MalformedRecord)
    assert error.field == field


@pytest.mark.parametrize("key", [None, b"", b"a:b", b"\xff", b"x" * 101, b"a b"])
def test_a_key_that_is_no_channel_id_is_malformed(key: bytes | None) -> None:
    """The key says which channel it is, so it must say it."""
    error = refusal(record(), key)

    assert isinstance(error, MalformedRecord)
    assert error.field == "key"


@pytest.mark.parametrize(
    "changes",
    [
        {"credentials": {"api_key": "hush", "api_secret": "hush"}},
        {"credentials": {"sealed": "AAAA", "api_secret": "hush"}},
        {"api_secret": "hush"},
        {"accessToken": "hush"},
    ],
)
def test_open_credentials_are_refused(changes: dict[str, Any]) -> None:
    """Credentials that lie open on the topic are not used, and have to be renewed."""
    error = refusal(record(**changes))

    assert isinstance(error, MalformedRecord)
    assert "renew" in str(error)


def test_a_box_that_holds_something_else_is_malformed() -> None:
    """Anybody can seal anything: what comes out is checked."""
    box = SealedBox(PublicKey(key_bytes(PUBLIC_KEY))).encrypt(b'{"api_secret": "hush"}')

    error = refusal(record(base64.b64encode(box).decode()))

    assert "holds no credentials" in str(error)


def test_which_public_keys_fit_is_said() -> None:
    """Whoever sealed with another key learns the right one; public keys are no secrets."""
    error = refusal(record(seal(credentials(), new_key()[1])))

    assert PUBLIC_KEY in str(error)


@pytest.mark.parametrize("endpoint", ["http://api.jd.com", "https://u:hush@api.jd.com", "jd"])
def test_an_endpoint_over_which_credentials_would_lie_open_is_misconfigured(endpoint: str) -> None:
    """Plain http leaves this machine only to hosts that are named."""
    error = refusal(record(api_endpoint=endpoint))

    assert isinstance(error, Misconfigured)
    assert error.field == "API Endpoint"


def test_plain_http_to_a_named_host_is_allowed() -> None:
    """The simulator in another container is such a host."""
    endpoint = "http://jd-simulator:8790"
    box = seal(credentials(api_endpoint=endpoint), PUBLIC_KEY)

    channel = read_channel(
        b"shop",
        record(box, api_endpoint=endpoint),
        private_keys=KEYS,
        http_hosts={"jd-simulator"},
    )

    assert isinstance(channel, Channel)


def test_tokens_are_not_renewed_in_the_open_either() -> None:
    """The address that renews tokens obeys the same rule."""
    box = seal(credentials(oauth_endpoint="http://oauth.example"), PUBLIC_KEY)

    assert isinstance(refusal(record(box)), Misconfigured)


def test_a_former_key_still_opens() -> None:
    """While keys change, boxes of the former one are opened by the second key."""
    box = seal(credentials(), PUBLIC_KEY)
    newer, _ = new_key()

    assert unseal(box, [newer, PRIVATE_KEY]) == credentials()


def test_without_any_private_key_nothing_opens() -> None:
    """The message says that none is set."""
    with pytest.raises(MalformedRecord, match="none is set"):
        unseal(seal(credentials(), PUBLIC_KEY), [])


def test_keys_are_printed_only_on_purpose() -> None:
    """A private key does not show when printed; its public key can be told from it."""
    private_key, public_key = new_key()

    assert private_key.get_secret_value() not in repr(private_key)
    assert public_key_of(private_key) == public_key


@pytest.mark.parametrize("key", ["", "hush", "aGFsbG8=", "中" * 44])
def test_what_is_no_key_is_refused(key: str) -> None:
    """A key is 32 bytes in base64; what was given is not repeated."""
    with pytest.raises(ValueError, match="32 bytes") as refused:
        key_bytes(key)

    assert "hush" not in str(refused.value)


@given(
    st.text(min_size=1),
    st.text(min_size=1),
    st.text(min_size=1),
    st.none() | st.text(min_size=1),
)
def test_what_was_sealed_is_what_comes_out(
    api_key: str, secret: str, token: str, refresh: str | None
) -> None:
    """Any text survives the box, and no two boxes are alike."""
    sealed = credentials(
        api_key=api_key, api_secret=secret, access_token=token, refresh_token=refresh
    )
    one, other = seal(sealed, PUBLIC_KEY), seal(sealed, PUBLIC_KEY)

    assert unseal(one, KEYS) == sealed
    assert one != other


@given(st.binary() | JSON.map(lambda part: json.dumps(part).encode()))
def test_any_bytes_are_read_or_refused_as_a_record(value: bytes) -> None:
    """Nothing that lies on the topic raises anything but a decision, or runs unsealed."""
    try:
        channel = read_channel(b"shop", value, private_keys=KEYS)
    except (MalformedRecord, Misconfigured):
        return

    assert isinstance(channel, InactiveChannel)


@given(JSON, JSON)
def test_dead_letters_keep_no_credentials_at_any_depth(part: Any, other: Any) -> None:
    """What sounds secret is left out wherever it stands; the rest is kept."""
    secrets = {"credentials": {"sealed": "hush"}, "Api-Secret": "hush", "accessToken": ["hush"]}
    document = {"name": part, "list": [[secrets, {"deep": {**secrets, "kept": other}}]], **secrets}

    kept = without_credentials(json.dumps(document).encode())

    assert b"hush" not in kept
    assert json.loads(kept)["list"][0][1]["deep"]["kept"] == other or _has_secret_names(other)


@pytest.mark.parametrize(
    "value", [b'{"api_secret": "hush"', b'"hush"', b"hush", b'["hush"]', "店hush".encode("gb18030")]
)
def test_of_what_is_no_object_only_length_and_digest_are_kept(value: bytes) -> None:
    """In it nothing can be told apart; the digest finds it again at its writer."""
    kept = json.loads(without_credentials(value))

    assert kept == {
        "unreadable": {"length": len(value), "sha256": hashlib.sha256(value).hexdigest()}
    }


def test_nesting_without_end_is_kept_as_a_digest() -> None:
    """A record made to exhaust the parser does no harm."""
    kept = without_credentials(b'{"a":' * 100_000)

    assert b"sha256" in kept


@given(st.binary())
def test_any_bytes_can_be_kept(value: bytes) -> None:
    """Whatever arrives, what is kept is JSON."""
    json.loads(without_credentials(value))


@pytest.mark.parametrize("name", ["name", "sku", "carrier_map", "app_id", "stock_pool"])
def test_names_of_settings_sound_harmless(name: str) -> None:
    """No setting is lost in dead letters by its name."""
    assert not is_secret_name(name)


def test_a_private_key_that_is_none_is_refused() -> None:
    """Settings check keys first; here it is a plain error."""
    with pytest.raises(ValueError, match="32 bytes"):
        public_key_of(SecretStr("hush"))


def _has_secret_names(part: object) -> bool:
    if isinstance(part, dict):
        return any(is_secret_name(name) or _has_secret_names(item) for name, item in part.items())
    return isinstance(part, list) and any(_has_secret_names(item) for item in part)
