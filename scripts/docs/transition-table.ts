/** The lifecycle page's table: which status follows which, from src/domain/task/transitions.ts. */
import { next, operations, sourcesOf } from "../../src/domain/task/transitions.ts";
import type { Operation } from "../../src/domain/task/transitions.ts";
import { code, markdownTable } from "./generated-part.ts";

const causes: Readonly<Record<Operation, string>> = {
  claim: "the scheduler gives the task to a runner",
  complete: "its attempt succeeded",
  fail: "its attempt did not, and no retry is left",
  requeue: "its attempt ended, and another one follows",
  ask: "it needs an answer of a person",
  park: "its attempt ended, and it still needs the answer",
  proceed: "it has the answer and a slot, and its runner was kept",
  unpark: "it has the answer, and its runner was not kept",
  reopen: "the token that gave its answer was removed before an attempt had the answer",
  cancel: "a user or a program cancelled it",
  retry: "a user or a program asked for it again",
  follow_up: "a message continues its conversation",
  skip: "a task that it depends on ended in another way",
  revive: "the task because of which it was skipped runs again, or one that it stands for",
  give_up: "it cannot start, because a value that its prompt names is missing; or a task of a workflow that it stands for failed",
};

export function transitionTable(): string {
  const rows = operations.map((operation) => {
    const sources = sourcesOf(operation);
    const targets = new Set(sources.map((status) => next(status, operation) ?? status));
    return [code(operation), sources.map(code).join(", "), [...targets].map(code).join(", "), causes[operation]];
  });
  return markdownTable(["operation", "from", "to", "when"], rows);
}
