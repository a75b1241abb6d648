"""The data ways. Each reads, parses, decides and acts; none knows another."""
