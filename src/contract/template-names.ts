/** Names of templates and of their variables. */
import { z } from "zod";

export const templateName = z
  .string()
  .regex(/^[A-Za-z][\w.:-]{0,63}$/, "must begin with a letter and have at most 64 letters, digits, '.', ':', '_' or '-'");
export const variableName = z.string().regex(/^[A-Za-z_][\w-]{0,62}$/, "a variable's name has 1-63 letters, digits, '_' or '-'");
