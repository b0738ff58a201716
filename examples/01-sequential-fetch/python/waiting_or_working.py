"""Runs any command and says how much of its time was work for a CPU. POSIX only, as the resource module is."""

import resource
import subprocess
import sys
import time

if len(sys.argv) < 2:
    sys.exit("waiting_or_working: say which command to run: COMMAND [ARGS]...")

# ANCHOR: measure
began = time.perf_counter()
status = subprocess.run(sys.argv[1:]).returncode
wall = time.perf_counter() - began
used = resource.getrusage(resource.RUSAGE_CHILDREN)
cpu = used.ru_utime + used.ru_stime
# ANCHOR_END: measure

print(f"wall {wall:.3f} s   CPU {cpu:.3f} s   {cpu / wall:.0%} of one core", file=sys.stderr)
sys.exit(status)
