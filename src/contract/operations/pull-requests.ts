/** What is new at the pull requests of tasks, and comes back to them. */
import { z } from "zod";
import { defaultMaxMessages, mostMessages } from "../../domain/pull-requests/watch.ts";
import { pullRequestWatchList, pullRequestWatchView } from "../views/pull-request.ts";
import { operation } from "./operation.ts";
import { taskParams } from "./query-values.ts";

const tag = "Workspaces";

export const watchPullRequestInput = z.strictObject({
  max_messages: z
    .int()
    .min(1)
    .max(mostMessages)
    .optional()
    .describe(`So many messages it sends to the task, and then it ends. Default ${defaultMaxMessages}.`),
});
export type WatchPullRequestInput = z.output<typeof watchPullRequestInput>;

export const pullRequestOperations = {
  listPullRequestWatches: operation("listPullRequestWatches", {
    access: "read",
    tag,
    summary: "List the watched pull requests of tasks",
    answer: "Those that are watched, then those that were, the newest 500.",
    output: pullRequestWatchList,
  }),
  watchPullRequest: operation("watchPullRequest", {
    access: "submit",
    tag,
    summary: "Watch the pull request of a task",
    description:
      "The server asks GitHub with the program `gh`. Once the task has ended, failed checks and the comments of authors with write access come to it as one message, as data, and it continues. The caller needs the rights for a submit of the task, also at each message. A second call begins again, and nothing is said twice. Agents cannot.",
    params: taskParams,
    body: watchPullRequestInput,
    bodyOptional: true,
    answer: "The watch.",
    output: pullRequestWatchView,
    problems: ["conflict", "untrusted_directory"],
  }),
  unwatchPullRequest: operation("unwatchPullRequest", {
    access: "submit",
    tag,
    summary: "End the watch of a task's pull request",
    description: "A watch that has ended stays as it is. Agents cannot.",
    params: taskParams,
    answer: "The watch, which has ended.",
    output: pullRequestWatchView,
  }),
};
