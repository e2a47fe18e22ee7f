import assert from "node:assert/strict";
import { test } from "node:test";
import { isPassing, untilAnswered } from "../../src/client/outage.ts";
import { WorkerError } from "../../src/domain/errors.ts";

const broken = (code: string): Error => Object.assign(new Error("broken"), { code });

test("a connection that broke off and a server that is away may pass by themselves", () => {
  for (const code of ["ECONNRESET", "ERR_STREAM_PREMATURE_CLOSE", "EPIPE"]) assert.equal(isPassing(broken(code)), true, code);
  for (const code of ["server_unreachable", "unavailable", "internal"] as const)
    assert.equal(isPassing(new WorkerError(code, "Away.")), true, code);
});

test("a refusal and an error of the program do not pass by themselves", () => {
  for (const error of [new WorkerError("not_found", "No."), broken("ENOSPC"), new Error("bug"), "text", null])
    assert.equal(isPassing(error), false, String(error));
});

test("a request is repeated over an outage, which is reported once", async () => {
  const reasons: string[] = [];
  let tries = 0;
  const ask = (): Promise<string> => ((tries += 1) < 3 ? Promise.reject(broken("EPIPE")) : Promise.resolve("answer"));
  assert.equal(await untilAnswered(ask, { onOutage: (reason) => reasons.push(reason) }), "answer");
  assert.deepEqual([tries, reasons], [3, ["The connection to the server was lost."]]);
  await assert.rejects(
    untilAnswered(() => Promise.reject(broken("EPIPE")), { reconnectForMs: 0 }),
    /broken/,
  );
});

test("a request is not sent after the signal, and an abort ends the repeats", async () => {
  const stop = new AbortController();
  let tries = 0;
  const ask = (): Promise<string> => {
    tries += 1;
    stop.abort();
    return Promise.reject(broken("EPIPE"));
  };
  assert.equal(await untilAnswered(ask, { signal: stop.signal }), null);
  assert.equal(await untilAnswered(ask, { signal: stop.signal }), null);
  assert.equal(tries, 1);
});
