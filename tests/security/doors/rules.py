"""
Who comes through which door of the pages: the table that the code is held against (S15).

A route that is not here fails the tests. The API's routes have their own table in the code (app.web.api, ROUTES), which
tests/security/test_api_rules.py holds against its roles.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

STAFF = frozenset(
    {
        "anni.ajanvaraaja",
        "kirsi.malli",
        "tero.terveydenhoitaja",
        "laura.laakari",
        "sari.testinen",
        "olli.demo",
        "jaana.jarjesto",
        "erkki.esihenkilo",
        "outi.omistaja",
        "paavo.paakayttaja",
    }
)
NOBODY: frozenset[str] = frozenset()
#: r_ajanvaraaja: the only candidate group of the open task
CANDIDATES = frozenset({"anni.ajanvaraaja"})
#: roles with the letter O for basic data in the organisation that keeps the case (domain.md 2.2)
SERVING = frozenset({"anni.ajanvaraaja", "kirsi.malli", "tero.terveydenhoitaja", "laura.laakari"})
OWNERS = frozenset({"outi.omistaja"})
MONITORS = frozenset({"outi.omistaja", "paavo.paakayttaja"})
MEASURERS = frozenset({"outi.omistaja", "erkki.esihenkilo"})
PROFESSIONALS = frozenset({"kirsi.malli", "tero.terveydenhoitaja", "laura.laakari", "sari.testinen"})
BY_LAW = PROFESSIONALS | {"olli.demo"}
SUPERVISORS = frozenset({"erkki.esihenkilo"})
REPAIRERS = frozenset({"paavo.paakayttaja"})
#: roles that the diagram of P01 names at one of its starts, and who may publish
STARTERS = frozenset(
    {
        "anni.ajanvaraaja",
        "kirsi.malli",
        "tero.terveydenhoitaja",
        "laura.laakari",
        "sari.testinen",
        "olli.demo",
        "jaana.jarjesto",
        "outi.omistaja",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """
    One way to ask for one route.

    `here`, `elsewhere`: who of the demo is let in where the thing belongs to their area, and who with the same work in
    another area. `refused`: what the others get. `logged`: whether their attempt stands in the access log.
    """

    address: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    public: bool = False
    here: frozenset[str] = STAFF
    elsewhere: frozenset[str] = STAFF
    refused: int = 403
    logged: bool = False
    #: refused for what was sent, although they may be here
    also: frozenset[int] = frozenset({200, 204, 303})


RULES: dict[tuple[str, str], Rule] = {
    # anybody
    ("GET", "accessibility.accessibility"): Rule(address="/accessibility", public=True),
    ("GET", "accessibility.ask"): Rule(address="/accessibility/feedback", public=True),
    ("POST", "accessibility.send"): Rule(address="/accessibility/feedback", public=True, also=frozenset({422})),
    ("GET", "accessibility.thanks"): Rule(address="/accessibility/feedback/sent", public=True),
    ("GET", "grounds.show"): Rule(address="/data-protection", public=True),
    ("GET", "home.logo"): Rule(address="/county-logo", public=True, also=frozenset({200, 404})),
    ("GET", "health.live"): Rule(address="/health/live", public=True),
    ("GET", "health.ready"): Rule(address="/health/ready", public=True),
    ("GET", "assets.file"): Rule(address="/assets/none.css", public=True, also=frozenset({404})),
    ("GET", "auth.sign_in"): Rule(address="/sign-in", public=True),
    ("POST", "auth.submit_sign_in"): Rule(address="/sign-in", public=True, also=frozenset({422, 429})),
    # the demo's test identity provider: who does not come from our own pages has come to a wrong address
    ("GET", "demo_identity.choose_person"): Rule(
        address="/demo-identity/authorize", public=True, also=frozenset({404})
    ),
    ("POST", "demo_identity.say_who"): Rule(address="/demo-identity/authorize", public=True, also=frozenset({404})),
    ("POST", "auth.carry"): Rule(address="/sign-in/carry", public=True, also=frozenset({307, 401})),
    ("POST", "auth.sign_out"): Rule(address="/sign-out", public=True),
    ("POST", "preferences.choose"): Rule(address="/preferences", public=True),
    # anonymous questions: whoever brings the link, and nobody is asked or noted; a link that is none says so
    ("GET", "answering.show"): Rule(address="/answer/none", public=True, also=frozenset({410})),
    ("POST", "answering.send"): Rule(address="/answer/none", public=True, also=frozenset({410})),
    ("GET", "answering.thanks"): Rule(address="/answer", public=True),
    # whoever is signed in: their own work, nobody's data
    ("GET", "home.index"): Rule(address="/"),
    ("GET", "worklist.index"): Rule(address="/worklist?tab=all"),
    ("GET", "worklist.news"): Rule(address="/worklist/news"),
    ("GET", "work_views.index"): Rule(address="/worklist/views?tab=all"),
    ("POST", "work_views.save"): Rule(address="/worklist/views", fields={"name": "Omat"}),
    ("POST", "work_views.choose_first"): Rule(address="/worklist/views/first"),
    ("POST", "work_views.remove"): Rule(
        address="/worklist/views/4711/remove", here=NOBODY, elsewhere=NOBODY, refused=404
    ),
    # marked tasks: each is asked for by itself, with the rules of taking, giving back and directing it
    ("GET", "selection.show"): Rule(address="/worklist/selection?tab=all"),
    ("POST", "selection.handle"): Rule(
        address="/worklist/selection", fields={"handling": "take"}, also=frozenset({422})
    ),
    ("POST", "selection.undo"): Rule(address="/worklist/selection/undo"),
    ("GET", "workload.index"): Rule(address="/worklist/workload", here=SUPERVISORS, elsewhere=SUPERVISORS, logged=True),
    ("GET", "client_tasks.show"): Rule(address="/worklist/clients"),
    ("POST", "client_tasks.search"): Rule(address="/worklist/clients", fields={"client": "zz"}),
    ("GET", "columns.index"): Rule(address="/worklist/columns?tab=all"),
    ("POST", "columns.choose"): Rule(address="/worklist/columns", fields={"place_due": "1", "place_group": "2"}),
    ("GET", "palette.entries"): Rule(address="/palette"),
    ("GET", "notices.index"): Rule(address="/notices"),
    ("POST", "notices.mark_read"): Rule(address="/notices/read"),
    ("POST", "notices.choose_mail"): Rule(address="/notices/mail", fields={"notice_mail": "none"}),
    ("GET", "absences.index"): Rule(address="/absences"),
    ("POST", "absences.begin"): Rule(address="/absences", also=frozenset({422})),
    ("POST", "absences.end"): Rule(address="/absences/4711/end", here=NOBODY, elsewhere=NOBODY, refused=404),
    ("GET", "reminders.index"): Rule(address="/worklist/reminders"),
    ("POST", "reminders.write"): Rule(address="/worklist/reminders", also=frozenset({422})),
    ("POST", "reminders.move"): Rule(
        address="/worklist/reminders/4711/move",
        fields={"day": "3.3.2026"},
        here=NOBODY,
        elsewhere=NOBODY,
        refused=404,
    ),
    ("POST", "reminders.done"): Rule(
        address="/worklist/reminders/4711/done", here=NOBODY, elsewhere=NOBODY, refused=404
    ),
    ("POST", "reminders.back"): Rule(
        address="/worklist/reminders/4711/back", here=NOBODY, elsewhere=NOBODY, refused=404
    ),
    ("GET", "cases.index"): Rule(address="/cases"),
    ("POST", "cases.search"): Rule(address="/cases/search", fields={"client": "zz"}),
    ("GET", "starting.index"): Rule(address="/start"),
    ("POST", "auth.continue_session"): Rule(address="/session/continue"),
    ("POST", "auth.choose_unit"): Rule(address="/session/unit", here=NOBODY, elsewhere=NOBODY, fields={"unit": "x"}),
    ("GET", "monitor.diagram"): Rule(address="/processes/{definition}/diagram.fi.bpmn"),
    # those who may start the process; a case that is not theirs opens to nobody
    ("GET", "starting.form"): Rule(address="/start/{process}", here=STARTERS, elsewhere=STARTERS, refused=404),
    ("POST", "starting.begin"): Rule(address="/start/{process}", here=STARTERS, elsewhere=STARTERS, refused=404),
    # a task: its candidates in its unit; monitors see where it stands, and no client
    ("GET", "tasks.show"): Rule(
        address="/tasks/{task}", here=CANDIDATES | MONITORS, elsewhere=MONITORS, refused=404, logged=True
    ),
    ("POST", "tasks.send"): Rule(
        address="/tasks/{task}", here=CANDIDATES, elsewhere=NOBODY, logged=True, also=frozenset({303, 422})
    ),
    ("POST", "tasks.draft"): Rule(
        address="/tasks/{task}/draft", here=CANDIDATES, elsewhere=NOBODY, logged=True, fields={"tulos": "tarjottu"}
    ),
    ("POST", "task_handling.ask"): Rule(address="/tasks/{task}/ask", here=CANDIDATES, elsewhere=NOBODY, logged=True),
    ("POST", "follow_up.follow_up"): Rule(
        address="/tasks/{task}/follow-up", here=NOBODY, elsewhere=NOBODY, logged=True
    ),
    ("POST", "task_handling.delegate"): Rule(
        address="/tasks/{task}/delegate", here=NOBODY, elsewhere=NOBODY, logged=True, fields={"person": "x"}
    ),
    ("POST", "task_handling.give_back"): Rule(
        address="/tasks/{task}/return", here=NOBODY, elsewhere=NOBODY, logged=True
    ),
    # who has completed it; in the office the last task of its pathway, which is told
    ("POST", "task_handling.reopen"): Rule(address="/tasks/{task}/reopen", here=NOBODY, elsewhere=NOBODY, logged=True),
    ("POST", "tasks.comment"): Rule(
        address="/tasks/{task}/comments",
        here=CANDIDATES,
        elsewhere=NOBODY,
        logged=True,
        fields={"comment": "Soitan huomenna.", "comment_group": "perustiedot"},
    ),
    ("POST", "tasks.conditions"): Rule(
        address="/tasks/{task}/conditions", here=CANDIDATES | MONITORS, elsewhere=MONITORS, refused=404, logged=True
    ),
    ("GET", "tasks.done"): Rule(
        address="/tasks/{done_task}/done", here=CANDIDATES, elsewhere=NOBODY, refused=404, logged=True
    ),
    ("POST", "worklist.take"): Rule(address="/tasks/{task}/take", here=CANDIDATES, elsewhere=NOBODY, logged=True),
    ("POST", "worklist.release"): Rule(address="/tasks/{task}/release", here=CANDIDATES, elsewhere=NOBODY, logged=True),
    # a client's case and documents
    ("GET", "cases.show"): Rule(address="/cases/{case}", here=SERVING, elsewhere=NOBODY, refused=404, logged=True),
    ("GET", "client_timeline.show"): Rule(
        address="/cases/{case}/timeline", here=SERVING, elsewhere=NOBODY, refused=404, logged=True
    ),
    ("POST", "cases.tell"): Rule(
        address="/cases/{case}/events", here=SERVING, elsewhere=NOBODY, refused=404, logged=True, fields={"event": "1"}
    ),
    # what tables were asked of the client may be health: those who may see it
    ("GET", "decided.show"): Rule(
        address="/cases/{case}/decisions", here=SERVING - CANDIDATES, elsewhere=NOBODY, refused=404, logged=True
    ),
    # the task of the office asks for no statement
    ("GET", "printing.statement_frame"): Rule(
        address="/tasks/{task}/statement-frame", here=NOBODY, elsewhere=NOBODY, refused=404, logged=True
    ),
    ("GET", "mandates.show"): Rule(
        address="/cases/{case}/representatives", here=SERVING, elsewhere=NOBODY, refused=404, logged=True
    ),
    ("POST", "mandates.record"): Rule(
        address="/cases/{case}/representatives",
        here=SERVING,
        elsewhere=NOBODY,
        refused=404,
        logged=True,
        also=frozenset({422}),
    ),
    ("POST", "mandates.end"): Rule(
        address="/cases/{case}/representatives/end",
        here=SERVING,
        elsewhere=NOBODY,
        refused=404,
        logged=True,
        fields={"mandate": "1"},
    ),
    ("GET", "support_people.show"): Rule(
        address="/cases/{case}/support", here=SERVING, elsewhere=NOBODY, refused=404, logged=True
    ),
    ("POST", "support_people.record"): Rule(
        address="/cases/{case}/support",
        here=SERVING,
        elsewhere=NOBODY,
        refused=404,
        logged=True,
        also=frozenset({422}),
    ),
    ("POST", "support_people.end"): Rule(
        address="/cases/{case}/support/end",
        here=SERVING,
        elsewhere=NOBODY,
        refused=404,
        logged=True,
        fields={"person": "1"},
    ),
    ("GET", "cases.document"): Rule(
        address="/documents/{document}", here=SERVING, elsewhere=NOBODY, refused=404, logged=True
    ),
    # the consultation hour: the area of the office holds none, so that nobody gets further; the rules of an hour are
    # held by tests/integration/test_consultation_pages.py
    ("GET", "consultation.index"): Rule(address="/consultation"),
    **{
        (method, f"consultation.{endpoint}"): Rule(
            address=f"/consultation/{address}", fields=fields, here=NOBODY, elsewhere=NOBODY, refused=404
        )
        for method, endpoint, address, fields in (
            ("GET", "ask", "ask?area=keski_suomi", {}),
            ("POST", "send", "ask", {"area": "keski_suomi"}),
            ("POST", "withdraw", "withdraw", {"item": "4711"}),
            ("GET", "group", "group?area=keski_suomi", {}),
            ("POST", "change_group", "group", {"area": "keski_suomi"}),
            ("GET", "show_session", "sessions/4711", {}),
            ("POST", "open_now", "sessions/4711/open", {}),
            ("POST", "present", "sessions/4711/present", {}),
            ("POST", "take", "sessions/4711/take", {"item": "4711"}),
            ("POST", "pass_over", "sessions/4711/pass", {"item": "4711"}),
            ("POST", "walk_in", "sessions/4711/walk-in", {}),
            ("POST", "answer", "sessions/4711/answer", {"item": "4711"}),
            ("POST", "close", "sessions/4711/close", {}),
        )
    },
    # meetings of teams: those who lead them, who are nobody of this table; test_meeting.py holds their rules
    ("GET", "meetings.index"): Rule(address="/meetings", here=NOBODY, elsewhere=NOBODY, logged=True),
    ("POST", "meetings.open_now"): Rule(
        address="/meetings", fields={"day": "2026-03-02"}, here=NOBODY, elsewhere=NOBODY, logged=True
    ),
    ("GET", "meetings.show"): Rule(address="/meetings/4711", here=NOBODY, elsewhere=NOBODY, refused=404),
    **{
        ("POST", f"meetings.{endpoint}"): Rule(
            address=f"/meetings/4711/{address}", fields={"task": "4711"}, here=NOBODY, elsewhere=NOBODY, refused=404
        )
        for endpoint, address in {
            "attend": "attendees",
            "present": "presence",
            "take": "take",
            "clear": "clear",
            "leave": "leave",
            "close": "close",
            "minutes": "minutes/4711",
        }.items()
    },
    ("POST", "consultation.check"): Rule(
        address="/consultation/check", fields={"area": "keski_suomi"}, here=NOBODY, elsewhere=NOBODY, refused=404
    ),
    # break-glass: professionals of social and health care, wherever they work; what they open stands in
    # test_emergency.py. Reviews are for officers, who are nobody of this table; supervisors see that it happened
    ("GET", "emergency.show"): Rule(address="/emergency", here=PROFESSIONALS, elsewhere=PROFESSIONALS, logged=True),
    ("POST", "emergency.begin"): Rule(
        address="/emergency",
        here=PROFESSIONALS,
        elsewhere=PROFESSIONALS,
        logged=True,
        also=frozenset({422}),
    ),
    # reading on a statute: whom the table lets read something by law; what it opens stands in test_statutes.py
    ("GET", "statutes.show"): Rule(address="/statute", here=BY_LAW, elsewhere=BY_LAW, logged=True),
    ("POST", "statutes.begin"): Rule(
        address="/statute", here=BY_LAW, elsewhere=BY_LAW, logged=True, also=frozenset({422})
    ),
    ("POST", "emergency.end"): Rule(address="/emergency/end", fields={"case": "4711"}),
    ("GET", "emergency.index"): Rule(
        address="/emergency/reviews", here=SUPERVISORS, elsewhere=SUPERVISORS, logged=True
    ),
    ("GET", "emergency.review"): Rule(address="/emergency/reviews/4711", here=NOBODY, elsewhere=NOBODY, refused=404),
    ("POST", "emergency.save_review"): Rule(
        address="/emergency/reviews/4711", here=NOBODY, elsewhere=NOBODY, refused=404
    ),
    # the client's rights: those who serve the client; requests are answered by officers, who are nobody of this table
    **{
        ("GET", f"case_rights.{endpoint}"): Rule(
            address=f"/cases/{{case}}/rights{address}", here=SERVING, elsewhere=NOBODY, refused=404, logged=True
        )
        for endpoint, address in {"show": "", "send_copy": "/copy.zip", "send_letter": "/letter.pdf"}.items()
    },
    **{
        ("POST", f"case_rights.{endpoint}"): Rule(
            address=f"/cases/{{case}}/rights/{address}",
            fields=fields,
            here=SERVING,
            elsewhere=NOBODY,
            refused=404,
            logged=True,
            also=frozenset({303, 422}),
        )
        for endpoint, address, fields in (
            ("ask", "request", {}),
            ("put_identity_right", "identity", {}),
            ("put_answer_right", "answer", {"answer": "4711"}),
            ("put_death", "death", {}),
        )
    },
    ("GET", "case_corrections.show"): Rule(
        address="/cases/{case}/rights/answer/4711",
        here=SERVING,
        elsewhere=NOBODY,
        refused=404,
        logged=True,
        also=frozenset({404}),
    ),
    ("POST", "case_corrections.send"): Rule(
        address="/cases/{case}/rights/answer/4711",
        here=SERVING,
        elsewhere=NOBODY,
        refused=404,
        logged=True,
        also=frozenset({404}),
    ),
    ("GET", "data_requests.index"): Rule(address="/data-requests", here=NOBODY, elsewhere=NOBODY, logged=True),
    ("GET", "data_requests.show"): Rule(address="/data-requests/4711", here=NOBODY, elsewhere=NOBODY, refused=404),
    ("POST", "data_requests.answer"): Rule(address="/data-requests/4711", here=NOBODY, elsewhere=NOBODY, refused=404),
    ("POST", "data_requests.lift"): Rule(
        address="/data-requests/4711/lift", here=NOBODY, elsewhere=NOBODY, refused=404
    ),
    # retention: who runs the system looks on; the data protection officer, who is nobody of this table, decides
    ("GET", "retention.index"): Rule(address="/retention", here=REPAIRERS, elsewhere=REPAIRERS, logged=True),
    ("POST", "retention.decide"): Rule(
        address="/retention",
        fields={"choice": "confirm", "proposal": "4711"},
        here=NOBODY,
        elsewhere=NOBODY,
        logged=True,
    ),
    # the studio: process owners of the county, wherever they work; no client is in any model
    **{
        ("GET", f"studio.{endpoint}"): Rule(address=address, here=OWNERS, elsewhere=OWNERS, logged=True)
        for endpoint, address in {
            "index": "/studio",
            "process": "/studio/processes/{process}",
            "edit_diagram": "/studio/processes/{process}/edit",
            "edit_form": "/studio/forms/f_tunnistus",
            "edit_table": "/studio/tables/dmn_halytys",
            "source": "/studio/source/bpmn/{process}",
            "original": "/studio/original/{model_draft}",
            "begin_import": "/studio/import",
            "imported": "/studio/imported/{model_draft}",
            "look_at_changes": "/studio/publish?draft={model_draft}",
        }.items()
    },
    **{
        ("POST", f"studio.{endpoint}"): Rule(
            address=address, fields=fields, here=OWNERS, elsewhere=OWNERS, logged=True, also=also
        )
        for endpoint, address, fields, also in (
            ("save", "/studio/drafts/json/f_uusi", {"content": "{{}}"}, frozenset({200, 409})),
            ("check", "/studio/check/json", {"content": "{{}}"}, frozenset({200})),
            ("compare_with_saved", "/studio/compare/json/f_tunnistus", {"content": "{{}}"}, frozenset({200})),
            ("discard", "/studio/discard/{model_draft}", {"revision": "1"}, frozenset({303})),
            ("send_form", "/studio/forms/f_tunnistus", {"content": "{{}}"}, frozenset({303})),
            ("preview", "/studio/preview", {"content": "{{}}"}, frozenset({200})),
            ("send_table", "/studio/tables/dmn_halytys", {"action": "save"}, frozenset({303})),
            ("send_import", "/studio/import", {"content": '{{"id": "f_tuotu"}}'}, frozenset({303})),
            (
                "publish_now",
                "/studio/publish",
                {"draft": "{model_draft}", "chosen": "{model_draft}:1"},
                frozenset({303}),
            ),
        )
    },
    # the directory of services: everybody reads it, those who change reference data write it
    ("GET", "directory.index"): Rule(address="/services"),
    ("GET", "directory.roles"): Rule(address="/services/roles"),
    ("GET", "pathway_chart.show"): Rule(address="/services/pathways"),
    ("GET", "directory.show"): Rule(address="/services/sv_tyokokeilu"),
    ("POST", "directory.change"): Rule(
        address="/services/sv_tyokokeilu", here=MONITORS, elsewhere=MONITORS, logged=True, also=frozenset({422})
    ),
    # time limits of the county: process owners and administrators; no client is in any limit
    ("GET", "limits.index"): Rule(address="/limits", here=MONITORS, elsewhere=MONITORS, logged=True),
    ("GET", "limits.show"): Rule(address="/limits/t_tiimi", here=MONITORS, elsewhere=MONITORS, logged=True),
    ("POST", "limits.change"): Rule(
        address="/limits/t_tiimi",
        fields={"value": "P30D", "was": "P30D"},
        here=MONITORS,
        elsewhere=MONITORS,
        logged=True,
    ),
    # numbers about everybody and nobody: those who develop, lead or own the pathways
    ("GET", "measures.index"): Rule(address="/measures", here=MEASURERS, elsewhere=MEASURERS, logged=True),
    ("GET", "measures.questions"): Rule(
        address="/measures/questions", here=MEASURERS, elsewhere=MEASURERS, logged=True
    ),
    ("GET", "measures.show"): Rule(address="/measures/M01", here=MEASURERS, elsewhere=MEASURERS, logged=True),
    ("GET", "measures.export"): Rule(
        address="/measures/measures.csv", here=MEASURERS, elsewhere=MEASURERS, logged=True
    ),
    # what was written in anonymous rounds: those who develop and the client panel, who are none of these
    ("GET", "surveys.index"): Rule(address="/measures/surveys", here=NOBODY, elsewhere=NOBODY, logged=True),
    ("GET", "surveys.show"): Rule(address="/measures/surveys/4711", here=NOBODY, elsewhere=NOBODY, logged=True),
    # running processes: one installation has one county, whose administrators are not bound to an area
    ("GET", "monitor.index"): Rule(address="/monitor", here=MONITORS, elsewhere=MONITORS, logged=True),
    ("GET", "monitor.instance"): Rule(
        address="/monitor/instances/{instance}", here=MONITORS, elsewhere=MONITORS, logged=True
    ),
    ("GET", "monitor.incidents"): Rule(address="/monitor/incidents", here=MONITORS, elsewhere=MONITORS, logged=True),
    ("GET", "monitor.open_cases"): Rule(address="/monitor/open-cases", here=MONITORS, elsewhere=MONITORS, logged=True),
    ("GET", "monitor.messages"): Rule(address="/monitor/messages", here=MONITORS, elsewhere=MONITORS, logged=True),
    ("GET", "monitor.outbox"): Rule(address="/monitor/outbox", here=MONITORS, elsewhere=MONITORS, logged=True),
    ("GET", "monitor.processes"): Rule(address="/monitor/processes", here=MONITORS, elsewhere=MONITORS, logged=True),
    ("GET", "monitor.process"): Rule(
        address="/monitor/processes/{definition}", here=MONITORS, elsewhere=MONITORS, logged=True
    ),
    ("POST", "monitor.cancel"): Rule(
        address="/monitor/instances/{instance}/cancel",
        fields={"reason": "koe"},
        here=REPAIRERS,
        elsewhere=REPAIRERS,
        logged=True,
    ),
    ("POST", "monitor.pause"): Rule(
        address="/monitor/instances/{instance}/pause",
        fields={"reason": "koe"},
        here=REPAIRERS,
        elsewhere=REPAIRERS,
        logged=True,
    ),
    ("POST", "monitor.begin"): Rule(
        address="/monitor/instances/{instance}/begin",
        # the instance of the office has nothing that leaves the order open
        fields={"scope": "1", "activity": "koe", "reason": "koe"},
        here=REPAIRERS,
        elsewhere=REPAIRERS,
        logged=True,
    ),
    ("POST", "monitor.retry"): Rule(
        address="/monitor/incidents/{incident}/retry",
        fields={"instance": "{instance}"},
        here=REPAIRERS,
        elsewhere=REPAIRERS,
        logged=True,
        # the incident of the office stands at an element that is not there to be tried again
        also=frozenset({303, 404}),
    ),
}
