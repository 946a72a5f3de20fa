"""Which addresses a task sends its users' audio to, and which it never does, whatever a table says."""

from __future__ import annotations

import pytest

from streaming_task.task_network import TaskNetwork


@pytest.mark.parametrize("address", ["10.20.0.1:8080", "10.20.3.4:8080", "10.20.255.254:8080"])
def test_tasks_of_the_own_network_are_admitted(address: str) -> None:
    """At the port that every task listens on."""
    assert TaskNetwork.around("10.20.3.4:8080").admits(address)


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254:8080",
        "169.254.170.2:80",
        "127.0.0.1:8080",
        "0.0.0.0:8080",
        "10.21.0.1:8080",
        "192.168.0.1:8080",
        "52.1.2.3:8080",
        "224.0.0.1:8080",
        "10.20.0.1:5432",
        "10.20.0.1:80",
        "10.20.0.1",
        "10.20.0.1:",
        "10.20.0.1:08080",
        "10.20.0.1:+8080",
        "10.20.0.1:8080/",
        "10.20.0.1:8080#",
        "10.20.0.1:8080 ",
        "10.20.0.1:80:80",
        "user@10.20.0.1:8080",
        "10.20.0.01:8080",
        "[::1]:8080",
        "[::ffff:10.20.0.1]:8080",
        "localhost:8080",
        "task.internal:8080",
        "169411498:8080",
        "",
    ],
)
def test_everything_else_is_refused(address: str) -> None:
    """Metadata, this machine, other networks, other ports, names, and other ways to write an address."""
    assert not TaskNetwork.around("10.20.3.4:8080").admits(address)


@pytest.mark.parametrize(
    ("own", "neighbour", "stranger"),
    [
        ("172.31.5.6:8080", "172.31.200.1:8080", "172.30.0.1:8080"),
        ("192.168.7.8:9000", "192.168.255.1:9000", "192.168.7.9:8080"),
        ("100.64.1.1:8080", "100.64.9.9:8080", "100.65.0.1:8080"),
    ],
)
def test_every_private_network_can_be_a_tasks(own: str, neighbour: str, stranger: str) -> None:
    """Operators choose the range of their VPC."""
    network = TaskNetwork.around(own)

    assert network.admits(neighbour)
    assert not network.admits(stranger)


def test_on_loopback_tasks_differ_by_port() -> None:
    """Only there is loopback admitted, and there nothing else is."""
    network = TaskNetwork.around("127.0.0.1:5010")

    assert network.admits("127.0.0.1:5011")
    assert not network.admits("127.0.0.1:80")
    assert not network.admits("127.0.0.1:65536")
    assert not network.admits("10.0.0.1:5011")
    assert not network.admits("169.254.169.254:5011")


@pytest.mark.parametrize(
    "own", ["169.254.170.2:8080", "52.1.2.3:8080", "0.0.0.0:8080", "localhost:8080", "10.0.0.1", "[::1]:8080"]
)
def test_a_task_that_is_nowhere_private_has_no_network(own: str) -> None:
    """It must not start with a rule that admits strangers."""
    with pytest.raises(ValueError):
        TaskNetwork.around(own)
