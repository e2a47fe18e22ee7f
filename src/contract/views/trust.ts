/** What doors show of trusted directories. */
import { z } from "zod";
import { time, timeOrNull } from "./time.ts";

export const trustView = z.object({
  directories: z.array(z.object({ path: z.string(), since: timeOrNull, by: z.enum(["claude-worker", "claude-code"]) })),
  commands: z
    .array(
      z.object({
        file: z.string().describe("The repository's `.claude-worker.json`."),
        verify: z.record(z.string(), z.string()).describe("Its verify commands by name, as they were when a person trusted them."),
        verify_default: z.array(z.string()).describe("Those that run for tasks that name none."),
        setup: z.string().nullable().describe("The command that sets its worktrees up; null: there is none."),
        setup_cache: z
          .object({ key: z.array(z.string()), paths: z.array(z.string()) })
          .nullable()
          .describe("What of the set-up is kept for later worktrees; null: nothing."),
        since: time,
      }),
    )
    .describe("The commands of repositories that tasks may run."),
});
export type TrustView = z.infer<typeof trustView>;
