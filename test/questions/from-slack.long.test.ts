/** The real Claude Code asks, and a person answers in Slack, over kills of the server. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { step } from "../../testing/model.ts";
import { slackAppToken, slackBotToken, slackChannel, slackStandIn } from "../../testing/slack.ts";
import { until } from "../../testing/wait.ts";
import { traps } from "../reliability/setup.ts";
import { askingWorker, oneQuestion } from "./setup.ts";

const me = "U0ME000001";

test("answers in Slack continue parked tasks, each once, over kills of the server", async (t) => {
  const w = await askingWorker(t, {}, { CLAUDE_WORKER_PARK_AFTER: "0s" });
  const { trap, felled } = traps(w);
  const file = path.join(w.place.work, "made");
  w.model.play({
    "make the file": [step.bash(`echo x >> ${file} && sleep 0`), step.text("Made.")],
    "choose a colour": [step.tool("AskUserQuestion", oneQuestion("Which colour?")), step.text("Painted.")],
  });
  await w.start();
  const slack = await slackStandIn(t);
  const tokens = path.join(w.place.work, "tokens");
  writeFileSync(tokens, `${slackBotToken}\nxapp-1-A0STANDIN-999-anotherapp\n`, { mode: 0o600 });
  const to = ["--slack-app", slackChannel, "--slack-api", slack.url, "--allow-private", "--secret-file", tokens];
  const answering = ["--on", "question", "--answers", "permissions", "--answer-from", me];
  const added = await w.cli(["notify", "add", "team", ...to, ...answering]);
  assert.equal(added.code, 0, added.stderr);
  const tried = await w.cli(["notify", "test", "team"]);
  assert.equal(tried.code, 0, tried.stderr);

  /** A message that was sent and not marked yet would be sent again by the next server. */
  const marked = (count: number) =>
    until("the marks", async () => (await w.client.listDeliveries({ state: "delivered" })).deliveries.length === count);
  const connected = () => until("the connection", () => slack.connections() === 1);

  const { id } = await w.submit("make the file", { permission_mode: "default" });
  const asking = await slack.asking(2);
  assert.match(asking.sections[0] ?? "", /May it use Bash\?\necho x >> /);
  await marked(2);
  const refusal = "Slack refused the token of the app (xapp-…): invalid_auth.";
  const shown = await until("the problem", async () => {
    const { stdout } = await w.cli(["notify", "show", "team"]);
    return stdout.includes("answers problem") ? stdout : null;
  });
  assert.ok(shown.includes(`answers problem: ${refusal}`), shown);
  const { stdout: checks } = await w.cli(["doctor"]);
  assert.ok(checks.replaceAll(/\s+/g, " ").includes(`team: answers do not arrive as they should. ${refusal}`), checks);
  writeFileSync(tokens, `${slackAppToken}\n${slackBotToken}\n`, { mode: 0o600 });
  const edited = await w.cli(["notify", "edit", "team", "--secret-file", tokens]);
  assert.equal(edited.code, 0, edited.stderr);
  await connected();

  const allow = { user: me, value: asking.buttons[0]?.value ?? "" };
  trap("answer.take.before");
  const lost = slack.tap(allow);
  await felled("answer.take.before");
  await until("the mark at the button", () => slack.marked.has(lost));
  assert.equal(existsSync(file), false);
  await w.start();
  await connected();
  for (const press of [
    { ...allow, user: "U0STRANGER" },
    { ...allow, channel: "C0ELSEWHERE" },
  ])
    await slack.acknowledged(slack.tap(press));
  assert.equal((await w.asked(id)).length, 1, "neither counts");
  await slack.acknowledged(slack.tap(allow));
  assert.equal((await w.ended(id)).result, "Made.");
  assert.equal(readFileSync(file, "utf8"), "x\n");
  await until("the changed message", () => asking.edits === 1 && asking.buttons.length === 0);

  const other = await w.submit("choose a colour");
  const choosing = await slack.asking(3);
  await marked(3);
  await connected();
  trap("answer.take.after");
  slack.write({ user: me, text: "Green", thread: choosing.ts });
  await felled("answer.take.after");
  await w.start();
  const task = await w.ended(other.id);
  assert.partialDeepStrictEqual(task.questions, [{ status: "applied", answered_by: "channel:team" }]);
  assert.match(JSON.stringify(w.model.requests().at(-1)), /Which colour\?\\*"=\\*"Green/);
  await until("the changed message", () => choosing.edits === 1 && (choosing.sections[0] ?? "").endsWith(" Green"));
  assert.equal(slack.messages.length, 3);
  const { stdout: log } = await w.cli(["server", "logs"]);
  assert.doesNotMatch(log, /xoxb-|xapp-1|ticket-/);
});
