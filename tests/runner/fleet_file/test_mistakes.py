"""Each mistake is told at its own line and column, with the key, and what was expected."""

# ruff: noqa: E501  (a row of the table stays on one line)

from pathlib import Path

import pytest

from tests.runner.fleet_file.loading import problems

A = "agents:\n  a:\n    command: [echo]\n"  # what follows stands in line 4

MISTAKES = [
    # keys
    ("unknown key", "agents:\n  a:\n    comand: echo\n    command: echo\n", 3, 5, "agents.a.comand", "did you mean command?"),
    ("unknown top key", A + "agent: {}\n", 4, 1, "agent", "did you mean agents?"),
    ("far-off key", A + "    zzz: 1\n", 4, 5, "agents.a.zzz", "unknown key; known here: "),
    ("later key", A + "    log: {max_size: 4MiB}\n", 4, 5, "agents.a.log", "not supported by this version"),
    ("later limit", A + "    limits: {cost_usd: 5}\n", 4, 14, "agents.a.limits.cost_usd", "not supported by this version"),
    ("later limit", A + "    limits: {tokens: 2M}\n", 4, 14, "agents.a.limits.tokens", "not supported by this version"),
    ("limit", A + "    limits: {memry: 4GiB}\n", 4, 14, "agents.a.limits.memry", "did you mean memory?"),
    ("memory", A + "    limits: {memory: 4}\n", 4, 22, "agents.a.limits.memory", "a size with a unit"),
    ("little memory", A + "    limits: {memory: 4kB}\n", 4, 22, "agents.a.limits.memory", "from 1.0MiB to"),
    ("runtime", A + "    limits: {runtime: 0s}\n", 4, 23, "agents.a.limits.runtime", "0.01s to a year"),
    ("processes", A + "    limits: {processes: 0}\n", 4, 25, "agents.a.limits.processes", "from 1 to"),
    ("on_limit", A + "    limits: {on_limit: kill}\n", 4, 24, "agents.a.limits.on_limit", "warn, pause or stop"),
    ("limits", A + "    limits: 4GiB\n", 4, 13, "agents.a.limits", "expected a mapping"),
    ("later key log", A + "    log: {max_size: 1MiB}\n", 4, 5, "agents.a.log", "not supported by this version"),
    ("later key loss", A + "    on_supervisor_loss: keep\n", 4, 5, "agents.a.on_supervisor_loss", "not supported"),
    ("duplicate key", A + "    command: [ls]\n", 4, 5, "command", "twice, in line 3 and in line 4"),
    ("two agents", A + "  a:\n    command: ls\n", 4, 3, "a", "twice, in line 2 and in line 4"),
    ("number key", A + "    environment: {1: x}\n", 4, 19, "1", 'keys are text: write "1" in quotes'),
    ("boolean key", A + "    environment: {NO: x}\n", 4, 19, "NO", 'keys are text: write "NO" in quotes'),
    ("date key", A + "    2026-01-01: x\n", 4, 5, "2026-01-01", "keys are text"),
    ("null key", A + "    ~: x\n", 4, 5, "~", "keys are text"),
    ("list key", A + "    ? [a]\n    : x\n", 4, 7, "", "keys are text"),
    # types
    ("boolean as text", A + "    model: no\n", 4, 12, "agents.a.model", 'write "no" in quotes'),
    ("loud boolean", A + "    model: NO\n", 4, 12, "agents.a.model", 'write "NO" in quotes'),
    ("number as text", A + "    environment: {PORT: 8080}\n", 4, 25, "agents.a.environment.PORT", 'write "8080" in quotes'),
    ("null as text", A + "    environment: {PORT: }\n", 4, 25, "agents.a.environment.PORT", "expected text, found nothing"),
    ("date as text", A + "    model: 2026-13-45\n", 4, 12, "agents.a.model", "in quotes"),
    ("list as text", A + "    model: [a]\n", 4, 12, "agents.a.model", "expected text, found a list"),
    ("list as mapping", A + "    environment: [A=1]\n", 4, 18, "agents.a.environment", "expected a mapping, found a list"),
    ("number in command", "agents:\n  a:\n    command: [sleep, 5]\n", 3, 22, "agents.a.command[1]", 'write "5" in quotes'),
    ("number as command", "agents:\n  a:\n    command: 5\n", 3, 14, "agents.a.command", 'write "5" in quotes'),
    ("empty command", "agents:\n  a:\n    command: []\n", 3, 14, "agents.a.command", "found no program"),
    ("blank command", "agents:\n  a:\n    command: ' '\n", 3, 14, "agents.a.command", "expected a command"),
    ("unbalanced quotes", "agents:\n  a:\n    command: echo 'hi\n", 3, 14, "agents.a.command", "no closing quotation"),
    ("no command", "agents:\n  a:\n    tags: [x]\n", 2, 3, "agents.a", "expected `command`"),
    ("empty agent", "agents:\n  a:\n", 2, 5, "agents.a", "expected a mapping, found nothing"),
    ("agents as list", "agents:\n  - a\n", 2, 3, "agents", "expected a mapping, found a list"),
    ("text as flag", A + "    tty: maybe\n", 4, 10, "agents.a.tty", "expected true or false"),
    ("stdin", A + "    stdin: inherit\n", 4, 12, "agents.a.stdin", "expected null or pipe"),
    # numbers, durations
    ("replicas 0", A + "    replicas: 0\n", 4, 15, "agents.a.replicas", "from 1 to 1000"),
    ("octal replicas", A + "    replicas: 010\n", 4, 15, "agents.a.replicas", "from 1 to 1000"),
    ("long number", A + "    replicas: " + "9" * 5000 + "\n", 4, 15, "agents.a.replicas", "from 1 to 1000"),
    ("not a number", A + "    replicas: .nan\n", 4, 15, "agents.a.replicas", "a whole number"),
    ("infinite", A + "    stop: {grace: .inf}\n", 4, 19, "agents.a.stop.grace", "a duration with a unit"),
    ("sexagesimal", A + "    stop: {grace: 1:30}\n", 4, 19, "agents.a.stop.grace", "a duration with a unit"),
    ("no unit", A + "    stop: {grace: 5}\n", 4, 19, "agents.a.stop.grace", "a duration with a unit"),
    ("negative", A + "    stop: {grace: -5s}\n", 4, 19, "agents.a.stop.grace", "a duration with a unit"),
    ("no time", A + "    health: {exec: [a], interval: 0s}\n", 4, 35, "agents.a.health.interval", "0.01s to a year"),
    ("endless", A + "    stop: {grace: 99999999d}\n", 4, 19, "agents.a.stop.grace", "at most a year"),
    ("exit code", A + "    success_exit_codes: [0, 256]\n", 4, 29, "agents.a.success_exit_codes[1]", "from 0 to 255"),
    ("no exit code", A + "    success_exit_codes: []\n", 4, 25, "agents.a.success_exit_codes", "found an empty list"),
    ("concurrency", A + "limits: {max_concurrent: 0}\n", 4, 26, "limits.max_concurrent", "from 1 to"),
    ("interval", A + "limits: {start_interval: 200}\n", 4, 26, "limits.start_interval", "a duration with a unit"),
    # policies
    ("restart word", A + "    restart: on_failure\n", 4, 14, "agents.a.restart", "did you mean on-failure?"),
    ("restart no", A + "    restart: no\n", 4, 14, "agents.a.restart", "expected never, on-failure or always"),
    ("restart key", A + "    restart: {polcy: never}\n", 4, 15, "agents.a.restart.polcy", "did you mean policy?"),
    ("backoff order", A + "    restart: {backoff: 60s..1s}\n", 4, 24, "agents.a.restart.backoff", "the shortest wait comes first"),
    ("backoff form", A + "    restart: {backoff: 1..60}\n", 4, 24, "agents.a.restart.backoff", "a duration with a unit"),
    ("signal", A + "    stop: {signal: TREM}\n", 4, 20, "agents.a.stop.signal", "unknown signal 'TREM'"),
    ("signal number", A + "    stop: {signal: 4711}\n", 4, 20, "agents.a.stop.signal", "4711"),
    ("two probes", A + "    health: {exec: [a], log: b}\n", 4, 13, "agents.a.health", "found exec and log"),
    ("no probe", A + "    health: {interval: 5s}\n", 4, 13, "agents.a.health", "found none"),
    ("port 0", A + '    health: {http: "http://127.0.0.1:0/"}\n', 4, 20, "agents.a.health.http", "a port"),
    ("port 70000", A + '    health: {http: "http://127.0.0.1:70000/"}\n', 4, 20, "agents.a.health.http", "1 to 65535"),
    ("port http", A + '    health: {http: "http://127.0.0.1:http/"}\n', 4, 20, "agents.a.health.http", "1 to 65535"),
    ("file URL", A + '    health: {http: "file:///etc/passwd"}\n', 4, 20, "agents.a.health.http", "with http or https"),
    ("credentials", A + '    health: {http: "http://a:b@127.0.0.1:80/"}\n', 4, 20, "agents.a.health.http", "name or password"),
    ("far host", A + '    health: {http: "http://example.com/"}\n', 4, 20, "agents.a.health.http", "this machine only"),
    ("blank in URL", A + '    health: {http: "http://127.0.0.1/a b"}\n', 4, 20, "agents.a.health.http", "no blanks"),
    ("bad regex", A + '    health: {log: "(a"}\n', 4, 19, "agents.a.health.log", "not a regular expression"),
    ("slow regex", A + '    health: {log: "(a+)+$"}\n', 4, 19, "agents.a.health.log", "a repeat inside a repeat"),
    # backends
    ("unknown backend", "agents:\n  a:\n    backend: cluade\n    task: x\n", 3, 14, "agents.a.backend", "did you mean claude?"),
    ("no task", "agents:\n  a:\n    backend: claude\n", 2, 3, "agents.a", "expected `task` or `task_file`"),
    ("command of claude", "agents:\n  a:\n    backend: claude\n    task: x\n    command: [y]\n", 5, 5, "agents.a.command", "makes its own"),
    ("pipe to codex", "agents:\n  a:\n    backend: codex\n    task: x\n    stdin: pipe\n", 5, 12, "agents.a.stdin", "wait for ever"),
    ("args of command", A + "    args: [x]\n", 4, 5, "agents.a.args", "into `command`"),
    ("both tasks", A + "    task: x\n    task_file: y\n", 5, 16, "agents.a.task_file", "found both"),
    # names
    ("name with slash", "agents:\n  ../x: {command: ls}\n", 2, 3, "agents.../x", "cannot be a name"),
    ("hidden name", "agents:\n  .a: {command: ls}\n", 2, 3, "agents..a", "cannot be a name"),
    ("option name", "agents:\n  -rf: {command: ls}\n", 2, 3, "agents.-rf", "cannot be a name"),
    ("empty name", 'agents:\n  "": {command: ls}\n', 2, 3, "agents.", "cannot be a name"),
    ("long name", f"agents:\n  {'x' * 64}: {{command: ls}}\n", 2, 3, "", "cannot be a name"),
    ("foreign name", "agents:\n  ägent: {command: ls}\n", 2, 3, "agents.ägent", "cannot be a name"),
    ("escape name", 'agents:\n  "\\e[31m": {command: ls}\n', 2, 3, "agents.\\x1b[31m", "cannot be a name"),
    ("shell name", "agents:\n  $(id): {command: ls}\n", 2, 3, "agents.$(id)", "cannot be a name"),
    ("case twins", "agents:\n  web: {command: ls}\n  Web: {command: ls}\n", 3, 3, "agents.Web", "only in case from web in line 2"),
    ("replica clash", "agents:\n  w: {command: ls, replicas: 2}\n  w-2: {command: ls}\n", 3, 3, "agents.w-2", "the agent in line 2"),
    ("session", A + "session: a/b\n", 4, 10, "session", "cannot be a name"),
    ("version", "version: 2\n" + A, 1, 10, "version", "expected 1"),
    # environment
    ("key with =", A + '    environment: {"A=B": x}\n', 4, 19, "agents.a.environment.A=B", "name of an environment variable"),
    ("empty key", A + '    environment: {"": x}\n', 4, 19, "agents.a.environment.", "name of an environment variable"),
    ("NUL", A + '    environment: {A: "x\\0y"}\n', 4, 22, "agents.a.environment.A", "U+0000"),
    ("huge value", A + f"    environment: {{A: {'x' * 200_000}}}\n", 4, 22, "agents.a.environment.A", "128 KiB"),
    ("no env file", A + "    env_file: nowhere.env\n", 4, 15, "agents.a.env_file", "nowhere.env: no such file"),
    ("escape in a file name", A + '    env_file: "\\e[31m"\n', 4, 15, "agents.a.env_file", "\\x1b[31m: no such file"),
    ("no folder", A + "    working_dir: ./nowhere\n", 4, 18, "agents.a.working_dir", "no such folder"),
    ("no task file", A + "    task_file: nowhere.md\n", 4, 16, "agents.a.task_file", "no such file"),
    # variables
    ("unset", A + "    model: a ${NOPE} b\n", 4, 14, "agents.a.model", "variable NOPE is not set"),
    ("unset in quotes", A + '    model: "${NOPE}"\n', 4, 13, "agents.a.model", "write ${NOPE:-default}"),
    ("unset with message", A + "    environment: {T: '${T:?get one}'}\n", 4, 23, "agents.a.environment.T", "T is not set: get one"),
    ("open brace", A + "    model: ${NOPE\n", 4, 12, "agents.a.model", "expected ${VAR}"),
    ("shell form", A + "    model: ${A%b}\n", 4, 12, "agents.a.model", "expected ${VAR}"),
    ("in a block", A + "    model: |\n      x\n      ${NOPE}\n", 4, 12, "agents.a.model", "variable NOPE is not set"),
    ("in a list", "agents:\n  a:\n    command: [ls, '${NOPE}']\n", 3, 20, "agents.a.command[1]", "NOPE is not set"),
    # dependencies
    ("unknown need", A + "    depends_on: [b]\n", 4, 18, "agents.a.depends_on", "no agent is called 'b'"),
    ("misspelt need", "agents:\n  web: {command: ls}\n  a: {command: ls, depends_on: {wbe: started}}\n", 3, 33, "agents.a.depends_on.wbe", "did you mean web?"),
    ("itself", A + "    depends_on: [a]\n", 4, 18, "agents.a.depends_on", "a → a"),
    ("healthy", A + "    depends_on: {b: healthy}\n  b: {command: ls}\n", 4, 18, "agents.a.depends_on.b", "b has no `health`"),
    ("never completes", A + "    depends_on: {b: completed}\n  b: {command: ls, restart: always}\n", 4, 18, "agents.a.depends_on.b", "never completes"),
    ("condition", A + "    depends_on: {b: ready}\n  b: {command: ls}\n", 4, 21, "agents.a.depends_on.b", "expected started, healthy, completed or log: REGEX"),
    ("need regex", A + "    depends_on: {b: {log: '['}}\n  b: {command: ls}\n", 4, 27, "agents.a.depends_on.b.log", "not a regular expression"),
    ("need timeout", A + "    depends_on: {b: {condition: started, timeout: 5}}\n  b: {command: ls}\n", 4, 51, "agents.a.depends_on.b.timeout", "a duration"),
    # defaults
    ("defaults", "defaults: {tty: maybe}\n" + A + "  b: {command: ls}\n", 1, 17, "defaults.tty", "expected true or false"),
    ("defaults key", "defaults: {ttty: true}\n" + A, 1, 12, "defaults.ttty", "did you mean tty?"),
    # YAML itself
    ("empty", "", 1, 1, "", "the file is empty; a fleet file looks like this:"),
    ("comments", "# nothing\n", 1, 1, "", "the file is empty"),
    ("scalar", "hello\n", 1, 1, "", "expected a mapping with `agents`, found the text 'hello'"),
    ("list", "- a\n", 1, 1, "", "expected a mapping with `agents`, found a list"),
    ("two documents", A + "---\nagents: {}\n", 4, 1, "", "a second document"),
    ("no agents", "version: 1\n", 1, 1, "agents", "expected `agents`"),
    ("empty agents", "agents: {}\n", 1, 9, "agents", "at least one agent"),
    ("tab", "agents:\n\ta: {}\n", 2, 1, "", "not with tabs"),
    ("open quote", A + '    model: "abc\n', 5, 1, "", "the quote that opens in line 4 is never closed"),
    ("braces", A + "    model: {{x}}\n", 4, 13, "", "put quotes around a value that begins with {"),
    ("percent", A + "    model: %x\n", 4, 12, "", "put quotes around a value that begins with %"),
    ("at", A + "    model: @x\n", 4, 12, "", "put quotes around a value that begins with @"),
    ("backtick", A + "    model: `x`\n", 4, 12, "", "put quotes around a value that begins with `"),
    ("colons", A + "    model: a: b: c\n", 4, 13, "", "put quotes around a value that has a colon"),
    ("no anchor", A + "    model: *x\n", 4, 12, "", "no anchor &x"),
    ("tag", A + "    model: !!python/object:os.system x\n", 4, 12, "", "the tag !!python/object:os.system is not allowed"),
    ("own tag", A + "    tags: !x [a]\n", 4, 11, "", "the tag !x is not allowed"),
    ("int tag", A + "    replicas: !!int abc\n", 4, 15, "", "the tag !!int is not allowed"),
    ("merge of text", A + "    <<: x\n", 4, 9, "<<", "expected an alias of a mapping"),
    ("surrogate", A + '    model: "\\ud800"\n', 4, 15, "", "escape code"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "column", "path", "message"), [case[1:] for case in MISTAKES], ids=[c[0] for c in MISTAKES])  # fmt: skip
