"""The worker's web: a customer's card."""

from __future__ import annotations

from typing import Any

import msgspec

from streams.app import WorkerApp
from streams.card import card_of
from streams.engine.partitioner import default_partition

_encode = msgspec.json.Encoder().encode


def add_pages(worker: WorkerApp) -> None:
    """Add the pages to the Faust app's web."""

    async def customer(web: Any, request: Any) -> Any:
        customer_id = request.match_info["customer_id"]
        card = _find(worker, customer_id)
        body = {"error": f"customer {customer_id} is not known here"} if card is None else card
        return web.bytes(
            _encode(body), content_type="application/json", status=404 if card is None else 200
        )

    worker.faust.page("/customers/{customer_id}", name="customer")(customer)


def _find(worker: WorkerApp, customer_id: str) -> dict[str, Any] | None:
    """By the partition of the key; where producers choose partitions, in all that are ours."""
    if worker.settings.partitioner == "trust":
        cards = (card_of(each, customer_id) for each in worker.partitions.partitions())
        return next((card for card in cards if card is not None), None)
    number = default_partition(customer_id.encode(), worker.number_of_partitions)
    partition = worker.partitions.partition(number)
    return None if partition is None else card_of(partition, customer_id)
