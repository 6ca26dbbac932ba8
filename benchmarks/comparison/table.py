"""The tables of docs/comparison.md, made from the results and from nothing else."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.comparison.rows import GROUPS
from benchmarks.comparison.tools import TOOLS

BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"


def put(document: Path, results: Mapping[str, Any]) -> None:
    """Replace what stands between the two marks of a document."""
    text = document.read_text()
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    tables = "\n".join(_lines(results))
    document.write_text(f"{before}{BEGIN}\n{tables}\n{END}{after}")


def _lines(results: Mapping[str, Any]) -> Iterator[str]:
    yield from _machine(results["machine"])
    yield from _configurations(results)
    for section in dict.fromkeys(group.section for group in GROUPS):
        yield from _section(section, results)


def _machine(machine: Mapping[str, Any]) -> Iterator[str]:
    before, after = (machine[key][0] for key in ("load_before", "load_after"))
    left = len(machine["left_over"])
    yield (
        f"Run on {machine['date']}: {machine['cores']} cores ({machine['processor']}), {machine['memory_gb']} GB, "
        f"Linux {machine['kernel']}, Python {machine['python']}. Load average before {before}, after {after}: "
        f"other work ran at the same time. Processes left over, by mark and /proc: {left or 'none'}."
    )
    yield ""


def _configurations(results: Mapping[str, Any]) -> Iterator[str]:
    yield "| tool | version | default | tuned |"
    yield "|---|---|---|---|"
    for tool in TOOLS:
        about = results["tools"].get(tool.name, {})
        version = about.get("version") or f"not run: {about.get('missing') or 'left out'}"
        source = f" ({tool.source})" if tool.source else ""
        yield f"| {tool.name} | {version}{source} | {tool.variants['default']} | {tool.variants.get('tuned', '')} |"
    yield ""


def _section(section: str, results: Mapping[str, Any]) -> Iterator[str]:
    yield f"### {section}"
    yield ""
    yield "| | " + " | ".join(tool.name for tool in TOOLS) + " |"
    yield "|---" * (len(TOOLS) + 1) + "|"
    for group in GROUPS:
        if group.section == section:
            for key, title in group.rows.items():
                cells = (_cell(results["cells"].get(key, {}).get(tool.name, {})) for tool in TOOLS)
                yield f"| {title} | " + " | ".join(cells) + " |"
    yield ""


def _cell(seen: Mapping[str, Any]) -> str:
    texts = {variant: cell["text"] for variant, cell in seen.items()}
    if not texts:
        return "not run"
    if len(set(texts.values())) == 1:
        return str(next(iter(texts.values())))
    return "<br>".join(f"{variant}: {text}" for variant, text in sorted(texts.items()))
