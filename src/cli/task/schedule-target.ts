/** What a schedule submits, from its flags and from the `run` line behind them. */
import type { ScheduleDetailView } from "../../contract/views/schedule.ts";
import { WorkerError } from "../../domain/errors.ts";
import { parseWords } from "../commandline/parse-words.ts";
import { pathGiven } from "../commandline/path-given.ts";
import { withServer } from "../server/connection.ts";
import type { Connection } from "../server/connection.ts";
import type { Io } from "../terminal/io.ts";
import { readPrompt } from "./read-prompt.ts";
import { ownFields, runInput } from "./run-input.ts";
import type { ScheduleFlags } from "./schedule-flags.ts";
import { taskFields } from "./task-flags.ts";
import type { TaskFlags } from "./task-flags.ts";
import { readWorkflow } from "./workflow-files.ts";

type TargetFlags = Pick<ScheduleFlags, "dir" | "template" | "var" | "workflow" | "input">;

interface Line {
  readonly prompt: string | undefined;
  readonly options: TaskFlags & { readonly trust?: boolean; readonly dir?: string };
}

interface Asked {
  readonly flags: TargetFlags;
  readonly behind: readonly string[] | null;
  readonly connection: Connection;
  readonly io: Io;
}

/** When it starts is the schedule's to say, and nothing is followed. */
const refused = ["after", "notBefore", "delay", "watch", "template", "var", "json", "debug"];

const before = "Put it before the --.";
const advices: Readonly<Record<string, string>> = { json: before, debug: before, template: before, var: before };

/**
 * Reads the words behind `--` as `run` does.
 * @throws WorkerError invalid_input.
 */
