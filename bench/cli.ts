/**
 * How fast the command line is: from the spawn of the process to its exit, beside Node's own start
 * and beside `claude --bg`.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { step } from "../testing/model.ts";
import { atMost } from "./figure.ts";
import type { Figure, Row } from "./figure.ts";
import { inTurns, median } from "./measure.ts";
import { run } from "./processes.ts";
import { cliWords, inWorld, withFakeAgent } from "./world.ts";

export const figures: readonly Figure[] = [
  { name: "cli: run beside node", run: besideNode },
  { name: "cli: run beside claude --bg", run: besideBackground },
  { name: "cli: code cache", run: besideNodesCache },
];

const prompt = "say ready";
const script = { [prompt]: [step.text("ready")] };

/**
 * With the default settings; each task has ended and a runner is parked again before the next
 * round.
 */
async function besideNode({ quick }: { quick: boolean }): Promise<Row[]> {
  return inWorld(script, async (world) => {
    const server = await world.server("data");
    const context = { env: world.env, cwd: world.place.work };
    const { node, submit } = await inTurns(quick ? 5 : 20, {
      node: async () => (await run(process.execPath, ["-e", "0"], context)).ms,
      submit: async () => {
        await server.quiet(1);
        const { ms } = await server.cli("run", prompt);
        await server.quiet(1);
        return ms;
      },
    });
    const note = `${median(submit).toFixed(1)} ms ÷ ${median(node).toFixed(1)} ms, medians of ${node.length}`;
    return [atMost("`claude-worker run` ÷ `node -e 0`", median(submit) / median(node), "×", 1.6, note)];
  });
}

/**
 * `claude stop` returns before the session's processes are gone and its daemon has started the next
 * one: both sides wait for a machine at rest.
 */
const settleMs = 2_500;

/** Its session is stopped before the next round: each would stay resident. */
async function besideBackground({ quick }: { quick: boolean }): Promise<Row[]> {
  return inWorld(script, async (world) => {
    const server = await world.server("data");
    try {
      const { background, submit } = await inTurns(quick ? 3 : 10, {
        background: async () => {
          await delay(settleMs);
          const { ms, stdout } = await world.claude("--bg", prompt);
          const id = /claude stop (\w+)/.exec(stdout)?.[1];
          if (id === undefined) throw new Error(`claude --bg printed no id: ${stdout}`);
          await world.claude("stop", id);
          return ms;
        },
        submit: async () => {
          await delay(settleMs);
          await server.quiet(1);
          const { ms } = await server.cli("run", prompt);
          await server.quiet(1);
          return ms;
        },
      });
      const note = `${median(submit).toFixed(1)} ms ÷ ${median(background).toFixed(1)} ms, medians of ${submit.length}`;
      return [atMost("`claude-worker run` ÷ `claude --bg`", median(submit) / median(background), "×", 0.25, note)];
    } finally {
      await world.claude("daemon", "stop", "--any");
    }
  });
}

/**
 * Compares the launcher's code cache with Node's own: the CPU time of `claude-worker run` on a
 * server that starts nothing. The launcher keeps its own as long as it saves 5 % (decision 0012).
 */
async function besideNodesCache({ quick }: { quick: boolean }): Promise<Row[]> {
  return inWorld({}, async (world) => {
    const server = await world.server("data", withFakeAgent);
    await server.cli("hold");
    const cpuFile = path.join(world.place.directory, "cpu");
    const context = { env: { ...server.env, BENCH_CPU_FILE: cpuFile }, cwd: world.place.work };
    const cpuOf = async (...words: readonly string[]): Promise<number> => {
      await run(process.execPath, ["--require", helper("report-cpu.cjs"), ...words, "run", prompt], context);
      return Number(readFileSync(cpuFile, "utf8"));
    };
    const { ours, nodes } = await inTurns(quick ? 5 : 100, {
      ours: () => cpuOf(...cliWords()),
      nodes: () => cpuOf(helper("node-compile-cache.cjs")),
    });
    const ratios = ours.map((each, index) => each / (nodes[index] ?? Number.NaN));
    const note = `median of ${ratios.length} pairs; medians ${median(ours).toFixed(1)} ms ÷ ${median(nodes).toFixed(1)} ms`;
    return [atMost("CPU time of `claude-worker run` ÷ with Node's compile cache", median(ratios), "×", 0.95, note)];
  });
}

function helper(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
