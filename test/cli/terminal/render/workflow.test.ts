import assert from "node:assert/strict";
import { test } from "node:test";
import { workflowPage } from "../../../../src/cli/terminal/render/workflow.ts";
import { textWidth } from "../../../../src/cli/terminal/render/text-width.ts";
import type { WorkflowView } from "../../../../src/contract/views/workflow.ts";
import type { Output } from "../../../../src/cli/terminal/output.ts";

type Step = WorkflowView["tasks"][number];

const step = (key: string, needs: string[] = [], more: Partial<Step> = {}): Omit<Step, "id"> => ({
  key,
  kind: "task",
  status: "pending",
  needs,
  conditions: needs.map((each) => ({ key: each, on: "completed" as const })),
  ...more,
});

function drawn(steps: readonly Omit<Step, "id">[], isTTY = true): string[] {
  const tasks = steps.map((each, index) => ({ ...each, id: index + 1 }));
  const view = { id: 3, name: "release", status: "running", tasks, schedule: null } as unknown as WorkflowView;
  return workflowPage(view, { isTTY, columns: 80, colour: false } as Output)
    .trimEnd()
    .split("\n");
}

const done = { status: "completed" } as const;
const release = [
  step("build", [], done),
  step("plan", ["build"], done),
  step("fix", ["plan"], { kind: "for_each" }),
  step("fix[1]", ["plan"], done),
  step("fix[2]", ["plan"], { status: "running" }),
  step("docs", ["build"], { status: "failed" }),
  step("check[node=20]", ["fix"]),
  step("check[node=22]", ["fix"]),
  step("check", ["check[node=20]", "check[node=22]"], { kind: "join" }),
  step("ask", ["check", "docs"], { kind: "approval" }),
  step("publish", ["ask"]),
  step("clean", ["build"], { status: "skipped", conditions: [{ key: "build", on: "failed" }] }),
];

test("a run is drawn as a graph with the states of its tasks", () => {
  assert.deepEqual(drawn(release), [
    "Workflow 3  release  running, 3 of 12 completed",
    "  ●     ✔ build             completed  task 1",
    "  ├─┬─╮",
    "  ● │ │ ✔ plan              completed  task 2",
    "  ● │ │ … fix               pending    task 3  1 of 2",
    "  │ │ │ ✔   fix[1]          completed  task 4",
    "  │ │ │ ▶   fix[2]          running    task 5",
    "  │ ● │ ✖ docs              failed     task 6",
    "  ● │ │ … check             pending    task 9  0 of 2",
    "  │ │ │ …   check[node=20]  pending    task 7",
    "  │ │ │ …   check[node=22]  pending    task 8",
    "  ╰─┤ │",
    "    ● │ … ask               pending    task 10",
    "    ● │ … publish           pending    task 11",
    "      ● ↷ clean             skipped    task 12  if build failed",
  ]);
});

test("tasks of another file stand below the one that runs it", () => {
  const lines = drawn([
    step("a", [], done),
    step("sub/x", ["a"]),
    step("sub/y", ["sub/x"]),
    step("sub", ["sub/x", "sub/y"], { kind: "join" }),
    step("z", ["sub"]),
  ]);
  assert.deepEqual(lines.slice(1), [
    "  ● ✔ a        completed  task 1",
    "  ● … sub      pending    task 4  0 of 2",
    "  │ …   sub/x  pending    task 2",
    "  │ …   sub/y  pending    task 3  after sub/x",
    "  ● … z        pending    task 5",
  ]);
});

test("a large fan-out is short on a terminal, and whole elsewhere", () => {
  const members = Array.from({ length: 40 }, (_, index) => step(`fix[${index + 1}]`, ["plan"], index === 7 ? { status: "failed" } : done));
  const steps = [step("plan", [], done), step("fix", ["plan"], { kind: "for_each" }), ...members];
  assert.deepEqual(drawn(steps).slice(2), [
    "  ● … fix       pending    task 2  39 of 40",
    "    ✖   fix[8]  failed     task 10",
    "     and 39 more: --json shows them",
  ]);
  assert.equal(drawn(steps, false).length, 43);
});

test("a graph with too many lanes is a list, and no line is wider than the terminal", () => {
  const wide = Array.from({ length: 30 }, (_, index) => step(`part-with-a-rather-long-name-${index}`, ["plan"]));
  const steps = [
    step("plan"),
    ...wide,
    step(
      "report",
      wide.map(({ key }) => key),
    ),
  ];
  const lines = drawn(steps);
  assert.match(lines.at(-1) ?? "", /report .* task 32 {2}after part-with/);
  for (const line of [...lines, ...drawn(release)]) assert.ok(textWidth(line) <= 80, line);
});
