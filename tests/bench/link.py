"""A long line to a server on loopback: every octet arrives half a round trip later, in its order,
and a connection takes a round trip to open. As wide as you like; nothing is lost.

    with Link(port, 0.05) as link:
        ...  connect to link.port

A process of its own keeps the clock, so that whoever measures is not slowed down by it; it ends
with its maker. Under root it goes before others, and it is late by less than a millisecond. What
the line does not know: packets and the windows of TCP."""

import asyncio
import os
import select
import selectors
import signal
import socket

_PIECE = 256 * 1024
_PIECES = 256  # on the way at most, in one direction
_NICE = -15


class Link:
    """Open from the start; `close` it, or use it as a context."""

    def __init__(self, port_behind, rtt_seconds):
        listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = listener.getsockname()[1]
        alive, self._alive = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self._alive)
            _serve(listener, port_behind, rtt_seconds, alive)
        os.close(alive)
        listener.close()

    def close(self):
        """Cuts what is open."""
        if self._pid:
            os.close(self._alive)
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
            self._pid = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class _Sharp(selectors.EpollSelector):
    """epoll(7) waits for whole milliseconds, and asyncio rounds them up, twice a round trip."""

    def select(self, timeout=None):
        if timeout is not None and timeout > 0:
            select.select([self], [], [], timeout)
            timeout = 0
        return super().select(timeout)


def _serve(listener, port, rtt, alive):
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if os.getuid() == 0:
            os.nice(_NICE)
        loop = asyncio.SelectorEventLoop(_Sharp())
        loop.run_until_complete(_accept(listener, port, rtt, alive))
    finally:
        os._exit(1)


async def _accept(listener, port, rtt, alive):
    """Until the maker has gone."""
    over = asyncio.Event()
    asyncio.get_running_loop().add_reader(alive, over.set)

    async def join(near, back):
        await _join(near, back, port, rtt)

    async with await asyncio.start_server(join, sock=listener, limit=_PIECE):
        await over.wait()
        os._exit(0)  # whatever is on the way


async def _join(near, back, port, rtt):
    """The client believes that it is connected: a round trip later it would be."""
    now = asyncio.get_running_loop().time()
    opening = asyncio.create_task(_open(port, now + rtt * 1.5))
    forth = asyncio.create_task(_carry(near, opening, rtt / 2, now + rtt))
    try:
        far, _ = await opening
        done = asyncio.get_running_loop().create_future()
        done.set_result((None, back))
        await asyncio.gather(forth, _carry(far, done, rtt / 2, now))
    except OSError:
        forth.cancel()
    finally:
        back.close()
        if opening.done() and not opening.cancelled() and not opening.exception():
            opening.result()[1].close()


async def _open(port, when):
    await _until(when)
    return await asyncio.open_connection("127.0.0.1", port, limit=_PIECE)


async def _until(when):
    await asyncio.sleep(max(when - asyncio.get_running_loop().time(), 0))


async def _carry(source, opening, delay, opens):
    """One direction: what comes after `opens` arrives `delay` later; the end too."""
    pieces = asyncio.Queue(_PIECES)
    arrivals = asyncio.create_task(_arrive(pieces, opening))
    piece = b"-"
    while piece:
        try:
            piece = await source.read(_PIECE)
        except OSError:
            piece = b""
        now = asyncio.get_running_loop().time()
        await pieces.put((max(now, opens) + delay, piece))
    await arrivals


async def _arrive(pieces, opening):
    sink = (await opening)[1]
    piece = b"-"
    while piece:
        when, piece = await pieces.get()
        await _until(when)
        try:
            if piece:
                sink.write(piece)
                await sink.drain()
            else:
                sink.write_eof()
        except (OSError, RuntimeError):
            pass  # nobody is there any more: what follows is lost
