"""Where the operating system says no to one more connection: descriptors, and local ports."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import contextlib
import socket

MORE = 20


# ANCHOR: until_refused
def connect_until_refused(address, most):
    connections = []
    try:
        while len(connections) < most:
            connections.append(socket.create_connection(address))
    except OSError as refused:
        return connections, refused
    return connections, None
# ANCHOR_END: until_refused


# ANCHOR: connect_from
def connect_from(source, address):
    with contextlib.ExitStack() as on_error:
        connection = on_error.enter_context(socket.socket())
        # Several sockets may have this port, as long as their connections differ.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        connection.bind(source)
        connection.connect(address)
        on_error.pop_all()  # it is the caller's from here on
        return connection
# ANCHOR_END: connect_from


def leave_descriptors(more):
    import resource  # not on Windows

    listed = {int(name) for name in os.listdir("/proc/self/fd")}
    # The folder itself was among them, and is closed again.
    taken = {number for number in listed if os.path.lexists(f"/proc/self/fd/{number}")}
    limit = 0
    while limit - sum(number < limit for number in taken) < more:
        limit += 1
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    return soft, hard


def main():
    if sys.platform != "linux":
        stage.tell("shown on Linux only")
        return
    import resource

    with stage.SlowWeb() as web, socket.create_server(("127.0.0.1", 0)) as elsewhere:
        host, port = web.address.removeprefix("http://").split(":")
        address = (host, int(port))
        limits = leave_descriptors(MORE)
        connections, refused = connect_until_refused(address, MORE + 10)
        stage.tell(f"a process that may open {MORE} descriptors more")
        stage.tell(f"  open:       {len(connections)}")
        stage.tell(f"  one more:   {refused!r}")
        for connection in connections:
            connection.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)

        first = connect_from(("127.0.0.1", 0), address)
        port = first.getsockname()[1]
        stage.tell("one local port, used again while it is in use")
        for what, source, target in (
            ("to the same server:", "127.0.0.1", address),
            ("from 127.0.0.2:", "127.0.0.2", address),
            ("to another server:", "127.0.0.1", elsewhere.getsockname()),
        ):
            try:
                connect_from((source, port), target).close()
                said = "connected"
            except OSError as error:
                said = repr(error)
            stage.tell(f"  {what:<20} {said}")
        first.close()


if __name__ == "__main__":
    stage.show(main)
