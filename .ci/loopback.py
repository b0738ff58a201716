"""Brings the loopback of an empty network namespace up, and becomes the command: unshare --net python3 loopback.py COMMAND...

Without it even 127.0.0.1 is down in there. It refuses to go on where another network can be reached.
"""

import errno
import fcntl
import os
import socket
import struct
import sys

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1  # linux/sockios.h, linux/if.h


def set_up(interface):
    request = struct.pack("16sH14x", interface.encode(), 0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        flags = struct.unpack_from("H", fcntl.ioctl(any_socket, SIOCGIFFLAGS, request), 16)[0]
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", interface.encode(), flags | IFF_UP))


def another_network():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        # An address for documentation; nothing is sent, the system only looks for a way there.
        return probe.connect_ex(("192.0.2.1", 9)) != errno.ENETUNREACH


set_up("lo")
if another_network():
    sys.exit("loopback.py: there is a network in here")
os.execvp(sys.argv[1], sys.argv[1:])
