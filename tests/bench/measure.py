"""One run of a command: wall time, CPU time, instructions."""

import os
import re
import statistics
import subprocess
import time

_COLLECTED = re.compile(r"==(\d+)== Collected : (\d+)")


class Sample:
    """Milliseconds from before the start to after the end; user and system time of the process
    and of the children it waited for."""

    def __init__(self, wall, cpu):
        self.wall = wall
        self.cpu = cpu


def start(command, message, environment, quiet=False):
    """Starts `command` with the message file as standard input; its process."""
    files = [(os.POSIX_SPAWN_OPEN, 0, message, os.O_RDONLY, 0)]
    if quiet:
        files.append((os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0))
    return os.posix_spawn(command[0], command, environment, file_actions=files)


def _end(command, pid):
    _, status, usage = os.wait4(pid, 0)
    if status != 0:
        raise RuntimeError(f"{command[0]} failed: {os.waitstatus_to_exitcode(status)}")
    return usage


def finish(command, pid):
    """Waits for a process, which must succeed; milliseconds of CPU time."""
    usage = _end(command, pid)
    return (usage.ru_utime + usage.ru_stime) * 1000


def once(command, message, environment, quiet=False):
    """Runs `command` with the message file as standard input; it must succeed."""
    begin = time.perf_counter()
    cpu = finish(command, start(command, message, environment, quiet))
    return Sample((time.perf_counter() - begin) * 1000, cpu)


def faults(command, environment):
    """How many pages a run without input touches."""
    return _end(command, start(command, "/dev/null", environment, True)).ru_minflt


def alternate(commands, message, environment, rounds, quiet=False):
    """Every command in turn, round after round; {name: median Sample}. One round warms up."""
    samples = {name: [] for name in commands}
    for turn in range(rounds + 1):
        for name, command in commands.items():
            sample = once(command, message, environment, quiet)
            if turn > 0:
                samples[name].append(sample)
    return {name: Sample(statistics.median(s.wall for s in taken),
                         statistics.median(s.cpu for s in taken))
            for name, taken in samples.items()}


def instructions(command, message, environment):
    """Millions of instructions of the first process, in user space."""
    with open(message, "rb") as source:
        process = subprocess.Popen(["valgrind", "--tool=callgrind",
                                    "--callgrind-out-file=/dev/null", *command],
                                   stdin=source, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, env=environment, text=True)
        _, log = process.communicate()
    counts = dict(_COLLECTED.findall(log))
    if process.returncode != 0 or str(process.pid) not in counts:
        raise RuntimeError(f"callgrind {command[0]}: {log}")
    return int(counts[str(process.pid)]) / 1e6
