"""Comments through the pages: kept where refused, shown on task and case."""

from __future__ import annotations

from sqlalchemy import select

from app.storage.tables.teamwork import task_comment

TEXT = "Tulee <b>mieluiten</b> aamulla."


def comment(office, name="anni.ajanvaraaja", **changes):
    fields = {"comment": TEXT, "comment_group": "perustiedot", **changes}
    return office.send(office.people[name], f"/tasks/{office.task}/comments", fields)


def test_a_comment_stands_on_task_and_case_and_in_the_access_log(office):
    assert comment(office).headers["Location"] == f"/tasks/{office.task}#comments"
    person = office.people["anni.ajanvaraaja"]
    for address in (f"/tasks/{office.task}", f"/cases/{office.case}"):
        before = len(office.access_lines())
        page = person.get(address)
        assert "Tulee &lt;b&gt;mieluiten&lt;/b&gt; aamulla." in page.text
        assert len(office.access_lines()) == before + 1
    assert TEXT not in str(office.audit_lines())


def test_what_was_refused_stands_in_the_form_with_the_reason(office):
    answer = comment(office, comment_group="terveys", mention="olematon")
    assert answer.status_code == 422
    assert "Tulee &lt;b&gt;mieluiten" in answer.text
    assert "Valitse tietoryhmä, johon sinulla on oikeus." in answer.text
    assert office.rows(select(task_comment)) == []


def test_the_inbox_says_that_it_is_empty_and_keeps_how_mails_are_wanted(office):
    person = office.people["anni.ajanvaraaja"]
    assert "Ei ilmoituksia" in person.get("/notices").text
    office.send(person, "/notices/mail", {"notice_mail": "digest"})
    assert 'value="digest" checked' in person.get("/notices").text
    assert office.send(person, "/notices/mail", {"notice_mail": "x"}).status_code == 422
