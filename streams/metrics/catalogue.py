"""Every metric of a worker, once: name, kind, labels, what it says, who reads it, how to add it up.

Topics are named without their prefix. Money is in minor units of the base currency (its name and
decimals are labels of `tierstream_worker_info`). No label holds a customer, an account manager or
anything else that grows with the business.

A gauge with the label `partition` exists on the one worker that has the partition, and goes with
it. Counters and histograms are a worker's own: they begin at 0 when it starts, stay when a
partition goes, and say what was committed (a commit that another worker has fenced off is not
counted; its owner's is).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["gauge", "counter", "histogram"]
Reader = Literal["sales", "engineer"]  # whose dashboard: *Segments*, or *Running it*
OverWorkers = Literal["sum", "max"]  # how the workers' values make one


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of the catalogue. `name` as it is exposed; a histogram's series add `_bucket`,
    `_sum` and `_count`."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    reader: Reader = "engineer"
    over_workers: OverWorkers = "sum"
    buckets: tuple[float, ...] = ()


_PARTITION = ("partition",)
_MOVEMENT = ("from", "to", "cause")

#: Stands for no tier or stage in the labels `from` and `to`: not spoken of before, or erased.
NONE = "none"

# -- who stands where

CUSTOMERS = Metric(
    "tierstream_customers", "gauge",
    "Customers in each tier of the pyramid.",
    ("partition", "tier"), "sales",
)  # fmt: skip
REVENUE = Metric(
    "tierstream_revenue_minor", "gauge",
    "Revenue in the window of the customers in each tier, in minor units of the base currency.",
    ("partition", "tier"), "sales",
)  # fmt: skip
RFM_CUSTOMERS = Metric(
    "tierstream_rfm_customers", "gauge",
    "Customers in each cell of the RFM grid, scores 1 to 5; empty cells are left out, and those "
    "of whom no order stands are in none. At most 125 series a partition.",
    ("partition", "r", "f", "m"), "sales",
)  # fmt: skip
STAGE_CUSTOMERS = Metric(
    "tierstream_stage_customers", "gauge",
    "Customers who hold a stage of silence: slipping, dormant or inactive.",
    ("partition", "stage"), "sales",
)  # fmt: skip
BORDER = Metric(
    "tierstream_border_rank_value", "gauge",
    "The smallest rank value in a tier or higher (minor units, where the rules rank by revenue or "
    "profit), as published last. On the one worker that keeps the borders; a tier that nobody is "
    "in is left out.",
    ("tier",), "sales",
)  # fmt: skip
BORDERS_VERSION = Metric(
    "tierstream_borders_version", "gauge",
    "Version of the borders published last. On the one worker that keeps the borders.",
    (), "sales",
)  # fmt: skip

# -- who moved, and what was said

MOVEMENTS = Metric(
    "tierstream_movements_total", "counter",
    "Tier-changes said, by the tier before, the tier after and the cause; none: not known before, "
    "or erased.",
    _MOVEMENT, "sales",
)  # fmt: skip
MOVEMENTS_REVENUE = Metric(
    "tierstream_movements_revenue_minor_total", "counter",
    "Revenue in the window, at the tier-change, of the customers who changed tiers, in minor "
    "units; a revenue below 0 adds nothing.",
    _MOVEMENT, "sales",
)  # fmt: skip
STAGE_CHANGES = Metric(
    "tierstream_stage_changes_total", "counter",
    "Stages of silence said, by the stage held before and the one said (reactivated and cleared "
    "among them); none: no stage was held.",
    ("from", "stage"), "sales",
)  # fmt: skip
ALERTS = Metric(
    "tierstream_alerts_total", "counter",
    "Churn alerts said, by severity and their weightiest reason: each alert once.",
    ("severity", "reason"), "sales",
)  # fmt: skip
ALERTS_HELD_BACK = Metric(
    "tierstream_alerts_held_back_total", "counter",
    "Churn alerts not said, since another of the same customer, no less severe, was not yet "
    "cooldown_days old.",
    (), "sales",
)  # fmt: skip
ALERT_REASONS = Metric(
    "tierstream_alert_reasons_total", "counter",
    "Reasons given in churn alerts: an alert counts once for each of its reasons.",
    ("severity", "reason"), "sales",
)  # fmt: skip
ALERTS_REVENUE_AT_RISK = Metric(
    "tierstream_alerts_revenue_at_risk_minor_total", "counter",
    "Revenue at risk of the churn alerts said, in minor units.",
    ("severity",), "sales",
)  # fmt: skip
ERASURES = Metric(
    "tierstream_erasures_total", "counter",
    "Tombstones of customers obeyed: customer-erased said.",
)  # fmt: skip

# -- what came in

EVENTS = Metric(
    "tierstream_events_total", "counter",
    "Records of the input topics, by what became of them: counted, repeated (an event_id taken "
    "before) or dead (see tierstream_dead_letters_total).",
    ("topic", "outcome"),
)  # fmt: skip
DEAD_LETTERS = Metric(
    "tierstream_dead_letters_total", "counter",
    "Records that could not be used, by input topic and code.",
    ("topic", "code"),
)  # fmt: skip
LATE_ORDERS = Metric(
    "tierstream_late_orders_total", "counter",
    "Orders placed on an earlier day than stream time had come to when they were read. They are "
    "counted like any other, on their own day. Cancellations and returns, whose ordered_at is "
    "that of the order, are not looked at.",
)  # fmt: skip
RECORDS_WRITTEN = Metric(
    "tierstream_records_written_total", "counter",
    "Records committed, by topic; customers-changelog stands for the changelog of any app id.",
    ("topic",),
)  # fmt: skip

# -- how far it is

LAG = Metric(
    "tierstream_lag_records", "gauge",
    "Offsets between what is folded in of an input partition and its end (on Kafka control "
    "records count).",
    ("topic", "partition"),
)  # fmt: skip
STREAM_TIME_BEHIND = Metric(
    "tierstream_stream_time_behind_seconds", "gauge",
    "Wall clock less stream time; left out before the first order or tick.",
    _PARTITION, over_workers="max",
)  # fmt: skip
DUE_DAYS_BEHIND = Metric(
    "tierstream_due_days_behind", "gauge",
    "Days of stream time of which what falls due is not applied yet.",
    _PARTITION, over_workers="max",
)  # fmt: skip
BORDERS_BEHIND = Metric(
    "tierstream_borders_behind", "gauge",
    "Versions between the borders known and those that everybody's tier stands by.",
    _PARTITION, over_workers="max",
)  # fmt: skip
STANDINGS_PENDING = Metric(
    "tierstream_standings_pending", "gauge",
    "Customers whose standing is yet to be published.",
    _PARTITION,
)  # fmt: skip
WAITING_BATCHES = Metric(
    "tierstream_waiting_batches", "gauge",
    "Batches that wait at the door of a partition.",
    _PARTITION,
)  # fmt: skip
STALLED = Metric(
    "tierstream_stalled_seconds", "gauge",
    "How long a partition has had something to do and got nowhere with it; 0: it moves, or rests. "
    "/healthz turns to 503 at 30.",
    _PARTITION, over_workers="max",
)  # fmt: skip

# -- how fast

#: From what a quiet embedded log takes to what somebody would ask about.
_SECONDS = (
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
)  # fmt: skip

BATCH_RECORDS = Metric(
    "tierstream_batch_records", "histogram",
    "Records of one input partition that were read and folded in together.",
    ("topic",), buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000),
)  # fmt: skip
APPEND_TO_COMMIT = Metric(
    "tierstream_append_to_commit_seconds", "histogram",
    "From a record's append (its timestamp in the log) to the commit of all that it caused. A "
    "backlog shows here as it is read: old records, long times.",
    ("topic",), buckets=_SECONDS,
)  # fmt: skip
COMMIT = Metric(
    "tierstream_commit_seconds", "histogram",
    "One transaction of the log and the store's write after it.",
    buckets=_SECONDS,
)  # fmt: skip
LOOP_DELAY = Metric(
    "tierstream_event_loop_delay_seconds", "histogram",
    "How late the event loop came to what was due, looked at once a second.",
    buckets=_SECONDS,
)  # fmt: skip

# -- recovery and memory

PARTITIONS = Metric(
    "tierstream_partitions", "gauge",
    "Partitions assigned to the worker, by state: recovering, consuming or given_up (another "
    "worker has fenced it off, or it failed).",
    ("state",),
)  # fmt: skip
RECOVERIES = Metric(
    "tierstream_recoveries_total", "counter",
    "Partitions taken over and brought to the end of their changelog.",
)  # fmt: skip
RECOVERY_RECORDS = Metric(
    "tierstream_recovery_records_total", "counter",
    "Records of changelogs read in recovery, counted as they are read.",
)  # fmt: skip
RECOVERY_SECONDS = Metric(
    "tierstream_recovery_seconds_total", "counter",
    "Time from the beginning of a take-over until its partition consumes.",
)  # fmt: skip
STANDBYS = Metric(
    "tierstream_standbys", "gauge",
    "Partitions of other workers of which this worker keeps a copy.",
)  # fmt: skip
STANDBY_BEHIND = Metric(
    "tierstream_standby_behind_records", "gauge",
    "Offsets between what the furthest of the worker's copies (also one yet to be begun) has and "
    "the end of its changelog (on Kafka control records count); 0 where it is to keep none.",
    over_workers="max",
)  # fmt: skip
STORE_BYTES = Metric(
    "tierstream_store_bytes", "gauge",
    "Size of a partition's RocksDB on disk.",
    _PARTITION,
)  # fmt: skip
STORE_KEYS = Metric(
    "tierstream_store_keys", "gauge",
    "Keys in a partition's RocksDB (its own estimate): states, indexes and chunks of event ids.",
    _PARTITION,
)  # fmt: skip
STORE_MEMTABLE_BYTES = Metric(
    "tierstream_store_memtable_bytes", "gauge",
    "Memory of a partition's write buffers.",
    _PARTITION,
)  # fmt: skip
STORE_COMPACTION_BYTES = Metric(
    "tierstream_store_compaction_pending_bytes", "gauge",
    "Bytes that RocksDB has yet to rewrite (its own estimate).",
    _PARTITION,
)  # fmt: skip
STORE_CACHE_BYTES = Metric(
    "tierstream_store_cache_bytes", "gauge",
    "Memory of the block cache that all stores of the worker share; write buffers are charged to "
    "it.",
)  # fmt: skip
STORE_BUFFER_BYTES = Metric(
    "tierstream_store_write_buffer_bytes", "gauge",
    "Memory of the write buffers of all stores of the worker.",
)  # fmt: skip

# -- Redis, where it is used

REDIS_STALENESS = Metric(
    "tierstream_redis_staleness_seconds", "gauge",
    "How long ago Redis was last known to show all the standings that are committed; under a "
    "second or so it shows all. Only where Redis is used.",
    _PARTITION, over_workers="max",
)  # fmt: skip

REDIS_FAILURES = Metric(
    "tierstream_redis_failures_total", "counter",
    "Errors of the worker's own, not of Redis, in writing standings to Redis; it begins again "
    "after each. Only where Redis is used.",
)  # fmt: skip

# -- the worker itself

INFO = Metric(
    "tierstream_worker_info", "gauge",
    "Always 1: the version, the application, the rules in force (as events name them), and the "
    "base currency with the decimals of its minor unit.",
    ("version", "app_id", "rules", "currency", "decimals"),
)  # fmt: skip

CATALOGUE: tuple[Metric, ...] = tuple(
    metric for metric in list(vars().values()) if isinstance(metric, Metric)
)
"""All of the above, in their order."""
