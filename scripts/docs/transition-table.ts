/** The lifecycle page's table: which status follows which, from src/domain/task/transitions.ts. */
import { next, operations, sourcesOf } from "../../src/domain/task/transitions.ts";
import type { Operation } from "../../src/domain/task/transitions.ts";
import { code, markdownTable } from "./generated-part.ts";

const causes: Readonly<Record<Operation, string>> = {
  claim: "the scheduler gives the task to a runner",
  complete: "its attempt succeeded",
  fail: "its attempt did not, and no retry is left",
  requeue: "its attempt ended, and another one follows",
  ask: "its attempt needs a person (nothing does this yet)",
  answer: "a person answered (nothing does this yet)",
  cancel: "somebody cancelled it",
  skip: "a task that it depends on did not complete (nothing does this yet)",
  retry: "somebody asked for it again",
  follow_up: "somebody continued its conversation (nothing does this yet)",
};

export function transitionTable(): string {
  const rows = operations.map((operation) => {
    const sources = sourcesOf(operation);
    const targets = new Set(sources.map((status) => next(status, operation) ?? status));
    return [code(operation), sources.map(code).join(", "), [...targets].map(code).join(", "), causes[operation]];
  });
  return markdownTable(["operation", "from", "to", "when"], rows);
}
