/**
 * Reads and writes what an element carries besides BPMN itself. Every change is one command, so that undo is one step,
 * and what is not named in a change stays: extensions that the panel does not know are never touched.
 */
import { is } from "bpmn-js/lib/util/ModelUtil";

const bare = (text) => (text === "" || text === null ? undefined : text);

export class Extensions {
  constructor(modeler) {
    this.modeling = modeler.get("modeling");
    this.moddle = modeler.get("moddle");
  }

  find(object, type) {
    return object.extensionElements?.values?.find((value) => is(value, type));
  }

  get(object, type, name) {
    return this.find(object, type)?.get(name) ?? "";
  }

  /** Change one attribute of an extension; it appears with its first value and goes with its last. */
  set(element, object, type, name, text, also = []) {
    const found = this.find(object, type);
    if (!found) {
      if (bare(text) !== undefined) this.add(element, object, [...also.filter((each) => !this.find(object, each)), type], { [name]: text });
      return;
    }
    const left = found.$descriptor.properties.some(
      (property) => property.name !== name && property.ns.localName !== name && found.get(property.name)?.length !== 0 && found.get(property.name) !== undefined,
    );
    if (bare(text) === undefined && !left) this.remove(element, object, found);
    else this.change(element, found, { [name]: bare(text) });
  }

  change(element, object, properties) {
    this.modeling.updateModdleProperties(element, object, properties);
  }

  /** Add extensions in one command; the last type gets the properties. */
  add(element, object, types, properties) {
    const made = types.map((type, index) => this.moddle.create(type, index === types.length - 1 ? properties : {}));
    for (const value of Object.values(properties)) {
      for (const part of Array.isArray(value) ? value : []) part.$parent = made.at(-1);
    }
    const holder = object.extensionElements;
    if (holder) {
      for (const each of made) each.$parent = holder;
      this.change(element, holder, { values: [...(holder.values ?? []), ...made] });
      return made.at(-1);
    }
    const fresh = this.moddle.create("bpmn:ExtensionElements", { values: made });
    fresh.$parent = object;
    for (const each of made) each.$parent = fresh;
    this.change(element, object, { extensionElements: fresh });
    return made.at(-1);
  }

  remove(element, object, extension) {
    const values = object.extensionElements.values.filter((value) => value !== extension);
    if (values.length > 0) this.change(element, object.extensionElements, { values });
    else this.change(element, object, { extensionElements: undefined });
  }

  // -- lists inside an extension: headers, mappings, properties ---------------------------------------------------

  list(object, type, name) {
    return this.find(object, type)?.get(name) ?? [];
  }

  addRow(element, object, type, name, rowType, row) {
    const made = this.moddle.create(rowType, row);
    const found = this.find(object, type);
    if (!found) {
      this.add(element, object, [type], { [name]: [made] });
      return;
    }
    made.$parent = found;
    this.change(element, found, { [name]: [...(found.get(name) ?? []), made] });
  }

  removeRow(element, object, type, name, row) {
    const found = this.find(object, type);
    const rows = found.get(name).filter((each) => each !== row);
    const others = found.$descriptor.properties.some((property) => property.name !== `zeebe:${name}` && found.get(property.name)?.length > 0);
    if (rows.length > 0 || others) this.change(element, found, { [name]: rows });
    else this.remove(element, object, found);
  }

  // -- properties by name: kyky.name.sv and the like --------------------------------------------------------------

  property(object, name) {
    return this.list(object, "zeebe:Properties", "properties").find((each) => each.name === name)?.value ?? "";
  }

  setProperty(element, object, name, value) {
    const row = this.list(object, "zeebe:Properties", "properties").find((each) => each.name === name);
    if (row && value === "") this.removeRow(element, object, "zeebe:Properties", "properties", row);
    else if (row) this.change(element, row, { value });
    else if (value !== "") this.addRow(element, object, "zeebe:Properties", "properties", "zeebe:Property", { name, value });
  }

  // -- BPMN's own texts -------------------------------------------------------------------------------------------

  documentation(object) {
    return object.documentation?.[0]?.text ?? "";
  }

  setDocumentation(element, object, text) {
    const [first, ...others] = object.documentation ?? [];
    if (first && text !== "") this.change(element, first, { text });
    else if (first) this.change(element, object, { documentation: others });
    else if (text !== "") {
      const made = this.moddle.create("bpmn:Documentation", { text });
      made.$parent = object;
      this.change(element, object, { documentation: [made] });
    }
  }

  expression(object, name) {
    return object.get(name)?.body ?? "";
  }

  setExpression(element, object, name, text) {
    const found = object.get(name);
    if (found && text !== "") this.change(element, found, { body: text });
    else if (text === "") this.change(element, object, { [name]: undefined });
    else {
      const made = this.moddle.create("bpmn:FormalExpression", { body: text });
      made.$parent = object;
      this.change(element, object, { [name]: made });
    }
  }
}
