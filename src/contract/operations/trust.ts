/** Directories in which tasks may run. */
import { z } from "zod";
import { text } from "../task-options.ts";
import { trustView } from "../views/trust.ts";
import { operation } from "./operation.ts";

const tag = "Trust";
const answer = "All trusted directories.";
const output = trustView;

export const trustInput = z.strictObject({ directory: text.min(1).max(4096).describe("Absolute path of a directory.") });

const addInput = trustInput.extend({
  commands: z
    .boolean()
    .optional()
    .describe(
      "Also trust the verify and set-up commands that the repository's `.claude-worker.json` names now: tasks may run them as your user.",
    ),
});

export const trustOperations = {
  listTrust: operation("listTrust", { access: "read", tag, summary: "List trusted directories", answer, output }),
  addTrust: operation("addTrust", {
    access: "admin",
    tag,
    summary: "Trust a directory",
    description: "Tasks may then run in the directory and below it, and follow its settings, hooks and instructions.",
    body: addInput,
    answer,
    output,
  }),
  removeTrust: operation("removeTrust", {
    access: "admin",
    tag,
    summary: "Stop trusting a directory",
    body: trustInput,
    answer,
    output,
  }),
};
