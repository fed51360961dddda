"""
The rules of repair in their order, and what kind of finding each of them tells.

A rule is a function of the copy: it changes the tree and notes what it did, each time with the element. What a person
has to decide becomes a visible mark (a question in a form, a name that nothing answers to, a variable without a value),
never an invention; what is taken out stays in the copy as text (`WorkingCopy.set_aside`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from app.domain.models import FindingKind
from app.engine.models.dialects.camunda7 import translate_camunda_7
from app.engine.models.dialects.spiff import translate_spiff
from app.engine.models.dialects.vendors import set_rest_aside
from app.engine.models.repairs import activities, asked, document, events, flows, gateways, names, timers, variables
from app.engine.models.repairs.drawing import Drawing
from app.engine.models.repairs.working_copy import WorkingCopy

Rule = Callable[[WorkingCopy], None]


def _look_at_drawing(copy: WorkingCopy) -> None:
    """References put right, the drawing can be asked."""
    copy.drawing = Drawing(copy.root)


RULES: tuple[Rule, ...] = (
    document.choose_what_runs,
    document.give_ids,
    document.close_processes,
    document.mend_types,
    document.mend_references,
    document.drop_drawings_of_nothing,
    _look_at_drawing,
    document.drop_loose_flows_elsewhere,
    events.inline_definitions,
    events.attach_borders,
    translate_camunda_7,
    translate_spiff,
    flows.find_ends,
    flows.move_into_scopes,
    flows.mend_lists,
    flows.lift_over_borders,
    flows.end_loose_flows,
    events.mend_flags,
    events.turn_events,
    events.name_links,
    events.make_starts_plain,
    timers.read_times,
    timers.ask_conditions,
    events.give_messages,
    events.have_one_start,
    flows.free_starts_and_ends,
    gateways.mend_directions,
    events.wait_behind_event_gateways,
    flows.begin_somewhere,
    activities.read_loop_expressions,
    activities.count_turns,
    activities.bound_loops,
    activities.set_data_aside,
    activities.name_jobs,
    activities.name_decisions,
    activities.write_scripts,
    activities.name_calls,
    names.name_messages,
    names.name_root_messages,
    names.name_definitions,
    names.tell_catches_apart,
    gateways.read_conditions,
    gateways.place_conditions,
    gateways.choose_flows,
    set_rest_aside,
    variables.join_names,
    variables.mend_forms,
    asked.write_start_forms,
    flows.list_flows,
)

_REPAIR, _QUESTION, _LOSS = FindingKind.REPAIR, FindingKind.QUESTION, FindingKind.LOSS
#: what each finding is: put right, for a person to decide, or taken out
KINDS: Mapping[str, FindingKind] = {
    "border_found": _REPAIR,
    "border_moved": _REPAIR,
    "border_without_activity": _QUESTION,
    "call_data_translated": _REPAIR,
    "called_process_made": _QUESTION,
    "cardinality_left_out": _LOSS,
    "catch_told_apart": _QUESTION,
    "choice_asked": _QUESTION,
    "choice_task_added": _QUESTION,
    "collection_asked": _QUESTION,
    "condition_left_out": _LOSS,
    "condition_not_translated": _LOSS,
    "condition_translated": _REPAIR,
    "content_missing": _QUESTION,
    "correlation_key_assumed": _QUESTION,
    "data_mapping_left_out": _LOSS,
    "decision_missing": _QUESTION,
    "decision_translated": _REPAIR,
    "default_chosen": _QUESTION,
    "default_left_out": _LOSS,
    "direction_left_out": _REPAIR,
    "drawing_ids": _REPAIR,
    "drawing_of_nothing": _LOSS,
    "encoding_read": _REPAIR,
    "event_condition_asked": _QUESTION,
    "end_added": _QUESTION,
    "end_made_intermediate": _REPAIR,
    "error_made_interrupting": _REPAIR,
    "event_definition_inlined": _REPAIR,
    "event_gateway_made_plain": _QUESTION,
    "event_given_message": _QUESTION,
    "event_made_catching": _REPAIR,
    "event_named": _REPAIR,
    "event_put_before": _QUESTION,
    "expression_not_translated": _LOSS,
    "expression_translated": _REPAIR,
    "flag_left_out": _REPAIR,
    "flow_between_scopes_dropped": _LOSS,
    "flow_end_found": _REPAIR,
    "flow_id_added": _REPAIR,
    "flow_into_start_dropped": _LOSS,
    "flow_into_start_moved": _REPAIR,
    "flow_lifted": _QUESTION,
    "flow_lists_mended": _REPAIR,
    "flow_moved": _REPAIR,
    "flow_of_event_sub_process_dropped": _LOSS,
    "flow_out_of_end_dropped": _LOSS,
    "flow_without_source_dropped": _LOSS,
    "form_elsewhere_kept": _QUESTION,
    "form_key_changed": _REPAIR,
    "form_lost": _QUESTION,
    "form_named": _QUESTION,
    "form_part_left_out": _LOSS,
    "form_translated": _REPAIR,
    "id_added": _REPAIR,
    "id_renamed": _REPAIR,
    "instructions_translated": _REPAIR,
    "job_type_made": _QUESTION,
    "job_type_translated": _QUESTION,
    "layout_completed": _REPAIR,
    "layout_drawn": _REPAIR,
    "link_lost": _LOSS,
    "link_named": _REPAIR,
    "loop_condition_missing": _QUESTION,
    "loop_maximum_left_out": _LOSS,
    "made_executable": _REPAIR,
    "made_private": _REPAIR,
    "mappings_translated": _REPAIR,
    "marker_left_out": _LOSS,
    "message_named": _REPAIR,
    "names_joined": _REPAIR,
    "namespace_read": _REPAIR,
    "people_translated": _QUESTION,
    "reference_lost": _LOSS,
    "references_shortened": _REPAIR,
    "script_to_write": _QUESTION,
    "script_not_translated": _LOSS,
    "script_translated": _REPAIR,
    "start_added": _QUESTION,
    "start_form_added": _REPAIR,
    "start_given_message": _QUESTION,
    "start_made_plain": _LOSS,
    "start_time_missing": _QUESTION,
    "starts_together": _QUESTION,
    "timer_kind_changed": _REPAIR,
    "timer_time_asked": _QUESTION,
    "timer_time_left_out": _LOSS,
    "timer_words_read": _REPAIR,
    "types_mended": _REPAIR,
    "vendor_left_out": _LOSS,
}
