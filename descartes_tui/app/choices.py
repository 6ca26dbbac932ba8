"""What the form for a new agent offers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BackendChoice:
    """A backend as the form offers it: what must be installed for it, and how to get that."""

    name: str
    program: str = ""
    hint: str = ""
