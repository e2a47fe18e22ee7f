/** The JSON Schema of workflow files, for editors, from the definition that checks them. */
import { z } from "zod";
import { workflowFile } from "../../src/contract/workflow-file.ts";

export function workflowSchema(): string {
  const schema = z.toJSONSchema(workflowFile, { io: "input", unrepresentable: "any" });
  return `${JSON.stringify({ ...schema, title: "Workflow file of Claude Worker" }, null, 2)}\n`;
}
