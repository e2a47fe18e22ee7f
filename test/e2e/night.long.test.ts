/**
 * A night as the documentation tells it, with the real Claude Code and a phone: tasks ask, are
 * answered and corrected, the machine restarts, and in the morning an ended task continues.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { step } from "../../testing/model.ts";
import { botToken, telegramStandIn } from "../../testing/telegram.ts";
import type { BotMessage } from "../../testing/telegram.ts";
import { until } from "../../testing/wait.ts";
import { worker } from "../../testing/worker.ts";
import { oneQuestion } from "../questions/setup.ts";
import { killEverything, marked, noneLeft, shiftedClock } from "../reliability/setup.ts";

const me = 4242;
const hourMs = 3_600_000;

const script = {
  "Now write the tests too": [step.bash("echo tests >> tests"), step.text("Tested.")],
  "Migrate the webhooks": [step.bash("echo migrated >> migrated && sleep 0"), step.text("Migrated.")],
  "Choose the database": [step.tool("AskUserQuestion", oneQuestion("Which database?")), step.text("Chosen.")],
  "Choose a colour": [step.tool("AskUserQuestion", oneQuestion("Which colour?")), step.text("Painted.")],
  "Write the report": [
    step.bash("touch begun; until [ -e go ]; do sleep 0.05; done; echo report >> report"),
    step.bash("echo checked >> checked"),
    step.text("Reported."),
  ],
  "Tidy up": [step.bash("echo tidy >> tidy"), step.text("Tidied.")],
};

test("a night with a phone loses no question, answer, correction or message", async (t) => {
  const w = await worker(t, script);
  const bot = await telegramStandIn(t);
  const secret = w.place.file("bot-token", botToken);
  const fileOf = (name: string): string => path.join(w.place.work, name);
  const cli = async (...words: string[]): Promise<string> => {
    const { code, stdout, stderr } = await w.cli(words);
    assert.equal(code, 0, `${words.join(" ")}: ${stderr}`);
    return stdout;
  };
  const asking = (id: number): Promise<BotMessage> =>
    until(`the question of task ${id} on the phone`, () => bot.messages.find(({ text }) => text.startsWith(`Task ${id} asks`)));
  const delivered = (count: number) =>
    until(`${count} messages`, async () => (await w.client.listDeliveries({ state: "delivered" })).deliveries.length === count);
  const completed = async (id: number, result: string): Promise<void> => {
    const task = await w.until(id, ({ ended_at, messages }) => ended_at !== null && messages.every(({ status }) => status === "done"));
    assert.deepEqual([task.status, task.result], ["completed", result], JSON.stringify(task.error));
  };

  // In the evening.
  await cli("config", "set", "park_after", "0s");
  await w.start();
  const to = ["--telegram", String(me), "--telegram-api", bot.url, "--allow-private", "--secret-file", secret];
  await cli("notify", "add", "phone", ...to, "--on", "question,completed,failed", "--answers", "permissions");
  const asks = ["--on-question", "ask"];
  await cli("run", "Migrate the webhooks", ...asks, "--permission-mode", "default");
  await cli("run", "Choose the database", ...asks);
  await cli("run", "Choose a colour", ...asks, "--answer-within", "8h", "--else", "default");
  await cli("run", "Write the report", "--allow", "Bash");
  await cli("run", "Tidy up", "--allow", "Bash");
  const [migration, database] = [await asking(1), await asking(2), await asking(3)];
  await completed(5, "Tidied.");
  const inbox = (await cli("inbox")).trimEnd().split("\n");
  assert.deepEqual(inbox.map((line) => line.split("\t").slice(1, 3).join(" ")).toSorted(), ["1 permission", "2 question", "3 question"]);
  assert.match(migration.text, /May it use Bash\?\necho migrated >> migrated/);
  const note = await bot.press({ chat: me, user: me, data: migration.buttons[0]?.data ?? "", message: migration.id });
  assert.match(note.text, /allowed/);
  await completed(1, "Migrated.");
  await until("the report to begin", () => existsSync(fileOf("begun")));
  await cli("send", "4", "Use the existing helper in src/http");
  await delivered(5);

  // The machine restarts in the night.
  await killEverything(w);
  assert.deepEqual(await marked(w), []);
  writeFileSync(fileOf("go"), "");
  w.env["NODE_OPTIONS"] = shiftedClock(w.place, 9 * hourMs);
  await w.start();
  await completed(3, "Painted.");
  await completed(4, "Reported.");
  bot.write({ chat: me, user: me, text: "PostgreSQL", to: database.id });
  await completed(2, "Chosen.");

  // In the morning.
  assert.match(await cli("send", "5", "Now write the tests too"), /Task 5 continues/);
  await completed(5, "Tested.");
  assert.equal(await cli("inbox"), "");
  assert.deepEqual((await w.client.listQuestions({ status: ["open", "answered"] })).questions, []);
  const answers = (await w.client.listQuestions({})).questions.map(({ task_id: task, status, answered_by: by }) => [task, status, by]);
  assert.deepEqual(
    answers.toSorted((a, b) => Number(a[0]) - Number(b[0])),
    [
      [1, "applied", "channel:phone"],
      [2, "applied", "channel:phone"],
      [3, "expired", "default"],
    ],
  );
  const said = (key: string): string => JSON.stringify(w.model.requests().findLast((request) => request.key === key)?.body.messages);
  assert.match(said("Choose the database"), /Which database\?\\*"=\\*"PostgreSQL/);
  assert.match(said("Choose a colour"), /Which colour\?\\*"=\\*"Red/);
  assert.equal(said("Write the report").split("Use the existing helper").length - 1, 1);
  for (const name of ["migrated", "report", "checked", "tidy", "tests"])
    assert.match(readFileSync(fileOf(name), "utf8"), /^\w+\n$/, `${name} happened once`);

  await delivered(9);
  const isShown = () => bot.messages.every(({ buttons }) => buttons.length === 0);
  await until("the phone to show what became of each question", isShown);
  const titles = bot.messages.map(({ text }) => text.split("\n")[0]?.replace(/q\d/, "q") ?? "");
  const asked = [1, 2, 3].map((id) => `Task ${id} asked (q)`);
  const ended = [1, 2, 3, 4, 5, 5].map((id) => `Task ${id} completed`);
  assert.deepEqual(titles.toSorted(), [...asked, ...ended, "q: PostgreSQL"].toSorted(), "each once, and the reply to the words");
  await noneLeft(w);
});
