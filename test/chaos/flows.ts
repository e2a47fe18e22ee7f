/**
 * Runs the workflows of a chaos round while the server comes and goes: submits each once, cancels
 * some, and retries those that failed.
 */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { markerName } from "../../src/processes/sweep.ts";
import { step } from "../../testing/model.ts";
import { until } from "../../testing/wait.ts";
import { finalText } from "./conversation.ts";
import type { AcknowledgedFlow, Ledger } from "./ledger.ts";
import type { Observer } from "./observer.ts";
import type { PlannedFlow, PlannedNode } from "./plan-flows.ts";
import { isRefusal, persist } from "./trying.ts";
import type { World } from "./world.ts";

/** How long a run may take to end, over all kills. */
const endLimitMs = 600_000;
const list = ["x", "y", "z"];
/** The task in the middle of another file does its steps whatever the first one does. */
const isSecond = (mark: string): boolean => mark.endsWith("-b");
/** How many steps a task of a run does; one that is to fail does none. */
export const stepsOf = ({ fails }: Pick<PlannedNode, "fails">, mark: string): number => (fails === "never" || isSecond(mark) ? 2 : 0);
/** The file of the workflows that a workflow runs. */
const otherPath = "other.yaml";

/** The names by which the steps of a node's tasks are known, by the tasks' keys in the run. */
export function marksOf({ key, kind, size }: Pick<PlannedNode, "key" | "kind" | "size">): ReadonlyMap<string, string> {
  const numbers = Array.from({ length: kind === "for_each" ? list.length : size }, (_, index) => index + 1);
  if (kind === "task") return new Map([[key, key]]);
  if (kind === "matrix") return new Map(numbers.map((number) => [`${key}[n=${number}]`, `${key}-${number}`]));
  if (kind === "for_each") return new Map(numbers.map((number) => [`${key}[${number}]`, `${key}-${number}`]));
  if (kind === "workflow") return new Map(["a", "b"].map((each) => [`${key}/${each}`, `${key}-${each}`]));
  return new Map();
}

/** Where the task of a run with this mark leaves its steps. */
export const fileOf = (world: Pick<World, "place">, flow: string, mark: string): string => path.join(world.place.work, `${flow}-${mark};`);

export async function playFlow(world: World, observer: Observer, planned: PlannedFlow, name: string, ledger: Ledger): Promise<void> {
  await delay(planned.afterMs); // The plan of the seed.
  const input = inputOf(world, planned, name);
  const { id } = await persist(world, () => world.client.runWorkflow(input, { idempotencyKey: `chaos-${name}` }));
  const flow: AcknowledgedFlow = { id, name, planned, isCancelled: false, isRetried: false };
  ledger.flows.push(flow);
  if (planned.cancelAfterMs !== null) {
    await delay(planned.cancelAfterMs); // The plan of the seed.
    flow.isCancelled = await unlessRefused(persist(world, () => world.client.cancelWorkflow({ workflow: id })));
  }
  if (flow.isCancelled) return;
  await untilEnded(world, observer, id);
  if (observer.flowStatus(id) !== "failed") return;
  for (const { key, fails } of planned.nodes) if (fails === "once") writeFileSync(helpOf(world, name, key), "");
  flow.isRetried = true;
  await unlessRefused(persist(world, () => world.client.retryWorkflow({ workflow: id })));
  await untilEnded(world, observer, id);
}

async function untilEnded(world: World, observer: Observer, id: number): Promise<void> {
  const look = async (): Promise<boolean> => {
    if (observer.flowStatus(id) !== "running") return true;
    await world.ensureServer();
    return false;
  };
  await until(`the end of the run ${id}`, look, endLimitMs);
}

/** @returns whether it was done. A refusal says that a try without an answer may have worked. */
async function unlessRefused(acting: Promise<unknown>): Promise<boolean> {
  try {
    await acting;
    return true;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return false;
  }
}

const helpOf = (world: World, flow: string, key: string): string => `${fileOf(world, flow, key)}.help`;

/** What a run of it is submitted with; in a world of Claude Code the model learns its moves. */
export function inputOf(world: World, { nodes, stops, concurrency, stepMs }: PlannedFlow, name: string) {
  const file = {
    name,
    on_failure: stops ? "stop" : "continue",
    ...(concurrency === null ? {} : { concurrency }),
    defaults: { allow: ["Bash"] },
    inputs: { list: { type: "list", default: list } },
    tasks: Object.fromEntries(nodes.map((node) => [node.key, taskOf(world, node, name, stepMs)])),
  };
  const other = {
    inputs: { mark: "", fails: "", steps: "2" },
    defaults: { allow: ["Bash"] },
    tasks: {
      a: { prompt: promptOf(world, name, "{{ inputs.mark }}-a", { stepMs, steps: "{{ inputs.steps }}", fails: "{{ inputs.fails }}" }) },
      b: { prompt: promptOf(world, name, "{{ inputs.mark }}-b", { stepMs, steps: "2", fails: "" }), needs: "a" },
    },
  };
  if (world.options.real)
    for (const mark of nodes.flatMap((node) => [...marksOf(node).values()]))
      world.play(`${name}-${mark};`, [
        ...[1, 2].map((number) => step.bash(`echo ${number} $${markerName} >> '${fileOf(world, name, mark)}'`, stepMs)),
        step.text(finalText, stepMs),
      ]);
  return {
    file: JSON.stringify(file),
    path: "flow.yaml",
    files: { [otherPath]: JSON.stringify(other) },
    working_directory: world.place.work,
  };
}

function taskOf(world: World, node: PlannedNode, flow: string, stepMs: number): object {
  const { key, kind, needs, size, fails, isOff, group, locks } = node;
  const common = {
    ...(needs.length === 0 ? {} : { needs: needs.map(({ key: task, on }) => ({ task, on })) }),
    ...(isOff ? { if: 'inputs.list == "nothing"' } : {}),
  };
  const help = fails === "never" ? "" : `fail unless ${helpOf(world, flow, key)}`;
  const say = (mark: string, failing: string): string =>
    `${promptOf(world, flow, mark, { stepMs, steps: String(stepsOf(node, mark)), fails: failing })}${resultsOf(needs)}`;
  const lanes = { ...(group === "default" ? {} : { group }), ...(locks.length === 0 ? {} : { locks: [...locks] }) };
  if (kind === "approval") return { ...common, approval: `Continue with ${key}?` };
  if (kind === "task") return { ...common, ...lanes, prompt: say(key, help) };
  if (kind === "workflow")
    return { ...common, workflow: `./${otherPath}`, with: { mark: key, steps: String(stepsOf(node, "")), fails: help } };
  const numbers = Array.from({ length: size }, (_, index) => index + 1);
  if (kind === "matrix") return { ...common, ...lanes, matrix: { n: numbers }, prompt: say(`${key}-{{ matrix.n }}`, help) };
  return { ...common, ...lanes, for_each: "inputs.list", prompt: say(`${key}-{{ matrix.index }}`, help) };
}

/** The results of what it runs after, as data behind everything else. */
function resultsOf(needs: PlannedNode["needs"]): string {
  return needs
    .filter(({ on }) => on === "completed")
    .map(({ key }) => `\nBefore: {{ needs.${key}.result }}`)
    .join("");
}

interface Words {
  readonly stepMs: number;
  readonly steps: string;
  readonly fails: string;
}

function promptOf(world: World, flow: string, mark: string, { stepMs, steps, fails }: Words): string {
  if (world.options.real) return `Do your steps, ${flow}-${mark};`;
  return `steps ${steps} delay ${stepMs} append ${fileOf(world, flow, mark)} signed ${fails}`;
}