async function readLine(behind: readonly string[], dir: string | undefined): Promise<Line> {
  const { command: run } = await import("../commands/task/run.ts");
  const { words, options } = parseWords(run, behind);
  const given = options as Readonly<Record<string, unknown>> & Line["options"];
  const wrong = refused.find((key) => given[key] !== undefined);
  if (wrong !== undefined) {
    const flag = `--${wrong.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    const advice = advices[wrong] ?? "The schedule says when its runs start.";
    throw new WorkerError("invalid_input", `${flag} cannot stand behind --. ${advice}`);
  }
  if (dir !== undefined && given.dir !== undefined && given.dir !== dir)
    throw new WorkerError("invalid_input", `--dir is given twice: ${dir} and ${given.dir}. Give it once.`);
  const directory = given.dir ?? dir;
  return { prompt: words[0], options: directory === undefined ? given : { ...given, dir: directory } };
}

/** @throws WorkerError invalid_input: flags of two kinds, or one whose owner is missing. */
function requireOneKind({ template, workflow, var: vars, input }: TargetFlags, isNew: boolean): void {
  if (template !== undefined && workflow !== undefined)
    throw new WorkerError("invalid_input", "--template and --workflow both say what is submitted. Give one of them.");
  if (vars !== undefined && (isNew ? template === undefined : workflow !== undefined))
    throw new WorkerError("invalid_input", "--var belongs to a template. Name it: --template NAME");
  if (input !== undefined && (isNew ? workflow === undefined : template !== undefined))
    throw new WorkerError("invalid_input", "--input belongs to a workflow. Name its file: --workflow FILE");
}

function requireNoPrompt({ prompt }: Line, template: string): void {
  if (prompt === undefined) return;
  throw new WorkerError(
    "invalid_input",
    `The template ${template} has the prompt. Leave yours out: behind -- stand options of run, e.g. -- --model opus`,
  );
}

/** @throws WorkerError invalid_input: options of tasks, which the file has. */
async function requireNoOptions({ prompt, options: { dir: _own, trust: _asked, ...options } }: Line, io: Io): Promise<void> {
  if (prompt === undefined && Object.keys(await taskFields(options, io)).length === 0 && !("stash" in options)) return;
  throw new WorkerError("invalid_input", "A workflow file has the prompts and the options of its tasks. Leave out what stands behind --.");
}

export interface NewTarget {
  /** One of `task`, `template` and `workflow`. */
  readonly body: Record<string, unknown>;
  /** Whether its directory is to be trusted. */
  readonly trust: boolean;
  readonly working_directory: string;
}

/**
 * What a new schedule submits.
 * @throws WorkerError invalid_input; not_found: there is no such template.
 */
export async function newTarget({ flags, behind, connection, io }: Asked): Promise<NewTarget> {
  requireOneKind(flags, true);
  const line = await readLine(behind ?? [], flags.dir);
  const trust = line.options.trust === true;
  if (flags.workflow !== undefined) {
    await requireNoOptions(line, io);
    const working_directory = pathGiven(io, line.options.dir ?? ".");
    return {
      body: { workflow: { ...(await fileOf(flags.workflow, flags, connection, io)), working_directory } },
      trust,
      working_directory,
    };
  }
  if (flags.template === undefined) {
    const task = await runInput(await readPrompt(line.prompt, io), line.options, connection, io);
    return { body: { task }, trust, working_directory: task.working_directory };
  }
  return { ...(await newTemplate(flags.template, flags, { line, connection, io })), trust };
}

async function newTemplate(
  template: string,
  { var: vars = [] }: TargetFlags,
  { line, connection, io }: { readonly line: Line } & Pick<Asked, "connection" | "io">,
): Promise<Omit<NewTarget, "trust">> {
  requireNoPrompt(line, template);
  const { client } = connection;
  const { options } = await withServer(io, connection, async () => await client.getTemplate({ template }), { isRepeatable: true });
  const stored = options["working_directory"];
  // The template's own directory is that of each run's time.
  const isOwn = line.options.dir === undefined && typeof stored === "string";
  const directory = pathGiven(io, line.options.dir ?? ".");
  const fields = await ownFields(line.options, connection, io);
  const body = { template, vars: Object.fromEntries(vars), ...fields, ...(isOwn ? {} : { working_directory: directory }) };
  return { body: { template: body }, working_directory: isOwn ? stored : directory };
}

async function fileOf(file: string, { input = [] }: TargetFlags, connection: Connection, io: Io) {
  const read = async () => await readWorkflow(file, input, connection.client, io);
  return (await withServer(io, connection, read, { isRepeatable: true })).input;
}

/**
 * What a change says about what is submitted; null: nothing.
 * @throws WorkerError invalid_input.
 */
export async function changedTarget(schedule: string, { flags, behind, connection, io }: Asked): Promise<Record<string, unknown> | null> {
  const { dir, template, var: vars, workflow, input } = flags;
  requireOneKind(flags, false);
  if (behind === null && [dir, template, vars, workflow, input].every((each) => each === undefined)) return null;
  const line = await readLine(behind ?? [], dir);
  const { target } = await connection.client.getSchedule({ schedule });
  const directory = line.options.dir === undefined ? {} : { working_directory: pathGiven(io, line.options.dir) };
  const kind = workflow !== undefined ? "workflow" : template !== undefined ? "template" : line.prompt === undefined ? target.kind : "task";
  const kept =
    kind === target.kind || target.working_directory === "" ? directory : { working_directory: target.working_directory, ...directory };
  requireFitting({ kind, flags, schedule });
  if (kind === "workflow") {
    await requireNoOptions(line, io);
    const file = workflow === undefined ? {} : withoutEmpty(await checkedFile(workflow, flags, { schedule, connection, io }));
    const inputs = input === undefined ? {} : { inputs: Object.fromEntries(input) };
    return { workflow: { ...file, ...inputs, ...kept } };
  }
  const fields = await taskFields(line.options, io);
  if (kind === "template") {
    requireNoPrompt(line, template ?? target.title.split(" ")[0] ?? "");
    const given = vars === undefined ? {} : { vars: Object.fromEntries(vars) };
    return { template: { ...(template === undefined ? {} : { template }), ...given, ...fields, ...kept } };
  }
  const prompt = line.prompt === undefined ? {} : { prompt: await readPrompt(line.prompt, io) };
  return { task: { ...fields, ...prompt, ...kept } };
}

/** @throws WorkerError invalid_input: values of another kind than what is submitted. */
function requireFitting({
  kind,
  flags,
  schedule,
}: {
  readonly kind: string;
  readonly flags: TargetFlags;
  readonly schedule: string;
}): void {
  if (flags.var !== undefined && kind !== "template")
    throw new WorkerError("invalid_input", `--var belongs to a template, and ${schedule} submits none. Name one: --template NAME`);
  if (flags.input !== undefined && kind !== "workflow")
    throw new WorkerError("invalid_input", `--input belongs to a workflow, and ${schedule} runs none. Name its file: --workflow FILE`);
}

/** A new file is checked with the inputs that the schedule has, where none are given. */
async function checkedFile(
  file: string,
  flags: TargetFlags,
  { schedule, connection, io }: { readonly schedule: string } & Pick<Asked, "connection" | "io">,
) {
  if (flags.input !== undefined) return await fileOf(file, flags, connection, io);
  const { workflow } = await connection.client.getSchedule({ schedule });
  return await fileOf(file, { input: textsOf(workflow) }, connection, io);
}

function textsOf(workflow: ScheduleDetailView["workflow"]): [string, string][] {
  return Object.entries(workflow?.inputs ?? {}).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]);
}

/** Inputs that were only checked stay as they are stored. */
function withoutEmpty<T extends { readonly inputs: unknown }>({ inputs: _checked, ...file }: T): Omit<T, "inputs"> {
  return file;
}
