"""Credentials that rotate: what a task is given, what the verifying parts know."""

from __future__ import annotations

from pathlib import Path

from local_stack.credentials import CredentialIssuer, CredentialsFile


class Clock:
    """Time that a test sets."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def test_a_set_is_handed_out_until_it_is_due_and_stays_good_a_while_longer(tmp_path: Path) -> None:
    """Whoever fetched a set in its last moment still has half a rotation to work with it."""
    clock = Clock()
    issuer = CredentialIssuer(tmp_path / "file", rotate_s=20, clock=clock)
    known = CredentialsFile(tmp_path / "file", clock)
    password = issuer.admit("slot")
    first = issuer.current("slot", password)

    clock.now += 19.9
    same = issuer.current("slot", password)
    clock.now += 0.2
    second = issuer.current("slot", password)

    assert first is not None
    assert second is not None
    assert same is first
    assert second.access_key_id != first.access_key_id
    assert second.expires_at == clock.now + 30
    assert not known.has_expired(first)
    clock.now += 10
    assert known.has_expired(first)


def test_every_part_learns_of_a_new_set_from_the_file(tmp_path: Path) -> None:
    """Gateway, Transcribe and the AWS endpoint verify with what the issuer wrote."""
    issuer = CredentialIssuer(tmp_path / "file", rotate_s=20)
    known = CredentialsFile(tmp_path / "file")
    assert known.lookup("ASIAUNKNOWN") is None
    password = issuer.admit("slot")
    issuer.name("slot", "task-7")
    issued = issuer.current("slot", password)

    assert issued is not None
    assert known.lookup(issued.access_key_id) == (issued.secret, issued.token, issued.expires_at)
    found = known.find(issued.access_key_id)
    assert found is not None
    assert found.task == "task-7"
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600


def test_a_rotation_keeps_the_tasks_name(tmp_path: Path) -> None:
    """A fault rule for one task must go on meeting it."""
    clock = Clock()
    issuer = CredentialIssuer(tmp_path / "file", rotate_s=20, clock=clock)
    password = issuer.admit("slot")
    issuer.name("slot", "task-7")
    clock.now += 25

    issued = issuer.current("slot", password)

    assert issued is not None
    assert issued.task == "task-7"


def test_a_dismissed_holder_gets_nothing(tmp_path: Path) -> None:
    """A dead task's password is worth nothing to whoever kept it."""
    issuer = CredentialIssuer(tmp_path / "file", rotate_s=20)
    password = issuer.admit("slot")

    issuer.dismiss("slot")

    assert issuer.current("slot", password) is None


def test_a_secret_is_never_shown(tmp_path: Path) -> None:
    """A log line with a set of credentials in it names the key alone."""
    issued = CredentialIssuer(tmp_path / "file", rotate_s=20).issue_permanent("functions")

    assert issued.secret not in repr(issued)
