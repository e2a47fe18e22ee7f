/** JSON objects of the API's document. */

export type Json = { [key: string]: unknown };
