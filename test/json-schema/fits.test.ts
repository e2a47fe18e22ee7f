import assert from "node:assert/strict";
import { test } from "node:test";
import { checkSchema } from "../../src/json-schema/check-schema.ts";
import { answerProblem, schemaProblem } from "../../src/json-schema/fits.ts";

const longMs = 60_000;
const object = (properties: object, more: object = {}) => ({ type: "object", properties, ...more });

/** References of references: each level doubles what they stand for. */
const doubling = object(
  { a: { $ref: "#/$defs/d0" } },
  {
    $defs: Object.fromEntries(
      Array.from({ length: 400 }, (_, at) => [
        `d${at}`,
        { allOf: [{ $ref: `#/$defs/d${(at + 1) % 400}` }, { $ref: `#/$defs/d${(at + 2) % 400}` }] },
      ]),
    ),
  },
);

const refused: [schema: object, why: RegExp][] = [
  [object({ a: { type: "nunber" } }), /type must be equal to one of the allowed values/],
  [object({ a: 5 }), /must be object,boolean/],
  [object({ a: { type: "string", pattern: "(" } }), /Invalid regular expression/],
  [object({ a: { $ref: "https://example.com/a.json" } }), /^the reference https:\/\/example\.com\/a\.json leads out of it/],
  [object({ a: { $ref: "#/$defs/none" } }), /^the reference #\/\$defs\/none leads out of it/],
  [object({ a: { tpye: "string" } }), /unknown keyword: "tpye"/],
  [{ $async: true, type: "object" }, /\$async is not possible/],
  [{ $id: 5, type: "object" }, /^one of its keywords has a value of a wrong type$/],
  [doubling, /^it is nested too deep$/],
];

test("a schema that cannot be used is refused with the reason", async () => {
  for (const [schema, why] of refused) assert.match(schemaProblem({ ...schema }, longMs) ?? "", why, JSON.stringify(schema).slice(0, 100));
  assert.match((await checkSchema(object({ a: { type: "nunber" } }))) ?? "", /allowed values/);
});

test("the schemas that common tools write can be used", async () => {
  const zod = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    ...object({ a: { type: "string" } }, { additionalProperties: false }),
  };
  const pydantic = object(
    { day: { format: "date", title: "Day", type: "string" }, next: { anyOf: [{ $ref: "#/$defs/Next" }, { type: "null" }], default: null } },
    { $defs: { Next: object({ n: { type: "integer" } }, { title: "Next" }) }, title: "Answer", required: ["day"] },
  );
  for (const schema of [zod, pydantic, object({ a: { $ref: "#" } })]) assert.equal(schemaProblem(schema, longMs), null);
  assert.deepEqual(await Promise.all([checkSchema(zod), checkSchema(pydantic), checkSchema(zod)]), [null, null, null]);
});

test("an answer that does not fit is told with its places", () => {
  const schema = object({ answer: { type: "number" }, tags: { type: "array", items: { type: "string" } } }, { required: ["answer"] });
  assert.equal(answerProblem(schema, { answer: 4, more: true }, longMs), null);
  assert.equal(answerProblem(schema, {}, longMs), "the answer must have required property 'answer'");
  assert.equal(answerProblem(schema, { answer: "4", tags: [1] }, longMs), "/answer must be number, /tags/0 must be string");
  assert.equal(answerProblem(schema, { answer: 4, tags: Array.from({ length: 9 }, () => 0) }, longMs)?.endsWith(" and 4 more"), true);
  // As Claude Code has it: a format is a hint.
  assert.equal(answerProblem(object({ day: { type: "string", format: "date" } }), { day: "soon" }, longMs), null);
});

test("an answer that is too long or too deep does not fit", () => {
  let deep: unknown = 1;
  for (let level = 0; level < 100_000; level += 1) deep = [deep];
  assert.equal(answerProblem(object({}), { deep }, longMs), "it is nested too deep");
  assert.match(answerProblem(object({}), { a: "x".repeat(1024 * 1024) }, longMs) ?? "", /over 1048576 characters/);
});

test("a pattern that would run for ever is ended at the limit", () => {
  const schema = object({ a: { type: "string", pattern: "^(a+)+$" } });
  assert.equal(answerProblem(schema, { a: `${"a".repeat(60)}b` }, 500), "it takes too long to be checked");
});
