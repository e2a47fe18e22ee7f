/**
 * Records what the real Claude Code says, for the tests of domain/:
 * `node test/domain/samples/record.ts [case …]` writes one JSON file a case. Run it after an
 * upgrade of the Agent SDK and read the difference. Ids, times and paths are made equal, so that
 * only real changes show.
 */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { query } from "@anthropic-ai/claude-agent-sdk";
import type { Options, Query } from "@anthropic-ai/claude-agent-sdk";
import { fault, startModel, step } from "../../../testing/model.ts";
import type { Move } from "../../../testing/model.ts";
import { scratch } from "../../../testing/scratch.ts";

interface Case {
  readonly moves: (work: string) => readonly Move[];
  readonly options?: Partial<Options>;
  /** With a subscription's token instead of an API key. */
  readonly subscription?: boolean;
  /** Something to do to the query while it runs, when this kind of message came. */
  readonly during?: { readonly type: string; readonly act: (running: Query) => Promise<unknown> };
}

/** Far enough in the future for whoever records again. */
const resetsAt = Date.UTC(2030, 0, 1, 15);

const cases: Readonly<Record<string, Case>> = {
  success: { moves: () => [step.text("Done.\nAll is well.")] },
  tools: {
    moves: (work) => [
      step.write(path.join(work, "app.py"), "print('hi')\n"),
      step.bash("python3 app.py || cat app.py"),
      step.bash("echo to stderr >&2; exit 3"),
      step.read(path.join(work, "app.py")),
      step.read(path.join(work, "missing.py")),
      step.text("Wrote app.py."),
    ],
    options: { allowedTools: ["Bash"] },
  },
  subagent: {
    moves: () => [
      step.tool("Agent", { description: "look around", prompt: "inner task", subagent_type: "general-purpose" }),
      step.text("The helper is back."),
    ],
  },
  "max-turns": {
    moves: () => [step.bash("echo one"), step.bash("echo two"), step.text("never")],
    options: { maxTurns: 1, allowedTools: ["Bash"] },
  },
  budget: {
    moves: () => [step.bash("echo one"), step.bash("echo two"), step.text("never")],
    options: { maxBudgetUsd: 0.000001, allowedTools: ["Bash"] },
  },
  denied: {
    moves: () => [step.bash("curl http://127.0.0.1:1/x"), step.text("I may not do that.")],
    options: { canUseTool: () => Promise.resolve({ behavior: "deny", message: "Nobody is here to ask." }) },
  },
  "denied-dont-ask": {
    moves: () => [step.bash("rm -rf build"), step.text("I may not do that.")],
    options: { permissionMode: "dontAsk" },
  },
  "denied-rule": {
    moves: () => [step.bash("rm -rf build"), step.text("I may not do that.")],
    options: {
      settings: { permissions: { deny: ["Bash(rm:*)"] } },
      canUseTool: () => Promise.resolve({ behavior: "deny", message: "Nobody is here to ask." }),
    },
  },
  "api-400-billing": { moves: () => [fault.badRequest("Your credit balance is too low to access the Anthropic API.")] },
  "api-401": { moves: () => [fault.unauthorized()] },
  "api-403": { moves: () => [fault.forbidden()] },
  "api-404-model": { moves: () => [fault.unknownModel("claude-nonesuch-9")], options: { model: "claude-nonesuch-9" } },
  "api-429": { moves: () => [fault.rateLimited()] },
  "api-500": { moves: () => [fault.serverError()] },
  "api-500-once": { moves: () => [fault.serverError(1), step.text("Back again.")] },
  "api-529": { moves: () => [fault.overloaded()] },
  "api-disconnect": { moves: () => [fault.disconnect()] },
  "usage-limit": { moves: () => [fault.usageLimit(resetsAt)], subscription: true },
  "usage-limit-mid-turn": {
    moves: () => [step.bash("echo one"), fault.usageLimit(resetsAt)],
    subscription: true,
    options: { allowedTools: ["Bash"] },
  },
  "interrupted-tool": {
    moves: () => [step.bash("for second in 1 2 3 4 5 6 7 8 9; do sleep 1; done"), step.text("never")],
    options: { allowedTools: ["Bash"] },
    during: { type: "assistant", act: (running) => later(300).then(() => running.interrupt()) },
  },
  "interrupted-model": {
    moves: () => [step.text("late", 30_000)],
    during: { type: "init", act: (running) => later(300).then(() => running.interrupt()) },
  },
  aborted: {
    moves: () => [step.bash("kill -9 $PPID; sleep 30"), step.text("never")],
    options: { allowedTools: ["Bash"] },
  },
};

