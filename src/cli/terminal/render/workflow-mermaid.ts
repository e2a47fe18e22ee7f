/** Writes the graph of a workflow in the language of Mermaid, which many pages draw. */
import type { CheckedWorkflow } from "../../../contract/views/workflow.ts";

export function workflowGraph(tasks: CheckedWorkflow["tasks"]): string {
  const ids = new Map(tasks.map(({ key }, index) => [key, `t${index}`]));
  const nodes = tasks.map(({ key, kind }) => `  ${ids.get(key) ?? ""}${kind === "approval" ? `{{"${key}"}}` : `["${key}"]`}`);
  const edges = tasks.flatMap(({ key, needs }) => needs.map((need) => `  ${ids.get(need) ?? ""} --> ${ids.get(key) ?? ""}`));
  return `${["graph TD", ...nodes, ...edges].join("\n")}\n`;
}
