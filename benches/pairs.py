"""Runs two commands in turns (A B A B ...) and prints the medians and their ratio. Standard library
only. Never fails on a slow run: the limits that may fail stand in gate.sh.

pairs.py pair ROUNDS TARGET NAME SETUP_A A SETUP_B B    whole processes: wall and CPU
pairs.py once SETUP COMMAND                             one process: peak memory, bytes written
pairs.py daemon ROUNDS TARGET SETUP_A A SETUP_B B       start until READY=1; then idle PSS
pairs.py wakes SECONDS COMMAND                          how often an idle daemon wakes up
pairs.py ports PORTS SECONDS TIMBRA                     the same, with idle readers on pseudo-terminals
"""

import os
import shlex
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

NULL = os.open(os.devnull, os.O_RDWR)


def run(setup, command):
    """Wall and CPU seconds, and bytes written, of one process."""
    if setup:
        subprocess.run(["sh", "-c", setup], check=True, stdout=NULL)
    words = shlex.split(command)
    quiet = [(os.POSIX_SPAWN_DUP2, NULL, fd) for fd in (0, 1, 2)]
    start = time.perf_counter()
    child = os.posix_spawnp(words[0], words, os.environ, file_actions=quiet)
    _, status, usage = os.wait4(child, 0)
    wall = time.perf_counter() - start
    if status:
        sys.exit(f"failed with status {status}: {command}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_oublock * 512


def ratio(name, ours, theirs, unit, factor, target):
    mid = statistics.median(one / max(other, 1e-9) for one, other in zip(ours, theirs))
    a, b = (statistics.median(values) * factor for values in (ours, theirs))
    print(f"{name:44} {mid:7.3f}  target {target:6}  {a:10.2f} {unit} against {b:10.2f} {unit}", flush=True)


def pair(rounds, target, name, setup_a, a, setup_b, b):
    runs = [(run(setup_a, a), run(setup_b, b)) for _ in range(int(rounds))]
    ours, theirs = zip(*runs)
    column = lambda rows, index: [row[index] for row in rows]
    ratio(f"{name}: wall", column(ours, 0), column(theirs, 0), "ms", 1000, target)
    ratio(f"{name}: cpu", column(ours, 1), column(theirs, 1), "ms", 1000, target)


def once(setup, command):
    """Peak memory and bytes written. The peak is watched from outside, since the peak that the
    system reports of a child begins with its parent's."""
    _, _, written = run(setup, command)
    if setup:
        subprocess.run(["sh", "-c", setup], check=True, stdout=NULL)
    peak = 0
    child = subprocess.Popen(shlex.split(command), stdout=NULL, stderr=NULL)
    while child.poll() is None:
        with open(f"/proc/{child.pid}/status") as lines:
            seen = [int(line.split()[1]) for line in lines if line.startswith("VmHWM:")]
        peak = max([peak, *seen])
        time.sleep(0.002)
    print(peak * 1024, written)


def start(command):
    """Starts a daemon; gives it and the seconds until it said READY=1."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(path)
            notify.settimeout(10)
            surroundings = {**os.environ, "NOTIFY_SOCKET": path}
            words = shlex.split(command)
            quiet = [(os.POSIX_SPAWN_DUP2, NULL, fd) for fd in (0, 1, 2)]
            begin = time.perf_counter()
            child = os.posix_spawnp(words[0], words, surroundings, file_actions=quiet)
            while b"READY=1" not in notify.recv(4096):
                pass
            return child, time.perf_counter() - begin


def stop(child):
    os.kill(child, signal.SIGTERM)
    os.waitpid(child, 0)


def memory(child, key):
    with open(f"/proc/{child}/smaps_rollup") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith(key + ":"))


def daemon(rounds, target, setup_a, a, setup_b, b):
    def one(setup, command):
        if setup:
            subprocess.run(["sh", "-c", setup], check=True, stdout=NULL)
        child, ready = start(command)
        time.sleep(0.5)
        found = ready, memory(child, "Pss"), memory(child, "Rss")
        stop(child)
        return found

    ours, theirs = zip(*[(one(setup_a, a), one(setup_b, b)) for _ in range(int(rounds))])
    rows = [("start until READY", "ms", 1000), ("idle PSS", "MB", 1 / 1024), ("idle RSS", "MB", 1 / 1024)]
    for index, (name, unit, factor) in enumerate(rows):
        mine, other = ([row[index] for row in side] for side in (ours, theirs))
        ratio(name, mine, other, unit, factor, target.split(",")[index])


def wakes(seconds, command):
    def switches(child):
        total = 0
        for thread in os.listdir(f"/proc/{child}/task"):
            with open(f"/proc/{child}/task/{thread}/status") as lines:
                total += sum(int(line.split()[1]) for line in lines if line.startswith("voluntary"))
        return total

    child, _ = start(command)
    time.sleep(15)  # helper threads of the event loop go to rest after 10 s
    before = switches(child)
    time.sleep(float(seconds))
    print(switches(child) - before)
    stop(child)


def ports(count, seconds, timbra):
    ends, readers = [], ""
    for number in range(int(count)):
        ends.append(os.openpty())
        port = os.ttyname(ends[-1][1])
        readers += f'[[serial]]\nid = "r{number}"\nport = "{port}"\nprotocol = "rdm6300"\ndirection = "in"\n'
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "timbra.toml"), "w") as file:
            file.write(HOST + readers)
        wakes(seconds, f"{timbra} --config {folder} run")


HOST = """[host]
name = "Prefettura"
kind = "prefettura"
city = "Torino"
province = "TO"
patron = "none"
responsible = "dott.ssa Carla Modello"
[host.contact]
name = "Carla Modello"
email = "a@ospitante.example"
[store]
folder = "store"
[mail]
from = "b@ospitante.example"
"""

if __name__ == "__main__":
    {"pair": pair, "once": once, "daemon": daemon, "wakes": wakes, "ports": ports}[sys.argv[1]](*sys.argv[2:])
