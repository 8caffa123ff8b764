"""CPU time and memory of processes, from /proc."""
import os

TICK = os.sysconf("SC_CLK_TCK")


def stat_fields(pid):
    """The fields of /proc/PID/stat after the name, which may itself contain blanks and brackets."""
    return open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()


def tree(pid):
    """This process and everything below it."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                parents.setdefault(int(stat_fields(entry)[1]), []).append(int(entry))
            except OSError:
                pass
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting += parents.get(one, [])
    return found


def cpu_seconds(pids):
    """User and system time of these processes, and of their children that have ended."""
    total = 0
    for pid in pids:
        try:
            fields = stat_fields(pid)
        except OSError:
            continue
        total += sum(int(fields[index]) for index in (11, 12, 13, 14))
    return total / TICK


def memory_mib(pids):
    """Proportional resident memory: shared pages are divided among those who share them."""
    return sum(_kib(f"/proc/{pid}/smaps_rollup", "Pss:") for pid in pids) / 1024


def peak_mib(pids):
    """The highest resident memory since the start, or since `forget_peak`."""
    return sum(_kib(f"/proc/{pid}/status", "VmHWM:") for pid in pids) / 1024


def forget_peak(pids):
    for pid in pids:
        open(f"/proc/{pid}/clear_refs", "w").write("5")


def _kib(path, label):
    try:
        for line in open(path):
            if line.startswith(label):
                return int(line.split()[1])
    except OSError:
        pass
    return 0
