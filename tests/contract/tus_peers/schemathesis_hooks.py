"""What schemathesis has to be told: chunks are sent as the bytes they are. Named by SCHEMATHESIS_HOOKS; runs in .venv-net."""

import schemathesis


@schemathesis.serializer("application/offset+octet-stream")
def chunk(_context, value):
    return value if isinstance(value, bytes) else str(value).encode()
