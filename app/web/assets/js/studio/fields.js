/**
 * What the panel asks about an element: groups of fields, each with how it is read and written. The words come from the
 * server, in the reader's language.
 */
import { getBusinessObject, is, isAny } from "bpmn-js/lib/util/ModelUtil";

import { eventFields } from "./event-fields.js";

const JOBS = ["bpmn:ServiceTask", "bpmn:SendTask", "bpmn:ScriptTask", "bpmn:BusinessRuleTask"];
const MAPPED = ["bpmn:UserTask", ...JOBS, "bpmn:ReceiveTask", "bpmn:SubProcess", "bpmn:CallActivity", "bpmn:CatchEvent", "bpmn:ThrowEvent", "bpmn:Task"];
const TRANSLATED = ["sv", "en"];
/** properties with fields of their own; all others stand in the list of properties */
const OWN_FIELDS = new Set(TRANSLATED.flatMap((language) => [`kyky.name.${language}`, `kyky.documentation.${language}`]));
/** a choice that the diagram names and the installation does not know is kept and shown as it is */
const withCurrent = (options, current) =>
  !current || options.some((option) => option.value === current) ? options : [...options, { value: current, text: current }];

/** Fields of an attribute of an extension. */
export function attribute(context, type, name, more = {}) {
  const { element, object, extensions } = context;
  return {
    id: `${type.split(":")[1]}.${name}`,
    get: () => extensions.get(object, type, name),
    set: (text) => extensions.set(element, object, type, name, text, more.also),
    ...more,
  };
}

function names(context, words) {
  const { element, object, extensions, modeling } = context;
  const named = element.businessObject === object;
  const hasName = object.$descriptor.propertiesByName?.name !== undefined || object.$descriptor.propertiesByName?.["bpmn:name"] !== undefined;
  if (is(element, "bpmn:TextAnnotation")) {
    return [{ id: "text", label: words.text, kind: "long", get: () => object.text ?? "", set: (text) => modeling.updateProperties(element, { text }) }];
  }
  const fields = [];
  if (hasName) {
    fields.push({
      id: "name",
      label: words.name_fi,
      get: () => object.name ?? "",
      set: (name) => (named ? modeling.updateProperties(element, { name }) : extensions.change(element, object, { name })),
    });
    for (const language of TRANSLATED) {
      fields.push({
        id: `name.${language}`,
        label: words[`name_${language}`],
        lang: language,
        get: () => extensions.property(object, `kyky.name.${language}`),
        set: (text) => extensions.setProperty(element, object, `kyky.name.${language}`, text),
      });
    }
  }
  return fields;
}

function instructions(context, words) {
  const { element, object, extensions } = context;
  const fields = [];
  fields.push({
    id: "documentation",
    label: words.documentation_fi,
    kind: "long",
    get: () => extensions.documentation(object),
    set: (text) => extensions.setDocumentation(element, object, text),
  });
  for (const language of TRANSLATED) {
    fields.push({
      id: `documentation.${language}`,
      label: words[`documentation_${language}`],
      kind: "long",
      lang: language,
      get: () => extensions.property(object, `kyky.documentation.${language}`),
      set: (text) => extensions.setProperty(element, object, `kyky.documentation.${language}`, text),
    });
  }
  return fields;
}

function userTask(context, words, choices) {
  const also = ["zeebe:UserTask"];
  const assignment = (name, more) => attribute(context, "zeebe:AssignmentDefinition", name, { also, feel: true, ...more });
  return [
    form(context, words, choices, also),
    ...(context.extensions.get(context.object, "zeebe:FormDefinition", "formId") ? binding(context, words, "zeebe:FormDefinition") : []),
    assignment("candidateGroups", { label: words.candidate_groups, hint: words.candidate_groups_hint, adds: { label: words.add_role, options: choices.roles } }),
    assignment("candidateUsers", { label: words.candidate_users }),
    assignment("assignee", { label: words.assignee }),
    attribute(context, "zeebe:TaskSchedule", "dueDate", { label: words.due_date, hint: words.due_date_hint, feel: true, also }),
    attribute(context, "zeebe:TaskSchedule", "followUpDate", { label: words.follow_up_date, feel: true, also }),
    attribute(context, "zeebe:PriorityDefinition", "priority", { label: words.priority, hint: words.priority_hint, feel: true, also }),
  ];
}

