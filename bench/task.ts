/**
 * Measures how long a trivial task takes on the real Claude Code with the scripted model, from its
 * submission until a client knows its end, beside `claude -p`.
 */
import { setTimeout as delay } from "node:timers/promises";
import { prewarm } from "@anthropic-ai/claude-agent-sdk";
import { ClaudeProcess } from "../src/agent/claude-process.ts";
import { hostOptions, parkedEnv } from "../src/agent/claude-options.ts";
import { step } from "../testing/model.ts";
import { atMost, known } from "./figure.ts";
import type { Figure, Row } from "./figure.ts";
import { inTurns, median, timed } from "./measure.ts";
import { inWorld } from "./world.ts";
import type { Server, World } from "./world.ts";

export const figures: readonly Figure[] = [
  { name: "task: beside claude -p", run: besidePrint },
  { name: "task: after a rest", run: afterRest },
];

const prompt = "say ready";
/** A model that only the task names: a parked Claude Code with another model has to change it. */
const named = "claude-sonnet-4-5";

async function besidePrint({ quick }: { quick: boolean }): Promise<Row[]> {
  return inWorld({ [prompt]: [step.text("ready")] }, async (world) => {
    const warm = await world.server("warm", { CLAUDE_WORKER_WARM: "1" });
    const cold = await world.server("cold", { CLAUDE_WORKER_WARM: "0" });
    const sides = await inTurns(quick ? 3 : 10, {
      print: () => printMs(world),
      sdk: () => claimMs(world),
      warm: () => taskMs(warm, world.place.work, 1),
      cold: () => taskMs(cold, world.place.work, 0),
      printNamed: () => printMs(world, named),
      warmNamed: () => taskMs(warm, world.place.work, 1, named),
    });
    const [print, warmMs, coldMs, sdk] = [median(sides.print), median(sides.warm), median(sides.cold), median(sides.sdk)];
    const [printNamed, warmNamed] = [median(sides.printNamed), median(sides.warmNamed)];
    const note = (ms: number, beside = print): string => `${ms.toFixed(0)} ms ÷ ${beside.toFixed(0)} ms, medians of ${sides.print.length}`;
    return [
      atMost("trivial task, warm ÷ `claude -p`", warmMs / print, "×", 0.5, note(warmMs)),
      known("the same when both name another model", warmNamed / printNamed, "×", note(warmNamed, printNamed)),
      atMost("trivial task, `--warm 0` ÷ `claude -p`", coldMs / print, "×", 1.6, note(coldMs)),
      known("the SDK alone: a parked Claude Code from its claim to its exit ÷ `claude -p`", sdk / print, "×", note(sdk)),
    ];
  });
}

/**
 * Parked runners mostly rest for long. Each task takes one that has, while replacements park behind
 * it.
 */
async function afterRest({ quick }: { quick: boolean }): Promise<Row[]> {
  const [rounds, restMs] = quick ? [1, 20_000] : [3, 200_000];
  const parked = rounds + 1;
  return inWorld({ [prompt]: [step.text("ready")] }, async (world) => {
    const own = await world.server("own", { CLAUDE_WORKER_WARM: String(parked) });
    const plain = await world.server("plain", { CLAUDE_WORKER_WARM: String(parked), CLAUDE_WORKER_AGENT_ENV: "BUN_GC_TIMER_DISABLE=0" });
    await Promise.all([own.quiet(parked), plain.quiet(parked)]);
    await delay(restMs);
    const settled = async (): Promise<void> => {
      await Promise.all([own.quiet(parked), plain.quiet(parked)]);
      await delay(1_000);
    };
    const sides = await inTurns(rounds, {
      print: () => settled().then(() => printMs(world)),
      own: () => settled().then(() => taskMs(own, world.place.work, parked)),
      plain: () => settled().then(() => taskMs(plain, world.place.work, parked)),
    });
    const print = median(sides.print);
    const rowOf = (what: string, values: readonly number[]): Row => {
      const ms = median(values);
      return known(what, ms / print, "×", `${ms.toFixed(0)} ms ÷ ${print.toFixed(0)} ms, medians of ${rounds}; rested ${restMs / 1000} s`);
    };
    return [
      rowOf("the same with a runner that has rested for minutes ÷ `claude -p`", sides.own),
      rowOf("the same with the runtime's own collections while it rests", sides.plain),
    ];
  });
}

/** @param model null: Claude Code's default. */
async function printMs(world: World, model: string | null = null): Promise<number> {
  const naming = model === null ? [] : ["--model", model];
  return (await world.claude("-p", prompt, ...naming, "--permission-mode", "acceptEdits")).ms;
}

/**
 * What no runner can be faster than: the same parked Claude Code with nothing of ours around it. It
 * is at rest when it is claimed, as a parked runner is.
 */
async function claimMs({ env, place }: World): Promise<number> {
  const claude = new ClaudeProcess(() => {});
  const spare = await prewarm({
    options: { ...hostOptions({ ...parkedEnv, ...env }, null), permissionMode: "default", spawnClaudeCodeProcess: claude.start },
  });
  await delay(1_000);
  return timed(async () => {
    const query = spare.claim({ prompt, options: { cwd: place.work, permissionMode: "acceptEdits" } });
    for await (const message of query) if (message.type === "result" && message.is_error) throw new Error(JSON.stringify(message));
    await claude.ended;
  });
}

/**
 * Waits before and after until the machine is quiet again: a replacement that parks would slow the
 * next side down.
 */
async function taskMs({ client, quiet }: Server, directory: string, parked: number, model: string | null = null): Promise<number> {
  await quiet(parked);
  const ms = await timed(async () => {
    const { id } = await client.submitTask({ prompt, model, working_directory: directory });
    const { ended } = await client.wait([id]);
    if (ended[0]?.status !== "completed") throw new Error(`the task ended as ${JSON.stringify(ended[0])}`);
  });
  // A replacement is started a second after the hand-out.
  await quiet(parked);
  return ms;
}
