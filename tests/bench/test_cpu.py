"""CPU time of processes that really run."""

import os
import subprocess
import sys
import threading
import time

from bench.cpu import used, used_by_niced

BURN = "import time\nwhile time.process_time() < {}: pass\n"
FAMILY = f"""
import subprocess, sys, time
subprocess.run([sys.executable, "-c", {BURN.format(0.2)!r}])
child = subprocess.Popen([sys.executable, "-c", {BURN.format(0.2) + "time.sleep(60)"!r}])
print("working", flush=True)
child.wait()
"""


def test_children_count_while_they_run_and_after_they_ended() -> None:
    with subprocess.Popen([sys.executable, "-c", FAMILY], stdout=subprocess.PIPE) as parent:
        try:
            assert parent.stdout is not None
            parent.stdout.readline()
            deadline = time.monotonic() + 20
            while (spent := used([parent.pid])) < 0.4 and time.monotonic() < deadline:
                time.sleep(0.05)
            assert spent >= 0.4
        finally:
            subprocess.run(["pkill", "-P", str(parent.pid)], check=False)
            parent.kill()


def test_a_process_that_has_ended_used_nothing_more() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
        assert used([ended.pid]) == 0.0


def test_the_cpu_of_threads_of_lower_priority_is_told_apart() -> None:
    before = used_by_niced(os.getpid())
    done, leave = threading.Event(), threading.Event()

    def work() -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)
        deadline = time.thread_time() + 0.1
        while time.thread_time() < deadline:
            pass
        done.set()
        leave.wait(20)

    thread = threading.Thread(target=work)
    thread.start()
    assert done.wait(20)
    spent = used_by_niced(os.getpid()) - before
    leave.set()
    thread.join(20)
    assert spent > 0.05
