/** What doors show of watched pull requests. */
import { z } from "zod";
import { watchStates } from "../../domain/pull-requests/watch.ts";
import { time, timeOrNull } from "./time.ts";

export const pullRequestWatchView = z.object({
  task: z.int().describe("The task's number."),
  url: z.string().describe("The address of the pull request."),
  number: z.int(),
  state: z
    .enum(watchStates)
    .describe(
      "`on`: it is looked at. `off`: a caller ended that. `merged`, `closed`: the pull request was. `used_up`: all messages were sent. `expired`: after 30 days. `forbidden`: its caller has no right to it any more. `failed`: it could not be looked at for two days.",
    ),
  problem: z.string().nullable().describe("Why the last look failed, or the watch ended, as a sentence; null: neither."),
  messages: z.int().describe("How many messages it has sent to the task."),
  max_messages: z.int().describe("How many it may send."),
  left_out: z.int().describe("Comments that the task did not get, because their authors have no write access."),
  left_out_authors: z.array(z.string()).describe("Their authors, the newest 20."),
  started_by: z.string().describe("Who asked for it: `socket` for the server's user, else the name of a token."),
  started_at: time,
  looked_at: timeOrNull.describe("The last look; null: there was none."),
  next_look_at: timeOrNull.describe("The next look; null: it is not looked at any more."),
  ended_at: timeOrNull.describe("Null: it is on."),
});
export type PullRequestWatchView = z.output<typeof pullRequestWatchView>;

export const pullRequestWatchList = z.object({ watches: z.array(pullRequestWatchView) });
