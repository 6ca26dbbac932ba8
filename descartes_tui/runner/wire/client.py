"""Talk to the supervisor and wait for its answer. Light: loads no asyncio, so that `ps` answers at once."""

import json
import os
import socket
import time
from collections.abc import Generator, Mapping
from contextlib import suppress
from typing import Any

from descartes_tui.runner.wire.address import check_session, dial, listening_sessions
from descartes_tui.runner.wire.ensure import ensure_supervisor, left_behind
from descartes_tui.runner.wire.errors import NoSupervisor, WireError

PROTOCOL = 1
QUICK = 30.0  # seconds within which a verb that waits for no process must be answered
LONGEST = 17 << 20  # bytes of an answer
RETRY = 0.01  # seconds until a supervisor that was just killed is looked for again
SLACK = 5.0  # seconds that a verb with a `timeout` of its own gets beyond it to answer
QUICK_VERBS = frozenset(("hello", "list", "show", "resize", "detach_check", "cancel"))
WITH_TIMEOUT = frozenset(
    ("start", "restart", "resume", "rm", "pause", "stop", "kill", "signal", "wait", "down")
)


def sendable(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what of an environment can travel as JSON: variables that are not UTF-8 are left out."""
    return {key: value for key, value in environment.items() if _is_text(key) and _is_text(value)}


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_gone(error: BaseException) -> bool:
    return isinstance(error, WireError) and error.code == "communication"


def open_line(session: str, *, start: bool, timeout: float) -> socket.socket:
    """Return a connection to the session's supervisor; see `Client.connect`."""
    line = dial(session, timeout)
    if line is None:
        if not start and not left_behind(session):
            raise NoSupervisor(session, listening_sessions(but=session))
        line = ensure_supervisor(session)
    return line


def time_limit(verb: str, timeout: float | None, args: dict[str, Any]) -> float | None:
    """Return the seconds to wait for an answer; a `timeout` that the verb itself takes is put into `args`."""
    if verb in WITH_TIMEOUT and timeout is not None:
        args["timeout"] = timeout
        return timeout + SLACK
    return QUICK if timeout is None and verb in QUICK_VERBS else timeout


def opened(answer: dict[str, Any]) -> Any:
    """Return what an answer brings, or raise the WireError that it brings."""
    error = answer.get("error")
    if not isinstance(error, dict):
        return answer.get("ok")
    facts = {key: value for key, value in error.items() if key not in ("code", "message")}
    raise WireError(str(error.get("code", "failed")), str(error.get("message", "")), facts)


class Client:
    """One connection to one session's supervisor, for one thread. A context manager that closes itself."""

    def __init__(self, line: socket.socket, session: str) -> None:
        self._line = line
        self._held = bytearray()
        self._last_id = 0
        self.session = session
        self.hello: dict[str, Any] = {}

    @classmethod
    def connect(cls, session: str, *, start: bool = False, timeout: float = 5.0) -> "Client":
        """Return a connection; NoSupervisor when none runs, none may be started and nothing is left behind.

        A supervisor that is gone while its agents live on is started again whatever `start` says. `timeout`
        (seconds) bounds the wait for one that runs; starting one may take 10 s more.
        """
        check_session(session)
        deadline = time.monotonic() + timeout
        while True:
            client = cls(open_line(session, start=start, timeout=timeout), session)
            try:
                client.hello = client.call("hello", timeout=timeout, protocol=PROTOCOL)
            except BaseException as error:
                client.close()
                # a supervisor that is just being killed still accepts: then the next one is wanted
                if not _is_gone(error) or time.monotonic() > deadline:
                    raise
                time.sleep(RETRY)
            else:
                return client

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; what was asked to be done goes on."""
        self._line.close()

    def release(self) -> socket.socket:
        """Hand over the connection, with nothing under way on it; this client is over."""
        return self._line

    def call(self, verb: str, *, timeout: float | None = None, **args: Any) -> Any:
        """Return the supervisor's answer to `verb`; WireError carries its refusal.

        `timeout` (seconds) is also sent to verbs that have an argument of this name. None: as long as it
        takes, for verbs that wait for no process at most 30 s.
        """
        limit = time_limit(verb, timeout, args)
        deadline = None if limit is None else time.monotonic() + limit
        number = self._send(verb, args)
        while True:
            answer = self._receive(verb, deadline)
            if answer.get("id") == number and "event" not in answer:
                return opened(answer)
            if answer.get("id") is None and "error" in answer:
                return opened(answer)

    def stream(self, verb: str, **args: Any) -> Generator[dict[str, Any], None, None]:
        """Yield the events of a verb that answers with many; closing the iterator ends the stream."""
        number = self._send(verb, args)
        over = False
        try:
            while not over:
                answer = self._receive(verb, None)
                if answer.get("id") not in (number, None):
                    continue
                if "event" in answer:
                    yield answer["event"]
                else:
                    over = True
                    opened(answer)
        finally:
            if not over:
                self._cancel(number)

    def _cancel(self, number: int) -> None:
        with suppress(WireError):  # the connection is gone, and the stream with it
            self._send("cancel", {"id": number})

    def _send(self, verb: str, args: dict[str, Any]) -> int:
        self._last_id += 1
        request = {"id": self._last_id, "verb": verb, "args": args}
        try:
            line = json.dumps(request, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        except UnicodeEncodeError:
            raise WireError("bad_request", f"{verb}: an argument is not valid Unicode") from None
        try:
            self._line.settimeout(QUICK)
            self._line.sendall(line)
        except OSError as error:
            raise self._gone(verb, error) from None
        return self._last_id

    def _receive(self, verb: str, deadline: float | None) -> dict[str, Any]:
        searched = 0
        while (end := self._held.find(b"\n", searched)) < 0:
            searched = len(self._held)
            if searched > LONGEST:
                raise WireError("communication", f"{verb}: an answer longer than {LONGEST} bytes")
            self._held += self._receive_bytes(verb, deadline)
        line = bytes(self._held[:end])
        del self._held[: end + 1]
        try:
            answer = json.loads(line)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            raise WireError("communication", f"{verb}: what listens for {self.session!r} is no supervisor")
        return answer

    def _receive_bytes(self, verb: str, deadline: float | None) -> bytes:
        try:
            self._line.settimeout(None if deadline is None else max(deadline - time.monotonic(), 0.001))
            data = self._line.recv(1 << 18)
        except TimeoutError:
            raise WireError("timeout", f"{verb}: no answer from the supervisor in time") from None
        except OSError as error:
            raise self._gone(verb, error) from None
        if not data:
            raise self._gone(verb, None)
        return data

    def _gone(self, verb: str, error: OSError | None) -> WireError:
        cause = f" ({os.strerror(error.errno)})" if error is not None and error.errno else ""
        return WireError("communication", f"{verb}: the supervisor of {self.session!r} went away{cause}")
