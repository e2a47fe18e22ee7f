/** `diff`: what a task changed. */
import type { DiffView } from "../../../contract/views/diff.ts";
import { WorkerError } from "../../../domain/errors.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { wholeNumber } from "../../commandline/option-values.ts";
import { reading } from "../../server/connection.ts";
import { readReferenceOrNewest, readTaskId } from "../../task/task-reference.ts";
import { diffPages } from "../../task/whole-diff.ts";
import { writeJson } from "../../terminal/io.ts";
import type { Io } from "../../terminal/io.ts";
import { painter } from "../../terminal/render/colour.ts";
import { barOf, paintBar, paintPatch, patchOf, patchText, pathOf, pathText } from "../../terminal/render/patch.ts";
import { table } from "../../terminal/render/table.ts";
import { say } from "../../terminal/render/wrap.ts";

interface DiffFlags {
  readonly since?: number;
  readonly to?: number;
  readonly stat?: boolean;
  readonly nameOnly?: boolean;
}

export const command = defineCommand<DiffFlags>({
  name: "diff",
  summary: "Show what a task changed",
  details:
    "Compares the beginning of the task with its last snapshot, in git's form. What is committed and what is not count alike. While a task runs, its last snapshot is that of its last turn. No diff driver, pager or other program of the repository runs.",
  arguments: [{ name: "[id]", description: readReferenceOrNewest, completes: "tasks" }],
  options: [
    { flags: "--stat", description: "only the files, with how many lines" },
    { flags: "--name-only", description: "only the names of the files" },
    {
      flags: "--since <checkpoint>",
      description: "compare with this checkpoint, not with the beginning",
      parse: wholeNumber("--since", { min: 1 }),
    },
    { flags: "--to <checkpoint>", description: "compare up to this checkpoint", parse: wholeNumber("--to", { min: 1 }) },
  ],
  examples: [
    { command: "claude-worker diff 42", does: "everything that task 42 changed" },
    { command: "claude-worker diff 42 --stat", does: "the files and how many lines" },
    { command: "claude-worker diff 42 --since 3 --to 4", does: "what changed between two checkpoints" },
    { command: "claude-worker diff 42 --json | jq '.files[].path'", does: "the same as data, with hunks" },
  ],
  async run({ words: [word], options, io }) {
    if (options.stat === true && options.nameOnly === true)
      throw new WorkerError("invalid_input", "--stat and --name-only contradict each other. Give one.");
    const { client, found: id } = await reading(io, async (each) => await readTaskId(each, word));
    const hasHunks = options.json === true || (options.stat !== true && options.nameOnly !== true);
    const pages: DiffView[] = [];
    let files = 0;
    const { since, to } = options;
    const choice = { hunks: hasHunks, ...(since === undefined ? {} : { since }), ...(to === undefined ? {} : { to }) };
    for await (const page of diffPages(client, id, choice)) {
      files = page.changed_files;
      if (options.json === true) pages.push(page);
      else await show(io, page, options);
    }
    const problem = files === 0 ? ((await client.getTask({ id })).workspace?.no_snapshots ?? null) : null;
    if (problem !== null) say(io.stderr, `What task ${id} changed later is not known, because there is no snapshot of it. ${problem}`);
    else if (options.json !== true && files === 0)
      say(io.stderr, `Task ${id} has changed no files${options.since === undefined ? "" : " since then"}.`);
    if (options.json === true) writeJson(io.stdout, { id, ...pages[0], files: pages.flatMap(({ files }) => files), next_offset: null });
    return exitCodes.ok;
  },
});

async function show({ stdout }: Io, page: DiffView, { stat, nameOnly }: DiffFlags): Promise<void> {
  const paint = painter(stdout);
  if (page.changed_files === 0) return;
  if (nameOnly === true) return await stdout.flow(page.files.map((file) => `${pathOf(file)}\n`).join(""));
  if (stat !== true) {
    if (stdout.isTTY) return await stdout.flow(paintPatch(page.files.map(patchText).join(""), paint));
    // A patch in a file or a pipe is for programs: it stays as it is.
    return await stdout.raw(Buffer.concat(page.files.map(patchOf)));
  }
  if (!stdout.isTTY) {
    const lines = page.files.map((file) => `${file.insertions ?? "-"}\t${file.deletions ?? "-"}\t${pathText(file)}\n`);
    return await stdout.flow(lines.join(""));
  }
  const most = Math.max(...page.files.map(({ insertions, deletions }) => (insertions ?? 0) + (deletions ?? 0)));
  const rows = page.files.map((file) => [
    { text: pathText(file) },
    { text: barOf(file, most), paint: (bar: string) => paintBar(bar, paint) },
  ]);
  await stdout.flow(table(rows, { width: stdout.columns }));
  if (page.next_offset !== null) return;
  const files = `${page.changed_files} ${page.changed_files === 1 ? "file" : "files"}`;
  await stdout.flow(`${files}, +${page.insertions} -${page.deletions} lines\n`);
}
