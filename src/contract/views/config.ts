/** What doors show of the server's settings. */
import { z } from "zod";

export const configView = z.object({
  file: z.string().describe("Path of the configuration file on the server's machine."),
  settings: z.array(
    z.object({
      key: z.string(),
      value: z.unknown().describe("Values that may be secrets are shown as `[redacted]`."),
      origin: z.enum(["default", "file", "environment", "flag"]),
      needs_restart: z.boolean().describe("Whether the file holds another value now, which counts after the server's next start."),
      description: z.string(),
    }),
  ),
  environment: z
    .object({
      path: z.string().describe("PATH of tasks."),
      credentials: z.string().nullable().describe("The credentials that Claude Code finds, without the secret; null: none."),
    })
    .describe("What tasks get of the environment that the server was started in."),
});
export type ConfigView = z.infer<typeof configView>;
