"""The fault controls over HTTP: PUT, DELETE and GET of `/_admin/faults`."""

from __future__ import annotations

import json

from aiohttp import web

from local_stack.transcribe.account import Account
from local_stack.transcribe.faults import BadFaults, Faults, read_faults


def admin_app(account: Account) -> web.Application:
    """Make the application that controls one account's faults."""

    def describe() -> web.Response:
        return web.json_response(
            {
                "faults": account.faults.as_json(),
                "counts": dict(sorted(account.counts.items())),
                "streams": account.describe_streams(),
            }
        )

    async def get(_: web.Request) -> web.Response:
        return describe()

    async def put(request: web.Request) -> web.Response:
        try:
            faults = read_faults(json.loads(await request.text()))
        except BadFaults as error:
            return web.json_response({"message": str(error)}, status=400)
        except (ValueError, RecursionError):
            return web.json_response({"message": "The body must be JSON."}, status=400)
        account.set_faults(faults)
        return describe()

    async def delete(_: web.Request) -> web.Response:
        account.set_faults(Faults())
        return describe()

    app = web.Application()
    app.add_routes(
        [
            web.get("/_admin/faults", get),
            web.put("/_admin/faults", put),
            web.delete("/_admin/faults", delete),
        ]
    )
    return app
