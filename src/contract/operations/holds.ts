/** Holds: the reasons why no task starts now, and a person's own pause. */
import { z } from "zod";
import { text } from "../task-options.ts";
import { holdList } from "../views/hold.ts";
import { operation } from "./operation.ts";

const tag = "Holds";
const answer = "All holds that are left.";
const output = holdList;

export const holdInput = z.strictObject({ reason: text.trim().max(500).nullish().describe("Why no task may start, for people.") });

export const holdOperations = {
  listHolds: operation("listHolds", { access: "read", tag, summary: "List holds", answer, output }),
  hold: operation("hold", {
    access: "admin",
    tag,
    summary: "Pause: start no tasks until the holds are lifted",
    description: "Running tasks continue.",
    body: holdInput,
    bodyOptional: true,
    answer,
    output,
  }),
  resume: operation("resume", { access: "admin", tag, summary: "Lift every hold that a person may lift", answer, output }),
};
