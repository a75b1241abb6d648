"""What every command does first: read the settings, set up logging, find Kafka."""

from adapter.cli.output import note
from adapter.diagnostics import configure_logging
from adapter.kafka.connection import KafkaConnection, wait_for_kafka
from adapter.settings import Settings, load_settings


def settings_of_command() -> Settings:
    """Read the settings and send log entries to standard error.

    Raises:
        SettingsError: Settings are missing or wrong.
    """
    settings = load_settings(on_warning=lambda warning: note(f"warning: {warning}", "yellow"))
    configure_logging(settings.log_level, settings.log_format)
    return settings


async def reachable_kafka(settings: Settings) -> KafkaConnection:
    """Wait for a broker, telling so, and give the way to it.

    Raises:
        KafkaUnreachable: None answered in the time that is set.
    """
    connection = settings.kafka
    await wait_for_kafka(connection, wait_s=settings.kafka_wait_s, on_wait=note)
    return connection
