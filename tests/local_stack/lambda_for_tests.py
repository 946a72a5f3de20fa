"""A handler that shows what a test wants to see of its instance."""

from __future__ import annotations

import os
import sys
import threading
from typing import Any


def handler(event: dict[str, Any], context: Any) -> Any:
    """Do what the event asks for."""
    match event["do"]:
        case "environment":
            return dict(os.environ)
        case "process":
            return os.getpid()
        case "raise":
            raise ValueError("patient words")
        case "print":
            print("printed by the handler")
            return "printed"
        case "hang":
            threading.Event().wait()
        case "die":
            os._exit(3)
        case "context":
            return [context.function_name, context.get_remaining_time_in_millis() > 0, "boto3" in sys.modules]
    return None
