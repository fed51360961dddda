"""A file in a browser: it goes to the server with the draft, stands under its input, and is not chosen again."""

import json

import pytest

from app.commands.publish import publish
from app.commands.start_instance import start_instance
from app.domain.actor import SYSTEM
from tests.e2e.journeys.office import press_done
from tests.factories import AREA, chain, diagram, user_step
from tests.security.doors.office import PROBE_FORM

pytestmark = pytest.mark.e2e
ASK = diagram(
    '<bpmn:startEvent id="alku"/>'
    + user_step("kysely", form_id="f_koe")
    + '<bpmn:endEvent id="loppu"/>'
    + chain("alku", "kysely", "loppu"),
    process_id="tyky_koe",
)


def test_a_chosen_file_is_kept_with_the_draft_and_goes_along(office, desk):
    world = office.world
    case = world.open_case({"client": {"birth_date": "2000-05-14"}})
    run = world.executor.run
    run(
        publish,
        resources={"koe.bpmn": ASK, "f_koe.json": json.dumps(PROBE_FORM).encode()},
        actor=SYSTEM,
        now=world.clock,
    )
    started = run(
        start_instance, process_id="tyky_koe", actor=SYSTEM, case_key=int(case), area_id=AREA, now=world.clock
    )
    world.instance = started.instance_key
    page = desk("r_palveluohjaaja")
    # the diagram of this test has no picture to draw
    page.route("**/assets/viewer-*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    page.goto(f"{office.address}/tasks/{world.open_tasks()['kysely']}")
    file = {"name": "lausunto.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\nlausunto"}
    page.locator("#f-liite").set_input_files(file)
    kept = page.locator(".kyky-files li")
    kept.filter(has_text="lausunto.pdf").wait_for()
    assert page.locator("#f-liite").input_value() == ""
    press_done(page)
    page.locator("#kyky-errors").wait_for()
    assert kept.count() == 1
    page.locator("#f-jatkuu-0").check()
    press_done(page)
    page.get_by_role("heading", name="Tehtävä on valmis").wait_for()
    titles = [each.title for each in world.executor.read(lambda uow: uow.care.documents.of_case(int(case)))]
    assert titles == ["lausunto.pdf"]
