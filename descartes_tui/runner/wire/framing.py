"""Lines of JSON: written so that they always parse, read so that nothing a peer sends can do harm."""

from typing import Any, Final

import msgspec

from descartes_tui.runner.wire.faults import BadRequest

REQUEST_LIMIT: Final = 1 << 20  # bytes of one line from a client
ANSWER_LIMIT: Final = 16 << 20  # bytes of one line from the supervisor


def encode(value: object) -> bytes:
    """Return `value` as one line of JSON with its newline; NaN becomes null, lone surrogates `\\ufffd`."""
    try:
        return msgspec.json.encode(value, enc_hook=str) + b"\n"
    except UnicodeEncodeError:
        return msgspec.json.encode(_printable(value), enc_hook=str) + b"\n"


def plain(value: object) -> object:
    """Return dataclasses, enums, tuples and the like as what JSON has; what it has not becomes text."""
    return msgspec.json.decode(encode(value))


def decode_object(line: bytes) -> dict[str, Any]:
    """Return the JSON object in `line`; BadRequest for anything else, however deep, long or broken."""
    try:
        value = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise BadRequest(f"no JSON: {error}") from None
    if not isinstance(value, dict):
        raise BadRequest(f"expected a JSON object, not {type(value).__name__}")
    return value


class LineBuffer:
    """Splits a stream of bytes into lines. Holds at most `limit` bytes of an unfinished line."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = bytearray()

    @property
    def partial(self) -> bool:
        """True when a line has begun and not ended."""
        return bool(self._held)

    def feed(self, data: bytes) -> list[bytes]:
        """Return the lines that `data` completes, without newlines; BadRequest when one is too long."""
        *lines, rest = data.split(b"\n")
        if lines:
            lines[0] = bytes(self._held) + lines[0]
            self._held.clear()
        self._held += rest
        if len(self._held) > self._limit or any(len(line) > self._limit for line in lines):
            raise BadRequest(f"a line is longer than {self._limit} bytes")
        return lines


def _printable(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, dict):
        return {str(_printable(key)): _printable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_printable(item) for item in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return _printable(msgspec.to_builtins(value, str_keys=True, enc_hook=str))
