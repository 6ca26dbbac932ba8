"""`logs` shows what was written: by stream, by time, by pattern, by run, and on as it comes."""

import json

from tests.app.cli.conftest import World
from tests.waiting import wait_until

BOTH = "echo out 1; sleep 0.05; echo err 1 >&2; sleep 0.05; echo out 2"


def spawn(world: World, name: str, script: str, *options: str) -> None:
    world.ok("spawn", name, *options, "--", "sh", "-c", script)


def test_streams_are_told_apart(world: World) -> None:
    spawn(world, "web", BOTH)
    world.ok("wait", "web")
    assert world.ok("logs", "web") == "out 1\nerr 1\nout 2\n"
    assert world.ok("logs", "web", "--stream", "stderr") == "err 1\n"
    assert world.ok("logs", "web", "--raw", "--stream", "stdout") == "out 1\nout 2\n"


def test_last_lines_patterns_and_times(world: World) -> None:
    spawn(world, "web", "seq 1 200")
    world.ok("wait", "web")
    assert world.ok("logs", "-n", "2", "web") == "199\n200\n"
    assert world.ok("logs", "-n", "0", "web") == ""
    assert world.ok("logs", "--grep", "^.9$", "-n", "2", "web") == "89\n99\n"
    assert len(world.ok("logs", "--since", "1h", "web").splitlines()) == 200
    assert world.ok("logs", "--since", "2100-01-01T00:00:00Z", "web") == ""
    assert world.ok("logs", "-n", "1", "-t", "web").split()[0].endswith("Z")


def test_json_has_the_promised_facts(world: World) -> None:
    spawn(world, "web", BOTH)
    world.ok("wait", "web")
    lines = [json.loads(line) for line in world.ok("logs", "--json", "web").splitlines()]
    assert [(line["agent"], line["run"], line["stream"], line["offset"], line["text"]) for line in lines] == [
        ("web", 1, "stdout", 0, "out 1"),
        ("web", 1, "stderr", 6, "err 1"),
        ("web", 1, "stdout", 12, "out 2"),
    ]


def test_a_long_line_is_whole_in_a_pipe(world: World) -> None:
    spawn(world, "web", "head -c 100000 /dev/zero | tr '\\0' x; echo")
    world.ok("wait", "web")
    assert world.ok("logs", "web") == "x" * 100_000 + "\n"


def test_several_agents_are_merged_by_time(world: World) -> None:
    spawn(world, "a", "echo one; read go; echo three", "--stdin", "pipe")
    world.ok("wait", "a", "--for", "log:one", "--timeout", "30")
    spawn(world, "bb", "echo two")
    world.ok("wait", "bb")
    world.ok("send", "a", "go")
    world.ok("wait", "a")
    assert world.ok("logs", "a", "bb") == "a  | one\nbb | two\na  | three\n"


def test_earlier_runs_can_be_read(world: World) -> None:
    spawn(world, "web", "echo run; exit 0")
    world.ok("wait", "web")
    world.ok("start", "web")
    wait_until("the second run", lambda: world.agent("web")["run"] == 2)
    assert world.ok("logs", "--run", "1", "web") == "run\n"
    refused = world.run("logs", "--run", "7", "web")
    assert refused.returncode == 1
    assert "no run 7" in refused.stderr


def test_following_goes_on_across_restarts_to_the_end_and_loses_nothing(world: World) -> None:
    count = world.folder / "count"
    script = f"echo x >> {count}; n=$(wc -l < {count}); seq -f $n-%g 1 500; [ $n -ge 3 ]"
    (world.folder / "agents.yaml").write_text(
        "version: 1\nagents:\n  web:\n    autostart: false\n"
        f"    command: {json.dumps(script)}\n"
        "    restart: {policy: on-failure, max: 5, backoff: 50ms..50ms}\n"
    )
    world.ok("up", "--detach", "web")
    with world.popen("logs", "-f", "web") as following:
        out, err = following.communicate(timeout=60)
    assert following.returncode == 0, err
    wanted = [f"{run}-{n}" for run in (1, 2, 3) for n in range(1, 501)]
    assert out.split() == [line for line in wanted if line in set(out.split())]  # in order
    assert set(out.split()) >= set(wanted[-500:])


def test_a_question_without_newline_is_shown_while_following(world: World) -> None:
    spawn(world, "asker", "printf 'name? '; read x; echo hello $x", "--stdin", "pipe")
    with world.popen("logs", "-f", "asker") as following:
        assert following.stdout is not None
        assert following.stdout.readline() == "name? \n"
        world.ok("send", "asker", "Bob")
        assert following.stdout.readline() == "hello Bob\n"
        assert following.wait(20) == 0


def test_raw_follows_too(world: World) -> None:
    spawn(world, "asker", "printf 'name? '; read x; printf 'hello %s' $x", "--stdin", "pipe")
    with world.popen("logs", "-f", "--raw", "asker") as following:
        world.ok("wait", "asker", "--for", "running")
        world.ok("send", "asker", "Bob")
        out, _ = following.communicate(timeout=30)
    assert out == "name? hello Bob"
