/** What doors show of trusted directories. */
import { z } from "zod";
import { time, timeOrNull } from "./time.ts";

export const trustView = z.object({
  directories: z.array(z.object({ path: z.string(), since: timeOrNull, by: z.enum(["claude-worker", "claude-code"]) })),
  runs: z
    .array(
      z.object({
        directory: z.string().describe("A directory in which tasks have worked, or that was trusted; for worktrees their main checkout."),
        trusted: z
          .array(z.string())
          .describe("What runs by itself there: hooks, MCP servers, settings that name programs. As a person has seen it."),
        not_trusted: z
          .array(z.object({ what: z.string(), is_new: z.boolean().describe("False: it was there, and is something else now.") }))
          .describe("What came or was changed since. Tasks wait until a person trusts the directory again."),
        since: time,
      }),
    )
    .describe("What runs by itself in directories, beside what a person has seen."),
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
