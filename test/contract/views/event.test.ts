import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { z } from "zod";
import { eventSchemas, eventView } from "../../../src/contract/views/event.ts";
import type { EventView } from "../../../src/contract/views/event.ts";
import { noticePayloads, payloads, unknownPayload } from "../../../src/domain/events/event.ts";
import { readEvent } from "../../../src/domain/events/read-event.ts";

type Plain<T> = T extends readonly (infer E)[] ? Plain<E>[] : T extends object ? { -readonly [K in keyof T]: Plain<T[K]> } : T;
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- tsc compares them
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

const head = { id: 1, task_id: 1, seq: 1, attempt_id: null, at: "2026-11-22T12:00:00.000Z", summary: [] };
const samples: [type: string, data: unknown][] = [
  ...Object.entries(payloads).map(([type, { sample }]) => [type, sample] as [string, unknown]),
  ...Object.values(noticePayloads).map(({ sample }) => ["notice", sample] as [string, unknown]),
  ["unknown", unknownPayload.sample],
];

test("the schemas and the types of events are the same", () => {
  // Does not compile when they come apart.
  const isSame: Same<Plain<z.infer<typeof eventView>>, Plain<EventView>> = true;
  assert.ok(isSame);
});

test("every sample of the document is an event", () => {
  for (const [type, data] of samples) {
    const parsed = eventView.safeParse({ ...head, type, data });
    assert.ok(parsed.success, `${type}: ${String(parsed.error)} ${JSON.stringify(data)}`);
    assert.deepEqual(parsed.data.data, data);
  }
});

test("every field of every payload has a description that is a sentence", () => {
  const { data, notices, unknown } = eventSchemas();
  for (const [name, schema] of Object.entries({ ...data, ...notices, unknown })) {
    assert.match(schema.description ?? "", /^[A-Z].*[.!?]$/, name);
    for (const [field, { description }] of Object.entries(schema.shape as Record<string, z.ZodType>))
      assert.match(description ?? "", /^[A-Z`].*[.!?]$/, `${name}.${field}`);
  }
});

test("whatever is stored is read as an event of the contract", () => {
  const broken = fc.tuple(fc.constantFrom(...samples), fc.string(), fc.jsonValue()).map(([[type, sample], name, value]) => {
    const data = sample as Record<string, unknown>;
    const names = Object.keys(data);
    const field = names[name.length % names.length] ?? name;
    return [type, { ...data, [field]: value }] as const;
  });
  fc.assert(
    fc.property(broken, ([type, data]) => {
      const parsed = eventView.safeParse({ ...head, ...readEvent(type, data) });
      assert.ok(parsed.success, `${type}: ${String(parsed.error)}`);
    }),
    { numRuns: 2000 },
  );
});
