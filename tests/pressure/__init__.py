"""A worker under pressure: backlogs, floods, very large customers, a slow or absent Kafka.

`python -m tests.pressure` plays them all and prints what each took; a short form is part of the
tests. Memory stays within the bound that the README states, and nothing is dropped.
"""
