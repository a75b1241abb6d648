"""The topics: what they are called, how each must be made, and how the cluster's are made."""

from adapter.kafka.topics.cluster import (
    TopicProblem,
    check_topics,
    create_topics,
    partition_counts,
    require_topics,
)
from adapter.kafka.topics.specs import TopicNames, TopicSpec, shard_of, topic_specs

__all__ = [
    "TopicNames",
    "TopicProblem",
    "TopicSpec",
    "check_topics",
    "create_topics",
    "partition_counts",
    "require_topics",
    "shard_of",
    "topic_specs",
]
