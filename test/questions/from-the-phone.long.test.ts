/** The real Claude Code asks, and a person answers in a chat, over kills of the server. */
import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { step } from "../../testing/model.ts";
import { botToken, telegramStandIn } from "../../testing/telegram.ts";
import { until } from "../../testing/wait.ts";
import { noneLeft, shiftedClock, traps } from "../reliability/setup.ts";
import { askingWorker, oneQuestion } from "./setup.ts";

const me = 4242;

test("answers from a phone continue parked tasks, each once, over kills of the server", async (t) => {
  const w = await askingWorker(t, {}, { CLAUDE_WORKER_PARK_AFTER_MS: "0" });
  const { trap, felled } = traps(w);
  const file = path.join(w.place.work, "made");
  w.model.play({
    "make the file": [step.bash(`echo x >> ${file} && sleep 0`), step.text("Made.")],
    "choose a colour": [step.tool("AskUserQuestion", oneQuestion("Which colour?")), step.text("Painted.")],
  });
  await w.start();
  const bot = await telegramStandIn(t);
  const secret = path.join(w.place.work, "token");
  writeFileSync(secret, botToken, { mode: 0o600 });
  const to = ["--telegram", String(me), "--telegram-api", bot.url, "--allow-private", "--secret-file", secret];
  const added = await w.cli(["notify", "add", "phone", ...to, "--on", "question", "--answers", "permissions"]);
  assert.equal(added.code, 0, added.stderr);

  /** A message that was sent and not marked yet would be sent again by the next server. */
  const marked = (count: number) =>
    until("the marks", async () => (await w.client.listDeliveries({ state: "delivered" })).deliveries.length === count);

  const { id } = await w.submit("make the file", { permission_mode: "default" });
  const asking = await bot.asking();
  assert.match(asking.text, /May it use Bash\?\necho x >> /);
  await marked(1);
  trap("answer.take.before");
  bot.tap({ chat: me, user: me, data: asking.buttons[0]?.data ?? "" });
  await felled("answer.take.before");
  assert.equal(existsSync(file), false);
  await w.start();
  assert.equal((await w.ended(id)).result, "Made.");
  assert.equal(existsSync(file), true);
  await until("the changed message", () => asking.edits === 1 && asking.buttons.length === 0);

  const other = await w.submit("choose a colour");
  const choosing = await bot.asking(2);
  await marked(2);
  trap("answer.take.after");
  bot.write({ chat: me, user: me, text: "Green", to: choosing.id });
  await felled("answer.take.after");
  await w.start();
  const task = await w.ended(other.id);
  assert.partialDeepStrictEqual(task.questions, [{ status: "applied", answered_by: "channel:phone" }]);
  assert.match(JSON.stringify(w.model.requests().at(-1)), /Which colour\?\\*"=\\*"Green/);
  await until("the changed message", () => choosing.edits === 1 && choosing.text.endsWith(" Green"));
  assert.equal(bot.messages.length, 2, "an answer that was stored before the kill is not read again");
});

test("an answer in a chat counts although its time ended while no server ran", async (t) => {
  const w = await askingWorker(t, {}, { CLAUDE_WORKER_PARK_AFTER_MS: "0" });
  w.model.play({ "choose a colour": [step.tool("AskUserQuestion", oneQuestion("Which colour?")), step.text("Painted.")] });
  await w.start();
  const bot = await telegramStandIn(t);
  const secret = path.join(w.place.work, "token");
  writeFileSync(secret, botToken, { mode: 0o600 });
  const to = ["--telegram", String(me), "--telegram-api", bot.url, "--allow-private", "--secret-file", secret];
  const added = await w.cli(["notify", "add", "phone", ...to, "--on", "question", "--answers", "content"]);
  assert.equal(added.code, 0, added.stderr);
  const hourMs = 3_600_000;
  const answered = await w.submit("choose a colour", { answer_within_ms: 8 * hourMs });
  const asking = await bot.asking();
  const forgotten = await w.submit("choose a colour", { answer_within_ms: 8 * hourMs });
  await bot.asking(2);
  for (const { id } of [answered, forgotten]) await w.until(id, ({ status }) => status === "waiting");
  await noneLeft(w);
  assert.equal((await w.cli(["server", "stop"])).code, 0);
  bot.tap({ chat: me, user: me, data: asking.buttons[1]?.data ?? "" });
  w.env["NODE_OPTIONS"] = shiftedClock(w.place, 24 * hourMs);
  await w.start();
  const { questions } = await w.ended(answered.id);
  assert.partialDeepStrictEqual(questions, [
    { status: "applied", answered_by: "channel:phone", answer: { answers: { "Which colour?": "Blue" } } },
  ]);
  assert.partialDeepStrictEqual((await w.ended(forgotten.id)).questions, [{ answered_by: "default" }]);
});
