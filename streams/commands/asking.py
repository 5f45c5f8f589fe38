"""Asks the worker that owns a customer, over its web."""

from __future__ import annotations

from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import quote

import msgspec

from streams.engine.partitioner import default_partition
from streams.setting_values import address

_TIMEOUT_SECONDS = 2.0


class NoAnswerError(Exception):
    """No worker answered; the message says who was asked and what came of it."""


def ask(
    customer_id: str, webs: Mapping[int, str | None], partitions: int, *, trust: bool
) -> dict[str, Any] | None:
    """What the owning worker knows of the customer; None where it knows no such customer.

    `webs` are the workers' webs by partition. Where producers choose partitions (`trust`) every
    worker is asked. Raises NoAnswerError where one that might know does not answer.
    """
    asked = range(partitions) if trust else [default_partition(customer_id.encode(), partitions)]
    for web in dict.fromkeys(webs.get(partition) for partition in asked):
        if web is None:
            raise NoAnswerError(f"no worker runs that owns customer {customer_id!r}")
        answer = _get(web, customer_id)
        if answer is not None:
            return {**answer, "answered_by": f"worker {web}"}
    return None


def _get(web: str, customer_id: str) -> dict[str, Any] | None:
    where = address(web)
    connection = HTTPConnection(where.host, where.port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("GET", f"/customers/{quote(customer_id, safe='')}")
        response = connection.getresponse()
        body = response.read()
        if response.status == 404:
            return None
        if response.status != 200:
            raise NoAnswerError(f"the worker at {web} answered {response.status}")
        return msgspec.json.decode(body, type=dict[str, Any])
    except (OSError, HTTPException, msgspec.MsgspecError) as error:
        raise NoAnswerError(f"no worker answers at {web} ({error})") from None
    finally:
        connection.close()
