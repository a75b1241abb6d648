"""The adapter's settings: read from the environment and a `.env` file, checked at once.

Every setting is an environment variable `HELM_JD_…`. What is wrong is listed whole, by variable,
before anything starts. Secrets are never repeated.
"""

from adapter.settings.document import settings_page, settings_rows, settings_table
from adapter.settings.loading import CREDENTIAL_VARIABLES, load_settings
from adapter.settings.model import Settings

__all__ = [
    "CREDENTIAL_VARIABLES",
    "Settings",
    "load_settings",
    "settings_page",
    "settings_rows",
    "settings_table",
]
