/**
 * What the conformance suite wants to find on a server beside the product's own tools. Names and
 * texts are the suite's.
 */
import { setTimeout as delay } from "node:timers/promises";
import {
  acceptedContent,
  CLIENT_CAPABILITIES_META_KEY,
  completable,
  fromJsonSchema,
  inputRequired,
  inputResponse,
  MissingRequiredClientCapabilityError,
  ResourceTemplate,
} from "@modelcontextprotocol/server";
import type {
  CallToolResult,
  ContentBlock,
  InputRequiredResult,
  McpServer,
  RequestStateCodec,
  ServerContext,
} from "@modelcontextprotocol/server";
import { z } from "zod";
import { tasksExtension } from "../../../src/mcp/session.ts";
import type { FixtureJobs, JobControl } from "./fixture-jobs.ts";

const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";
const wav = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA=";
const text = (value: string): ContentBlock => ({ type: "text", text: value });
const says = (value: string): CallToolResult => ({ content: [text(value)] });

/** @param state the product's own seal of what goes through a client. */
export function registerFixtures(server: McpServer, jobs: FixtureJobs, state: RequestStateCodec): void {
  registerContent(server);
  registerQuestions(server, state);
  registerJobs(server, jobs);
  registerPrompts(server);
  registerResources(server);
}

type Answer = CallToolResult | InputRequiredResult;

function tool(server: McpServer, name: string, run: (request: ServerContext) => Answer | Promise<Answer>): void {
  server.registerTool(name, { description: name, inputSchema: z.object({}) }, (_input, request) => run(request));
}

function registerContent(server: McpServer): void {
  const image: ContentBlock = { type: "image", data: png, mimeType: "image/png" };
  tool(server, "test_simple_text", () => says("This is a simple text response for testing."));
  tool(server, "test_image_content", () => ({ content: [image] }));
  tool(server, "test_audio_content", () => ({ content: [{ type: "audio", data: wav, mimeType: "audio/wav" }] }));
  tool(server, "test_embedded_resource", () => ({
    content: [
      {
        type: "resource",
        resource: { uri: "test://embedded-resource", mimeType: "text/plain", text: "This is an embedded resource content." },
      },
    ],
  }));
  tool(server, "test_multiple_content_types", () => ({
    content: [
      text("Multiple content types test:"),
      image,
      {
        type: "resource",
        resource: { uri: "test://mixed-content-resource", mimeType: "application/json", text: '{"test":"data","value":123}' },
      },
    ],
  }));
  tool(server, "test_error_handling", () => {
    throw new Error("This tool intentionally returns an error for testing");
  });
  tool(server, "test_tool_with_progress", async ({ mcpReq }) => {
    const progressToken = mcpReq._meta?.progressToken;
    for (const progress of [0, 50, 100]) {
      if (progressToken !== undefined)
        await mcpReq.notify({ method: "notifications/progress", params: { progressToken, progress, total: 100 } });
      await delay(50); // The suite asks for a tool that takes a while.
    }
    return says("done");
  });
  for (const name of ["test_logging_tool", "test_tool_with_logging"]) {
    tool(server, name, async ({ mcpReq }) => {
      for (const message of ["Tool execution started", "Tool processing data", "Tool execution completed"]) {
        await mcpReq.log("info", message);
        await delay(50); // The suite asks for a tool that takes a while.
      }
      return says("logged");
    });
  }
  server.registerTool(
    "json_schema_2020_12_tool",
    { description: "Tool with JSON Schema 2020-12 features", inputSchema: fromJsonSchema(richSchema) },
    () => says("ok"),
  );
  const inHeader = fromJsonSchema({
    type: "object",
    properties: { region: { type: "string", "x-mcp-header": "Region" } },
    required: ["region"],
  } as Parameters<typeof fromJsonSchema>[0]);
  server.registerTool("test_header_parameter", { description: "An argument that is also a header", inputSchema: inHeader }, () =>
    says("ok"),
  );
}

const richSchema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  $defs: { address: { $anchor: "addressDef", type: "object", properties: { street: { type: "string" }, city: { type: "string" } } } },
  properties: {
    name: { type: "string" },
    address: { $ref: "#/$defs/address" },
    contactMethod: { type: "string", enum: ["phone", "email"] },
    phone: { type: "string" },
    email: { type: "string" },
  },
  allOf: [{ anyOf: [{ required: ["phone"] }, { required: ["email"] }] }],
  if: { properties: { contactMethod: { const: "phone" } }, required: ["contactMethod"] },
  // oxlint-disable-next-line unicorn/no-thenable -- JSON Schema's own word.
  then: { required: ["phone"] },
  else: { required: ["email"] },
  additionalProperties: false,
} as Parameters<typeof fromJsonSchema>[0];

const nameSchema = { type: "object" as const, properties: { name: { type: "string" as const } }, required: ["name"] };
const askName = (message: string) => inputRequired.elicit({ message, requestedSchema: nameSchema });
const askModel = (question: string, maxTokens: number) =>
  inputRequired.createMessage({ messages: [{ role: "user", content: { type: "text", text: question } }], maxTokens });