function later(ms: number): Promise<void> {
  return new Promise((resolve) => {
    // Nothing reports that Claude Code is in the middle of its work.
    setTimeout(resolve, ms);
  });
}

async function record(name: string, sample: Case): Promise<void> {
  const corner = scratch(null);
  const model = await startModel(null, {
    "inner task": [step.bash("echo inner"), step.text("Looked.")],
    "the task": sample.moves(corner.work),
  });
  const messages: unknown[] = [];
  let thrown: string | null = null;
  try {
    const env = {
      ...(sample.subscription ? model.subscriptionEnv(corner.home) : model.env(corner.home)),
      PATH: process.env["PATH"] ?? "",
    };
    const running = query({
      prompt: "Do the task.",
      options: { cwd: corner.work, env, permissionMode: "acceptEdits", settingSources: ["user"], ...sample.options },
    });
    for await (const message of running) {
      messages.push(message);
      const kind = message.type === "system" ? message.subtype : message.type;
      if (sample.during?.type === kind) void sample.during.act(running).catch(() => undefined);
    }
  } catch (error) {
    thrown = error instanceof Error ? error.message : String(error);
  } finally {
    await model.stop();
  }
  const sdk = JSON.parse(
    readFileSync(new URL("../../../node_modules/@anthropic-ai/claude-agent-sdk/package.json", import.meta.url), "utf8"),
  ) as { version: string };
  const text = JSON.stringify({ sdk: sdk.version, case: name, thrown, messages }, withoutTimes, 1);
  writeFileSync(new URL(`${name}.json`, import.meta.url), `${madeEqual(text, corner.directory)}\n`);
  await corner.remove();
  process.stdout.write(`${name}: ${messages.length} messages${thrown === null ? "" : `, thrown: ${thrown}`}\n`);
}

/** Times that a run measures say nothing here, and would change every file each time. */
function withoutTimes(key: string, value: unknown): unknown {
  if (typeof value === "number" && /_ms$|^end_time$/.test(key)) return 1000;
  return key === "timestamp" ? "2026-01-01T00:00:00.000Z" : value;
}

/** Ids are numbered in the order in which they come; the corner of the disk is `/home/me`. */
function madeEqual(text: string, directory: string): string {
  const seen = new Map<string, string>();
  const numbered = (id: string): string => {
    const known = seen.get(id) ?? `00000000-0000-4000-8000-${String(seen.size + 1).padStart(12, "0")}`;
    seen.set(id, known);
    return known;
  };
  return text
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, numbered)
    .replaceAll(/(toolu_|msg_|req_|chatcmpl-)[A-Za-z0-9_-]{16,}/g, (id, kind: string) => kind + numbered(id).slice(-12))
    .replaceAll(/\ba[0-9a-f]{16}\b|\b[0-9a-z]{9}-[0-9a-f]{8}\b/g, (id) => `id-${numbered(id).slice(-12)}`)
    .replaceAll(`${directory}/home`, "/home/me")
    .replaceAll(directory, "/home/me")
    .replaceAll(directory.replaceAll("/", "-"), "-home-me")
    .replaceAll(/\/tmp\/(cc-socks|claude-\d+)\/[^"]*/g, "/tmp/$1")
    .replaceAll(/127\.0\.0\.1:\d{4,}/g, "127.0.0.1:8080");
}

const wanted = process.argv.slice(2);
for (const [name, sample] of Object.entries(cases)) {
  if (wanted.length === 0 || wanted.includes(name)) await record(name, sample);
}
