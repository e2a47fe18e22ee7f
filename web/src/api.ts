/** Calls the server as the signed-in browser: the cookie says who it is. */
import { requestOf } from "../../src/client/operations.ts";
import type { ClientInput, ClientOperation, ClientOutput } from "../../src/contract/client-input.ts";

/** An answer that is not a success. `status` 0: no answer came. */
export class ApiProblem extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = "ApiProblem";
    this.status = status;
  }
}

/** @throws ApiProblem. */
export async function call<K extends ClientOperation>(name: K, input: ClientInput<K>): Promise<ClientOutput<K>> {
  const { method = "GET", path, body } = requestOf(name, input);
  const response = await fetch(path, {
    method,
    // Other origins cannot send this header: the server asks for it wherever something changes.
    headers: { accept: "application/json", "x-claude-worker": "1", ...(body === undefined ? {} : { "content-type": "application/json" }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch(() => null);
  if (response === null)
    throw new ApiProblem(0, "No answer came from the server. Is it running? On its machine: claude-worker server status");
  if (!response.ok) throw new ApiProblem(response.status, await detailOf(response));
  return (response.status === 204 ? undefined : await response.json()) as ClientOutput<K>;
}

async function detailOf(response: Response): Promise<string> {
  const problem = (await response.json().catch(() => null)) as { readonly detail?: unknown } | null;
  return typeof problem?.detail === "string" ? problem.detail : `The server answered ${response.status}.`;
}
