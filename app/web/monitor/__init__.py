"""The monitor: trouble first, one instance whole, repair with a reason; no client data. One file a page."""

from app.web.monitor import incidents, instance, instances, messages, open_cases, outbox, processes, repair
from app.web.monitor.blueprint import blueprint

__all__ = ["blueprint", "incidents", "instance", "instances", "messages", "open_cases", "outbox", "processes", "repair"]
