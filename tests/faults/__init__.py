"""Faults injected into real workers, a real Kafka and the embedded log, under a steady load.

`python -m tests.faults` runs rounds of them and prints what came of each; a short form is part of
the tests. Nothing may be lost, counted twice or said twice, whatever goes wrong.
"""
