/** The words of a pull request for the work of a task. */
import type { TaskView } from "../../contract/views/task.ts";
import { plainLine, plainText } from "../../domain/text/plain-text.ts";

/** GitHub takes no more than 65,536 characters. */
const maxBody = 60_000;
const maxTitle = 200;

export interface PullRequest {
  readonly title: string;
  readonly body: string;
}

/** The task's own words, and what its checks said. */
export function pullRequestOf(task: TaskView, title: string | undefined): PullRequest {
  const { id, name, result, verification, workspace } = task;
  const said = plainText(result ?? "").trim();
  const checks = verification.map(({ command, passed, state, stale }) => {
    const how = passed ? "passed" : stale ? `${state}, but files changed since` : state;
    return `* \`${plainLine(command, 300).replaceAll("`", "'")}\`: ${how}`;
  });
  const counted =
    workspace?.changed_files == null
      ? []
      : [
          `${workspace.changed_files} ${workspace.changed_files === 1 ? "file" : "files"}, +${workspace.insertions ?? 0} -${workspace.deletions ?? 0} lines.`,
        ];
  const parts = [
    said.length > maxBody ? `${said.slice(0, maxBody)} …` : said,
    checks.length === 0 ? "No command has verified this work." : `Verified by:\n\n${checks.join("\n")}`,
    ...counted,
    `Claude-Worker-Task: ${id}`,
  ];
  return { title: plainLine(title ?? name ?? task.title, maxTitle), body: `${parts.filter((each) => each !== "").join("\n\n")}\n` };
}
