"""The simulator's own routes: faults, script, keys and call log."""

import json
from typing import Any

from mainstay.simulator.call import Calls
from mainstay.simulator.fault import BadFaultError
from mainstay.simulator.script import BadScriptError
from mainstay.simulator.wire import Receive, Send, read_body, respond

_MAX_BODY_BYTES = 4 * 1024 * 1024


class Controls:
    """Sets and shows what is outside the Messages API; needs no key."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def serve(self, method: str, path: str, receive: Receive, send: Send) -> bool:
        """Answer, or return False if the path is none of these."""
        name, _, model = path.lstrip("/").partition("/")
        if name not in {"faults", "script", "keys", "calls"}:
            return False
        status, body = await self._do(method, name, model, receive)
        await respond(send, status, json.dumps(body).encode())
        return True

    async def _do(
        self, method: str, name: str, model: str, receive: Receive
    ) -> tuple[int, Any]:
        if method == "GET":
            return 200, self._show(name)
        if method == "DELETE":
            self._clear(name, model)
            return 200, self._show(name)
        if method == "PUT" and name != "calls":
            return await self._put(name, receive)
        return 405, {"error": f"{method} is not for /{name}"}

    def _show(self, name: str) -> Any:
        shown = {
            "faults": self._calls.faults.show,
            "script": self._calls.script.show,
            "keys": self._calls.keys.show,
            "calls": self._calls.log.show,
        }
        return shown[name]()

    def _clear(self, name: str, model: str) -> None:
        if name == "faults":
            self._calls.faults.clear(model or None)
        elif name == "script":
            self._calls.script.clear()
        elif name == "keys":
            self._calls.keys.clear()
        else:
            self._calls.log.clear()

    async def _put(self, name: str, receive: Receive) -> tuple[int, Any]:
        body = await read_body(receive, _MAX_BODY_BYTES)
        try:
            described = json.loads(body)
            put = {
                "faults": self._calls.faults.put,
                "script": self._calls.script.put,
                "keys": self._calls.keys.put,
            }
            put[name](described)
        except (BadFaultError, BadScriptError, ValueError) as error:
            return 422, {"error": str(error)}
        return 200, self._show(name)
