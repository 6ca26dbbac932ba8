"""Find the longest functions of this checkout, and report it as an agent would: one JSON event a line."""

import ast
import json
import os
import time
import uuid
from pathlib import Path

SESSION = str(uuid.uuid4())
SKIPPED = {".venv", "build", "dist", "node_modules"}


def main() -> None:
    started, pause = time.monotonic(), float(os.environ.get("PAUSE", "0.4"))
    emit(type="system", subtype="init", cwd=str(Path.cwd()), model="none", tools=["Glob", "Read"])
    say("I look for the longest functions in this checkout.")
    time.sleep(pause)
    files = [path for path in sorted(Path().rglob("*.py")) if not SKIPPED & set(path.parts)][:200]
    use_tool("Glob", {"pattern": "**/*.py"}, f"{len(files)} files", pause)
    longest = sorted((found for path in files for found in functions(path)), reverse=True)[:5]
    for length, name, path in longest:
        use_tool("Read", {"file_path": str(path)}, f"{name}: {length} lines", pause)
    answer = ", ".join(f"{name} ({length})" for length, name, _ in longest) or "there is no Python here"
    say(f"The longest functions: {answer}.")
    emit(
        type="result",
        subtype="success",
        is_error=False,
        duration_ms=round((time.monotonic() - started) * 1000),
        num_turns=len(longest) + 1,
        result=answer,
        total_cost_usd=0.0,
        usage={"input_tokens": 0, "output_tokens": 0},
        permission_denials=[],
    )


def functions(path: Path) -> list[tuple[int, str, Path]]:
    """Return length, name and file of each function in a Python file that can be read."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return []
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = [node for node in ast.walk(tree) if isinstance(node, kinds)]
    return [((node.end_lineno or node.lineno) - node.lineno + 1, node.name, path) for node in nodes]


def say(text: str) -> None:
    emit(type="assistant", message={"role": "assistant", "content": [{"type": "text", "text": text}]})


def use_tool(name: str, arguments: dict[str, str], result: str, pause: float) -> None:
    call = f"toolu_{uuid.uuid4().hex[:12]}"
    use = {"type": "tool_use", "id": call, "name": name, "input": arguments}
    emit(type="assistant", message={"role": "assistant", "content": [use]})
    time.sleep(pause)
    answer = {"type": "tool_result", "tool_use_id": call, "content": result, "is_error": False}
    emit(type="user", message={"role": "user", "content": [answer]})


def emit(**event: object) -> None:
    print(json.dumps({**event, "session_id": SESSION}))


if __name__ == "__main__":
    main()