def test_a_mistake_is_told_where_it_stands(
    tmp_path: Path, text: str, line: int, column: int, path: str, message: str
) -> None:
    found = problems(tmp_path, text)
    assert len(found) == 1, found
    assert (found[0].line, found[0].column) == (line, column), str(found[0])
    assert found[0].path == path or not path
    assert message in found[0].message
    assert str(found[0]).startswith(f"{tmp_path}/agents.yaml:{line}:{column}: ")


def test_ten_mistakes_give_ten_problems(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        """\
        version: 1
        agents:
          planner:
            backend: cluade
            task: Plan
          builder:
            comand: [make]
            command: [make, 5]
            stdin: inherit
            restart: {policy: on-failure, backoff: 60s..1s}
          web:
            command: ls
            environment: {PORT: 8080, TOKEN: "${TOKEN}"}
            depends_on: {bulider: started, builder: healthy}
            stop: {grace: 5}
        """,
    )
    assert [(p.line, p.column) for p in found] == [
        (4, 14), (7, 5), (8, 21), (9, 12), (10, 44), (13, 25), (13, 39), (14, 18), (14, 36), (15, 19),
    ]  # fmt: skip


def test_a_circle_is_printed_as_a_path(tmp_path: Path) -> None:
    names = [f"n{number}" for number in range(20)]
    entries = "".join(
        f"  {name}: {{command: ls, depends_on: [{names[(index + 1) % 20]}]}}\n"
        for index, name in enumerate(names)
    )
    found = problems(tmp_path, f"agents:\n{entries}")
    assert len(found) == 1
    assert found[0].message.endswith(" → ".join([*names, "n0"]))


def test_a_mistake_behind_an_alias_is_told_once(tmp_path: Path) -> None:
    found = problems(tmp_path, "agents:\n  a: &x {command: ls, tty: maybe}\n  b: *x\n  c: {<<: *x}\n")
    assert [(p.line, p.column) for p in found] == [(2, 28)]


def test_a_thousand_mistakes_are_not_all_told(tmp_path: Path) -> None:
    found = problems(tmp_path, "agents:\n" + "".join(f"  a{n}: {{comand: ls}}\n" for n in range(1000)))
    assert len(found) == 201
    assert any("too many problems" in problem.message for problem in found)


def test_a_key_that_stands_twice_hides_no_other_mistake(tmp_path: Path) -> None:
    text = "version: 1\nagents:\n  a: {comand: x}\n  b: {command: x}\n  b: {command: y}\n"
    assert [(found.line, found.column) for found in problems(tmp_path, text)] == [(3, 3), (3, 7), (5, 3)]
