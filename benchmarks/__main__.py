"""`python -m benchmarks [NAME…]`: run the scenarios and print their figures."""

import sys

from benchmarks import fleet, output, start

SCENARIOS = {"start": start.figures, "fleet": fleet.figures, "output": output.figures}


def main() -> int:
    """Run what is named, or all."""
    names = sys.argv[1:] or list(SCENARIOS)
    unknown = [name for name in names if name not in SCENARIOS]
    if unknown:
        print(f"no scenario {unknown[0]!r}: choose from {', '.join(SCENARIOS)}", file=sys.stderr)
        return 2
    for name in names:
        for figure in SCENARIOS[name]():
            print(figure, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
