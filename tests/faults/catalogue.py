"""Every fault that this program is measured by: how it is brought about, what is right, and which test shows it.

A case is held when its tests show all of what is right, partly held when `missing` says what they do not show,
and not yet held without a test. Nothing is claimed that no test shows.
"""

# ruff: noqa: E501  (a case stays on one line)

from dataclasses import dataclass
from typing import Final

PROCESS: Final = "tests/faults/test_process.py::"
SUPERVISOR: Final = "tests/faults/test_supervisor.py::"
DISK: Final = "tests/faults/test_disk.py::"
API: Final = "tests/faults/test_api.py::"
OUTPUT: Final = "tests/faults/test_output.py::"
KEEPER: Final = "tests/runner/process/test_keeper.py::"
LIFE: Final = "tests/runner/supervisor/test_life.py::"
DOOR: Final = "tests/runner/supervisor/test_door.py::"
SERVING: Final = "tests/runner/supervisor/test_serving.py::"
FEED: Final = "tests/runner/supervisor/test_feed.py::"
VERBS: Final = "tests/runner/supervisor/test_verbs.py::"
HISTORY: Final = "tests/runner/fleet/test_histories.py::"
ADOPTION: Final = "tests/runner/fleet/test_adoption.py::"
REAL: Final = "tests/runner/fleet/test_adoption_for_real.py::"
HEALTH: Final = "tests/runner/fleet/test_health_in_fleet.py::"
RESTART: Final = "tests/runner/fleet/test_restart.py::"
STARTS: Final = "tests/runner/fleet/test_starts.py::"
SMALL: Final = "tests/runner/fleet/test_small_parts.py::"
STORE: Final = "tests/runner/store/test_sqlite.py::"
MISTAKES: Final = "tests/runner/fleet_file/test_mistakes.py::"
BOUNDS: Final = "tests/runner/fleet_file/test_bounds.py::"
FILES: Final = "tests/runner/fleet_file/test_files.py::"
LOAD: Final = "tests/runner/fleet_file/test_load.py::"
MUTATIONS: Final = "tests/runner/fleet_file/test_mutations.py::"
GUARD: Final = "tests/app/test_guard.py::"
SIZES: Final = "tests/app/test_sizes.py::"
KEYS: Final = "tests/app/test_keys.py::"
NEWS: Final = "tests/app/test_fleet_news.py::"
CLI: Final = "tests/app/cli/test_verbs.py::"
UP: Final = "tests/app/cli/test_up.py::"
HOSTILE: Final = "tests/widgets/test_hostile_text.py::"
VIEW: Final = "tests/widgets/test_log_view.py::"
PANE: Final = "tests/widgets/test_log_pane.py::"
WINDOW: Final = "tests/runner/logs/test_window.py::"
SANITIZE: Final = "tests/runner/logs/test_sanitize.py::"
READER: Final = "tests/runner/logs/test_reader.py::"
VERDICTS: Final = "tests/runner/backends/test_verdicts.py::"
MISTAKE: Final = MISTAKES + "test_a_mistake_is_told_where_it_stands"
FAMILY: Final = PROCESS + "test_nobody_of_a_nasty_family_survives"
TORTURE: Final = "tests/torture/test_torture.py::test_a_short_torture_holds"


@dataclass(frozen=True, slots=True)
class Case:
    """One fault."""

    id: str
    how: str
    right: str
    proofs: tuple[str, ...] = ()
    missing: str = ""

    @property
    def verdict(self) -> str:
        """`holds`, `partly` or `not yet`."""
        if not self.proofs:
            return "not yet"
        return "partly" if self.missing else "holds"


def case(name: str, how: str, right: str, *proofs: str, missing: str = "") -> Case:
    """Write a case in one line."""
    return Case(name, how, right, proofs, missing)


NO_LOAD: Final = "too long or too heavy for the suite; not measured"
NO_FEATURE: Final = "the feature is not there"

