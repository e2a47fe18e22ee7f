/** A task whose command runs until the test lets it end, for messages that come meanwhile. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { TestContext } from "node:test";
import type { TaskView } from "../../src/client/index.ts";
import { step } from "../../testing/model.ts";
import type { Script } from "../../testing/model.ts";
import { until } from "../../testing/wait.ts";
import { askingWorker } from "../questions/setup.ts";
import type { AskingWorker } from "../questions/setup.ts";
import { traps } from "../reliability/setup.ts";
import type { Traps } from "../reliability/setup.ts";

export interface AtGate extends AskingWorker, Traps {
  readonly id: number;
  /** Lets the running command end. */
  open(): void;
  said(): string;
  /** The task once every message is done and it has ended. */
  done(): Promise<TaskView>;
}

/** A task whose command runs until a gate is opened. */
export async function atGate(t: TestContext, script: Script, env: Record<string, string> = {}): Promise<AtGate> {
  const asking = await askingWorker(t, {}, env);
  const w = { ...asking, ...traps(asking) };
  const gate = path.join(w.place.work, "gate");
  const wait = step.bash(`echo waits >> log; until [ -e ${gate} ]; do sleep 0.05; done`);
  w.model.play({ "the long job": [wait, step.text("The long job is done.")], ...script });
  await w.start();
  const { id } = await w.submit("the long job", { allow: ["Bash"] });
  await until("its command", () => existsSync(path.join(w.place.work, "log")));
  await w.until(id, ({ last_action: action }) => action?.includes("until") ?? false);
  return {
    ...w,
    id,
    open: () => writeFileSync(gate, ""),
    said: () => JSON.stringify(w.model.requests().at(-1)?.body.messages),
    done: () => w.until(id, ({ ended_at, messages }) => ended_at !== null && messages.every(({ status }) => status === "done")),
  };
}

/** Waits until Claude Code has the message in its queue. */
export async function inQueue(w: AtGate, count = 1): Promise<void> {
  const { logs } = await w.client.getTask({ id: w.id });
  await until("Claude Code's queue", () => readFileSync(logs.raw, "utf8").split('"state":"queued"').length > count);
}
