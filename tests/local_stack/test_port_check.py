"""Ports that are taken are noticed before anything is started."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from local_stack import port_check
from local_stack.port_check import check_ports, is_taken, other_base
from local_stack.start_failed import StartFailed


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def test_a_port_that_somebody_listens_on_is_named(listener: socket.socket) -> None:
    """One sentence, with the port and what to do."""
    port = listener.getsockname()[1]

    with pytest.raises(StartFailed, match=rf"^Port {port} is in use: .* --port-base {other_base(port)}\.$"):
        check_ports([port], platform="linux")


@pytest.mark.parametrize(("port", "base"), [(5000, 5100), (5010, 5100), (5100, 5200), (65_010, 5000)])
def test_the_ports_that_are_offered_are_others(port: int, base: int) -> None:
    """To be told the ports that are taken would be no help."""
    assert other_base(port) == base


def test_a_port_that_is_taken_on_ipv6_only_is_taken() -> None:
    """A browser asks ::1 first when it is told localhost."""
    try:
        server = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("no IPv6 on this machine")
    with server:
        assert is_taken(server.getsockname()[1])


def test_a_free_port_passes(listener: socket.socket) -> None:
    """A port that was just closed counts as free, whatever connections it still remembers."""
    port = listener.getsockname()[1]
    with socket.create_connection(("127.0.0.1", port)):
        listener.accept()[0].close()
    listener.close()

    check_ports([port])


def test_on_a_mac_the_sentence_knows_about_airplay(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Port 5000 is taken on every Mac that receives AirPlay."""
    port = listener.getsockname()[1]
    monkeypatch.setattr(port_check, "AIRPLAY_PORT", port)

    with pytest.raises(StartFailed, match=rf"AirPlay.* --port-base {other_base(port)}\."):
        check_ports([port], platform="darwin")