function form(context, words, choices, also = []) {
  const field = attribute(context, "zeebe:FormDefinition", "formId", { label: words.form, kind: "select", also });
  return { ...field, options: () => [{ value: "", text: words.no_form }, ...withCurrent(choices.forms, field.get())] };
}

function job(context, words, choices) {
  return [
    attribute(context, "zeebe:TaskDefinition", "type", { label: words.job_type, hint: words.job_type_hint, feel: true, suggestions: choices.job_types }),
    attribute(context, "zeebe:TaskDefinition", "retries", { label: words.retries, feel: true }),
  ];
}

function binding(context, words, type) {
  const options = [
    { value: "", text: words.binding_latest },
    // forms always belong to the version of their process
    ...(type === "zeebe:FormDefinition" ? [] : [{ value: "deployment", text: words.binding_deployment }]),
    { value: "versionTag", text: words.binding_tag },
  ];
  const field = attribute(context, type, "bindingType", { label: words.binding, hint: type === "zeebe:FormDefinition" ? undefined : words.binding_hint, kind: "select" });
  const chosen = () => (field.get() === "latest" || (type === "zeebe:FormDefinition" && field.get() === "deployment") ? "" : field.get());
  const tag = attribute(context, type, "versionTag", { label: words.wanted_tag, feel: type === "zeebe:CalledElement" });
  return [{ ...field, options: () => withCurrent(options, chosen()), get: chosen }, ...(chosen() === "versionTag" ? [tag] : [])];
}

function decision(context, words, choices) {
  const field = attribute(context, "zeebe:CalledDecision", "decisionId", { label: words.decision, kind: "select" });
  return [
    { ...field, options: () => [{ value: "", text: words.no_decision }, ...withCurrent(choices.decisions, field.get())] },
    attribute(context, "zeebe:CalledDecision", "resultVariable", { label: words.result_variable }),
    ...binding(context, words, "zeebe:CalledDecision"),
  ];
}

function call(context, words, choices) {
  return [
    attribute(context, "zeebe:CalledElement", "processId", { label: words.called_process, feel: true, suggestions: choices.processes }),
    ...binding(context, words, "zeebe:CalledElement"),
  ];
}

function rows(context, words, { id, label, type, list, rowType, columns, filter, empty }) {
  const { element, object, extensions } = context;
  return {
    id,
    label,
    kind: "rows",
    columns,
    addText: words.add_row,
    removeText: words.remove_row,
    list: () => extensions.list(object, type, list).filter(filter ?? (() => true)),
    add: () => extensions.addRow(element, object, type, list, rowType, empty),
    remove: (row) => extensions.removeRow(element, object, type, list, row),
    change: (row, name, text) => extensions.change(element, row, { [name]: text }),
  };
}

function mappings(context, words) {
  const columns = [
    { name: "source", label: words.source, feel: true },
    { name: "target", label: words.target },
  ];
  const mapping = (id, label, list, rowType) =>
    rows(context, words, { id, label, type: "zeebe:IoMapping", list, rowType, columns, empty: { source: "=", target: "" } });
  const found = [mapping("inputs", words.inputs, "inputParameters", "zeebe:Input"), mapping("outputs", words.outputs, "outputParameters", "zeebe:Output")];
  return isAny(context.element, ["bpmn:CatchEvent", "bpmn:ReceiveTask"]) ? found.slice(1) : found;
}

function headers(context, words) {
  const columns = [
    { name: "key", label: words.key },
    { name: "value", label: words.value },
  ];
  return rows(context, words, { id: "headers", label: words.headers, type: "zeebe:TaskHeaders", list: "values", rowType: "zeebe:Header", columns, empty: { key: "", value: "" } });
}

