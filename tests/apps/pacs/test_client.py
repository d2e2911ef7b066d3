from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator

import pytest
from pytest_django import Settings

from apps.pacs import client
from apps.pacs.errors import PacsFailed, PacsFull, PacsNotFound, PacsUnavailable
from apps.pacs.store import instance_store

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Server:
    """Answers connections with the given bytes, one after the other; nothing means hanging up."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        for answer in self.answers:
            connection, _ = self.socket.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)


@pytest.fixture
def fresh(settings: Settings) -> Iterator[Settings]:
    client._shared.cache_clear()
    yield settings
    client._shared.cache_clear()


def test_a_connection_that_was_let_go_is_asked_again(fresh: Settings) -> None:
    fresh.ORTHANC_URL = Server(b"", OK).url
    assert client.get_json("/system") == {}


async def test_so_it_is_from_an_event_loop(fresh: Settings) -> None:
    fresh.ORTHANC_URL = Server(b"", OK).url
    asked = client.async_client().build_request("GET", "/system")
    assert (await client.send_async(asked)).json() == {}


def test_hanging_up_twice_is_being_away(fresh: Settings) -> None:
    fresh.ORTHANC_URL = Server(b"", b"").url
    with pytest.raises(PacsUnavailable):
        client.get_json("/system")


@pytest.mark.parametrize(
    ("status", "reason"), [(507, "The file storage is full"), (500, "Cannot write to file")]
)
def test_an_archive_without_room_says_so(fresh: Settings, status: int, reason: str) -> None:
    body = json.dumps({"OrthancError": reason}).encode()
    head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    fresh.ORTHANC_URL = Server(head + body).url
    with pytest.raises(PacsFull) as raised:
        instance_store(b"x")
    assert (raised.value.status, raised.value.code) == (507, "disk_full")
    assert "make room" in raised.value.user_message


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", PacsNotFound),
        (b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", PacsFailed),
        (b"HTTP/1.1 500 Error\r\nContent-Length: 5\r\n\r\nSMITH", PacsFailed),
    ],
)
def test_answers_mean_errors_without_what_they_hold(
    fresh: Settings, answer: bytes, error: type[Exception]
) -> None:
    fresh.ORTHANC_URL = Server(answer).url
    with pytest.raises(error) as raised:
        client.get_json("/instances/x")
    assert "SMITH" not in str(raised.value)
