// @vitest-environment node
import { readFile } from "node:fs/promises";
import openapiTS, { astToString, COMMENT_HEADER } from "openapi-typescript";
import { expect, it } from "vitest";

it("is generated from the API's description as it stands (npm run generate)", async () => {
  const description = new URL("../../openapi.json", import.meta.url);
  const schema = await openapiTS(description, { alphabetize: true, silent: true });
  const written = await readFile(new URL("../generated/schema.d.ts", import.meta.url), "utf8");
  expect(written).toBe(`${COMMENT_HEADER}${astToString(schema)}`);
}, 60_000);
