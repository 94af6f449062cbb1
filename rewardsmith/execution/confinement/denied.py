"""System calls that no training needs: processes, sockets, other people's memory, the machine.

Landlock keeps writing to a few folders. It knows nothing of who may do what with a file that is
there, so those calls are here, too.
"""

from __future__ import annotations

import os

from rewardsmith.execution.confinement.seccomp import (
    ALLOWED,
    NOT_PERMITTED,
    UNKNOWN,
    Code,
    any_bit,
    argument,
    call,
    equal,
)

_DENIED = {
    "programs": "execve 59 221, execveat 322 281, fork 57 -, vfork 58 -",
    "other processes": """
        ptrace 101 117, process_vm_readv 310 270, process_vm_writev 311 271,
        process_madvise 440 440, process_mrelease 448 448, kcmp 312 272, tkill 200 130,
        pidfd_send_signal 424 424, pidfd_open 434 434, pidfd_getfd 438 438, setpriority 141 140,
        ioprio_set 251 30, migrate_pages 256 238""",
    "memory and queues that processes share": """
        shmget 29 194, shmat 30 196, shmctl 31 195, semget 64 190, semop 65 193,
        semtimedop 220 192, semctl 66 191, msgget 68 186, msgsnd 69 189, msgrcv 70 188,
        msgctl 71 187, mq_open 240 180, mq_unlink 241 181""",
    "connections": "connect 42 203",
    "owners, modes, times and attributes of files": """
        chmod 90 -, fchmod 91 52, fchmodat 268 53, fchmodat2 452 452, chown 92 -, fchown 93 55,
        lchown 94 -, fchownat 260 54, setxattr 188 5, lsetxattr 189 6, fsetxattr 190 7,
        removexattr 197 14, lremovexattr 198 15, fremovexattr 199 16, setxattrat 463 463,
        removexattrat 466 466, file_setattr 469 469, utime 132 -, utimes 235 -, utimensat 280 88,
        futimesat 261 -""",
    "files by number": (
        "open_by_handle_at 304 265, name_to_handle_at 303 264, fanotify_init 300 262, fanotify_mark 301 263"
    ),
    "what is where": """
        mount 165 40, umount2 166 39, pivot_root 155 41, chroot 161 51, setns 308 268,
        unshare 272 97, open_tree 428 428, open_tree_attr 467 467, move_mount 429 429,
        fsopen 430 430, fsconfig 431 431, fsmount 432 432, fspick 433 433, mount_setattr 442 442,
        swapon 167 224, swapoff 168 225, quotactl 179 60, quotactl_fd 443 443, acct 163 89""",
    "who one is": """
        setuid 105 146, setgid 106 144, setreuid 113 145, setregid 114 143, setresuid 117 147,
        setresgid 119 149, setgroups 116 159, setfsuid 122 151, setfsgid 123 152, capset 126 91,
        personality 135 92""",
    "large parts of the kernel": """
        bpf 321 280, perf_event_open 298 241, userfaultfd 323 282, io_uring_setup 425 425,
        io_uring_enter 426 426, io_uring_register 427 427, keyctl 250 219, add_key 248 217,
        request_key 249 218, modify_ldt 154 -, uselib 134 -, lookup_dcookie 212 18""",
    "the machine": """
        kexec_load 246 104, kexec_file_load 320 294, init_module 175 105, finit_module 313 273,
        delete_module 176 106, create_module 174 -, reboot 169 142, settimeofday 164 170,
        clock_settime 227 112, clock_adjtime 305 266, adjtimex 159 171, sethostname 170 161,
        setdomainname 171 162, syslog 103 116, vhangup 153 58, iopl 172 -, ioperm 173 -,
        nfsservctl 180 42, _sysctl 156 -""",
}
"""Calls and their numbers on x86-64 and on ARM64; a dash where there is none."""
_LOOKED_AT = """
    clone 56 220, clone3 435 435, socket 41 198, socketpair 53 199, kill 62 129, tgkill 234 131,
    rt_sigqueueinfo 129 138, rt_tgsigqueueinfo 297 240, prlimit64 302 261, fcntl 72 25,
    ioctl 16 29, prctl 157 167"""
"""Calls of which some uses are needed."""
_COLUMNS = {"x86_64": 1, "aarch64": 2}

_THREAD, _NAMESPACES = 0x00010000, 0x7E020080
"""Flags of clone."""
_UNIX, _STREAM, _PACKETS, _TYPE_BITS = 1, 1, 5, 0xF
"""Sockets on this machine, and the kinds that reach nobody without a connection."""
_SET_OWNER, _SET_SIGNAL, _SET_OWNER_EX = 8, 10, 15
"""Of fcntl: they let the kernel send signals to other processes."""
_TYPE_FOR_USER, _CONSOLE, _SET_OWNER_BY_IOCTL, _SET_GROUP_BY_IOCTL = 0x5412, 0x541C, 0x8901, 0x8902
"""Of ioctl: to type into somebody's terminal, and what fcntl may not do either."""
_DEATH_SIGNAL = 1
"""Of prctl: whether a process ends with its parent."""


def rules(machine: str, unix_sockets: bool) -> Code:
    """What becomes of the calls of a training process; those that are not named are allowed.

    Args:
        machine: As :func:`rewardsmith.execution.confinement.seccomp.machine` says.
        unix_sockets: Whether it may make sockets on this machine and wait for others to connect, as
            GPU drivers do. It can connect to nobody.
    """
    number = _numbers(_LOOKED_AT, machine)
    own = os.getpid()
    code: Code = ()
    for names in _DENIED.values():
        for denied in _numbers(names, machine).values():
            code += call(denied, NOT_PERMITTED)
    # glibc takes clone where there is no clone3; the arguments of that one lie in memory, where
    # nobody looks.
    code += call(number["clone3"], UNKNOWN)
    thread = any_bit(_NAMESPACES, NOT_PERMITTED) + any_bit(_THREAD, ALLOWED) + NOT_PERMITTED
    code += call(number["clone"], argument(0) + thread)
    for name in ("kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"):
        code += call(number[name], _only(0, own))
    code += call(number["prlimit64"], _only(0, 0, own))
    code += call(number["fcntl"], _all_but(1, _SET_OWNER, _SET_SIGNAL, _SET_OWNER_EX))
    code += call(
        number["ioctl"], _all_but(1, _TYPE_FOR_USER, _CONSOLE, _SET_OWNER_BY_IOCTL, _SET_GROUP_BY_IOCTL)
    )
    code += call(number["prctl"], _all_but(0, _DEATH_SIGNAL))
    for name in ("socket", "socketpair"):
        connected = argument(1, _TYPE_BITS) + equal((_STREAM, _PACKETS), ALLOWED) + NOT_PERMITTED
        code += call(
            number[name],
            argument(0) + equal((_UNIX,), connected) + NOT_PERMITTED if unix_sockets else NOT_PERMITTED,
        )
    return code


def _only(position: int, *values: int) -> Code:
    return argument(position) + equal(values, ALLOWED) + NOT_PERMITTED


def _all_but(position: int, *values: int) -> Code:
    return argument(position) + equal(values, NOT_PERMITTED) + ALLOWED


def _numbers(names: str, machine: str) -> dict[str, int]:
    entries = [entry.split() for entry in names.split(",")]
    return {entry[0]: int(entry[_COLUMNS[machine]]) for entry in entries if entry[_COLUMNS[machine]] != "-"}
