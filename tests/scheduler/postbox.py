"""A mail server that takes everything and remembers every delivery; it can end the sender in the midst of one."""

from __future__ import annotations

import os
import re
import signal
import socketserver
import threading
from collections import Counter


class Postbox(socketserver.ThreadingTCPServer):
    """``taken``: Message-ID -> deliveries. ``victim``: a process that is killed (SIGKILL) once it has handed over its
    ``fatal``-th mail, before it is told that the mail was taken."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.port: int = self.server_address[1]
        self.taken: Counter[str] = Counter()
        self.victim: int | None = None
        self.fatal = 0
        self.seen = 0
        self.guard = threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def take(self, mail: str) -> None:
        found = re.search(r"^Message-ID: (\S+)", mail, re.MULTILINE | re.IGNORECASE)
        with self.guard:
            self.taken[found[1] if found else ""] += 1
            self.seen += 1
            if self.victim is not None and self.seen == self.fatal:
                os.kill(self.victim, signal.SIGKILL)

    def repeated(self) -> int:
        """Deliveries beyond the first of each mail."""
        with self.guard:
            return sum(self.taken.values()) - len(self.taken)

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class _Talk(socketserver.StreamRequestHandler):
    server: Postbox

    def handle(self) -> None:
        try:
            self._talk()
        except OSError:
            return  # the sender is gone

    def _talk(self) -> None:
        self._say("220 postbox")
        while line := self.rfile.readline():
            word = line[:4].upper()
            if word == b"DATA":
                self._say("354 go on")
                self.server.take(self._mail())
            elif word == b"QUIT":
                self._say("221 bye")
                return
            self._say("250 ok")

    def _mail(self) -> str:
        lines: list[bytes] = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line)
        return b"".join(lines).decode("utf-8", "replace")

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")
