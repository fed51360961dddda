"""
The consultation hour: asking, the working screen of a session, the group.

No address holds an item: what a page is asked about an item comes in the body, so that no log of addresses, and no
refused attempt, ever names one (docs/decisions/0060).
"""

from app.web.consultation import asking, group, session
from app.web.consultation.blueprint import blueprint

__all__ = ["asking", "blueprint", "group", "session"]
