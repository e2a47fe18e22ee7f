/** Says what a watch of a pull request does, and how it stands. */
import type { PullRequestWatchView } from "../../contract/views/pull-request.ts";
import { plainLine } from "../../domain/text/plain-text.ts";
import type { Output } from "../terminal/output.ts";
import { say } from "../terminal/render/wrap.ts";

/** The rest of a sentence about the pull request. */
export function watchStateText({ state, messages }: Pick<PullRequestWatchView, "state" | "messages">): string {
  switch (state) {
    case "on":
      return "is watched";
    case "off":
      return "is not watched any more";
    case "merged":
      return "was merged, and is not watched any more";
    case "closed":
      return "was closed, and is not watched any more";
    case "used_up":
      return `is not watched any more: all its messages (${messages}) were sent`;
    case "expired":
      return "is not watched any more: it was for 30 days";
    case "forbidden":
    case "failed":
      return "is not watched any more";
    default:
      return state satisfies never;
  }
}

/** What comes back from now on, and what that may cost. */
export function sayWatched(output: Output, { task, number, url, max_messages: most }: PullRequestWatchView): void {
  say(output, `Pull request #${number} is watched: ${plainLine(url, 500)}`);
  say(
    output,
    `Failed checks, and comments of authors who may write there, come to task ${task} as messages, at most ${most}. It continues with each. Stop: claude-worker pr watch ${task} --off`,
  );
}
