"""Several worker processes behind one port; one that dies is replaced."""

import os
import socket
import tempfile

from prometheus_client.multiprocess import mark_process_dead
from uvicorn import Config, Server
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess, multiprocess

from assistant.draining import DrainingServer


class WorkerFailed(Exception):
    """A worker could not start."""


def run_workers(config: Config, listening: socket.socket) -> None:
    """Run ``config.workers`` processes until told to stop (SIGINT or SIGTERM).

    Each has its own queue, threads and models. Raises ``WorkerFailed``.
    """
    with tempfile.TemporaryDirectory(prefix="assistant-metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder  # the workers add up their metrics there
        supervisor = _Supervisor(config, [listening])
        supervisor.run()
    if supervisor.has_failed:
        raise WorkerFailed("a worker could not start; the log above says why")


class _Worker(multiprocess.Process):
    """A worker that drains."""

    @property
    def server(self) -> Server:
        if self._server is None:
            self._server = DrainingServer(self.config)
        return self._server


# uvicorn's supervisor knows the class of its workers by this name only.
multiprocess.Process = _Worker  # type: ignore[misc]


class _Supervisor(Multiprocess):
    @property
    def has_failed(self) -> bool:
        return any(worker.exitcode == STARTUP_FAILURE for worker in self.processes)

    def keep_subprocess_alive(self) -> None:
        before = {worker.pid for worker in self.processes}
        super().keep_subprocess_alive()
        for pid in before - {worker.pid for worker in self.processes}:
            mark_process_dead(pid)  # type: ignore[no-untyped-call]  # else its gauges count on

    def terminate_all(self) -> None:
        # The kernel accepts connections for as long as any process holds the socket.
        for listening in self.sockets:
            listening.close()
        super().terminate_all()
