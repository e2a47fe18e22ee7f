/**
 * Connections that leave HTTP: MCP's stdio framing for the command line's pipe. The same checks as
 * for every request come first.
 */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WorkerError } from "../../domain/errors.ts";
import { identify } from "../request/answer-request.ts";
import type { AnswerOptions } from "../request/answer-request.ts";
import { checkScope } from "../request/authenticate.ts";
import { guardTransport } from "../request/guard-transport.ts";
import type { Transport } from "../request/guard-transport.ts";
import { letGo } from "./let-go.ts";
import { mcpSession } from "../mcp-door.ts";
import type { McpDoor } from "../mcp-door.ts";
import { problemOf } from "../request/problem.ts";
import { mcpPath } from "../routes/mcp.ts";

/** The protocol's name in the `Upgrade` header. */
export const mcpUpgrade = "claude-worker-mcp";

export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  /** What came after the request already. */
  readonly head: Buffer;
}

/** Never throws: a refusal is answered as HTTP and closes the connection. */
export async function answerUpgrade(
  { request, socket, head }: Upgrade,
  transport: Transport,
  mcp: McpDoor,
  options: AnswerOptions,
): Promise<void> {
  socket.on("error", () => socket.destroy());
  try {
    guardTransport(request, transport);
    if (request.url !== mcpPath || request.headers.upgrade !== mcpUpgrade) {
      throw new WorkerError("invalid_input", "This connection cannot be upgraded so. Leave out the Upgrade header.");
    }
    const caller = await identify(request, transport, options);
    checkScope(caller, "read");
    options.unproven.prove(request.socket);
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${mcpUpgrade}\r\n\r\n`);
    if (head.length > 0) socket.unshift(head);
    socket.once(
      "close",
      options.connections.add(caller, () => socket.destroy()),
    );
    await mcp.connection(socket, mcpSession(caller, request));
  } catch (error) {
    if (!(error instanceof WorkerError)) options.log.error({ err: error }, "an upgrade failed");
    refuse(socket, error);
  }
}

function refuse(socket: Duplex, error: unknown): void {
  const { status, problem } = problemOf(error);
  const body = JSON.stringify(problem);
  const head = `HTTP/1.1 ${status} ${problem.title}\r\nConnection: close\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
  socket.write(head + body);
  letGo(socket);
}
