"""Objects in any S3-compatible store: plain PUT, GET, DELETE and listing, nothing of one maker.

An object store answers a PUT when the bytes are on as many disks as its operator chose; that is the durability promised here.
S3's own multipart upload is not used: its parts begin at 5 MiB, where a packet ends (docs/adr/0046).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ktpel_kiosk.siak.simulator.records import StoreAway, StoreFull

T = TypeVar("T")
CONNECT_S, READ_S, TRIES = 3, 20, 3
DROP_AT_ONCE = 500
GONE = frozenset({"404", "NoSuchKey", "NotFound"})
FULL = frozenset({"507", "InsufficientStorage", "QuotaExceeded", "XMinioStorageFull"})


@dataclass(frozen=True, slots=True)
class S3Settings:
    """Where the bucket is. ``ca_file``: PEM of the authority of an https endpoint; empty: the system's."""

    endpoint: str
    bucket: str
    access_key: str
    secret_key: str = field(repr=False)
    region: str = "us-east-1"
    ca_file: str = ""


class S3Objects:
    """One client for all threads.

    Args:
        connections: most requests at the same moment.
    """

    def __init__(self, settings: S3Settings, connections: int = 16) -> None:
        import boto3
        from botocore.config import Config

        self._bucket = settings.bucket
        self._client: Any = boto3.client(
            "s3", endpoint_url=settings.endpoint, region_name=settings.region, aws_access_key_id=settings.access_key,
            aws_secret_access_key=settings.secret_key, verify=settings.ca_file or None,
            config=Config(max_pool_connections=connections, connect_timeout=CONNECT_S, read_timeout=READ_S, proxies={},
                          retries={"max_attempts": TRIES, "mode": "standard"}, s3={"addressing_style": "path"},
                          request_checksum_calculation="when_required", response_checksum_validation="when_required"))

    def make_bucket(self) -> None:
        """The bucket, if it is not there. An operator usually makes it, with versions, copies and a lifecycle."""
        def work() -> None:
            if any(b["Name"] == self._bucket for b in self._client.list_buckets()["Buckets"]):
                return
            self._client.create_bucket(Bucket=self._bucket)
        _asked(work)

    def put(self, key: str, data: bytes) -> None:
        # the digest lets the store refuse bytes that changed on the way
        digest = base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
        _asked(lambda: self._client.put_object(Bucket=self._bucket, Key=key, Body=data, ContentMD5=digest))

    def get(self, key: str) -> bytes | None:
        found: bytes | None = _asked(lambda: self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read(), gone=None)
        return found

    def drop(self, keys: Iterable[str]) -> None:
        rest = [{"Key": key} for key in keys]
        while rest:
            some, rest = rest[:DROP_AT_ONCE], rest[DROP_AT_ONCE:]
            if len(some) == 1:
                _asked(lambda key=some[0]["Key"]: self._client.delete_object(Bucket=self._bucket, Key=key))
            else:
                _asked(lambda some=some: self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": some, "Quiet": True}))

    def keys(self, prefix: str) -> Iterator[tuple[str, float]]:
        more: dict[str, str] = {}
        while True:
            page = _asked(lambda more=more: self._client.list_objects_v2(Bucket=self._bucket, Prefix=prefix, **more))
            for found in page.get("Contents", []):
                yield str(found["Key"]), found["LastModified"].timestamp()
            if not page.get("IsTruncated"):
                return
            more = {"ContinuationToken": page["NextContinuationToken"]}


_RAISE: Any = object()


def _asked(work: Callable[..., T], gone: Any = _RAISE) -> T:
    """What the store answers; ``gone`` where it says that there is no such object. Raises StoreAway, StoreFull."""
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.exceptions import HTTPClientError as Broken

    try:
        return work()
    except ClientError as e:
        code = str(e.response.get("Error", {}).get("Code", ""))
        if code in GONE and gone is not _RAISE:
            answer: T = gone
            return answer
        if code in FULL:
            raise StoreFull from e
        raise StoreAway(f"s3 {code[:40]}") from e
    except (BotoCoreError, Broken, OSError) as e:
        raise StoreAway(f"s3 {type(e).__name__}") from e
