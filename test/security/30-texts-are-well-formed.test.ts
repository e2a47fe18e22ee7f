/**
 * Item 30, and what else a body may not be: NUL, ill-formed UTF-8, half surrogates, depth,
 * __proto__, broken JSON: 400, and nothing is carried out.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openDoor } from "../../testing/http-door.ts";

const path = "/api/v1/tasks";
const withPrompt = (prompt: string): string => `{"prompt":${prompt},"working_directory":"/tmp"}`;

const broken: readonly [name: string, body: string | Buffer][] = [
  ["NUL in a text", withPrompt(String.raw`"a\u0000b"`)],
  ["NUL in a key", String.raw`{"prompt":"p","working_directory":"/tmp","labels":{"a\u0000":"x"}}`],
  ["NUL as a byte", withPrompt('"a\0b"')],
  ["half a surrogate pair", withPrompt(String.raw`"\ud800"`)],
  [
    "ill-formed UTF-8",
    Buffer.concat([Buffer.from('{"prompt":"'), Buffer.from([0xc3, 0x28]), Buffer.from('","working_directory":"/tmp"}')]),
  ],
  ["overlong UTF-8", Buffer.concat([Buffer.from('{"prompt":"'), Buffer.from([0xc0, 0xaf]), Buffer.from('","working_directory":"/tmp"}')])],
  ["UTF-16", Buffer.from(withPrompt('"p"'), "utf16le")],
  ["a deep nest", "[".repeat(500_000) + "]".repeat(500_000)],
  ["a deep nest in a field", `{"prompt":"p","working_directory":"/tmp","labels":${'{"a":'.repeat(5000)}1${"}".repeat(5000)}}`],
  ["__proto__", '{"prompt":"p","working_directory":"/tmp","__proto__":{"polluted":true}}'],
  ["__proto__ deeper", '{"prompt":"p","working_directory":"/tmp","labels":{"__proto__":"x"}}'],
  ["__proto__ in disguise", String.raw`{"prompt":"p","working_directory":"/tmp","\u005f_proto__":{}}`],
  ["no JSON", "prompt=p"],
  ["half a JSON", '{"prompt":"p"'],
  ["two JSONs", `${withPrompt('"p"')}${withPrompt('"p"')}`],
  ["nothing", ""],
  ["a byte order mark", `\ufeff${withPrompt('"p"')}`],
  ["null", "null"],
  ["a list", "[]"],
  ["a text", '"prompt"'],
  ["a huge number", '{"prompt":"p","working_directory":"/tmp","priority":1e999}'],
  ["NaN", '{"prompt":"p","working_directory":"/tmp","priority":NaN}'],
];

for (const [name, body] of broken) {
  test(`a body with ${name} is refused`, async (t) => {
    const { api, call } = await openDoor(t);
    const answer = await call({ method: "POST", path, body });
    assert.deepEqual([answer.status, answer.json()["code"]], [400, "invalid_input"], answer.text);
    assert.deepEqual(api.calls, []);
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  });
}

test("a malformed body is refused before any schema is applied", async (t) => {
  const { call } = await openDoor(t);
  const detailOf = async (body: string) => String((await call({ method: "POST", path, body })).json()["detail"]);
  assert.match(await detailOf(`${"[".repeat(40)}${"]".repeat(40)}`), /32 levels/);
  assert.match(await detailOf(String.raw`{"any":{"where":["\ud800"]}}`), /surrogate/);
  assert.match(await detailOf(String.raw`{"any":{"where":["\u0000"]}}`), /NUL/);
});

test("every well-formed text is accepted unchanged", async (t) => {
  const { api, call } = await openDoor(t);
  const prompt = 'ünï 🎉 \u202e \u0007 \r\n\t "quotes" \\u0000 __proto__ <script>';
  assert.equal((await call({ path, body: { prompt, working_directory: "/tmp" } })).status, 201);
  assert.equal((await api.getTask({ id: 1 })).prompt, prompt);
});

test("malformed texts in addresses are refused", async (t) => {
  const { call } = await openDoor(t);
  await call({ path, body: { prompt: "p", working_directory: "/tmp" } });
  for (const query of ["text=%00", "text=%ff", "text=%ed%a0%80", "group=%00", "cursor=%00"]) {
    const { status } = await call({ path: `${path}?${query}` });
    assert.ok(status === 400 || query === "text=%ff" || query === "text=%ed%a0%80", `${query}: ${status}`);
  }
});
