"""The floor under the floor: records are fetched, and nothing is done with them."""

from __future__ import annotations

import uvloop
from aiokafka import AIOKafkaConsumer

from tests.bench.peers.job import Place, read_place


async def main(place: Place) -> None:
    """Run until told to stop."""
    consumer = AIOKafkaConsumer(
        place.orders,
        bootstrap_servers=place.servers,
        group_id=place.group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_partition_fetch_bytes=512 * 1024,
    )
    async with consumer:
        while True:
            if await consumer.getmany(timeout_ms=1000, max_records=4000):
                await consumer.commit()


if __name__ == "__main__":
    uvloop.run(main(read_place()))
