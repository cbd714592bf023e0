"""A TCP proxy on loopback that can cut, slow down or swallow what goes through it."""

import contextlib
import socket
import threading
import time

CHUNK = 64 * 1024
LINGER_RESET = b"\x01\x00\x00\x00\x00\x00\x00\x00"  # on, 0 s: close() resets


class Proxy:
    """Threads: one that accepts, two for each connection. All end with `close()`."""

    def __init__(self):
        self.target = 0  # the port behind it; until it is known, nobody gets through
        self._delay_s = 0.0
        self._open = threading.Event()  # else: nothing is forwarded, nobody is told
        self._open.set()
        self._cut = False
        self._closed = False
        self._sockets: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Every connection is reset, and new ones too."""
        self._cut = True
        self._reset()

    def swallow(self) -> None:
        """Connections stay, and nothing arrives any more, as when a cable is pulled."""
        self._open.clear()

    def slow(self, delay_s: float) -> None:
        """Everything arrives that much later."""
        self._delay_s = delay_s

    def mend(self) -> None:
        self._cut, self._delay_s = False, 0.0
        if not self._open.is_set():
            self._reset()  # what was swallowed is lost, not late
        self._open.set()

    def close(self) -> None:
        self._closed = True
        self._open.set()
        self._listener.close()
        self._reset()

    def _reset(self) -> None:
        with self._lock:
            sockets, self._sockets = self._sockets, set()
        for one in sockets:
            with contextlib.suppress(OSError):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RESET)
                one.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while not self._closed:
            try:
                client, _ = self._listener.accept()
                server = None if self._cut else socket.create_connection(
                    ("127.0.0.1", self.target), timeout=5)
            except OSError:
                server = None
                if self._closed:
                    return
            if server is None:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RESET)
                client.close()
                continue
            server.settimeout(None)
            with self._lock:
                self._sockets |= {client, server}
            for pair in ((client, server), (server, client)):
                threading.Thread(target=self._forward, args=pair, daemon=True).start()

    def _forward(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while chunk := source.recv(CHUNK):
                self._open.wait()
                if self._delay_s:
                    time.sleep(self._delay_s)
                sink.sendall(chunk)
        with self._lock:
            self._sockets -= {source, sink}
        for one in (source, sink):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
