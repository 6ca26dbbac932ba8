"""What a client can be told instead of an answer. Imports nothing, for the command line must start fast."""


class WireError(Exception):
    """The supervisor's refusal, or the lack of an answer.

    `code` is one of docs/protocol.md's; `facts` are what the error carries beside its code and message.
    """

    def __init__(self, code: str, message: str, facts: "dict[str, object] | None" = None) -> None:
        super().__init__(message)
        self.code, self.message, self.facts = code, message, facts or {}


class NoSupervisor(WireError):
    """No supervisor runs for `session` and it left nothing behind; `others` are sessions that have one."""

    def __init__(self, session: str, others: "tuple[str, ...]" = ()) -> None:
        hint = f"; sessions that have one: {', '.join(others)} (choose with --session)" if others else ""
        super().__init__("no_supervisor", f"no supervisor runs for session {session!r}{hint}")
        self.session, self.others = session, others
