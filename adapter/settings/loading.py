"""Reads the settings and lists everything that is wrong with them at once."""

import difflib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource
from pydantic_settings.exceptions import SettingsError as UnreadableSettings

from adapter.errors import SettingsError
from adapter.settings.document import settings_rows
from adapter.settings.model import PREFIX, Settings, variable_of

_ENV_FILE = Path(".env")

CREDENTIAL_VARIABLES = frozenset(
    f"{PREFIX}{name}"
    for name in ("API_KEY", "API_SECRET", "APP_ID", "ACCESS_TOKEN", "REFRESH_TOKEN")
)
"""Read by `channels put` only: one channel's credentials are no settings of the adapter."""


def load_settings(
    *, env_file: Path | None = _ENV_FILE, on_warning: Callable[[str], None] | None = None
) -> Settings:
    """Read the settings; the environment goes before the file.

    Args:
        env_file: A `.env` file; one that is not there is passed over.
        on_warning: Told of variables that no setting has, with the name that may be meant.

    Raises:
        SettingsError: Settings are missing or wrong; the message lists all of them by variable,
            with what each is for and without any value.
    """
    try:
        if on_warning is not None:
            for warning in _unknown_variables(env_file):
                on_warning(warning)
        return Settings(_env_file=env_file)
    except ValidationError as error:
        problems = [_problem(item) for item in error.errors(include_input=False, include_url=False)]
    except UnicodeDecodeError:
        problems = [f"  {env_file}: is not UTF-8; save it as UTF-8"]
    except UnreadableSettings:
        # The only setting in parts: given whole, it would have to be JSON.
        variable, part = variable_of("topic"), variable_of("topic", "orders")
        problems = [f"  {variable}: each topic has a variable of its own, such as {part}"]
    summary = f"{len(problems)} setting(s) cannot be used:\n" + "\n".join(problems)
    raise SettingsError(summary)


def _problem(item: Mapping[str, Any]) -> str:
    name = str(item["loc"][0])
    message = item["msg"].removeprefix("Value error, ")
    if name == "topic":
        return f"  {message}"
    meaning = " ".join((Settings.model_fields[name].description or "").split())
    return f"  {variable_of(name)}: {message}. It is: {meaning}"


def _unknown_variables(env_file: Path | None) -> Iterator[str]:
    known = {variable for variable, _, _ in settings_rows()} | CREDENTIAL_VARIABLES
    given = {
        *EnvSettingsSource(Settings).env_vars,
        *DotEnvSettingsSource(Settings, env_file=env_file).env_vars,
    }
    for name in sorted(item.upper() for item in given):
        if name.startswith(PREFIX) and name not in known:
            # Compared without what all have in common, or every name would be near.
            near = difflib.get_close_matches(
                name.removeprefix(PREFIX), sorted(item.removeprefix(PREFIX) for item in known), n=1
            )
            hint = f"; {PREFIX}{near[0]} is meant?" if near else ""
            yield f"{name} is no setting and is passed over{hint}"
