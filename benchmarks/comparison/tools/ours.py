"""descartes-tui: its command line, a fleet file and a session of its own."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any, ClassVar

from benchmarks.comparison.ground import MARK, command_line, marked
from benchmarks.comparison.tools.tool import GRACE, Tool


class Ours(Tool):
    """The program of this project, used as anybody would."""

    name = "descartes-tui"
    source = "this tree"
    variants: ClassVar = {
        "default": f"`stop: {{grace: {GRACE}s}}`; where restarts count, `restart: on-failure`"
    }
    pauses = "`pause`"
    one_process_per_agent = "keeper"

    def version(self) -> str:
        """Ask it."""
        return self._call("version").split()[-1]

    def configure(self, restart: bool) -> None:
        """Write agents.yaml."""
        runtime = self.folder / "runtime"
        runtime.mkdir(mode=0o700, exist_ok=True)
        self.environ |= {
            "XDG_STATE_HOME": str(self.folder / "state"),
            "XDG_CONFIG_HOME": str(self.folder / "config"),
            "XDG_RUNTIME_DIR": str(runtime),
            "DESCARTES_SESSION": "comparison",
        }
        agents = {
            agent.name: {
                "command": list(agent.argv),
                "stop": {"grace": f"{GRACE}s"},
                **({"restart": "on-failure"} if restart else {}),
            }
            for agent in self.agents
        }
        # JSON is YAML
        fleet = {"version": 1, "session": "comparison", "agents": agents}
        (self.folder / "agents.yaml").write_text(json.dumps(fleet, indent=1))

    def _call(self, *words: str) -> str:
        program = Path(sys.executable).parent / "descartes-tui"
        return self.run(program if program.exists() else shutil.which("descartes-tui") or program, *words)

    def launch(self) -> None:
        """Launch the fleet, which starts the supervisor."""
        self._call("up", "-f", "agents.yaml", "--detach")

    def manager(self) -> int:
        """Return the pid of the supervisor."""
        socket = next(self.folder.rglob("*.sock"), None)
        found = [
            process.pid for process in marked(self.environ[MARK]) if "supervisor" in command_line(process.pid)
        ]
        if not found:
            raise RuntimeError(f"no supervisor found; its socket is {socket}")
        return min(found)

    def stop(self, name: str) -> None:
        """Stop one."""
        self._call("stop", name)

    def stop_all(self) -> None:
        """Stop all."""
        self._call("stop", "--all")

    def pause(self, name: str) -> None:
        """Pause one."""
        self._call("pause", name)

    def resume(self, name: str) -> None:
        """Resume it."""
        self._call("resume", name)

    def output(self, name: str) -> bytes:
        """Read the log of its latest run."""
        return Path(self._about(name)["log_path"]).read_bytes()

    def _about(self, name: str) -> dict[str, Any]:
        agents: list[dict[str, Any]] = json.loads(self._call("ps", "--all", "--json"))
        return next(agent for agent in agents if agent["name"] == name)

    def told(self, name: str) -> str:
        """Ask for the agent."""
        about = self._about(name)
        if about["exit_code"] is not None:
            return f"exit {about['exit_code']}"
        return "ended" if about["ended_at"] else "running"

    def ever_told(self, name: str) -> set[str]:
        """Ask for all runs of the agent."""
        return {f"exit {run['exit_code']}" for run in json.loads(self._call("show", name, "--json"))["runs"]}

    def close(self) -> None:
        """Stop the fleet and the supervisor."""
        self._call("down")