const TASK_EVENTS = ["creating", "assigning", "updating", "completing", "canceling"];

/** The moments at which execution listeners hold the element; the same rule as the server's. */
function momentsOf(element) {
  if (is(element, "bpmn:Gateway")) return ["start"];
  return isAny(element, ["bpmn:StartEvent", "bpmn:BoundaryEvent"]) ? ["end"] : ["start", "end"];
}

/** Headers as one text, "key=value; key=value", so that a listener is one row. */
function headersText(row) {
  return (row.get("headers")?.get("values") ?? []).map((each) => `${each.key ?? ""}=${each.value ?? ""}`).join("; ");
}

function writeHeaders(context, row, text) {
  const { element, extensions, moddle } = context;
  const made = text.split(";").map((part) => part.trim()).filter(Boolean).map((part) => {
    const at = part.indexOf("=");
    return moddle.create("zeebe:Header", at < 0 ? { key: part, value: "" } : { key: part.slice(0, at).trim(), value: part.slice(at + 1).trim() });
  });
  const holder = made.length > 0 ? moddle.create("zeebe:TaskHeaders", { values: made }) : undefined;
  for (const each of made) each.$parent = holder;
  if (holder) holder.$parent = row;
  extensions.change(element, row, { headers: holder });
}

function listeners(context, words, { id, label, type, rowType, events, withHeaders }) {
  const options = (row) => withCurrent(events.map((value) => ({ value, text: words[`listener_${value}`] })), row.get("eventType"));
  const columns = [
    { name: "eventType", label: words.listener_event, options },
    { name: "type", label: words.job_type, feel: true },
    { name: "retries", label: words.retries, feel: true },
    ...(withHeaders ? [{ name: "headers", label: words.headers, get: headersText, set: (row, text) => writeHeaders(context, row, text) }] : []),
  ];
  return rows(context, words, { id, label, type, list: "listeners", rowType, columns, empty: { eventType: events[0], type: "" } });
}

function listenersOf(context, words) {
  const { element } = context;
  const found = [listeners(context, words, { id: "executionListeners", label: words.execution_listeners, type: "zeebe:ExecutionListeners", rowType: "zeebe:ExecutionListener", events: momentsOf(element), withHeaders: true })];
  if (is(element, "bpmn:UserTask")) {
    found.push(listeners(context, words, { id: "taskListeners", label: words.task_listeners, type: "zeebe:TaskListeners", rowType: "zeebe:TaskListener", events: TASK_EVENTS, withHeaders: false }));
  }
  return found;
}

function properties(context, words) {
  const columns = [
    { name: "name", label: words.property },
    { name: "value", label: words.value },
  ];
  return rows(context, words, {
    id: "properties",
    label: words.properties,
    type: "zeebe:Properties",
    list: "properties",
    rowType: "zeebe:Property",
    columns,
    filter: (row) => !OWN_FIELDS.has(row.name),
    empty: { name: "kyky.", value: "" },
  });
}

function turns(context, words) {
  const { element, object, extensions } = context;
  const loop = object.loopCharacteristics;
  if (!loop) return [];
  if (is(loop, "bpmn:StandardLoopCharacteristics")) {
    return [
      { id: "loopCondition", label: words.loop_condition, feel: true, get: () => extensions.expression(loop, "loopCondition"), set: (text) => extensions.setExpression(element, loop, "loopCondition", text) },
      { id: "loopMaximum", label: words.loop_maximum, get: () => String(loop.loopMaximum ?? ""), set: (text) => extensions.change(element, loop, { loopMaximum: text || undefined }) },
    ];
  }
  const inside = { ...context, object: loop };
  const part = (name, label, feel = false) => attribute(inside, "zeebe:LoopCharacteristics", name, { label, feel });
  return [
    { id: "isSequential", label: words.sequential, kind: "check", get: () => Boolean(loop.isSequential), set: (value) => extensions.change(element, loop, { isSequential: value }) },
    part("inputCollection", words.input_collection, true),
    part("inputElement", words.input_element),
    part("outputCollection", words.output_collection),
    part("outputElement", words.output_element, true),
    { id: "completionCondition", label: words.completion_condition, feel: true, get: () => extensions.expression(loop, "completionCondition"), set: (text) => extensions.setExpression(element, loop, "completionCondition", text) },
  ];
}

