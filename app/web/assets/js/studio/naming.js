/** What an element is called in the reader's language; where it has no such name, in the drawer's own, and marked as that. */
export const DRAWN_IN = "fi";

export function nameIn(node, object) {
  const language = document.documentElement.lang;
  const properties = object.extensionElements?.values?.find((value) => value.$type === "zeebe:Properties")?.properties ?? [];
  const translated = properties.find((property) => property.name === `kyky.name.${language}`)?.value;
  node.textContent = translated || object.name || object.id;
  if (!translated && language !== DRAWN_IN) node.lang = DRAWN_IN;
}
