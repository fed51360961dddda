"""Rights end at once, whatever page is open; cookies and ways back are out of others' hands (S19 to S24)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from app.storage.tables.people import position, session, user_account
from tests.scenarios.world import form_fields, hidden
from tests.security.doors.office import OFFER

KEY = "SELECT key FROM user_account WHERE username = '{}'"


def user_key(office, name):
    return office.scalar(select(user_account.c.key).where(user_account.c.username == name))


def take_role(office, name, role):
    office.execute(delete(position).where(position.c.user_key == user_key(office, name), position.c.role_id == role))


def disable(office, name):
    office.execute(update(user_account).where(user_account.c.username == name).values(disabled=True))


# -- roles and accounts ---------------------------------------------------------------------------------------------


def test_a_role_that_is_taken_away_opens_nothing_from_the_next_request_on(office):
    person = office.people["tero.terveydenhoitaja"]
    page = person.get(f"/tasks/{office.probe_task}")
    take_role(office, "tero.terveydenhoitaja", "r_terveydenhoitaja")
    answer = person.post(f"/tasks/{office.probe_task}", {"jatkuu": "true"}, page=page)
    assert answer.status_code in {403, 404}
    assert person.client.get(f"/tasks/{office.probe_task}").status_code == 404
    # the other role is still there
    assert person.client.get(f"/cases/{office.case}").status_code == 200
    take_role(office, "tero.terveydenhoitaja", "r_sairaanhoitaja")
    assert person.client.get(f"/cases/{office.case}").status_code in {303, 404}
    assert person.client.get(f"/documents/{office.document}").status_code in {303, 404}


def test_monitoring_ends_with_the_role(office):
    person = office.people["paavo.paakayttaja"]
    person.get("/monitor")
    take_role(office, "paavo.paakayttaja", "r_yllapitaja")
    for address in ("/monitor", f"/monitor/instances/{office.instance}", "/monitor/outbox"):
        assert person.client.get(address).status_code in {303, 403}
    answer = office.send(person, f"/monitor/instances/{office.instance}/cancel", {"reason": "kosto"})
    assert answer.status_code in {401, 403}
    assert office.world.status() == "active"


def test_a_disabled_person_is_out_at_once(office):
    person = office.people["anni.ajanvaraaja"]
    page = person.get(f"/tasks/{office.task}")
    disable(office, "anni.ajanvaraaja")
    assert person.client.get("/worklist").status_code == 303
    assert person.post(f"/tasks/{office.task}", form_fields(OFFER), page=page).status_code in {401, 403}
    assert office.world.open_tasks()["a6_kysy_asiakkaalta"] == office.task
    again = person.client.post("/sign-in", data={"csrf_token": token(person.client), "person": "anni.ajanvaraaja"})
    assert again.status_code == 422


def token(client):
    return hidden(client.get("/sign-in").text, "csrf_token")


def test_who_holds_a_task_or_owns_a_case_and_has_no_role_any_more_is_out(office):
    person = office.people["anni.ajanvaraaja"]
    office.send(person, f"/tasks/{office.task}/take")
    office.execute(delete(position).where(position.c.user_key == user_key(office, "anni.ajanvaraaja")))
    for address in (f"/cases/{office.case}", f"/tasks/{office.task}", "/worklist"):
        assert person.client.get(address).headers["Location"].startswith("/sign-in")
    answer = person.client.post("/sign-in", data={"csrf_token": token(person.client), "person": "anni.ajanvaraaja"})
    assert answer.status_code == 422


def test_sign_out_ends_the_session_in_the_database(office):
    person = office.anew("kirsi.malli")
    stolen = person.client.get_cookie("kykypolku").value
    assert office.send(person, "/sign-out").status_code == 303
    thief = office.world.app.test_client()
    thief.set_cookie("kykypolku", stolen)
    assert thief.get(f"/cases/{office.case}").status_code == 303


def test_a_session_of_one_browser_ends_without_the_others(office):
    one, other = office.anew("kirsi.malli"), office.anew("kirsi.malli")
    office.send(one, "/sign-out")
    assert other.client.get("/worklist").status_code == 200


@pytest.mark.parametrize("after", [timedelta(minutes=31), timedelta(hours=13)])
def test_time_ends_a_session_on_pages_of_clients_too(office, after):
    person = office.anew("kirsi.malli")
    office.world.clock += after
    assert person.client.get(f"/cases/{office.case}").status_code == 303


# -- fixation -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("planted", ["", "planted", "a" * 43, "../../x", "x\x00y"])
def test_a_planted_cookie_never_becomes_a_session(office, planted):
    client = office.world.app.test_client()
    client.set_cookie("kykypolku", planted)
    client.set_cookie("kykypolku-guest", planted)
    answer = client.post("/sign-in", data={"csrf_token": token(client), "person": "kirsi.malli"})
    assert answer.status_code == 303
    assert client.get_cookie("kykypolku").value not in {planted, ""}
    attacker = office.world.app.test_client()
    attacker.set_cookie("kykypolku", planted)
    assert attacker.get("/worklist").status_code == 303


def test_the_unit_is_changed_under_a_new_id(office):
    office.execute(
        "INSERT INTO position (user_key, role_id, unit_id) SELECT key, 'r_palveluohjaaja', 'u_rovaniemi_sote'"
        " FROM user_account WHERE username = 'kirsi.malli'"
    )
    person = office.anew("kirsi.malli")
    before = person.client.get_cookie("kykypolku").value
    assert office.send(person, "/session/unit", {"unit": "u_rovaniemi_sote"}).status_code == 303
    assert person.client.get_cookie("kykypolku").value != before
    # where one works now decides: the client of the other area is out of sight
    assert person.client.get(f"/cases/{office.case}").status_code == 404


def test_every_cookie_is_out_of_reach_of_scripts_and_other_sites(office):
    client = office.world.app.test_client()
    cookies = client.get("/sign-in").headers.getlist("Set-Cookie")
    answer = client.post("/sign-in", data={"csrf_token": token(client), "person": "kirsi.malli"})
    cookies += answer.headers.getlist("Set-Cookie")
    page = client.get("/accessibility")
    cookies += client.post(
        "/preferences", data={"csrf_token": hidden(page.text, "csrf_token"), "language": "sv"}
    ).headers.getlist("Set-Cookie")
    person = office.people["anni.ajanvaraaja"]
    cookies += office.send(person, f"/tasks/{office.task}/release").headers.getlist("Set-Cookie")
    assert len(cookies) >= 4
    for cookie in cookies:
        parts = {part.strip().split("=")[0] for part in cookie.split(";")}
        assert {"HttpOnly", "SameSite", "Path"} <= parts, cookie
        assert "Domain" not in parts
        assert re.search("SameSite=(Lax|Strict)", cookie)


def test_no_session_is_kept_by_its_cookie(office):
    kept = {row.id_hash for row in office.rows(select(session))}
    assert all(re.fullmatch("[0-9a-f]{64}", text) for text in kept)
    for person in office.people.values():
        assert person.client.get_cookie("kykypolku").value not in kept


# -- the way back ---------------------------------------------------------------------------------------------------

FOREIGN = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "\t//evil.example",
    "/\n/evil.example",
    "https:evil.example",
    "https://evil.example",
    "HTTPS://evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "/x\r\nSet-Cookie: a=b",
    "/x%0d%0aSet-Cookie:%20a=b\r\n",
    "evil.example",
    "@evil.example",
    "/\x00",
    "",
    "/" + "a" * 5000,
]


@pytest.mark.parametrize("address", FOREIGN, ids=lambda text: repr(text)[:30])
def test_no_way_back_leads_to_another_site(office, address):
    client = office.world.app.test_client()
    person = office.people["anni.ajanvaraaja"]
    answers = [
        client.post("/sign-in", data={"csrf_token": token(client), "person": "kirsi.malli", "next": address}),
        office.send(person, "/preferences", {"next": address, "colours": "dark"}),
        office.send(person, f"/tasks/{office.task}/release", {"next": address}),
        person.client.get("/sign-in", query_string={"next": address}),
        office.send(person, f"/sign-in/carry?{'to=' + address if address.isprintable() else ''}"),
    ]
    for answer in answers:
        assert answer.status_code in {200, 303, 307, 400, 401}
        location = answer.headers.get("Location", "/")
        assert location.startswith("/"), location
        assert not location.startswith(("//", "/\\"))
        assert "evil" not in location
        assert "Set-Cookie: a" not in str(answer.headers)


# -- guessing -------------------------------------------------------------------------------------------------------


def test_guessing_is_slowed_down_and_stops_nobody_else(office):
    client = office.world.app.test_client()

    def guess(name, address):
        return client.post(
            "/sign-in",
            data={"csrf_token": token(client), "username": name, "password": "arvaus"},
            environ_base={"REMOTE_ADDR": address},
        )

    statuses = [guess("kirsi.malli", "10.0.0.1").status_code for _ in range(5)]
    assert statuses[:3] == [422] * 3
    assert 429 in statuses
    office.anew("kirsi.malli")
    assert guess("kirsi.malli", "10.0.0.2").status_code in {422, 429}


def test_in_production_nobody_is_signed_in_by_a_press(office, monkeypatch):
    shell = office.world.app.extensions["kykypolku"]
    monkeypatch.setattr(type(shell.settings), "production", property(lambda _: True))
    client = office.world.app.test_client()
    page = client.get("/sign-in").text
    assert "Kirsi" not in page
    answer = client.post("/sign-in", data={"csrf_token": token(client), "person": "kirsi.malli"})
    assert answer.status_code in {403, 422}
    assert client.get("/worklist").status_code == 303
