"""Forwards connections to a server and counts what comes back.

grpcio does not tell whether a message was compressed; its size on the wire does. Does not look into
what it forwards.
"""

import contextlib
import socket
import threading


class Relay:
    """Listens on `port` until it is closed."""

    def __init__(self, server_port):
        self._server_port = server_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        # Bytes from the server. Counted before they are passed on: what a client has seen is in it.
        self.returned = 0
        _in_background(self._accept)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._server_port))
                _in_background(self._forward, client, server, False)
                _in_background(self._forward, server, client, True)

    def _forward(self, source, sink, returns):
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                if returns:
                    self.returned += len(data)
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)


def _in_background(work, *arguments):
    threading.Thread(target=work, args=arguments, daemon=True).start()
