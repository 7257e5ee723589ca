# SPDX-License-Identifier: Apache-2.0
"""A TLS socket that one thread may read while another writes.

`websockets.sync` does so, and the `ssl` of many versions of Python passes both calls to OpenSSL at
once, which keeps one state for both: a request that meets the server's first ticket may fail with
"[SSL] internal error" (on the pattern: python/cpython issue 137583).
"""

import select
import ssl
import threading


class SerializedSocket(ssl.SSLSocket):
    """Calls into OpenSSL one at a time; who waits for something to read waits outside of it."""

    @classmethod
    def _create(cls, *arguments, **options):
        created = super()._create(*arguments, **options)
        created._turn = threading.RLock()
        return created

    def recv(self, count=1024, flags=0):
        while True:
            if not self.pending():
                readable, _, _ = select.select([self], [], [], self.gettimeout())
                if not readable:
                    raise TimeoutError("nothing to read in time")
            with self._turn:
                timeout = self.gettimeout()
                self.setblocking(False)
                try:
                    return super().recv(count, flags)
                except ssl.SSLWantReadError:
                    pass  # a ticket, or the beginning of a record
                finally:
                    if self.fileno() >= 0:
                        self.settimeout(timeout)

    def send(self, data, flags=0):
        with self._turn:
            return super().send(data, flags)
