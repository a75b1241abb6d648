"""Where `channels put` takes credentials from: a file, the environment, a hidden prompt."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import typer

from adapter.cli.channel_form import CREDENTIAL_FIELDS, REQUIRED_CREDENTIALS, Document
from adapter.cli.output import WRONG_USE, fail
from adapter.errors import SettingsError
from adapter.rules.channels import key_bytes, public_key_of
from adapter.settings import Settings


def read_form(file: Path | None) -> tuple[Document, dict[str, str]]:
    """Read a form: its fields, and its credentials if they are open."""
    if file is None:
        return {}, {}
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
        document = json.loads(text)
    except OSError as error:
        fail(f"{file}: cannot be read ({error.strerror})", WRONG_USE)
    except ValueError:  # UnicodeDecodeError and JSONDecodeError are such
        fail(f"{file}: is not JSON in UTF-8", WRONG_USE)
    if not isinstance(document, dict):
        fail(f"{file}: must hold a JSON object with a channel's fields", WRONG_USE)
    credentials = document.get("credentials")
    if not isinstance(credentials, dict) or "sealed" in credentials:
        return document, {}
    del document["credentials"]
    unknown = sorted(credentials.keys() - set(CREDENTIAL_FIELDS))
    if unknown or not all(isinstance(value, str) for value in credentials.values()):
        fail(f"{file}: credentials are texts named {', '.join(CREDENTIAL_FIELDS)}", WRONG_USE)
    return document, credentials


def gathered_credentials(
    filed: Mapping[str, str], *, is_asked: bool, is_new: bool
) -> Mapping[str, str] | None:
    """Gather a channel's credentials from file, environment and prompt, in this order.

    Args:
        filed: What the file holds.
        is_asked: Whoever calls wants to be asked for the rest.
        is_new: The channel has none yet; then a terminal is asked anyway.

    Returns:
        Values of `CREDENTIAL_FIELDS`; None when there are none.
    """
    found = dict(filed)
    for name in CREDENTIAL_FIELDS:
        value = os.environ.get(f"HELM_JD_{name.upper()}")
        if value and name not in found:
            found[name] = value
    if is_asked or (is_new and not found and sys.stdin.isatty()):
        for name in CREDENTIAL_FIELDS:
            if name not in found:
                found[name] = _asked(name)
        found = {name: value for name, value in found.items() if value}
    missing = [name for name in REQUIRED_CREDENTIALS if name not in found]
    if found and missing:
        fail(
            f"credentials are sealed whole: {', '.join(missing)} missing. Give "
            f"{', '.join('HELM_JD_' + name.upper() for name in missing)}, a file, or --credentials "
            "to be asked",
            WRONG_USE,
        )
    return found or None


def _asked(name: str) -> str:
    label = name.replace("_", " ").title().replace("Api", "API").replace("Id", "ID")
    if name in REQUIRED_CREDENTIALS:
        return str(typer.prompt(label, hide_input=True, err=True))
    return str(
        typer.prompt(
            f"{label} (may be empty)", default="", hide_input=True, show_default=False, err=True
        )
    )


def sealing_key(option: str | None, settings: Settings) -> str:
    """Find the public key to seal with: option, setting, or the private key's own.

    Raises:
        SettingsError: There is none.
    """
    if option is not None:
        try:
            key_bytes(option)
        except ValueError as error:
            fail(f"--public-key: {error}", WRONG_USE)
        return option
    if settings.public_key is not None:
        return settings.public_key
    if settings.private_keys:
        return public_key_of(settings.private_keys[0])
    message = (
        "HELM_JD_PUBLIC_KEY: needed to seal credentials; the adapter's operator has it, "
        "`helm-jd keys new` makes one"
    )
    raise SettingsError(message)
