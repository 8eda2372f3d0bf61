"""Numbers of the uploader, in one place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UploadPolicy:
    """Chunks and costs in bytes, times in seconds.

    Attributes:
        chunk_target_s: a chunk takes about that long on the measured line, between ``smallest_chunk`` and ``largest_chunk``.
        request_cost: what a request adds to its chunk on the wire (request line and headers).
        batch: due packets looked at together. ahead: packets announced before their bytes are sent.
        handed: finished packets that may wait for the small lane; with more, the main lane fetches receipts itself.
        cuts_in_a_row: cuts of one packet without a byte gained before it waits. server_troubles_in_a_row: then the whole queue waits.
        status_failures: tries of a status event nobody can digest before it is skipped.
    """

    first_chunk: int = 64 * 1024
    smallest_chunk: int = 1024
    largest_chunk: int = 1024 * 1024
    chunk_target_s: float = 4.0
    request_cost: int = 450
    batch: int = 20
    ahead: int = 4
    handed: int = 8
    cuts_in_a_row: int = 8
    server_troubles_in_a_row: int = 3
    status_failures: int = 3
    backoff_base_s: float = 5.0
    backoff_cap_s: float = 900.0
    probe_base_s: float = 3.0
    probe_cap_s: float = 60.0
