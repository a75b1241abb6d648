"""What can go wrong with the local Kafka, said so that a user knows what to do."""


class LocalKafkaError(Exception):
    """The local Kafka cannot be had; the message names the cause and the remedy."""
