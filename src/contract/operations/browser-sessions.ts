/** Sessions of browsers (docs/decisions/0046): signing in, and who is signed in. */
import { z } from "zod";
import { browserSessionList, browserSessionView, endedSessions, loginCodeView } from "../views/browser-session.ts";
import { operation } from "./operation.ts";
import { largest, wholeNumber } from "./query-values.ts";

const tag = "Browser sessions";

const sessionParams = z.strictObject({ id: wholeNumber(1, largest).describe("The session's number.") });

const secret = z.string().min(1).max(500);

const signInInput = z
  .strictObject({
    code: secret.optional().describe("A code of `POST /api/v1/login-codes`. The session gets the scope `admin`."),
    token: secret.optional().describe("An access token. The session gets its scope, and ends with it."),
  })
  .refine(({ code, token }) => (code === undefined) !== (token === undefined), "give either `code` or `token`");

export const browserSessionOperations = {
  createLoginCode: operation("createLoginCode", {
    access: "admin",
    tag,
    summary: "Make a code that signs a browser in",
    description: "The code is good for a minute, and once. Only its hash is held, in memory: a restart of the server makes it invalid.",
    status: 201,
    answer: "The code.",
    output: loginCodeView,
  }),
  listSessions: operation("listSessions", {
    access: "read",
    tag,
    summary: "List browser sessions",
    description: "The scope `admin` sees all of them; any other caller sees those of its own token.",
    answer: "The sessions, oldest first.",
    output: browserSessionList,
  }),
  createSession: operation("createSession", {
    access: "open",
    tag,
    summary: "Sign a browser in",
    description:
      "Answers with a cookie (`HttpOnly`, `SameSite=Strict`) that stands for the session. With the cookie, a request that changes something also needs `X-Claude-Worker: 1` and an `Origin` of the server's own. The cookie does not count at `/mcp`, nor on the unix socket. Tokens of tasks cannot sign in.",
    body: signInInput,
    status: 201,
    answer: "Signed in.",
    output: browserSessionView,
    problems: ["unauthorized", "forbidden", "too_many_requests"],
  }),
  removeOtherSessions: operation("removeOtherSessions", {
    access: "read",
    tag,
    summary: "Sign all other browsers out",
    description: "Ends every session that the caller may see, except the one that makes the request.",
    answer: "Which sessions ended.",
    output: endedSessions,
  }),
  removeSession: operation("removeSession", {
    access: "read",
    tag,
    summary: "Sign a browser out",
    description:
      "The session is invalid at once, and its open event streams end. A caller without the scope `admin` can end sessions of its own token.",
    params: sessionParams,
    status: 204,
    answer: "Signed out.",
    output: null,
  }),
};
