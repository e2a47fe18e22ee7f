/** What a schedule submits, as it is stored: a kind with its input. */
import { scheduledTargets } from "../../contract/operations/schedules.ts";
import type { ParsedScheduleInput, ScheduleChange } from "../../contract/operations/schedules.ts";
import { parseInput } from "../../contract/parse-input.ts";
import { WorkerError } from "../../domain/errors.ts";
import { targetKinds } from "../../domain/schedules/schedule.ts";
import type { Schedule, TargetKind } from "../../domain/schedules/schedule.ts";
import { isDefault, optionRows } from "../../domain/task/option-values.ts";

export type Target = Pick<Schedule, "targetKind" | "target">;

/** @throws WorkerError invalid_input: not one of the kinds is given. */
export function givenTarget(input: Pick<ParsedScheduleInput, TargetKind>): Target {
  const [kind, ...more] = kindsIn(input);
  const fields = kind === undefined ? undefined : input[kind];
  if (kind === undefined || fields === undefined || more.length > 0) throw notOne(more.length + (kind === undefined ? 0 : 1));
  return { targetKind: kind, target: stored(kind, fields) };
}

/**
 * The target after a change. Fields of the same kind take the place of those that were there, and
 * null takes one away; another kind takes the place of the whole.
 * @throws WorkerError invalid_input.
 */
export function changedTarget({ targetKind, target: present }: Target, change: Pick<ScheduleChange, TargetKind>): Target {
  const [kind, ...more] = kindsIn(change);
  if (kind === undefined) return { targetKind, target: present };
  if (more.length > 0) throw notOne(more.length + 1);
  const fields = { ...change[kind] };
  const target = stored(kind, targetKind === kind ? merged(kind, present, fields) : fields);
  parseInput(scheduledTargets[kind], target, `The schedule's ${kind}`);
  return { targetKind: kind, target };
}

function kindsIn(input: Readonly<Partial<Record<TargetKind, unknown>>>): TargetKind[] {
  return targetKinds.filter((kind) => input[kind] !== undefined);
}

function notOne(given: number): WorkerError {
  const detail = "takes one of `task`, `template` and `workflow`";
  return new WorkerError("invalid_input", `A schedule ${detail}, and ${given} are given.`, [{ pointer: "", detail }]);
}

/** What values of a target belong to: where that is given, they are replaced, else added to. */
const valuesOf = {
  task: null,
  template: { owner: "template", values: "vars" },
  workflow: { owner: "file", values: "inputs" },
} as const;

function merged(kind: TargetKind, before: Target["target"], fields: Readonly<Record<string, unknown>>): Target["target"] {
  const rule = valuesOf[kind];
  if (rule === null) return { ...before, ...fields };
  const { owner, values } = rule;
  const isNew = fields[owner] !== undefined;
  const added = isNew || fields[values] === undefined ? {} : { [values]: { ...Object(before[values]), ...Object(fields[values]) } };
  // Files belong to the file that runs them.
  const own = kind === "workflow" && isNew ? { ...before, files: {} } : before;
  return { ...own, ...given(fields), ...nulls(fields), ...added };
}

function given(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));
}

function nulls(fields: Readonly<Record<string, unknown>>): Record<string, null> {
  return Object.fromEntries(Object.entries(fields).flatMap(([name, value]) => (value === null ? [[name, null]] : [])));
}

/**
 * The fields that say something. What is left out has the defaults and settings of each run's time.
 * In a template's call a default counts, because it may differ from the template's option.
 */
function stored(kind: TargetKind, fields: object): Target["target"] {
  const said = Object.entries(given({ ...fields }));
  return Object.fromEntries(kind === "task" ? said.filter(([name, value]) => !isPlainDefault(name, value)) : said);
}

function isPlainDefault(name: string, value: unknown): boolean {
  const row = optionRows.find((each) => each.name === name);
  return row !== undefined && row.setting === undefined && isDefault(row, value);
}
