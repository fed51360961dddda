/** Sends fields to the server and returns what it answers: {ok, status, data}; status 0 = it did not answer. */
const PATIENCE = 20_000;

export async function send(facts, address, fields) {
  const body = new FormData();
  body.set("csrf_token", facts.token);
  for (const [name, value] of Object.entries(fields)) body.set(name, value);
  try {
    const answer = await fetch(address, { method: "POST", body, headers: { Accept: "application/json" }, signal: AbortSignal.timeout(PATIENCE) });
    const json = answer.headers.get("Content-Type")?.includes("json");
    return { ok: answer.ok, status: answer.status, data: json ? await answer.json() : await answer.text() };
  } catch {
    return { ok: false, status: 0, data: {} };
  }
}
