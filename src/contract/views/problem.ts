/** What doors answer in the place of a result. */
import { z } from "zod";

/** RFC 9457, `application/problem+json`, with a stable `code`. */
export const problemView = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
});
export type ProblemView = z.infer<typeof problemView>;
