/** Access tokens for programs. */
import { z } from "zod";
import { scopes } from "../../domain/scopes.ts";
import { newTokenView, tokenList } from "../views/token.ts";
import { operation } from "./operation.ts";
import { largest, wholeNumber } from "./query-values.ts";

const tag = "Tokens";

const tokenParams = z.strictObject({ id: wholeNumber(1, largest).describe("The token's number.") });

export const tokenInput = z.strictObject({
  name: z
    .string()
    .regex(/^[\w.@+-][\w.@+ -]{0,62}$/, "a token's name has 1-63 letters, digits, spaces, '.', '_', '@', '+' or '-'")
    .refine((name) => !/^\d+$/.test(name), "a number is not possible as a name, because commands read it as the id of a token")
    .refine((name) => name !== "local", "this name is the server's own")
    .describe("The program or person that the token is for."),
  scope: z.enum(scopes).describe("`read`: look. `submit`: also submit, change and stop tasks. `admin`: everything."),
  expires_at: z.iso.datetime({ offset: true }).nullish().describe("When the token expires. Absent: never."),
});
export type TokenInput = z.input<typeof tokenInput>;
export type ParsedTokenInput = z.output<typeof tokenInput>;

export const tokenOperations = {
  listTokens: operation("listTokens", {
    access: "admin",
    tag,
    summary: "List access tokens",
    description:
      "The list has no secrets, because they are not stored. The server's own token (`local`) is a file on its machine and not listed.",
    answer: "All tokens.",
    output: tokenList,
  }),
  createToken: operation("createToken", {
    access: "admin",
    tag,
    summary: "Make an access token",
    description: "Only this answer contains the secret.",
    body: tokenInput,
    status: 201,
    answer: "The token with its secret.",
    output: newTokenView,
    problems: ["conflict"],
  }),
  removeToken: operation("removeToken", {
    access: "admin",
    tag,
    summary: "Revoke an access token",
    description: "The token is invalid at once. Its open connections (event streams, MCP) are closed.",
    params: tokenParams,
    status: 204,
    answer: "Revoked.",
    output: null,
  }),
};
