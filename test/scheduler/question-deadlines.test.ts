/** When questions end whose time is over. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { pino } from "pino";
import { QuestionDeadlines } from "../../src/scheduler/question-deadlines.ts";
import { until } from "../../testing/wait.ts";
import { setup as channelSetup } from "../notifications/answers/setup.ts";

test("what was due before the start ends once the answers from before are read", async (t) => {
  const { store, ask, clock } = await channelSetup(t);
  await ask({}, clock.nowMs - 1000);
  const read = Promise.withResolvers<void>();
  const ended: number[] = [];
  let asked = 0;
  const make = (): QuestionDeadlines =>
    new QuestionDeadlines({
      store,
      log: pino({ level: "silent" }),
      now: () => clock.nowMs,
      answersRead: () => {
        asked += 1;
        return read.promise;
      },
      expire: async (now) => {
        ended.push(now);
        await store.write(() => {
          for (const { id } of store.questions.due(now, 10)) store.questions.expire(id, { decision: "deny" }, now);
        });
      },
    });
  const stopped = make();
  stopped.start();
  await until("the wait", () => asked === 1);
  await stopped.stop();
  assert.deepEqual(ended, [], "a stop does not wait for the answers, and ends nothing");
  const deadlines = make();
  t.after(() => deadlines.stop());
  deadlines.start();
  await until("the second wait", () => asked === 2);
  read.resolve();
  await until("the end", () => ended.length === 1);
  await ask({}, clock.nowMs);
  await until("the end of a question that is due later", () => ended.length === 2);
  assert.equal(asked, 2, "only the first round waits");
});
