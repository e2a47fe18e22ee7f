/**
 * The API's document as a judge: finds the operation of a request, and says what is wrong with an
 * answer.
 */
import assert from "node:assert/strict";
import Ajv2020 from "ajv/dist/2020.js";
import type { ValidateFunction } from "ajv";
import addFormats from "ajv-formats";

export type Schema = { readonly [key: string]: unknown };

export interface Operation {
  readonly method: string;
  /** With `{id}` for parameters. */
  readonly path: string;
  readonly operationId: string;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly required: boolean; readonly schema: Schema }[];
  readonly requestBody?: { readonly required: boolean; readonly content: { readonly "application/json": { readonly schema: Schema } } };
  readonly responses: Readonly<Record<string, Schema>>;
}

export interface Judged {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly text: string;
}

export class ApiDocument {
  readonly operations: readonly Operation[];
  readonly #document: Schema;
  readonly #ajv = new Ajv2020.default({ strict: false, allErrors: true });
  readonly #validators = new Map<string, ValidateFunction>();

  constructor(document: Schema) {
    this.#document = document;
    addFormats.default(this.#ajv);
    this.#ajv.addSchema(document, "api");
    const paths = document["paths"] as Record<string, Record<string, Omit<Operation, "method" | "path">>>;
    this.operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ ...operation, method: method.toUpperCase(), path })),
    );
  }

  /** What a reference points at; any other schema as it is. */
  resolve(schema: Schema): Schema {
    const ref = schema["$ref"];
    if (typeof ref !== "string") return schema;
    return ref
      .slice(2)
      .split("/")
      .reduce<Schema>((place, part) => place[part] as Schema, this.#document);
  }

  /** Throws when the document does not promise this answer. */
  judge(operation: Operation, { status, contentType, text }: Judged): void {
    const where = `${operation.operationId} answers ${status}`;
    const declared = operation.responses[status];
    assert.ok(declared !== undefined, `${where}, which is not in the document: ${text.slice(0, 500)}`);
    const content = this.resolve(declared)["content"] as Record<string, { schema: Schema }> | undefined;
    if (content === undefined) return assert.equal(text, "", `${where} with a body`);
    const type = contentType?.split(";")[0] ?? "";
    assert.ok(content[type] !== undefined, `${where} as ${type}`);
    if (!/[/+]json$/.test(type)) return;
    const pointer = `${pointerOf(operation, declared, status)}/content/${escaped(type)}/schema`;
    const validate = this.#validator(pointer);
    assert.ok(validate(JSON.parse(text)), `${where}: ${this.#ajv.errorsText(validate.errors)}\n${text.slice(0, 1000)}`);
  }

  #validator(pointer: string): ValidateFunction {
    const known = this.#validators.get(pointer);
    if (known !== undefined) return known;
    const validate = this.#ajv.compile({ $ref: `api${pointer}` });
    this.#validators.set(pointer, validate);
    return validate;
  }
}

function pointerOf(operation: Operation, declared: Schema, status: number): string {
  const ref = declared["$ref"];
  return typeof ref === "string" ? ref : `#/paths/${escaped(operation.path)}/${operation.method.toLowerCase()}/responses/${status}`;
}

function escaped(part: string): string {
  return encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"));
}
