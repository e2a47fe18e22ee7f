/**
 * Keeps the state of the work tree before a task in its journal, so that an attempt that resumes
 * the task compares with that state.
 */
import { createReadStream, statSync } from "node:fs";
import { createInterface } from "node:readline";
import type { RunnerNote } from "../domain/events/record.ts";
import type { AgentWork } from "../agent/agent.ts";
import type { GitProgram } from "../git/git-program.ts";
import { changedSince, workTreeBefore } from "./work-tree.ts";
import type { WorkTree } from "./work-tree.ts";

/** A longer journal is not searched: then the task's changes are not known. */
const maxJournalBytes = 512 * 1024 * 1024;
/** How many files the note names. */
const maxNames = 10;

/** Compares the work tree before and after a task. */
export class TaskChanges {
  readonly #work: AgentWork;
  readonly #tree: WorkTree;
  #before: readonly string[] | null = null;

  constructor(work: AgentWork, program: GitProgram) {
    this.#work = work;
    this.#tree = { directory: work.spec.workingDirectory, program, ownPaths: work.ownPaths ?? [] };
  }

  /**
   * Reads the state of the tree before the task.
   * @returns the note for the journal; null for an attempt that resumes, and outside of a Git work
   * tree.
   */
  async begin(): Promise<RunnerNote | null> {
    const { resume, journal } = this.#work;
    this.#before = resume ? await beforeIn(journal) : await workTreeBefore(this.#tree);
    return resume || this.#before === null ? null : { type: "worker", subtype: "work_tree", files: this.#before };
  }

  /** The uncommitted changes of the finished task; null: none, or unknown. */
  async end(): Promise<RunnerNote | null> {
    if (this.#before === null) return null;
    const files = await changedSince(this.#before, this.#tree);
    if (files === null || files.length === 0) return null;
    return { type: "worker", subtype: "uncommitted", count: files.length, names: files.slice(0, maxNames) };
  }
}

/** The newest note about the state before the task, from the same session or the try before it. */
async function beforeIn(journal: string): Promise<string[] | null> {
  let found: string[] | null = null;
  try {
    if (statSync(journal).size > maxJournalBytes) return null;
    for await (const line of createInterface({ input: createReadStream(journal) })) {
      if (line.includes('"subtype":"work_tree"')) found = filesOf(line) ?? found;
      // A new session begins: earlier notes do not count.
      else if (line.includes('"subtype":"started"') && line.includes('"resume":false')) found = isStart(line) ? null : found;
    }
    return found;
  } catch {
    return null;
  }
}

function filesOf(line: string): string[] | null {
  const record = recordOf(line);
  return record["type"] === "worker" && Array.isArray(record["files"]) ? (record["files"] as string[]) : null;
}

function isStart(line: string): boolean {
  const { type, subtype } = recordOf(line);
  return type === "worker" && subtype === "started";
}

function recordOf(line: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return {};
  }
}