function registerQuestions(server: McpServer, state: RequestStateCodec): void {
  tool(server, "test_input_required_result_elicitation", ({ mcpReq }) => {
    const answer = acceptedContent(mcpReq.inputResponses, "user_name", z.object({ name: z.string() }));
    return answer === undefined
      ? inputRequired({ inputRequests: { user_name: askName("What is your name?") } })
      : says(`Hello, ${answer.name}!`);
  });
  tool(server, "test_input_required_result_sampling", ({ mcpReq }) => {
    const answer = inputResponse(mcpReq.inputResponses, "capital_question");
    if (answer.kind !== "sampling")
      return inputRequired({ inputRequests: { capital_question: askModel("What is the capital of France?", 100) } });
    return says(JSON.stringify(answer.result.content));
  });
  tool(server, "test_input_required_result_list_roots", ({ mcpReq }) => {
    const answer = inputResponse(mcpReq.inputResponses, "client_roots");
    return answer.kind === "roots"
      ? says(JSON.stringify(answer.roots))
      : inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
  });
  const confirm = inputRequired.elicit({
    message: "Please confirm",
    requestedSchema: { type: "object", properties: { ok: { type: "boolean" } }, required: ["ok"] },
  });
  for (const name of ["test_input_required_result_request_state", "test_input_required_result_tampered_state"]) {
    tool(server, name, async (request) => {
      const given = stateOf(request);
      if (given === null) return inputRequired({ inputRequests: { confirm }, requestState: await state.mint({ step: name }, request) });
      return says("state-ok");
    });
  }
  tool(server, "test_input_required_result_multiple_inputs", async (request) => {
    const answers = request.mcpReq.inputResponses ?? {};
    const inputRequests = {
      user_name: askName("What is your name?"),
      greeting: askModel("Generate a greeting", 50),
      client_roots: inputRequired.listRoots(),
    };
    if (Object.keys(inputRequests).every((key) => key in answers)) return says("all answered");
    return inputRequired({ inputRequests, requestState: await state.mint({ step: 1 }, request) });
  });
  tool(server, "test_input_required_result_multi_round", async (request) => {
    const step = stateOf(request)?.["step"];
    if (step === undefined)
      return inputRequired({
        inputRequests: { step1: askName("Step 1: What is your name?") },
        requestState: await state.mint({ step: 1 }, request),
      });
    if (step === 2) return says("done");
    const requestedSchema = { type: "object" as const, properties: { color: { type: "string" as const } }, required: ["color"] };
    const step2 = inputRequired.elicit({ message: "Step 2: What is your favorite color?", requestedSchema });
    return inputRequired({ inputRequests: { step2 }, requestState: await state.mint({ step: 2 }, request) });
  });
  tool(server, "test_input_required_result_capabilities", (request) => {
    const declared = declaredBy(request);
    return inputRequired({
      inputRequests: {
        ...(declared.sampling === undefined ? {} : { greeting: askModel("Generate a greeting", 50) }),
        ...(declared.elicitation === undefined ? {} : { user_name: askName("What is your name?") }),
      },
    });
  });
  // The SDK refuses a question that the client cannot answer.
  tool(server, "test_missing_capability", () => inputRequired({ inputRequests: { question: askModel("Anything", 10) } }));
  tool(server, "test_streaming_elicitation", () => inputRequired({ inputRequests: { user_name: askName("What is your name?") } }));
}

/**
 * What an earlier round put into the state; null in the first. Tampered state never comes here: the
 * server refuses it.
 */
function stateOf({ mcpReq }: ServerContext): Record<string, unknown> | null {
  return mcpReq.requestState<Record<string, unknown>>() ?? null;
}

function declaredBy({ mcpReq }: ServerContext): { sampling?: unknown; elicitation?: unknown; extensions?: Record<string, unknown> } {
  const envelope: Record<string, unknown> = { ...mcpReq.envelope };
  return envelope[CLIENT_CAPABILITIES_META_KEY] ?? {};
}

