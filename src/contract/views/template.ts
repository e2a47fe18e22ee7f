/** What doors show of templates. */
import { z } from "zod";
import { time } from "./time.ts";

export const templateView = z.object({
  name: z.string(),
  prompt: z.string().describe("With its `{{ vars.… }}`, as it was written."),
  variables: z
    .array(
      z.object({
        name: z.string(),
        default: z.string().nullable().describe("Null: every caller gives it."),
      }),
    )
    .describe("What its prompt names, in its order."),
  options: z
    .record(z.string(), z.unknown())
    .describe("Options of its tasks, as a submit has them; of settings and MCP servers, which may hold secrets, only the names.")
    .meta({ examples: [{ model: "opus", labels: { kind: "review" } }] }),
  created_at: time,
  updated_at: time,
});
export type TemplateView = z.infer<typeof templateView>;

export const templateList = z.object({ templates: z.array(templateView) });
