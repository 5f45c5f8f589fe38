"""Every key in Redis, once. All begin with topic prefix and app id, which hold no colon.

| key | type | holds |
|---|---|---|
| `{app}:customer:{customer_id}` | hash | the standing by field (`fields.py`), and `partition` |
| `{app}:tier:{tier}` | sorted set | customers by rolling revenue (minor units) |
| `{app}:alerts:{account_manager}` | sorted set | customers with a live alert, by revenue at risk |
| `{app}:alerts-end:{partition}` | sorted set | customers by the second in which their alert ends |
| `{app}:partition:{partition}` | hash | how far the projection of a partition is |
| `{app}:demo` | string | there where `tierstream demo` made the keys: it replaces its own alone |

`{app}:alerts:unassigned` has those without an account manager.

The fields of a partition's hash: `position` (offset of the next record to be read; empty while old
customers are being cleared away), `state_id` (names the state from which the standings come),
`owner` (the writer whose writes are taken), `begun_at` and `caught_up_at` (seconds since 1970 by
Redis's clock: when it was begun to be filled, and when it last held all that the topic did; the
latter is missing until then) and `stream_time` (RFC 3339).

One Redis, with replicas where wanted; not Redis Cluster, for what is written in one stroke lies
under several keys.
"""

from __future__ import annotations

from dataclasses import dataclass

UNASSIGNED = "unassigned"


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one application. `app`: topic prefix and app id."""

    app: str

    def customer(self, customer_id: str) -> str:
        """The hash of a customer."""
        return f"{self.app}:customer:{customer_id}"

    def tier(self, tier: str) -> str:
        """The customers of a tier."""
        return f"{self.app}:tier:{tier}"

    def alerts(self, account_manager: str | None) -> str:
        """The customers of an account manager who have a live alert."""
        return f"{self.app}:alerts:{account_manager or UNASSIGNED}"

    def alerts_end(self, partition: int) -> str:
        """When the live alerts of a partition end."""
        return f"{self.app}:alerts-end:{partition}"

    def partition(self, partition: int) -> str:
        """How far the projection of a partition is."""
        return f"{self.app}:partition:{partition}"

    @property
    def demo(self) -> str:
        """There where a demo made the keys."""
        return f"{self.app}:demo"

    @property
    def all(self) -> str:
        """The pattern of all of them."""
        return f"{self.app}:*"
