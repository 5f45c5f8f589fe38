"""An oracle: every rule of the product worked out the slow, obvious way, for tests to compare with.

It shares no code with the product. `recompute` takes a list of input records and says what each
customer's standing has to be, which records count, and which dormancy events have to be said.
"""

from tests.oracle.recompute import recompute
from tests.oracle.records import InputRecord
from tests.oracle.results import Counts, DeadRecord, DormancyEvent, OracleResult, Standing

__all__ = [
    "Counts",
    "DeadRecord",
    "DormancyEvent",
    "InputRecord",
    "OracleResult",
    "Standing",
    "recompute",
]