function registerJobs(server: McpServer, jobs: FixtureJobs): void {
  const asTask = (work: (control: JobControl) => Promise<CallToolResult>): CallToolResult => ({
    ...jobs.begin(work),
    resultType: "task",
    content: [],
  });
  const declared = (request: ServerContext): boolean => declaredBy(request).extensions?.[tasksExtension] !== undefined;
  server.registerTool("greet", { description: "greet", inputSchema: z.object({ name: z.string() }) }, ({ name }) =>
    says(`Hello, ${name}!`),
  );
  const slow = z.object({ seconds: z.number(), label: z.string().optional() });
  server.registerTool("slow_compute", { description: "slow_compute", inputSchema: slow }, async ({ seconds, label }, request) => {
    const result = says(`computed ${label ?? ""}`);
    if (!declared(request)) return result;
    return asTask(async ({ signal }) => {
      await delay(seconds * 1000, undefined, { signal }); // The suite says how long.
      return result;
    });
  });
  const failing = async (): Promise<CallToolResult> => {
    await delay(200); // The suite looks at the job while it works.
    return { ...says("This job always fails."), isError: true };
  };
  requireTasks(server, "failing_job", declared);
  tool(server, "failing_job", () => asTask(failing));
  tool(server, "protocol_error_job", () =>
    asTask(async () => {
      await delay(50); // The suite looks at the job while it works.
      throw new Error("The job broke.");
    }),
  );
  server.registerTool(
    "confirm_delete",
    { description: "confirm_delete", inputSchema: z.object({ filename: z.string() }) },
    ({ filename }) =>
      asTask(async ({ ask }) => {
        await ask({ confirm: confirmation(`Delete ${filename}?`) });
        return says(`deleted ${filename}`);
      }),
  );
  tool(server, "multi_input", () =>
    asTask(async ({ ask }) => {
      await ask({ first: confirmation("First?"), second: confirmation("Second?") });
      return says("both answered");
    }),
  );
  tool(server, "test_tool_with_task", ({ mcpReq }) => {
    const answer = acceptedContent(mcpReq.inputResponses, "user_name", z.object({ name: z.string() }));
    if (answer === undefined) return inputRequired({ inputRequests: { user_name: askName("What is your name?") } });
    return asTask(async () => says(`Hello, ${answer.name}!`));
  });
}

function confirmation(message: string) {
  return {
    method: "elicitation/create",
    params: { mode: "form", message, requestedSchema: { type: "object", properties: { confirm: { type: "boolean" } } } },
  };
}

type Handler = (raw: { params: { name: string } }, request: ServerContext) => unknown;

/**
 * The high-level API turns what a tool throws into the tool's own error; a missing capability is
 * the protocol's.
 */
function requireTasks({ server }: McpServer, name: string, declared: (request: ServerContext) => boolean): void {
  const { _requestHandlers: handlers } = server as unknown as { _requestHandlers: Map<string, Handler> };
  const inner = handlers.get("tools/call");
  if (inner === undefined) throw new Error("there are no tools yet");
  handlers.set("tools/call", (raw, request) => {
    if (raw.params.name === name && !declared(request)) {
      return Promise.reject(new MissingRequiredClientCapabilityError({ requiredCapabilities: { extensions: { [tasksExtension]: {} } } }));
    }
    return inner(raw, request);
  });
}

function registerPrompts(server: McpServer): void {
  const user = (content: ContentBlock) => ({ role: "user" as const, content });
  server.registerPrompt("test_simple_prompt", { description: "simple" }, () => ({
    messages: [user(text("This is a simple prompt for testing."))],
  }));
  const two = z.object({
    arg1: completable(z.string(), (part) => ["paris", "park", "party"].filter((word) => word.startsWith(part))),
    arg2: z.string(),
  });
  server.registerPrompt("test_prompt_with_arguments", { description: "arguments", argsSchema: two }, ({ arg1, arg2 }) => ({
    messages: [user(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`))],
  }));
  const embedded = z.object({ resourceUri: z.string() });
  server.registerPrompt("test_prompt_with_embedded_resource", { description: "resource", argsSchema: embedded }, ({ resourceUri }) => ({
    messages: [
      user({ type: "resource", resource: { uri: resourceUri, mimeType: "text/plain", text: "Embedded resource content for testing." } }),
      user(text("Please process the embedded resource above.")),
    ],
  }));
  server.registerPrompt("test_prompt_with_image", { description: "image" }, () => ({
    messages: [user({ type: "image", data: png, mimeType: "image/png" }), user(text("Please analyze the image above."))],
  }));
  server.registerPrompt("test_input_required_result_prompt", { description: "question" }, ({ mcpReq }) => {
    const answer = acceptedContent(mcpReq.inputResponses, "user_context", z.object({ context: z.string() }));
    if (answer !== undefined) return { messages: [user(text(answer.context))] };
    const requestedSchema = { type: "object" as const, properties: { context: { type: "string" as const } }, required: ["context"] };
    return inputRequired({
      inputRequests: { user_context: inputRequired.elicit({ message: "What context should the prompt use?", requestedSchema }) },
    });
  });
}

function registerResources(server: McpServer): void {
  const description = "for the conformance suite";
  server.registerResource("static-text", "test://static-text", { description, mimeType: "text/plain" }, () => ({
    contents: [{ uri: "test://static-text", mimeType: "text/plain", text: "This is the content of the static text resource." }],
  }));
  server.registerResource("static-binary", "test://static-binary", { description, mimeType: "image/png" }, () => ({
    contents: [{ uri: "test://static-binary", mimeType: "image/png", blob: png }],
  }));
  server.registerResource(
    "template",
    new ResourceTemplate("test://template/{id}/data", { list: undefined }),
    { description, mimeType: "application/json" },
    (uri, { id }) => ({
      contents: [
        {
          uri: uri.href,
          mimeType: "application/json",
          text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${String(id)}` }),
        },
      ],
    }),
  );
}
