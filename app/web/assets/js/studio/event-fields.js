/** Fields of events: timers, messages with their correlation keys, signals, errors, escalations, links. */
import { is } from "bpmn-js/lib/util/ModelUtil";

const TIMERS = ["timeDate", "timeDuration", "timeCycle"];
const REFERENCES = {
  "bpmn:MessageEventDefinition": { reference: "messageRef", type: "bpmn:Message", names: ["name"] },
  "bpmn:SignalEventDefinition": { reference: "signalRef", type: "bpmn:Signal", names: ["name"] },
  "bpmn:ErrorEventDefinition": { reference: "errorRef", type: "bpmn:Error", names: ["name", "errorCode"] },
  "bpmn:EscalationEventDefinition": { reference: "escalationRef", type: "bpmn:Escalation", names: ["name", "escalationCode"] },
};
const SPOKEN = { name: "event_name", errorCode: "error_code", escalationCode: "escalation_code" };
/** the choice that makes a new message, signal, error or escalation */
const FRESH = "+";

export function eventFields(context, words) {
  const { element, object } = context;
  const definition = object.eventDefinitions?.[0];
  const fields = [];
  if (is(element, "bpmn:ReceiveTask") || is(element, "bpmn:SendTask")) {
    fields.push(...referenced(context, words, object, REFERENCES["bpmn:MessageEventDefinition"]));
  }
  if (definition) {
    const kind = REFERENCES[definition.$type];
    if (kind) fields.push(...referenced(context, words, definition, kind));
    if (is(definition, "bpmn:TimerEventDefinition")) fields.push(...timer(context, words, definition));
    if (is(definition, "bpmn:LinkEventDefinition")) {
      fields.push({ id: "link", label: words.link, get: () => definition.name ?? "", set: (name) => context.extensions.change(element, definition, { name }) });
    }
  }
  if (is(element, "bpmn:BoundaryEvent")) {
    fields.push({ id: "interrupting", label: words.interrupting, kind: "check", get: () => object.cancelActivity !== false, set: (value) => context.modeling.updateProperties(element, { cancelActivity: value }) });
  }
  if (is(element, "bpmn:StartEvent") && object.$parent?.triggeredByEvent) {
    fields.push({ id: "interrupting", label: words.interrupting, kind: "check", get: () => object.isInterrupting !== false, set: (value) => context.modeling.updateProperties(element, { isInterrupting: value }) });
  }
  return fields;
}

function timer({ element, extensions, moddle }, words, definition) {
  const kind = () => TIMERS.find((name) => definition.get(name)) ?? "timeDuration";
  const body = () => definition.get(kind())?.body ?? "";
  const write = (name, text) => {
    const properties = Object.fromEntries(TIMERS.map((each) => [each, undefined]));
    const made = moddle.create("bpmn:FormalExpression", { body: text });
    made.$parent = definition;
    extensions.change(element, definition, { ...properties, [name]: made });
  };
  return [
    { id: "timer.kind", label: words.timer_kind, kind: "select", options: () => TIMERS.map((name) => ({ value: name, text: words[name] })), get: kind, set: (name) => write(name, body()) },
    { id: "timer", label: words.timer, hint: words.timer_hint, feel: true, get: body, set: (text) => write(kind(), text) },
  ];
}

function referenced(context, words, holder, { reference, type, names }) {
  const { element, extensions, moddle, rootElements } = context;
  const target = () => holder.get(reference);
  const all = () => rootElements().filter((each) => is(each, type));
  const choose = (value) => {
    if (value === FRESH) {
      const definitions = rootElements.definitions();
      const made = moddle.create(type, { id: moddle.ids.nextPrefixed(`${type.split(":")[1]}_`), [names.at(-1)]: "" });
      made.$parent = definitions;
      // two commands that belong together would be two steps back; a root element that nobody names does no harm
      definitions.rootElements.push(made);
      extensions.change(element, holder, { [reference]: made });
      return;
    }
    extensions.change(element, holder, { [reference]: all().find((each) => each.id === value) });
  };
  const fields = [
    {
      id: reference,
      label: words[reference],
      kind: "select",
      options: () => [
        { value: "", text: words.none_chosen },
        ...all().map((each) => ({ value: each.id, text: each.name || each.get(names.at(-1)) || each.id })),
        { value: FRESH, text: words.make_new },
      ],
      get: () => target()?.id ?? "",
      set: choose,
    },
  ];
  if (!target()) return fields;
  for (const name of names) {
    fields.push({ id: `${reference}.${name}`, label: words[SPOKEN[name]], feel: name !== "name" || type !== "bpmn:Error", get: () => target()?.get(name) ?? "", set: (text) => extensions.change(element, target(), { [name]: text }) });
  }
  if (type === "bpmn:Message") {
    fields.push({
      id: "correlationKey",
      label: words.correlation_key,
      hint: words.correlation_key_hint,
      feel: true,
      get: () => extensions.get(target() ?? {}, "zeebe:Subscription", "correlationKey"),
      set: (text) => extensions.set(element, target(), "zeebe:Subscription", "correlationKey", text),
    });
  }
  return fields;
}
