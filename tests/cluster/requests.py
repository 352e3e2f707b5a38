"""Requests as a proxy hands them to a replica."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray
    from starlette.requests import Request

BOUNDARY = "boundary"


def wav(samples: NDArray[np.int16]) -> bytes:
    """The samples as a file."""
    data = samples.tobytes()
    head = b"RIFF" + (36 + len(data)).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
    kind = b"".join(
        value.to_bytes(size, "little") for value, size in ((1, 2), (1, 2), (16_000, 4), (32_000, 4), (2, 2), (16, 2))
    )
    return head + kind + b"data" + len(data).to_bytes(4, "little") + data


def multipart(samples: NDArray[np.int16], fields: Mapping[str, str]) -> bytes:
    """A form with the samples and fields."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    parts.append(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="speech.wav"\r\n'
        "Content-Type: audio/wav\r\n\r\n".encode()
    )
    return b"".join(parts) + wav(samples) + f"\r\n--{BOUNDARY}--\r\n".encode()


def request(path: str, body: bytes) -> Request:
    """A POST of that body."""
    from starlette.requests import Request  # noqa: PLC0415 - comes with the extra

    scope: dict[str, Any] = {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": b"",
        "headers": [(b"content-type", f"multipart/form-data; boundary={BOUNDARY}".encode())],
        "server": ("127.0.0.1", 8000),
        "scheme": "http",
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request(scope, receive)
