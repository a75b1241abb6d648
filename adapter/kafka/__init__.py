"""The only room that knows aiokafka: topics, tables, transactions and who owns which shard."""
