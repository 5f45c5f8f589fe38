"""The worker's web: a customer's card, metrics, health."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from streams.app import WorkerApp
from streams.card import card_of
from streams.engine.partition import Partition
from streams.engine.partitioner import default_partition
from streams.metrics import pages

FOUND = 200
UNKNOWN = 404  # the customer's partition is here, and there is no such customer
NOT_HERE = 421  # "misdirected request": the partition is another worker's, or not taken over yet

_encode = msgspec.json.Encoder().encode


def add_pages(worker: WorkerApp) -> None:
    """Add the pages to the Faust app's web."""

    async def customer(web: Any, request: Any, customer_id: str) -> Any:
        status, body = answer(worker, customer_id)
        return web.bytes(_encode(body), content_type="application/json", status=status)

    async def metrics(web: Any, request: Any) -> Any:
        return _sent(web, pages.metrics(worker.monitor, request.headers.get("Accept", "")))

    async def healthz(web: Any, request: Any) -> Any:
        return _sent(web, pages.healthz(worker.monitor, asyncio.get_running_loop().time()))

    async def readyz(web: Any, request: Any) -> Any:
        return _sent(web, pages.readyz(worker.monitor))

    # Any characters: without a pattern aiohttp takes no braces, and ids may have them.
    worker.faust.page("/customers/{customer_id:[^/]+}", name="customer")(customer)
    worker.faust.page("/metrics", name="metrics")(metrics)
    worker.faust.page("/healthz", name="healthz")(healthz)
    worker.faust.page("/readyz", name="readyz")(readyz)


def _sent(web: Any, page: pages.Answer) -> Any:
    response = web.bytes(page.body, status=page.status)
    response.headers["Content-Type"] = page.content_type
    return response


def answer(worker: WorkerApp, customer_id: str) -> tuple[int, dict[str, Any]]:
    """Status and body for the card of a customer."""
    searched = _partitions(worker, customer_id)
    cards = (card_of(partition, customer_id) for partition in searched)
    card = next((card for card in cards if card is not None), None)
    if card is not None:
        return FOUND, card
    if not searched:
        return NOT_HERE, {"error": f"customer {customer_id} belongs to a partition not held here"}
    return UNKNOWN, {"error": f"no customer {customer_id} is known; check the id's spelling"}


def _partitions(worker: WorkerApp, customer_id: str) -> list[Partition]:
    """That of the key; where producers choose partitions, all that are ours."""
    if worker.settings.partitioner == "trust":
        return worker.partitions.partitions()
    number = default_partition(customer_id.encode(), worker.number_of_partitions)
    partition = worker.partitions.partition(number)
    return [] if partition is None else [partition]
