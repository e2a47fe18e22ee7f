import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { MemoryBudget } from "../../../src/http/listener/memory-budget.ts";
import { readJsonBody } from "../../../src/http/request/read-body.ts";

const json = { "content-type": "application/json" };

/** A request that arrives in these parts; it breaks off when it is not complete. */
function arriving(parts: readonly (string | Buffer)[], headers: object, complete: boolean): IncomingMessage {
  const request = new PassThrough();
  for (const part of parts) request.write(part);
  if (complete) request.end();
  else setImmediate(() => request.destroy());
  return Object.assign(request, { headers, complete }) as unknown as IncomingMessage;
}

const read = (
  parts: readonly (string | Buffer)[],
  { headers = { ...json, "transfer-encoding": "chunked" }, complete = true, maxBytes = 20, memory = new MemoryBudget(100, "bodies") } = {},
): Promise<unknown> => readJsonBody(arriving(parts, headers, complete), maxBytes, memory);

test("a body that arrives in parts is one text", async () => {
  assert.deepEqual(await read(['{"a":', '"ä', 'b"}']), { a: "äb" });
  assert.equal(await read([]), undefined);
  assert.equal(await read(["{}"], { headers: json as never }), undefined, "no body is announced");
});

test("a body may be as long as its limit, and a longer one is refused while it arrives", async () => {
  assert.equal(await read([`"${"x".repeat(18)}"`]), "x".repeat(18));
  await assert.rejects(read([`"${"x".repeat(18)}`, '"', "x"], { complete: false }), { code: "payload_too_large" });
  const announced = { ...json, "content-length": "21" } as never;
  await assert.rejects(read([], { headers: announced, complete: false }), { code: "payload_too_large" });
});

test("a body that breaks off is refused, and its memory is given back", async () => {
  const memory = new MemoryBudget(4, "bodies");
  await assert.rejects(read(['"xx'], { complete: false, memory }), { code: "invalid_input", message: /broke off/ });
  assert.equal(await read(['"x"'], { memory }), "x");
  const release = memory.take(4);
  await assert.rejects(read(['"x"'], { memory }), { code: "unavailable" });
  release();
  assert.equal(await read(['"x"'], { memory }), "x");
});

test("a body that is not JSON in UTF-8, or is too deep, is refused with the reason", async () => {
  const wrong: readonly (readonly [string | Buffer, RegExp])[] = [
    ["{", /is not JSON/],
    [Buffer.from([0x22, 0xff, 0x22]), /not well-formed UTF-8/],
    ['{"__proto__":1}', /"__proto__"/],
  ];
  for (const [body, message] of wrong) await assert.rejects(read([body]), { code: "invalid_input", message });
  await assert.rejects(read(["[".repeat(40) + "]".repeat(40)], { maxBytes: 100 }), { code: "invalid_input" });
});

test("a body of another media type is refused", async () => {
  for (const more of [{ "content-type": "text/plain" }, { "content-type": undefined }, { "content-encoding": "gzip" }]) {
    const headers = { ...json, "transfer-encoding": "chunked", ...more } as never;
    await assert.rejects(read(["{}"], { headers }), { code: "unsupported_media_type" });
  }
});
