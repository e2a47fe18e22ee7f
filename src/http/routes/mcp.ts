/** The route of MCP over HTTP. It is not in the API's document: its messages are MCP's. */
import { z } from "zod";
import type { Operation } from "../../contract/operations/operation.ts";
import { streamHead } from "../request/send-answer.ts";
import { mcpSession } from "../mcp-door.ts";
import type { McpDoor } from "../mcp-door.ts";
import type { OpenConnections } from "../listener/open-connections.ts";
import { route } from "../request/route.ts";
import type { Answer, Route } from "../request/route.ts";

export const mcpPath = "/mcp";

const operation = {
  name: "mcp",
  method: "POST",
  path: mcpPath,
  repeatable: false,
  access: "read",
  tag: "MCP",
  summary: "MCP over Streamable HTTP",
  body: z.unknown(),
  answer: "MCP's answer.",
  output: null,
  mediaTypes: ["text/event-stream", "application/json"],
} as const satisfies Operation;

export function mcpRoutes(mcp: McpDoor, connections: OpenConnections): Route[] {
  const answer = route(operation, async ({ caller, body, request, response }): Promise<Answer> => {
    for (const [name, value] of Object.entries(streamHead({}))) response.setHeader(name, value);
    response.once(
      "close",
      connections.add(caller, () => response.destroy()),
    );
    await mcp.request(request, response, mcpSession(caller, request), body);
    return "streamed";
  });
  return [{ ...answer, isForTokens: true }];
}
