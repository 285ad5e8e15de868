// Judge of OpenLineage events: the standard's own JSON Schemas through ajv. Arguments: the folder with OpenLineage.json and
// facets/. One event per line in; one line per event out: "ok" or what is wrong. Facets are validated by the schema that
// their _schemaURL names.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const folder = process.argv[2];
const ajv = new Ajv2020.default({ strict: false, allErrors: true });
addFormats.default(ajv);
const find = (dir) => readdirSync(dir, { withFileTypes: true, recursive: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.json') && !(entry.parentPath ?? entry.path).includes('tests'))
  .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
for (const file of find(folder)) {
  const schema = JSON.parse(readFileSync(file, 'utf8'));
  if (schema.$id) ajv.addSchema(schema);
}

function* facetsOf(event) {
  const groups = [event.run?.facets, event.job?.facets];
  for (const dataset of [...(event.inputs ?? []), ...(event.outputs ?? [])]) {
    groups.push(dataset.facets, dataset.inputFacets, dataset.outputFacets);
  }
  for (const group of groups) for (const [name, facet] of Object.entries(group ?? {})) yield [name, facet];
}

function check(event) {
  const wrong = [];
  const validate = ajv.getSchema(event.schemaURL);
  if (!validate) return [`unknown schemaURL ${event.schemaURL}`];
  if (!validate(event)) wrong.push(ajv.errorsText(validate.errors));
  for (const [name, facet] of facetsOf(event)) {
    if (facet._schemaURL.startsWith('urn:')) {
      if (!name.startsWith('fabric_')) wrong.push(`custom facet ${name} has no prefix`);
      continue;
    }
    const facetSchema = ajv.getSchema(facet._schemaURL);
    if (!facetSchema) wrong.push(`facet ${name}: unknown ${facet._schemaURL}`);
    else if (!facetSchema(facet)) wrong.push(`facet ${name}: ${ajv.errorsText(facetSchema.errors)}`);
  }
  return wrong;
}

for await (const line of createInterface({ input: process.stdin })) {
  if (line.length === 0) continue;
  const wrong = check(JSON.parse(line));
  console.log(wrong.length === 0 ? 'ok' : wrong.join('; '));
}
