"""CPU time of processes that really run."""

import subprocess
import sys
import time

from bench.cpu import used

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
