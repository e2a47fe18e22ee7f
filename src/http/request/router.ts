/** Finds the route of a request: exact paths by a map, the few with parameters by their parts. */
import type { Method } from "../../contract/endpoints.ts";
import type { PageRoute, Route } from "./route.ts";

/**
 * Tells apart an unknown path (null) and a known one that has no such method (`route` null, `allow`
 * set).
 */
export interface Match {
  readonly route: Route | null;
  readonly params: Readonly<Record<string, string>>;
  readonly allow: readonly string[];
  /** Set at the address of a page for people, whatever the method. */
  readonly page: PageRoute | undefined;
}

interface Place {
  readonly parts: readonly string[];
  readonly routes: Map<string, Route>;
}

export class Router {
  readonly #exact = new Map<string, Place>();
  readonly #withParams: Place[] = [];

  /** @throws Error when two routes are the same. */
  constructor(routes: readonly Route[]) {
    for (const route of routes) {
      const place = this.#place(route.path);
      if (place.routes.has(route.method)) throw new Error(`two routes are ${route.method} ${route.path}`);
      place.routes.set(route.method, route);
    }
  }

  /** @param path of the request, without its query. */
  match(method: string, path: string): Match | null {
    const exact = this.#exact.get(path);
    if (exact !== undefined) return found(exact, method, {});
    const parts = path.split("/");
    for (const place of this.#withParams) {
      const params = paramsOf(place.parts, parts);
      if (params !== null) return found(place, method, params);
    }
    return null;
  }

  #place(path: string): Place {
    const parts = path.split("/");
    const isExact = !path.includes("{");
    const known = isExact ? this.#exact.get(path) : this.#withParams.find((place) => place.parts.join("/") === path);
    if (known !== undefined) return known;
    const place = { parts, routes: new Map<Method, Route>() };
    if (isExact) this.#exact.set(path, place);
    else this.#withParams.push(place);
    return place;
  }
}

function found(place: Place, method: string, params: Readonly<Record<string, string>>): Match {
  const route = place.routes.get(method === "HEAD" ? "GET" : method) ?? null;
  const methods = [...place.routes.keys()].toSorted();
  const allow = route === null ? methods.flatMap((each) => (each === "GET" ? ["GET", "HEAD"] : [each])) : [];
  const page = [...place.routes.values()].find((each) => each.page !== undefined)?.page;
  return { route, params, allow, page };
}

function paramsOf(pattern: readonly string[], parts: readonly string[]): Record<string, string> | null {
  if (pattern.length !== parts.length) return null;
  const params: Record<string, string> = {};
  for (const [index, wanted] of pattern.entries()) {
    const part = parts[index] ?? "";
    if (!wanted.startsWith("{")) {
      if (wanted !== part) return null;
      continue;
    }
    const value = decoded(part);
    if (value === null || value === "") return null;
    params[wanted.slice(1, -1)] = value;
  }
  return params;
}

/** The text of a percent-encoded part of a path; null: it is not well encoded. */
function decoded(part: string): string | null {
  if (!part.includes("%")) return part;
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}
