/** Says how one check of a task's work ended. */
import type { RunnerNote } from "../domain/events/record.ts";

type Ended = Extract<RunnerNote, { subtype: "verify_ended" }>;

/** Without what was checked, and for which files. */
export type CheckEnd = Pick<Ended, "state" | "exitCode" | "reason" | "tookMs" | "output" | "outputBytes">;
