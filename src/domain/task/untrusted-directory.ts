/** Which of a task's directories an error is about. */
import type { InputProblem } from "../errors.ts";

interface Directories {
  readonly working_directory: string;
  readonly additional_directories?: readonly string[] | undefined;
}

/** The directory that the error's first problem points to; otherwise the working directory. */
export function directoryOf({ problems }: { readonly problems: readonly InputProblem[] }, task: Directories): string {
  const index = /^\/additional_directories\/(\d+)$/.exec(problems[0]?.pointer ?? "")?.[1];
  return (index === undefined ? undefined : task.additional_directories?.[Number(index)]) ?? task.working_directory;
}
