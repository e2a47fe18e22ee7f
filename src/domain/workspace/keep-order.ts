/** What a runner needs to put the files of a loop's best iteration back. */
import type { Stretch } from "./stretches.ts";

export interface KeepOrder {
  readonly iteration: number;
  /** The checkpoint with its files, and that one's commit. */
  readonly checkpoint: number;
  readonly commit: string;
  /** What happened to the files since, up to the newest checkpoint. */
  readonly stretches: readonly Stretch[];
  /** The commit of the newest checkpoint. */
  readonly last: string;
}