CASES: Final = (
    # processes
    case(
        "P01",
        "a plain child; stop",
        "nobody left",
        FAMILY,
        KEEPER + "test_kill_leaves_nobody_of_a_nasty_family",
    ),
    case(
        "P02",
        "a tool in a session of its own; stop",
        "nobody left",
        FAMILY + "[tools-stop]",
        "tests/runner/fleet/test_local_contract.py::test_children_in_sessions_of_their_own_are_gone_after_a_stop",
    ),
    case("P03", "a daemon, forked twice; stop", "nobody left", FAMILY + "[tools-stop]"),
    case(
        "P04",
        "the leader exits, its daemon stays",
        "exit code known at once; the rest is ended and named, or kept where wanted",
        PROCESS + "test_what_the_leader_leaves_is_named_and_its_code_known_at_once",
        PROCESS + "test_leftovers_that_are_wanted_stay_until_they_are_stopped",
    ),
    case(
        "P05",
        "a daemon with an empty environment; stop",
        "nobody left, without cgroups",
        FAMILY + "[tools-stop]",
        KEEPER + "test_kill_leaves_nobody_of_a_nasty_family",
        missing="there is no cgroup path; when keeper, warm process and supervisor are killed within a moment of its birth, nothing tells whose it was",
    ),
    case(
        "P06",
        "all of them together; stop, kill, restart again and again",
        "nobody left each time",
        FAMILY + "[zoo-stop]",
        FAMILY + "[zoo-kill]",
        PROCESS + "test_many_restarts_of_a_nasty_family_leave_one",
    ),
    case(
        "P07",
        "a chain that forks and exits for ever; stop",
        "nobody left",
        FAMILY + "[chain-stop]",
        KEEPER + "test_kill_catches_a_chain_of_forks",
    ),
    case(
        "P08",
        "children that come and go all the time; stop, pause",
        "nobody left; really still",
        FAMILY + "[storm-stop]",
        PROCESS + "test_a_paused_family_uses_no_time[storm]",
    ),
    case(
        "P09",
        "it ignores TERM",
        "KILL when its grace is over, and the reason says so",
        PROCESS + "test_who_ignores_term_is_killed_when_its_grace_is_over",
    ),
    case(
        "P10",
        "it takes a while after TERM, within its grace",
        "ends by itself, its last lines kept",
        PROCESS + "test_who_takes_its_time_within_the_grace_ends_by_itself",
    ),
    case("P11", "it answers TERM with new processes", "those are gone too", FAMILY + "[born_in_stop-stop]"),
    case(
        "P12",
        "it stopped itself; stop",
        "it is continued and runs its handler",
        PROCESS + "test_one_that_stopped_itself_says_so_and_runs_its_handler_when_asked_to_end",
    ),
    case(
        "P13",
        "it stopped itself",
        "shown as stopped by itself, not as paused",
        PROCESS + "test_one_that_stopped_itself_says_so_and_runs_its_handler_when_asked_to_end",
    ),
    case(
        "P14",
        "pause of fork chains, storms, whole zoos",
        "no processor time, all stopped",
        PROCESS + "test_a_paused_family_uses_no_time",
        KEEPER + "test_pause_stops_tools_in_sessions_of_their_own_and_resume_undoes_it",
    ),
    case(
        "P15",
        "pause and resume where one had stopped itself",
        "that one stays stopped",
        KEEPER + "test_resume_leaves_alone_who_had_stopped_itself",
    ),
    case(
        "P16",
        "pause, then stop",
        "ends in order",
        PROCESS + "test_a_paused_agent_that_is_stopped_ends_in_order",
    ),
    case(
        "P17",
        "a pause longer than probes, restarts and stops allow",
        "no probe fails, nothing restarts, clocks go on afterwards",
        HEALTH + "test_nobody_is_probed_while_paused",
        SMALL + "test_time_spent_paused_does_not_use_up_the_start_period",
    ),
    case(
        "P18",
        "pause twice, resume twice, resume of a running one",
        "nothing changes, the answer is clear",
        PROCESS + "test_pausing_and_resuming_twice_changes_nothing",
    ),
    case(
        "P19",
        "exit codes 0, 1, 2, 127, 255",
        "shown; only failures are tried again",
        PROCESS + "test_exit_codes_are_told_and_only_failures_are_tried_again",
    ),
    case(
        "P20",
        "death by SEGV, KILL, PIPE, TERM, ABRT",
        "the signal is named",
        PROCESS + "test_death_by_a_signal_is_named",
    ),
    case(
        "P21",
        "it crashes at once, for ever",
        "growing back-off with jitter and cap, then given up",
        RESTART + "test_the_delay_doubles_up_to_the_longest",
        RESTART + "test_agents_that_fell_together_do_not_rise_together",
        RESTART + "test_after_max_restarts_within_the_time_it_is_given_up",
        REAL + "test_a_crash_that_nobody_saw_is_followed_by_one_restart",
        missing="the processor time of the supervisor meanwhile is not measured",
    ),
    case(
        "P22",
        "it becomes other programs by exec",
        "the same agent, no false exit",
        PROCESS + "test_who_becomes_another_program_is_the_same_agent",
    ),
    case("P23", "it makes zombies", "gone after a stop; we have none", FAMILY + "[zombies-stop]"),
    case(
        "P24",
        "a child holds its output after it exits",
        "exit known at once, holder ended, nothing hangs",
        PROCESS + "test_an_exit_is_known_while_a_child_holds_the_output",
    ),
    case(
        "P25",
        "a leftover that is wanted goes on writing",
        "late lines are kept",
        PROCESS + "test_leftovers_that_are_wanted_stay_until_they_are_stopped",
        missing="late lines carry no mark",
    ),
    case(
        "P26",
        "it closes its output",
        "still running, no busy loop",
        PROCESS + "test_closed_output_is_no_end_and_costs_nothing",
    ),
    case(
        "P27",
        "megabytes of input for one that never reads",
        "nobody blocks, the refusal says why",
        PROCESS + "test_much_input_for_one_that_never_reads_is_refused_in_words",
        KEEPER + "test_an_agent_that_never_reads_stdin_blocks_nobody",
    ),
    case(
        "P28",
        "it ends on a word on stdin",
        "ends by it, no signal sent",
        PROCESS + "test_a_word_on_stdin_ends_it_without_any_signal",
    ),
    case(
        "P29",
        "program missing, not executable, a folder, bad interpreter, too long, zero byte",
        "one line that names the cause; failed; no restart storm",
        PROCESS + "test_what_cannot_start_fails_once_with_its_cause",
        PROCESS + "test_an_argument_with_a_zero_is_refused",
        KEEPER + "test_a_script_with_a_missing_interpreter_or_no_first_line_is_explained",
    ),
    case(
        "P30",
        "working folder missing, a file, deleted while running",
        "the message names it; a running one goes on",
        PROCESS + "test_what_cannot_start_fails_once_with_its_cause",
        FAMILY + "[gone_folder-stop]",
        missing="an unreadable folder needs a user without rights",
    ),
    case(
        "P31",
        "a child of another user",
        "ended where we may; else never shown as stopped",
        PROCESS + "test_another_user_in_the_family_is_ended_too",
        missing="refused signals need a user without rights: not run",
    ),
    case(
        "P32",
        "no more processes: fork refuses",
        "says so, tries again by back-off",
        HISTORY + "test_a_system_short_of_processes_is_tried_again",
        missing="shown with a launcher that plays the refusal, not with a real limit",
    ),
    case(
        "P33",
        "killed by the out-of-memory killer of its cgroup",
        "named as such, only this agent",
        "tests/runner/fleet/test_ending.py::test_the_out_of_memory_killer_is_named",
        missing="keepers do not read memory.events yet: only the judgement is there",
    ),
    case(
        "P34",
        "a process in uninterruptible sleep",
        "pause and kill say which, nothing hangs",
        missing="keepers note it, but no test brings such a process about",
    ),
    case(
        "P35",
        "what does an agent inherit?",
        "three descriptors, default signals, its own session, declared variables",
        KEEPER + "test_the_agent_inherits_nothing_but_its_three_descriptors",
        API + "test_an_agent_is_not_told_where_the_socket_is",
        missing="the umask is that of whoever started the supervisor",
    ),
    case(
        "P36",
        "a process that may not be dumped, not as root",
        "still found",
        missing="needs a user without rights",
    ),
    case(
        "P37",
        "its pid is reused between exit and stop",
        "the stranger is never signalled",
        KEEPER + "test_a_pid_that_was_reused_is_never_signalled",
        SUPERVISOR + "test_runs_of_before_a_reboot_are_over_and_nobody_is_signalled",
    ),
    case(
        "P38",
        "an agent starts a session of ours inside",
        "both work; the inner one belongs to the outer family",
        PROCESS + "test_a_session_inside_an_agent_belongs_to_its_family",
    ),
    case("P39", "games with process groups and sessions", "nobody left", FAMILY + "[games-stop]"),
    case(
        "P40",
        "fifty are stopped at once, ten ignore TERM",
        "all down in one grace and a little",
        PROCESS + "test_fifty_stop_together_within_one_grace",
    ),
    # supervisor
    case(
        "S01",
        "SIGKILL to the supervisor while agents write",
        "same pids, no line lost or doubled",
        LIFE + "test_agents_count_on_while_supervisors_are_killed_and_no_line_is_lost",
        REAL + "test_no_agent_no_line_and_no_exit_code_is_lost",
        OUTPUT + "test_a_flood_is_whole_although_the_supervisor_dies_again_and_again",
    ),
    case(
        "S02",
        "an agent exits while there is no supervisor",
        "exit code known afterwards, policy applied once",
        SUPERVISOR + "test_what_ended_meanwhile_is_known_and_restarted_once",
        REAL + "test_a_crash_that_nobody_saw_is_followed_by_one_restart",
    ),
    case(
        "S03",
        "SIGKILL to the supervisor of a silent agent",
        "taken up, not started twice",
        SUPERVISOR + "test_a_silent_agent_is_taken_up_and_not_started_twice",
    ),
    case(
        "S04",
        "SIGKILL to the warm process",
        "the next start works; running ones untouched; launches under way happen once",
        SUPERVISOR + "test_a_killed_warm_process_is_replaced_for_the_next_start",
        SUPERVISOR + "test_launches_under_way_survive_a_killed_warm_process_and_none_runs_twice",
    ),
    case(
        "S05",
        "SIGKILL to a keeper",
        "its family is swept and it is said; others untouched",
        SUPERVISOR + "test_a_killed_keeper_is_reported_and_its_whole_family_swept",
    ),
    case(
        "S06",
        "SIGKILL to all three at once",
        "strays found by mark and ledger and ended; output saved; exit unknown",
        SUPERVISOR + "test_the_death_of_all_our_programs_leaves_no_agent_behind",
    ),
    case(
        "S07",
        "SIGKILL at any step of a start or an ending",
        "no half run shown as running, no orphan",
        SUPERVISOR + "test_a_keeper_that_is_forked_too_late_begins_nothing",
        ADOPTION + "test_a_run_that_began_after_the_last_picture_is_found_by_its_folder",
        TORTURE,
        missing="kills at random moments, not at every single step",
    ),
    case(
        "S08",
        "two supervisors at the same instant",
        "one runs, the other says who",
        LIFE + "test_of_two_supervisors_started_at_once_one_runs_and_the_other_says_who",
        LIFE + "test_many_clients_at_once_start_one_supervisor",
        missing="five tries, not a hundred",
    ),
    case(
        "S09",
        "TERM, INT, HUP to the supervisor",
        "leaves and lets agents live; HUP does nothing",
        LIFE + "test_signals_that_end_it_leave_the_agents_for_the_next_one",
        LIFE + "test_a_lost_terminal_does_not_end_it",
    ),
    case(
        "S10",
        "the supervisor is frozen for a while",
        "agents go on; no false restarts afterwards",
        SUPERVISOR + "test_a_supervisor_that_was_frozen_does_nothing_rash_afterwards",
        missing="two seconds, not sixty",
    ),
    case(
        "S11",
        "the clock is set forwards or back",
        "uptimes and back-off right",
        missing="needs the right to set the clock of a namespace",
    ),
    case(
        "S12",
        "the machine was restarted",
        "old runs are over, no pid is signalled",
        SUPERVISOR + "test_runs_of_before_a_reboot_are_over_and_nobody_is_signalled",
        missing="the reason says that its keeper was killed, not that the machine was restarted",
    ),
    case(
        "S13",
        "damaged files of a run",
        "that run alone is concerned",
        SUPERVISOR + "test_damaged_files_of_a_run_hurt_nobody_else",
        SMALL + "test_a_broken_declaration_is_set_aside_and_the_others_live",
    ),
    case(
        "S14",
        "a run's folder is deleted while it runs",
        "it can still be stopped",
        SUPERVISOR + "test_a_run_without_its_folder_can_still_be_stopped",
        missing="no event tells of the deletion",
    ),
    case(
        "S15",
        "old keepers, new supervisor",
        "works or says what to do",
        missing="there is one protocol of keepers so far",
    ),
    case(
        "S16",
        "the supervisor's memory is capped under a flood",
        "it shows less, loses nothing",
        missing="not tried; output never passes through the supervisor",
    ),
    case(
        "S17",
        "the supervisor cannot start a warm process",
        "a clear error, then a retry, no loss",
        API + "test_without_descriptors_a_start_is_refused_in_words_and_all_recovers",
        missing="tried without descriptors, not without processes",
    ),
    case(
        "S18",
        "an exception in any handler",
        "said, and everything goes on",
        DOOR + "test_a_fault_of_ours_is_logged_and_answered_and_the_door_stays_open",
        missing="in one handler, not in each in turn",
    ),
    # terminal
    case(
        "T01",
        "TERM to the screen",
        "terminal restored, agents untouched",
        GUARD + "test_a_screen_that_is_ended_by_a_signal_is_mended_after[15]",
    ),
    case(
        "T02",
        "HUP; the terminal is closed",
        "the screen ends, agents untouched",
        GUARD + "test_a_screen_that_is_ended_by_a_signal_is_mended_after[1]",
        missing="a closed terminal and the processor time are not tried",
    ),
    case(
        "T03",
        "KILL or SEGV to the screen",
        "its guard restores the terminal",
        GUARD + "test_a_screen_that_is_ended_by_a_signal_is_mended_after",
    ),
    case(
        "T04",
        "an exception in the screen",
        "restored, told, exit code not 0",
        GUARD + "test_an_exception_is_told_and_fails",
    ),
    case("T05", "suspended and brought back", "restored, then drawn anew", missing="not tried"),
    case(
        "T06",
        "tiny and huge terminals, storms of resizes",
        "no crash, a word where it is too small",
        SIZES + "test_every_size_shows_something_and_every_dialog_opens",
        SIZES + "test_a_storm_of_resizes",
    ),
    case(
        "T07",
        "poor terminals, no colour, no UTF-8",
        "works or says why",
        SIZES + "test_no_color_is_honoured",
        CLI + "test_a_poor_encoding_spoils_nothing",
        missing="TERM=dumb, linux and the like are not tried",
    ),
    case(
        "T08",
        "output is no terminal, a pipe closes",
        "plain lines, a quiet end",
        UP + "test_without_a_terminal_it_streams_and_ends_with_the_verdicts",
        CLI + "test_a_closed_pipe_ends_it_quietly",
    ),
    case(
        "T09",
        "a terminal that does not read",
        "supervisor and agents not slowed",
        FEED + "test_a_slow_watcher_gets_one_merged_change_however_much_happened",
        missing="with a client that does not read, not with a terminal",
    ),
    case(
        "T10",
        "the supervisor is killed while the screen is open",
        "said, then back, selection kept",
        NEWS + "test_a_lost_supervisor_is_said_and_the_selection_is_kept",
        "tests/runner/wire/test_aclient.py::test_a_watcher_outlives_the_supervisor",
    ),
    case("T11", "a large paste, a paste of escape codes", "never executed as keys", missing="not tried"),
    case("T12", "late answers of the terminal", "no key action", missing="not tried"),
    case(
        "T13",
        "random keys",
        "no crash, nothing destructive without confirmation",
        SIZES + "test_random_keys_never_act_without_confirmation",
    ),
    case(
        "T14",
        "a destructive key is held down",
        "one question, one action",
        KEYS + "test_kill_asks_and_only_yes_kills",
        missing="holding the key down is not tried",
    ),
    case(
        "T15",
        "markup, escapes and bidi in names, commands, reasons",
        "shown as text",
        HOSTILE + "test_the_table_and_the_header_show_it_as_text",
        SIZES + "test_hostile_text_reaches_no_part_of_the_screen_raw",
    ),
    case(
        "T16",
        "two screens, one stalls",
        "the other is not affected",
        FEED + "test_several_followers_each_see_all_from_where_they_began",
        FEED + "test_a_slow_watcher_gets_one_merged_change_however_much_happened",
    ),
    # disk
    case(
        "D01",
        "the log's disk is full during a flood, then has room",
        "no line lost, said, goes on by itself",
        KEEPER + "test_a_full_disk_makes_the_agent_wait_and_loses_nothing",
    ),
    case(
        "D02",
        "the same, where output may be dropped",
        "the exact count of what was dropped",
        missing=NO_FEATURE + ": a full disk always makes the agent wait",
    ),
    case(
        "D03",
        "the state's disk is full at start, exit and event",
        "agents run, endings are known, events follow",
        DISK + "test_with_a_full_state_disk_agents_run_and_endings_are_known_later",
    ),
    case(
        "D04",
        "no inodes left",
        "as D01",
        DISK + "test_without_inodes_a_start_fails_in_words_and_who_runs_goes_on",
    ),
    case(
        "D05",
        "quota, input/output errors",
        "named, retried, agent kept",
        missing="needs fault injection below the file system",
    ),
    case(
        "D06",
        "the state's disk becomes read-only",
        "agents run, it recovers",
        DISK + "test_while_the_state_is_read_only_agents_write_on_and_afterwards_all_works",
        missing="what could not be written is not announced on the screen",
    ),
    case(
        "D07",
        "a log is deleted, moved or cut from outside",
        "the agent goes on, no giant sparse file",
        DISK + "test_a_log_that_is_deleted_moved_or_cut_does_not_stop_its_agent",
        missing="no event, no new segment: what is written to a deleted log is gone with it",
    ),
    case(
        "D08",
        "logrotate with copytruncate on our log",
        "no crash",
        DISK + "test_a_log_that_is_deleted_moved_or_cut_does_not_stop_its_agent",
        PANE + "test_a_truncated_log_begins_anew",
        missing="offsets are not begun anew: the log goes on after a hole",
    ),
    case(
        "D09",
        "log, index or lock is a link to another file",
        "refused, nothing written there",
        DISK + "test_links_in_a_run_folder_are_not_followed",
        missing="a keeper that finds a linked lock says so only in its folder",
    ),
    case(
        "D10",
        "the run folder is another's or world-writable",
        "refused with what to do",
        "tests/runner/test_folders.py::test_a_folder_of_another_user_is_refused",
    ),
    case(
        "D11",
        "a file system without locks or splice",
        "fallback",
        KEEPER + "test_a_million_lines_arrive_whole_and_in_order[forced]",
        missing="a file system without locks is not tried",
    ),
    case(
        "D12",
        "the event store is damaged, empty, a folder, locked, of a newer version",
        "put aside, or waited for; agents never notice",
        DISK + "test_a_spoilt_store_is_put_aside_and_agents_never_notice",
        STORE + "test_a_file_that_cannot_be_used_is_moved_aside",
        DISK + "test_a_store_that_another_holds_stops_no_agent_and_is_written_afterwards",
    ),
    case(
        "D13",
        "SIGKILL during writes to the event store",
        "no acknowledged event lost",
        STORE + "test_no_acknowledged_event_is_lost_when_the_writer_is_killed",
    ),
    case(
        "D14",
        "a reader keeps a transaction open for minutes",
        "the write-ahead log stays bounded",
        missing=NO_LOAD,
    ),
    case("D15", "rotation during a flood", "nothing lost", missing=NO_FEATURE + ": logs are not rotated"),
    case(
        "D16",
        "ten thousand old runs",
        "a quick start; the oldest are forgotten, never a living one",
        DISK + "test_thousands_of_old_runs_do_not_delay_a_start",
        missing="three thousand, with 4 s as the bound on a busy machine",
    ),
    case(
        "D17",
        "umask 000 and 077",
        "files 0600, folders 0700",
        DISK + "test_all_is_private_whatever_the_umask",
        LIFE + "test_files_are_private_and_nothing_secret_is_written_where_it_stays",
        missing="folders between a session and its runs follow the umask; the session's own 0700 keeps them closed",
    ),
    case(
        "D18",
        "a disk that takes seconds to sync",
        "screen and other agents not blocked",
        missing="needs a slow disk; writes of the event store are made in the supervisor's loop",
    ),
    # fleet files
    case(
        "C01",
        "a bomb of aliases",
        "refused, fast and small",
        BOUNDS + "test_a_bomb_is_refused[aliases of aliases]",
    ),
    case(
        "C02",
        "a bomb of merge keys",
        "refused, fast and small",
        BOUNDS + "test_a_bomb_is_refused[merges of merges]",
    ),
    case("C03", "an alias to itself", "refused", BOUNDS + "test_a_bomb_is_refused[an alias to itself]"),
    case("C04", "deep nesting", "refused at 32 levels", BOUNDS + "test_a_bomb_is_refused[depth 100,000]"),
    case(
        "C05",
        "100 MB; a list of 600 KB",
        "refused before parsing; bounded",
        BOUNDS + "test_a_file_of_100_megabytes_is_not_read",
        BOUNDS + "test_a_bomb_is_refused[a long list]",
    ),
    case("C06", "Python and unknown tags", "refused, tag named", MISTAKE + "[tag]", MISTAKE + "[own tag]"),
    case("C07", "a key twice", "error with both lines", MISTAKE + "[duplicate key]"),
    case("C08", "no, on, yes as text", "write it in quotes", MISTAKE + "[boolean as text]"),
    case(
        "C09",
        "1:30, 010 and the like",
        "durations and counts want their form",
        MISTAKE + "[sexagesimal]",
        MISTAKE + "[octal replicas]",
    ),
    case(
        "C10",
        "endless numbers, impossible dates, !!int abc",
        "located",
        MISTAKE + "[long number]",
        MISTAKE + "[date as text]",
        MISTAKE + "[int tag]",
    ),
    case(
        "C11",
        "infinite, not a number, negative, zero",
        "out of range",
        MISTAKE + "[infinite]",
        MISTAKE + "[not a number]",
        MISTAKE + "[negative]",
        MISTAKE + "[no time]",
    ),
    case(
        "C12",
        "keys that are no text",
        "keys are text",
        MISTAKE + "[null key]",
        MISTAKE + "[number key]",
        MISTAKE + "[list key]",
    ),
    case("C13", "an unknown or misspelt key", "error with the nearest one", MISTAKE + "[unknown key]"),
    case(
        "C14",
        "a wrong type",
        "error with the expected form",
        MISTAKE + "[list as mapping]",
        MISTAKE + "[number as command]",
    ),
    case(
        "C15",
        "empty, comments only, a scalar, a list, two documents",
        "error with an example",
        MISTAKE + "[empty]",
        MISTAKE + "[comments]",
        MISTAKE + "[scalar]",
        MISTAKE + "[list]",
        MISTAKE + "[two documents]",
    ),
    case(
        "C16",
        "tabs, open quotes, braces, percent, at",
        "place and hint",
        MISTAKE + "[tab]",
        MISTAKE + "[open quote]",
        MISTAKE + "[braces]",
        MISTAKE + "[percent]",
        MISTAKE + "[at]",
    ),
    case(
        "C17",
        "control characters, lone surrogates, byte order marks, other encodings",
        "read or refused, never a traceback",
        FILES + "test_bytes_that_are_no_text_are_told_at_their_place",
        FILES + "test_a_byte_order_mark_and_windows_line_ends_are_fine",
        MISTAKE + "[surrogate]",
    ),
    case(
        "C18",
        "missing, a folder, a FIFO, a device, a dangling link",
        "named; only regular files are read",
        FILES + "test_only_regular_files_are_read",
        missing="missing rights need a user without rights; a file replaced while it is read is not tried",
    ),
    case(
        "C19",
        "agent names that lead elsewhere or look alike",
        "refused",
        MISTAKE + "[name with slash]",
        MISTAKE + "[hidden name]",
        MISTAKE + "[option name]",
        MISTAKE + "[escape name]",
        MISTAKE + "[case twins]",
        API + "test_a_name_that_could_lead_elsewhere_is_refused",
    ),
    case(
        "C20",
        "one name in several files",
        "both places named",
        MISTAKE + "[two agents]",
        missing=NO_FEATURE + ": a fleet is one file",
    ),
    case(
        "C21",
        "circles and unknown dependencies",
        "the circle is printed as a path",
        MISTAKES + "test_a_circle_is_printed_as_a_path",
        MISTAKE + "[itself]",
        MISTAKE + "[unknown need]",
    ),
    case(
        "C22",
        "ten thousand agents",
        "read quickly",
        LOAD + "test_ten_thousand_agents_that_wait_for_each_other_in_a_row_are_read_soon",
        STARTS + "test_starts_keep_their_distance",
    ),
    case(
        "C23",
        "an empty command, a number in it, unbalanced quotes",
        "refused",
        MISTAKE + "[empty command]",
        MISTAKE + "[number in command]",
        MISTAKE + "[unbalanced quotes]",
    ),
    case(
        "C24",
        "variables that are no text, huge, with zero bytes or bad names",
        "refused",
        MISTAKE + "[number as text]",
        MISTAKE + "[huge value]",
        MISTAKE + "[NUL]",
        MISTAKE + "[key with =]",
    ),
    case(
        "C25",
        "undefined variables, dollars, $(command)",
        "undefined is an error; nothing is executed",
        MISTAKE + "[unset]",
        MISTAKE + "[shell form]",
        MISTAKE + "[shell name]",
        LOAD + "test_variables_are_filled_in_wherever_text_stands",
    ),
    case(
        "C26",
        "an env_file that is missing, open to all, no UTF-8",
        "named; a warning about its mode",
        MISTAKE + "[no env file]",
        FILES + "test_secrets_that_everybody_may_read_give_a_warning",
        FILES + "test_an_env_file_that_is_not_utf8_is_named",
        FILES + "test_an_env_file_is_read_as_the_shell_would",
    ),
    case(
        "C27",
        "bad and catastrophic regular expressions",
        "refused",
        MISTAKE + "[bad regex]",
        MISTAKE + "[slow regex]",
    ),
    case(
        "C28",
        "includes in a circle or outside the folder",
        "refused",
        missing=NO_FEATURE + ": there are no includes",
    ),
    case(
        "C29",
        "a reload with a mistake",
        "refused whole, the running fleet unchanged",
        UP + "test_a_file_with_mistakes_starts_nothing",
        missing="`up` again is there; a plan of changes is not",
    ),
    case(
        "C30",
        "a reload that removes, renames, changes",
        "only what changed restarts",
        STARTS + "test_up_again_keeps_what_runs_and_tells_what_differs",
        missing="`up` keeps and tells what differs; applying it is not there",
    ),
    case(
        "C31",
        "a state folder in a world-writable place",
        "refused unless safe",
        "tests/runner/test_folders.py::test_a_folder_of_another_user_is_refused",
        missing="a folder of our own is made private and used, wherever it stands",
    ),
    case(
        "C32",
        "bad ports and addresses of health checks",
        "refused",
        MISTAKE + "[port 0]",
        MISTAKE + "[port 70000]",
        MISTAKE + "[file URL]",
        MISTAKE + "[credentials]",
        MISTAKE + "[far host]",
    ),
    # socket
    case(
        "A01",
        "garbage, half lines, a line of many megabytes",
        "answered, closed, others fine",
        SERVING + "test_a_line_that_is_no_object_is_answered_and_the_connection_closed",
        SERVING + "test_a_line_of_more_than_a_mebibyte_ends_its_connection_only",
    ),
    case(
        "A02",
        "deep JSON, endless numbers, NaN, lone surrogates",
        "a bad request, never a crash",
        SERVING + "test_a_line_that_is_no_object_is_answered_and_the_connection_closed",
    ),
    case(
        "A03",
        "very many connections",
        "a bound; it recovers",
        DOOR + "test_too_many_connections_are_refused_until_some_end",
        API + "test_a_rush_of_connections_is_survived",
    ),
    case("A04", "a byte a second", "turned out", DOOR + "test_who_sends_byte_by_byte_is_turned_out_too"),
    case(
        "A05",
        "a watcher that never reads",
        "bounded, others fine",
        FEED + "test_a_slow_watcher_gets_one_merged_change_however_much_happened",
    ),
    case(
        "A06",
        "half a close, a killed client",
        "no leak; what was asked is done once",
        SERVING + "test_half_a_connection_still_gets_its_answer",
        SERVING + "test_what_a_client_asked_for_is_done_though_it_left",
        API + "test_clients_that_are_killed_in_a_request_leave_nothing",
    ),
    case(
        "A07",
        "an id twice, unknown verbs, wrong types",
        "refused",
        SERVING + "test_an_id_that_is_under_way_is_refused_and_too_many_requests_too",
        SERVING + "test_a_wrong_request_is_told_what_was_expected_and_the_connection_goes_on",
    ),
    case(
        "A08",
        "another user connects",
        "refused, logged once",
        DOOR + "test_another_user_is_refused_even_where_file_modes_let_him_in",
    ),
    case(
        "A09",
        "a stale socket, another file in its place, a long path",
        "cleaned, refused, shortened",
        LIFE + "test_a_stale_socket_is_replaced_and_anything_else_in_the_way_is_named",
        DOOR + "test_the_socket_is_private_however_long_its_path",
    ),
    case(
        "A10",
        "no descriptors left",
        "no busy loop, starts refused in words, it recovers",
        API + "test_without_descriptors_a_start_is_refused_in_words_and_all_recovers",
        DOOR + "test_a_system_without_descriptors_is_waited_for_not_hammered",
    ),
    case(
        "A11",
        "verbs that do not fit, many clients at random",
        "each answered, the end consistent",
        API + "test_verbs_that_do_not_fit_the_state_are_answered_and_change_nothing",
        API + "test_twenty_clients_at_random_are_all_answered_and_the_end_is_consistent",
        missing="twenty clients for a few seconds, not a hundred for a minute",
    ),
    case(
        "A12",
        "a stop of all during a start of all",
        "stopped, nobody left",
        API + "test_a_stop_of_all_during_a_start_of_all_ends_stopped",
    ),
    case(
        "A13",
        "agent names with paths, zeros, escapes in requests",
        "refused, echoed safely",
        API + "test_a_name_that_could_lead_elsewhere_is_refused",
    ),
    case(
        "A14",
        "an agent calls us itself",
        "nothing tells it where",
        API + "test_an_agent_is_not_told_where_the_socket_is",
    ),
    case(
        "A15",
        "secrets in the environment",
        "in no answer, event, file or command line",
        API + "test_secrets_are_in_no_answer_event_file_or_command_line",
        LIFE + "test_files_are_private_and_nothing_secret_is_written_where_it_stays",
        CLI + "test_show_tells_processes_runs_and_masks_secrets",
    ),
    case(
        "A16",
        "another protocol version",
        "said, nothing done",
        SERVING + "test_another_protocol_is_refused_with_the_remedy",
    ),
    case(
        "A17",
        "input with escapes and zeros",
        "passed on literally",
        API + "test_input_is_passed_on_byte_for_byte",
        SERVING + "test_input_travels_as_base64_and_says_how_much",
    ),
    case(
        "A18",
        "random frames",
        "no crash, no change",
        SERVING + "test_random_frames_change_nothing",
        missing="thousands, not a hundred thousand",
    ),
    # output
    case(
        "O01",
        "ten million lines",
        "on the disk, in order",
        KEEPER + "test_a_million_lines_arrive_whole_and_in_order",
        missing="a million; frame times are measured by the benchmarks",
    ),
    case(
        "O02",
        "a gigabyte without a newline",
        "bounded memory, tail shown",
        OUTPUT + "test_bytes_are_kept_exactly",
        WINDOW + "test_fifty_megabytes_without_a_newline_cost_little_memory_and_time",
        missing="20 and 50 MB",
    ),
    case(
        "O03",
        "escape sequences everywhere",
        "none but ours reaches the terminal",
        HOSTILE + "test_the_log_shows_it_as_text",
        HOSTILE + "test_the_table_and_the_header_show_it_as_text",
        SANITIZE + "test_a_hundred_thousand_random_strings_leak_nothing",
        CLI + "test_nothing_an_agent_says_steers_a_terminal",
    ),
    case(
        "O04",
        "sequences cut anywhere",
        "the filter keeps its state",
        SANITIZE + "test_a_sequence_cut_at_any_byte_leaks_nothing",
    ),
    case(
        "O05",
        "bytes that are no text",
        "kept exactly, shown with marks",
        OUTPUT + "test_bytes_are_kept_exactly",
        PANE + "test_a_huge_line_and_bytes_that_are_no_text_are_shown_sensibly",
    ),
    case(
        "O06",
        "output byte by byte",
        "no broken characters",
        WINDOW + "test_a_line_that_comes_byte_by_byte_never_breaks_the_screen",
    ),
    case(
        "O07",
        "no newline at the end",
        "shown and kept",
        OUTPUT + "test_bytes_are_kept_exactly",
        WINDOW + "test_a_prompt_grows_under_the_same_offset_and_number",
    ),
    case(
        "O08",
        "progress bars",
        "one living line, the log has all",
        WINDOW + "test_a_long_redrawn_line_shows_its_last_state",
    ),
    case(
        "O09",
        "blank lines, lone carriage returns",
        "right count, text not hidden",
        OUTPUT + "test_bytes_are_kept_exactly",
        WINDOW + "test_lines_are_the_same_from_every_side",
    ),
    case(
        "O10",
        "wide characters, combining marks, bidi, huge lines",
        "no misaligned frame",
        HOSTILE + "test_the_log_shows_it_as_text",
        SANITIZE + "test_a_megabyte_of_anything_stays_small",
        missing="the time of a frame is measured by the benchmarks",
    ),
    case(
        "O11",
        "a megabyte of tabs or colour changes",
        "fast",
        SANITIZE + "test_a_megabyte_of_anything_stays_small",
    ),
    case(
        "O12",
        "broken JSON of an agent that speaks JSON",
        "raw line shown, state kept",
        VERDICTS + "test_no_tail_breaks_a_verdict",
        VERDICTS + "test_notes_between_the_events_do_no_harm",
    ),
    case(
        "O13",
        "both streams mixed",
        "order within each exact",
        OUTPUT + "test_lines_of_each_stream_keep_their_order",
    ),
    case(
        "O14",
        "lines that look like ours",
        "only output",
        OUTPUT + "test_output_that_looks_like_ours_is_only_output",
        VERDICTS + "test_text_that_quotes_an_event_is_no_event",
    ),
    case(
        "O15",
        "secrets in output",
        "the log is private",
        DISK + "test_all_is_private_whatever_the_umask",
        missing="what an agent prints is not masked in view",
    ),
    case("O16", "a search with a catastrophic expression", "bounded, can be left", missing="not tried"),
    case(
        "O17",
        "output while scrolled back or searching",
        "the view does not jump, new lines are counted",
        VIEW + "test_scrolling_up_stays_at_its_line_while_the_log_grows",
        VIEW + "test_new_lines_are_counted_once_following_was_left",
    ),
    case(
        "O18",
        "copying hostile text",
        "cleaned",
        PANE + "test_dragging_selects_lines_and_copying_takes_them",
        missing="a bound on what is copied is not shown",
    ),
    # load
    case(
        "L01",
        "200 idle agents",
        "supervisor at rest, little memory",
        LIFE + "test_a_supervisor_that_nobody_uses_does_not_wake_up",
        missing="without agents; 200 are " + NO_LOAD,
    ),
    case(
        "L02",
        "200 agents with 100 lines a second for ten minutes",
        "no line lost, keys answered",
        missing=NO_LOAD,
    ),
    case(
        "L03",
        "200 start at once, 200 stop at once",
        "quickly, nobody left",
        PROCESS + "test_fifty_stop_together_within_one_grace",
        missing="fifty",
    ),
    case(
        "L04",
        "a thousand random operations on nasty agents",
        "no orphan, no zombie, no growth",
        TORTURE,
        missing="the suite runs a short form; `make torture` the long one",
    ),
    case("L05", "a day of flapping, floods and kills", "no growth, no loss", missing=NO_LOAD),
    case(
        "L06",
        "the machine is overloaded",
        "no false deaths, stops still work",
        missing="not tried on purpose",
    ),
    case(
        "L07",
        "memory pressure",
        "agents go before supervisor and keepers",
        KEEPER + "test_agents_are_killed_before_their_keepers_when_memory_is_short",
        missing="the order is set; the pressure itself is not brought about",
    ),
    case(
        "L08",
        "a million events",
        "quick lists, bounded",
        STORE + "test_only_the_newest_events_are_kept",
        missing="bounded; speed with a million is not measured",
    ),
    case(
        "L09",
        "a log of 10 GB",
        "opened at its end at once",
        VIEW + "test_any_part_of_a_large_log_is_shown_by_reading_little",
        missing="a smaller one",
    ),
    case(
        "L10",
        "no process ids left",
        "clear error, stops still work",
        missing="needs a limit of its own for the test",
    ),
    case("L11", "twenty screens", "little load", missing=NO_LOAD),
    case("L12", "ten floods followed at once", "fair, input alive", missing=NO_LOAD),
)
