/**
 * `npm run demo`: the main job from end to end on a scratch directory. A real server runs three
 * tasks side by side on the real Claude Code; only the model is scripted (on loopback), so it needs
 * no account. It cleans up after itself.
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { pathsFrom } from "../src/config/paths.ts";
import { WorkerClient } from "../src/client/index.ts";
import type { TaskView } from "../src/client/index.ts";
import { startModel } from "../testing/model.ts";
import { scratch } from "../testing/scratch.ts";
import { demoScript } from "./script.ts";
import type { DemoTask } from "./script.ts";
import type { TaskRef } from "../src/domain/task/task-ref.ts";

const bin = fileURLToPath(new URL("../bin/claude-worker", import.meta.url));
const run = promisify(execFile);
const colours = [36, 33, 35] as const;

const place = scratch(null);
const tasks = demoScript(place.work);
const model = await startModel(null, Object.fromEntries(tasks.map(({ key, moves }) => [key, moves])));
const env = {
  PATH: process.env["PATH"] ?? "",
  TERM: process.env["TERM"] ?? "",
  ...model.env(place.home),
  CLAUDE_WORKER_HOME: place.dataHome,
  XDG_CONFIG_HOME: path.join(place.home, ".config"),
  CLAUDE_WORKER_PORT: "0",
};
const client = new WorkerClient({ kind: "socket", path: pathsFrom(env).serverSocket });
const began = Date.now();

try {
  process.exitCode = (await demo()) ? 0 : 1;
} finally {
  client.close();
  await run(process.execPath, [bin, "server", "stop", "--now"], { env }).catch(() => {});
  await model.stop();
  await place.remove();
  say("\nThe server is stopped and the scratch directory is gone.");
}

async function demo(): Promise<boolean> {
  say("Claude Worker, the main job from end to end. The server, the queue, the runners and Claude Code are the real ones;");
  say("the model is SCRIPTED and answers on loopback, so this needs no account and costs nothing.\n");
  await show("server", "start", "--warm", "2");
  const ids: number[] = [];
  for (const task of tasks) ids.push(await submit(task));
  say("\nThe terminal is free again. What happens meanwhile:");
  await follow(ids);
  say("");
  await show("list");
  for (const id of ids) report(await client.getTask({ id }));
  return verify(await Promise.all(ids.map((id) => client.getTask({ id }))));
}

async function submit({ prompt, name, flags = [] }: DemoTask): Promise<number> {
  const words = ["run", prompt, "--dir", place.work, "--name", name, ...flags];
  say(`$ claude-worker ${words.map((word) => (/[^\w./=-]/.test(word) ? JSON.stringify(word) : word)).join(" ")}`);
  const { stdout } = await run(process.execPath, [bin, ...words], { env });
  say(stdout.trimEnd());
  return Number(stdout.trim());
}

/** Prints every task's steps as they come, the way several terminals would show them. */
async function follow(ids: readonly number[]): Promise<void> {
  const open = new Set<TaskRef>(ids);
  for await (const event of client.events(null)) {
    for (const line of event.summary) say(`  ${colour(event.task_id, `task ${event.task_id} │`)} ${line}`);
    if (event.type === "ended") open.delete(event.task_id);
    if (open.size === 0) return;
  }
}

function report(task: TaskView): void {
  say(
    `\n${colour(task.id, `task ${task.id}`)} ${task.name ?? ""}: ${task.status}, ${task.num_turns ?? 0} ${task.num_turns === 1 ? "turn" : "turns"}, $${(task.cost_usd ?? 0).toFixed(4)} (at list prices; the scripted model is free), ${((task.duration_ms ?? 0) / 1000).toFixed(1)} s`,
  );
  say(`  result: ${task.result ?? `none. ${task.error?.code}: ${task.error?.message}`}`);
  say(`  logs:   ${task.logs.summary} (${lines(task.logs.summary)} lines), ${task.logs.raw} (${lines(task.logs.raw)} records)`);
}

/** The demo is only worth something when what it shows is true. */
function verify(ended: readonly TaskView[]): boolean {
  const wrong = ended.filter((task, index) => task.status !== tasks[index]?.ends);
  const file = readFileSync(path.join(place.work, "haiku.txt"), "utf8");
  say(`\nhaiku.txt, written by Claude Code:\n${file.replaceAll(/^/gm, "  ")}`);
  for (const task of wrong) say(`UNEXPECTED: task ${task.id} is ${task.status}`);
  say(
    `\n${ended.length - wrong.length} of ${ended.length} tasks ended as planned (two completed, one failed) in ${((Date.now() - began) / 1000).toFixed(1)} s.`,
  );
  say("With your own account: sign in once with Claude Code (or set ANTHROPIC_API_KEY), then in a project of yours:");
  say('  claude-worker trust add . && claude-worker run "Explain this project in five sentences" --watch');
  return wrong.length === 0;
}

/** Runs a command on this very terminal, so that it looks as it does to a person. */
async function show(...words: string[]): Promise<void> {
  say(`$ claude-worker ${words.join(" ")}`);
  const child = spawn(process.execPath, [bin, ...words], { env, stdio: "inherit" });
  await once(child, "exit");
}

function lines(file: string): number {
  return readFileSync(file, "utf8").split("\n").length - 1;
}

function colour(id: TaskRef, text: string): string {
  return process.stdout.isTTY ? `\u001B[${colours[Number(id) % colours.length]}m${text}\u001B[0m` : text;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
