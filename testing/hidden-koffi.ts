/** A machine without the optional package koffi. */

/**
 * Makes koffi impossible to load in a process, as where npm did not install it.
 * @param witness a file that each process appends its pid to when it asks for koffi.
 * @returns the source of a module to import first.
 */
export function hidingKoffi(witness: string): string {
  return `
    import { registerHooks } from "node:module";
    import { appendFileSync } from "node:fs";
    registerHooks({ resolve(specifier, context, next) {
      if (specifier !== "koffi") return next(specifier, context);
      appendFileSync(${JSON.stringify(witness)}, process.pid + "\\n");
      throw Object.assign(new Error("Cannot find package 'koffi'"), { code: "ERR_MODULE_NOT_FOUND" });
    } });`;
}
