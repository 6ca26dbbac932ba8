"""Count lines of code by language below this folder, then end."""

import os
import subprocess
from collections import Counter
from pathlib import Path

LANGUAGES = {
    ".c": "C",
    ".css": "CSS",
    ".go": "Go",
    ".html": "HTML",
    ".js": "JavaScript",
    ".json": "JSON",
    ".md": "Markdown",
    ".py": "Python",
    ".rs": "Rust",
    ".sh": "Shell",
    ".sql": "SQL",
    ".tcss": "Textual CSS",
    ".toml": "TOML",
    ".ts": "TypeScript",
    ".yaml": "YAML",
    ".yml": "YAML",
}
SKIPPED = {".git", ".venv", "__pycache__", "build", "dist", "node_modules", "target"}


def main() -> None:
    files, lines = Counter[str](), Counter[str]()
    for path in source_files(Path()):
        language = LANGUAGES[path.suffix]
        count = lines_in(path)
        files[language] += 1
        lines[language] += count
        print(f"{count:7,}  {path}")
    print()
    print(f"{'language':<14}{'files':>7}{'lines':>10}")
    for language, count in lines.most_common():
        print(f"{language:<14}{files[language]:>7,}{count:>10,}")
    print(f"{'all':<14}{files.total():>7,}{lines.total():>10,}")


def source_files(folder: Path) -> list[Path]:
    """Return the files git tracks, or in a folder without git everything but well-known clutter."""
    return [p for p in (tracked(folder) or found(folder)) if p.suffix in LANGUAGES and p.is_file()]


def tracked(folder: Path) -> list[Path]:
    try:
        listing = subprocess.run(
            ["git", "ls-files", "-z"], cwd=folder, capture_output=True, check=False, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [Path(os.fsdecode(name)) for name in listing.stdout.split(b"\0") if name]


def found(folder: Path) -> list[Path]:
    paths = []
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in SKIPPED)
        paths += [Path(parent, name) for name in sorted(names)]
    return paths


def lines_in(path: Path) -> int:
    try:
        return path.read_bytes().count(b"\n")
    except OSError:
        return 0


if __name__ == "__main__":
    main()
