"""How a stop went, in one sentence: who ended, who had to be killed, what was left over and swept."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from descartes_tui.app.feed import Feed
from descartes_tui.runner.logs.sanitize import safe_text
from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.runner.model.status import AgentStatus, Verdict

_SIGKILL: Final = 9


@dataclass(slots=True)
class StopTally:
    """Counts endings from the first agent that is stopped until none is any more.

    `since` is the number of the newest event before that.
    """

    since: int = 0
    ended: dict[str, AgentInfo] = field(default_factory=dict)

    def take(self, before: Mapping[str, AgentInfo], now: Iterable[AgentInfo]) -> None:
        """Count those of `now` that have come to their end on request since `before`."""
        for info in now:
            old = before.get(info.id)
            if old is not None and _was_stopped(old, info):
                self.ended[info.id] = info

    def sentence(self, swept: int) -> str:
        """Return like `5 stopped, 1 killed after grace, 2 leftovers swept`; one agent alone is named."""
        late = [info for info in self.ended.values() if info.verdict is Verdict.KILLED_AFTER_GRACE]
        forced = [info for info in self.ended.values() if info not in late and info.exit_signal == _SIGKILL]
        rest = len(self.ended) - len(late) - len(forced)
        counts = ((rest, "stopped"), (len(late), "killed after grace"), (len(forced), "killed"))
        who = safe_text(next(iter(self.ended.values())).name) if len(self.ended) == 1 else ""
        parts = [f"{who or count} {what}" for count, what in counts if count]
        if swept:
            parts.append(f"{swept} leftover{'' if swept == 1 else 's'} swept")
        return ", ".join(parts)

    @property
    def was_forced(self) -> bool:
        """True when at least one agent did not end by itself in its time."""
        return any(info.verdict is Verdict.KILLED_AFTER_GRACE for info in self.ended.values())


def _was_stopped(old: AgentInfo, new: AgentInfo) -> bool:
    if old.status is AgentStatus.STOPPING:
        return new.status.has_ended
    return old.status.has_process and new.status is AgentStatus.TERMINATED  # faster than the screen is told


async def count_swept(feed: Feed, tally: StopTally) -> int:
    """Return how many processes had to be ended after their leader was gone."""
    count = 0
    async for event in feed.stream("events", since=tally.since, follow=False):
        if event.get("kind") == "swept" and event.get("agent_id") in tally.ended:
            count += _ended(event.get("processes"))
    return count


def _ended(processes: Any) -> int:
    swept = processes if isinstance(processes, list) else []
    return sum(1 for one in swept if isinstance(one, Mapping) and one.get("how") != "kept")
