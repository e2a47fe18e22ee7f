/** The files of tasks: their snapshots. */
import { checkpointList } from "../views/workspace.ts";
import { operation } from "./operation.ts";
import { taskParams } from "./query-values.ts";

const tag = "Workspaces";

export const workspaceOperations = {
  listCheckpoints: operation("listCheckpoints", {
    access: "read",
    tag,
    summary: "List the snapshots of a task's files",
    description:
      "A snapshot is a commit of the tracked and untracked files that are not ignored. It is taken before each attempt's first step, after each turn that changed something, and at the end, where the working directory is in a git repository.",
    params: taskParams,
    answer: "All snapshots, oldest first.",
    output: checkpointList,
  }),
};
