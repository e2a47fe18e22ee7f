/** Routes of the operations that need nothing of HTTP: the input goes in, the answer comes out. */
import type { ApiOperation, ApiOperations } from "../../contract/api.ts";
import type { Caller } from "../../contract/caller.ts";
import { operations } from "../../contract/operations/index.ts";
import { successStatus } from "../../contract/operations/operation.ts";
import type { Operation } from "../../contract/operations/operation.ts";
import { route } from "../request/route.ts";
import type { Route } from "../request/route.ts";

/**
 * Every operation as a route, in the order of the contract: one of `byHand`, or straight to the
 * function of its name.
 */
export function allRoutes(api: ApiOperations, byHand: readonly Route[]): Route[] {
  const handmade = new Map(byHand.map((each) => [each.name, each]));
  return Object.values(operations).map((operation: Operation) => handmade.get(operation.name) ?? direct(api, operation));
}

function direct(api: ApiOperations, operation: Operation): Route {
  const { name, output } = operation;
  if (!isOfApi(api, name)) throw new Error(`${name} is not an operation of the API: it needs a route by hand`);
  return route(operation, async ({ params, query, body, caller }) => {
    const run: (this: ApiOperations, input: never, caller: Caller) => Promise<unknown> = api[name];
    const json = await run.call(api, Object.assign({}, params, query, body) as never, caller);
    return output === null ? { status: successStatus(operation) } : { status: successStatus(operation), json };
  });
}

function isOfApi(api: ApiOperations, name: string): name is ApiOperation {
  return Object.hasOwn(api, name);
}