function flow(context, words) {
  const { element, object, extensions, modeling } = context;
  const source = element.source;
  if (!source || !isAny(source, ["bpmn:ExclusiveGateway", "bpmn:InclusiveGateway", "bpmn:Activity"])) return [];
  const isDefault = () => getBusinessObject(source).default === object;
  return [
    { id: "condition", label: words.condition, hint: words.condition_hint, feel: true, kind: "long", get: () => extensions.expression(object, "conditionExpression"), set: (text) => extensions.setExpression(element, object, "conditionExpression", text) },
    { id: "default", label: words.default_flow, kind: "check", get: isDefault, set: (value) => modeling.updateProperties(source, { default: value ? object : undefined }) },
  ];
}

function process(context, words) {
  return [
    attribute(context, "zeebe:VersionTag", "value", { label: words.version_tag }),
  ];
}

/** The process that a shape stands for: of the root itself, or of a pool. */
export function processOf(element) {
  const object = getBusinessObject(element);
  return is(object, "bpmn:Participant") ? object.processRef : object;
}

/** Return the groups of fields of an element: [{id, title, fields}]; groups without fields are left out. */
export function groupsOf(element, { words, choices, extensions, modeling, moddle, rootElements }) {
  const object = getBusinessObject(element);
  const context = { element, object, extensions, modeling, moddle, rootElements };
  const groups = [{ id: "general", title: words.general, fields: names(context, words) }];
  const instructed = !is(element, "bpmn:TextAnnotation");
  const add = (id, fields) => groups.push({ id, title: words[`group_${id}`], fields: fields.filter(Boolean) });
  if (is(element, "bpmn:UserTask")) add("task", userTask(context, words, choices));
  if (is(element, "bpmn:StartEvent")) add("start", [form(context, words, choices)]);
  if (is(element, "bpmn:ScriptTask")) {
    add("script", [
      attribute(context, "zeebe:Script", "expression", { label: words.script, feel: true, kind: "long" }),
      attribute(context, "zeebe:Script", "resultVariable", { label: words.result_variable }),
    ]);
  }
  if (is(element, "bpmn:BusinessRuleTask")) add("decision", decision(context, words, choices));
  if (is(element, "bpmn:CallActivity")) add("call", call(context, words, choices));
  const throwsMessage = is(element, "bpmn:ThrowEvent") && object.eventDefinitions?.some((each) => is(each, "bpmn:MessageEventDefinition"));
  if (isAny(element, JOBS) || throwsMessage) add("job", job(context, words, choices));
  add("event", eventFields(context, words));
  if (is(element, "bpmn:SequenceFlow")) add("flow", flow(context, words));
  add("turns", turns(context, words));
  if (isAny(element, MAPPED)) add("data", mappings(context, words));
  if (isAny(element, ["bpmn:UserTask", ...JOBS]) || throwsMessage) add("headers", [headers(context, words)]);
  if (is(element, "bpmn:FlowNode")) add("listeners", listenersOf(context, words));
  if (instructed) add("instructions", instructions(context, words));
  const owner = processOf(element);
  if (owner && is(owner, "bpmn:Process")) {
    const within = { ...context, object: owner };
    const prefixed = (fields) => fields.map((field) => ({ ...field, id: `process.${field.id}` }));
    add("process", [...(owner === object ? [] : prefixed([...names(within, words), ...instructions(within, words)])), ...process(within, words)]);
    add("listeners", listenersOf(within, words).map((field) => ({ ...field, id: `process.${field.id}` })));
    add("properties", [properties(within, words)]);
  } else if (!is(element, "bpmn:TextAnnotation")) {
    add("properties", [properties(context, words)]);
  }
  return groups.filter((group) => group.fields.length > 0);
}
