"""Runs a program under the restrictions of a systemd unit, as far as they can be had without systemd:

    restrict.py UNIT WRITABLE USER PROGRAM ARGUMENT..

Everything but the folder WRITABLE is read-only, the program runs as the user USER with the unit's groups and no
privilege, and may call the kernel only as the unit says. What is allowed is read from the unit. Exit code 77:
it cannot be tried here.
"""

import ctypes
import errno
import grp
import os
import socket
import subprocess
import sys

unit, writable, user, *command = sys.argv[1:]

settings = {}
for line in open(unit):
    key, equals, value = line.strip().partition("=")
    if equals and not key.startswith("#"):
        settings.setdefault(key, []).append(value)


def yes(key):
    return settings.get(key) == ["yes"]


def impossible(why):
    print(f"restrict.py: {why}", file=sys.stderr)
    sys.exit(77)


libc = ctypes.CDLL(None, use_errno=True)
try:
    seccomp = ctypes.CDLL("libseccomp.so.2")
except OSError as error:
    impossible(error)


def call(result, what):
    if result != 0:
        impossible(f"{what}: {os.strerror(ctypes.get_errno())}")


def expanded(words):
    """The system calls of a list; a word with @ stands for a group, as systemd knows it."""
    names = set()
    for word in words:
        if word.startswith("@"):
            try:
                told = subprocess.run(["systemd-analyze", "syscall-filter", word], capture_output=True, text=True, check=True)
            except (OSError, subprocess.CalledProcessError) as error:
                impossible(error)
            names |= expanded(line.split()[0] for line in told.stdout.splitlines()[1:] if line.strip() and "#" not in line)
        else:
            names.add(word.split(":")[0])
    return names


# What SystemCallFilter= leaves. systemd itself always allows @default and what starts the program.
allowed = expanded(["@default", "execve"])
for value in settings["SystemCallFilter"]:
    if value.startswith("~"):
        allowed -= expanded(value[1:].split()) - expanded(["@default", "execve"])
    else:
        allowed |= expanded(value.split())

# Mounts: everything read-only but the one folder. ProtectSystem=strict leaves /dev, /proc and /sys.
assert settings["ProtectSystem"] == ["strict"]
CLONE_NEWNS, MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 0x20000, 1, 32, 4096, 16384, 1 << 18
call(libc.unshare(CLONE_NEWNS), "unshare")
call(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None), "/")
call(libc.mount(writable.encode(), writable.encode(), None, MS_BIND | MS_REC, None), writable)
flags = {"nosuid": 2, "nodev": 4, "noexec": 8, "noatime": 1024, "nodiratime": 2048, "relatime": 1 << 21}
for line in list(open("/proc/self/mounts")):
    _, place, _, options, *_ = line.split()
    place = place.encode().decode("unicode_escape")
    if place == writable or place.startswith(writable + "/") or place.split("/")[1] in ("dev", "proc", "sys"):
        continue
    kept = sum(flag for name, flag in flags.items() if name in options.split(","))
    call(libc.mount(b"none", place.encode(), None, MS_REMOUNT | MS_BIND | MS_RDONLY | kept, None), place)

# The account, its groups, no way back.
os.chdir("/")
os.umask(int(settings["UMask"][0], 8))
os.setgroups([grp.getgrnam(name).gr_gid for value in settings["SupplementaryGroups"] for name in value.split()])
os.setgid(int(user))
os.setuid(int(user))
assert yes("NoNewPrivileges") and settings["CapabilityBoundingSet"] == [""]
PR_SET_NO_NEW_PRIVS = 38
call(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no new privileges")


class Argument(ctypes.Structure):
    _fields_ = [("number", ctypes.c_uint), ("how", ctypes.c_int), ("one", ctypes.c_uint64), ("other", ctypes.c_uint64)]


ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
EQUAL, AT_LEAST, MASKED = 4, 5, 7
seccomp.seccomp_init.restype = ctypes.c_void_p
seccomp.seccomp_rule_add_array.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint, ctypes.c_void_p]
seccomp.seccomp_load.argtypes = [ctypes.c_void_p]


def rule(filter, what, name, *arguments):
    number = seccomp.seccomp_syscall_resolve_name(name.encode())
    if number == -1:
        return
    array = (Argument * len(arguments))(*arguments)
    done = seccomp.seccomp_rule_add_array(filter, what, number, len(arguments), ctypes.byref(array))
    # calls of other machines have no number here
    assert done == 0 or (number < 0 and not arguments), (name, done)


# The last filter first: each one that is loaded holds for loading the next.
others = seccomp.seccomp_init(ALLOW)
assert yes("MemoryDenyWriteExecute")
rule(others, REFUSE, "mmap", Argument(2, MASKED, 6, 6))
for name in ("mprotect", "pkey_mprotect"):
    rule(others, REFUSE, name, Argument(2, MASKED, 4, 4))
families = {getattr(socket, name) for value in settings["RestrictAddressFamilies"] for name in value.split()}
for family in set(range(64)) - families:
    rule(others, REFUSE, "socket", Argument(0, EQUAL, family))
rule(others, REFUSE, "socket", Argument(0, AT_LEAST, 64))
assert yes("RestrictNamespaces")
rule(others, REFUSE, "unshare")
rule(others, REFUSE, "setns")
for flag in (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000):
    rule(others, REFUSE, "clone", Argument(0, MASKED, flag, flag))
calls = seccomp.seccomp_init(REFUSE)
for name in allowed | {"seccomp", "prctl"}:
    rule(calls, ALLOW, name)
assert seccomp.seccomp_load(others) == 0
assert seccomp.seccomp_load(calls) == 0
os.execv(command[0], command)
