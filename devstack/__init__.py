"""The local stage: a real Kafka, a player of Helm and the demo.

A tool of the repository for developing, testing and showing; not part of the wheel.
"""
