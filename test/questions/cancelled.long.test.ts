/** Cancels and answers that meet: which of them counts, and that nothing runs afterwards. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { step } from "../../testing/model.ts";
import { until } from "../../testing/wait.ts";
import { killAndWait, noneLeft, runnerOf } from "../reliability/setup.ts";
import { askingWorker } from "./setup.ts";

test("a cancel that meets an answer leaves a cancelled task and nothing that runs", async (t) => {
  const w = await askingWorker(t, {}, { CLAUDE_WORKER_WORKERS: "4" });
  const fileOf = (name: string): string => path.join(w.place.work, name.replace(" ", "-"));
  // A call that was allowed is followed by a long one of the model, so that no task completes.
  const moves = (name: string) => [step.bash(`echo x >> ${fileOf(name)} && sleep 0`), step.text("Made.", 600_000)];
  const names = [...[1, 2, 3, 4].map((number) => `parked ${number}`), ...[1, 2, 3].map((number) => `kept ${number}`)];
  w.model.play(Object.fromEntries(names.map((name) => [`make ${name};`, moves(name)])));
  await w.start();
  const ask = (kind: "parked" | "kept") =>
    Promise.all(
      names
        .filter((name) => name.startsWith(kind))
        .map(async (name) => {
          const { id } = await w.submit(`make ${name};`, { permission_mode: "default" });
          const [question] = await w.asked(id);
          if (kind === "parked") {
            await killAndWait(await runnerOf(w, id));
            await until("its end", async () => (await w.client.listAttempts({ id })).attempts[0]?.ended_at);
          }
          return { name, id, question: question?.id ?? 0 };
        }),
    );
  const [parked1, parked2, parked3, parked4] = await ask("parked");
  const [kept1, kept2, kept3] = await ask("kept");
  type Asking = NonNullable<typeof kept1>;
  const cancel = ({ id }: Asking) => w.client.cancelTask({ id });
  const answer = ({ question }: Asking) => w.client.answerQuestion({ id: question, decision: "allow" });
  const conflict = { code: "conflict", message: /needs no answer any more: task \d+ is (being )?cancelled/ };
  /** What became of it; the call ran at most once, and only with an answer. */
  const ended = async ({ id, name }: Asking) => {
    const { status, attempts, questions } = await w.ended(id);
    assert.equal(status, "cancelled", name);
    const [question, ...others] = questions;
    assert.deepEqual(others, [], name);
    assert.match(question?.status ?? "", /^(superseded|applied)$/, name);
    const ran = existsSync(fileOf(name)) ? readFileSync(fileOf(name), "utf8") : "";
    assert.ok(ran === "" || (ran === "x\n" && question?.answer != null), `${name} ran: ${JSON.stringify([ran, question])}`);
    return { attempts, ran: ran !== "", status: question?.status, decision: question?.answer?.decision ?? null };
  };
  const untouched = { attempts: 1, ran: false, status: "superseded" };

  // With a process that waits.
  assert.ok(kept1 && kept2 && kept3 && parked1 && parked2 && parked3 && parked4);
  await cancel(kept1);
  await assert.rejects(answer(kept1), conflict);
  await answer(kept2);
  await cancel(kept2);
  const [taken] = await Promise.allSettled([answer(kept3), cancel(kept3)]);
  assert.deepEqual(await ended(kept1), { ...untouched, decision: null });
  assert.equal((await ended(kept2)).decision, "allow");
  assert.equal((await ended(kept3)).decision, taken.status === "fulfilled" ? "allow" : null);

  // Without one. The hold keeps an answered task from its next attempt.
  await w.client.hold({ reason: "so that the answer waits" });
  await cancel(parked1);
  await assert.rejects(answer(parked1), conflict);
  await answer(parked2);
  assert.equal((await w.client.getTask({ id: parked2.id })).status, "pending");
  await cancel(parked2);
  const [, missed] = await Promise.allSettled([cancel(parked3), answer(parked3)]);
  assert.deepEqual(await ended(parked1), { ...untouched, decision: null });
  assert.deepEqual(await ended(parked2), { ...untouched, decision: "allow" });
  assert.deepEqual(await ended(parked3), { ...untouched, decision: missed.status === "fulfilled" ? "allow" : null });
  await w.client.resume();

  // In the middle of the resume.
  await answer(parked4);
  await w.until(parked4.id, ({ attempts }) => attempts === 2);
  await cancel(parked4);
  assert.equal((await ended(parked4)).decision, "allow");
  await noneLeft(w);
  for (const each of [kept1, kept2, kept3, parked1, parked2, parked3, parked4]) await assert.rejects(answer(each), { code: "conflict" });
});
