/** The route of MCP over HTTP. It is not in the API's document: its messages are MCP's. */
import { z } from "zod";
import { streamHead } from "../send-answer.ts";
import { mcpSession } from "../mcp-door.ts";
import type { McpDoor } from "../mcp-door.ts";
import type { OpenConnections } from "../open-connections.ts";
import { route } from "../route.ts";
import type { Answer, Route } from "../route.ts";

export const mcpPath = "/mcp";

export function mcpRoutes(mcp: McpDoor, connections: OpenConnections): Route[] {
  return [
    route({
      method: "POST",
      path: mcpPath,
      access: "read",
      name: "mcp",
      tag: "MCP",
      summary: "MCP over Streamable HTTP",
      body: z.unknown(),
      answers: { 200: { description: "MCP's answer.", schema: null, mediaTypes: ["text/event-stream", "application/json"] } },
      async handle({ caller, body, request, response }): Promise<Answer> {
        for (const [name, value] of Object.entries(streamHead({}))) response.setHeader(name, value);
        response.once(
          "close",
          connections.add(caller, () => response.destroy()),
        );
        await mcp.request(request, response, mcpSession(caller, request), body);
        return "streamed";
      },
    }),
  ];
}
