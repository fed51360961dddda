"""Searches: filters, orders, pages; the same on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.factories import START, WORK, chain, diagram, job_step, user_step


def keys(page, name="processInstanceKey"):
    return [item[name] for item in page["items"]]


@pytest.fixture
def instances(door):
    """Seven instances, one every five minutes, the first two of them at the same moment."""
    door.place.publish(WORK)
    started = []
    for number in range(7):
        door.place.now = START + timedelta(minutes=5 * max(0, number - 1))
        started.append(str(door.place.start(business_id=f"b-{number % 3}", variables={"number": number})))
    return started


def test_pages_go_forward_and_back_without_gaps_or_repeats(admin, instances):
    order = [{"field": "startDate", "order": "ASC"}]
    whole = keys(admin.search("process-instances", sort=order))
    assert sorted(whole) == sorted(instances)
    seen, after = [], {}
    while True:
        page = admin.search("process-instances", sort=order, page={"limit": 3, **after})
        assert page["page"]["totalItems"] == 7
        assert page["page"]["hasMoreTotalItems"] is False
        if not page["items"]:
            break
        seen.append(keys(page))
        after = {"after": page["page"]["endCursor"]}
        last = page
    assert [key for part in seen for key in part] == whole
    before = last["page"]["startCursor"]
    back = admin.search("process-instances", sort=order, page={"limit": 3, "before": before})
    assert keys(back) == whole[3:6]
    assert keys(admin.search("process-instances", sort=order, page={"from": 5, "limit": 5})) == whole[5:]
    assert admin.search("process-instances", page={"limit": 0})["items"] == []


ORDERS = [
    "processInstanceKey",
    "processDefinitionName",
    "businessId",
    "endDate",
    "state",
    "hasIncident",
    "parentProcessInstanceKey",
]


def test_every_order_can_be_paged_through(admin, instances):
    for field, order in [(field, order) for field in ORDERS for order in ("ASC", "DESC")]:
        wanted = [{"field": field, "order": order}, {"field": "startDate", "order": "DESC"}]
        whole = keys(admin.search("process-instances", sort=wanted))
        seen, page = [], {"limit": 2}
        while (found := admin.search("process-instances", sort=wanted, page=page))["items"]:
            seen += keys(found)
            page = {"limit": 2, "after": found["page"]["endCursor"]}
        assert seen == whole, (field, order)
        assert sorted(seen) == sorted(instances), (field, order)


def test_filters_of_instances(door, admin, instances):
    place = door.place
    place.complete(place.open_tasks(int(instances[0]))["first"])

    def found(**wanted):
        return set(keys(admin.search("process-instances", filter=wanted)))

    everything = set(instances)
    assert found() == everything
    assert found(processInstanceKey=instances[2]) == {instances[2]}
    assert found(processInstanceKey={"$in": instances[:2]}) == set(instances[:2])
    assert found(processInstanceKey={"$notIn": instances[:2]}) == set(instances[2:])
    assert found(processInstanceKey="99999999999999999999") == set()
    assert found(processDefinitionId={"$like": "test*"}) == everything
    assert found(processDefinitionId={"$like": "TEST*"}) == set()
    assert found(processDefinitionId={"$like": "test?process"}) == everything
    assert found(processDefinitionId={"$like": "test\\?process"}) == set()
    assert found(processDefinitionId={"$like": "test%"}) == set()
    assert found(businessId="b-1") == {instances[1], instances[4]}
    assert found(businessId={"$neq": "b-1"}) == everything - {instances[1], instances[4]}
    assert found(state="ACTIVE") == everything
    assert found(state={"$in": ["COMPLETED", "TERMINATED"]}) == set()
    assert found(startDate={"$gt": "2026-03-02T08:10:00Z", "$lte": "2026-03-02T10:15:00+02:00"}) == {instances[4]}
    assert found(endDate={"$exists": False}) == everything
    assert found(parentProcessInstanceKey={"$exists": False}) == everything
    assert found(parentProcessInstanceKey={"$exists": True}) == set()
    assert found(elementId="work") == {instances[0]}
    assert found(hasIncident=True) == set()
    assert found(variables=[{"name": "number", "value": "3"}]) == {instances[3]}
    assert found(variables=[{"name": "number", "value": {"$in": ["1", "2"]}}]) == set(instances[1:3])
    assert found(variables=[{"name": "number", "value": '"3"'}]) == set()
    assert found(tenantId="<default>") == everything
    assert found(tenantId="other") == set()
    either = [{"processInstanceKey": instances[0]}, {"businessId": "b-1", "state": "ACTIVE"}]
    assert found(**{"$or": either}) == {instances[0], instances[1], instances[4]}


def test_filters_of_tasks(door, admin):
    place = door.place
    xml = diagram(
        '<bpmn:startEvent id="a"/><bpmn:parallelGateway id="fork"/>'
        + user_step("one", groups="r_palveluohjaaja, r_laakari")
        + user_step("two", groups="r_laakari")
        + '<bpmn:endEvent id="b"/><bpmn:endEvent id="c"/>'
        + chain("a", "fork", "one", "b")
        + chain("fork", "two", "c")
    )
    place.publish(xml)
    instance = place.start(variables={"colour": "red"})
    tasks = place.open_tasks(instance)

    def found(program=admin, **wanted):
        return {item["elementId"] for item in program.search("user-tasks", filter=wanted)["items"]}

    assert found() == {"one", "two"}
    assert found(candidateGroup="r_palveluohjaaja") == {"one"}
    assert found(candidateGroup={"$like": "r_l*"}) == {"one", "two"}
    assert found(candidateUser="nobody") == set()
    assert found(dueDate={"$exists": False}) == {"one", "two"}
    assert found(name="Tehtävä one") == {"one"}
    assert found(assignee={"$exists": False}) == {"one", "two"}
    assert found(processInstanceVariables=[{"name": "colour", "value": '"red"'}]) == {"one", "two"}
    assert found(localVariables=[{"name": "colour", "value": '"red"'}]) == set()
    change = {"changeset": {"dueDate": "2026-03-05T12:00:00+02:00", "priority": 80, "candidateGroups": ["r_laakari"]}}
    assert admin.post(f"/v2/user-tasks/{tasks['one']}", change, method="PATCH").status_code == 204
    assert found(dueDate={"$lt": "2026-03-05T10:00:01Z"}) == {"one"}
    assert found(priority={"$gte": 60}) == {"one"}
    guide = door.program("prog-guide", "r_palveluohjaaja")
    doctor = door.program("prog-doctor", "r_laakari")
    assert found(guide) == set()
    assert found(doctor) == {"one", "two"}
    cleared = {"changeset": {"dueDate": "", "priority": None}}
    assert admin.post(f"/v2/user-tasks/{tasks['one']}", cleared, method="PATCH").status_code == 204
    assert found(dueDate={"$exists": True}) == set()
    order = [{"field": "dueDate", "order": "ASC"}, {"field": "name", "order": "DESC"}]
    ordered = admin.search("user-tasks", sort=order)["items"]
    assert [item["elementId"] for item in ordered] == ["two", "one"]
    variables = doctor.post(f"/v2/user-tasks/{tasks['one']}/effective-variables/search", {}).get_json()
    assert [(item["name"], item["value"]) for item in variables["items"]] == [("colour", '"red"')]


def test_jobs_variables_and_long_values(door, admin):
    place = door.place
    place.publish(
        diagram('<bpmn:startEvent id="a"/>' + job_step("work") + '<bpmn:endEvent id="b"/>' + chain("a", "work", "b"))
    )
    instance = str(place.start(variables={"long": "x" * 9000, "short": 1, "nested": {"a": [1, None, "ä"]}}))
    found = admin.search("variables", filter={"processInstanceKey": instance})["items"]
    by_name = {item["name"]: item for item in found}
    assert by_name["long"]["isTruncated"]
    assert len(by_name["long"]["value"]) == 8191
    assert by_name["nested"]["value"] == '{"a":[1,null,"ä"]}'
    key = by_name["long"]["variableKey"]
    assert len(admin.get(f"/v2/variables/{key}").get_json()["value"]) == 9002
    assert [item["name"] for item in admin.search("variables", filter={"variableKey": key})["items"]] == ["long"]
    assert [item["name"] for item in admin.search("variables", filter={"value": "1"})["items"]] == ["short"]
    page = admin.search("variables", sort=[{"field": "scopeKey"}], page={"limit": 2})
    rest = admin.search(
        "variables", sort=[{"field": "scopeKey"}], page={"limit": 2, "after": page["page"]["endCursor"]}
    )
    assert {item["name"] for item in page["items"] + rest["items"]} == {"long", "short", "nested"}
    written = admin.post(f"/v2/element-instances/{instance}/variables", {"variables": {"short": 2}}, method="PUT")
    assert written.status_code == 204
    assert [item["name"] for item in admin.search("variables", filter={"value": "2"})["items"]] == ["short"]

    [job] = admin.search("jobs", filter={"type": "test_work", "state": "CREATED"})["items"]
    assert (job["retries"], job["worker"], job["hasFailedWithRetriesLeft"]) == (3, "", False)
    wanted = {"type": "test_work", "timeout": 60_000, "maxJobsToActivate": 9, "requestTimeout": -1, "worker": "w"}
    [active] = admin.post("/v2/jobs/activation", {**wanted, "fetchVariable": ["short"]}).get_json()["jobs"]
    assert active["variables"] == {"short": 2} or active["variables"] == {"short": 1}
    failed = {"retries": 2, "errorMessage": "later", "retryBackOff": 60_000}
    assert admin.post(f"/v2/jobs/{active['jobKey']}/failure", failed).status_code == 204
    [job] = admin.search("jobs", filter={"hasFailedWithRetriesLeft": True})["items"]
    assert (job["retries"], job["state"], job["worker"]) == (2, "FAILED", "w")
    assert admin.post("/v2/jobs/activation", wanted).get_json() == {"jobs": []}
    place.later(seconds=61)
    assert len(admin.post("/v2/jobs/activation", wanted).get_json()["jobs"]) == 1


def test_a_page_tells_when_there_is_more_than_it_counts(door, admin, monkeypatch):
    monkeypatch.setattr("app.storage.searching.MOST_COUNTED", 2)
    door.place.publish(WORK)
    for _ in range(4):
        door.place.start()
    page = admin.search("process-instances")["page"]
    assert (page["totalItems"], page["hasMoreTotalItems"]) == (2, True)
