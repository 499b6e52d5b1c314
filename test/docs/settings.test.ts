import { expect, test } from 'vitest';
import { z } from 'zod';
import { configJsonSchema } from '../../src/settings/config-file.ts';
import { settingsHelp } from '../../src/settings/help.ts';
import { markdownTable } from './markdown.ts';

const properties = z.record(z.string(), z.object({ description: z.string() }));
const schema = z.object({
  properties: z.object({ organizations: z.object({ additionalProperties: z.object({ properties }) }) }),
});

const INTRODUCTION = `# Settings

Every setting comes from the environment. All are read and checked at once: every mistake is reported, with what was wrong
and how to write it, and the command exits 2. A variable that looks like one of these and is none gets a warning.
\`npx catalog-mirror --help\` shows the same list. This page is made from the code.

An empty variable counts as not set. Where a secret can come from a file, set \`NAME_FILE\` to its path instead of \`NAME\`;
a line break at its end is left out. A secret appears in no log, no error, no dead letter and no job.

`;

const FILE = `
## The settings file

What differs from one organization to another goes into \`catalog-mirror.config.json\` in the working folder, or into the
file that \`CATALOG_MIRROR_CONFIG\` names. [catalog-mirror.config.schema.json](../catalog-mirror.config.schema.json) is its
JSON Schema: an editor that knows it completes and checks as you type. It holds no secret, only the name of the variable
that does.

\`\`\`json
{
  "$schema": "./node_modules/catalog-mirror/catalog-mirror.config.schema.json",
  "organizations": {
    "acme": { "includePublic": true, "kinds": ["models", "datasets"] },
    "umbrella": { "tokenVariable": "UMBRELLA_TOKEN", "cron": "30 4 * * *", "timeZone": "Europe/Berlin" }
  }
}
\`\`\`

Its organizations and those of \`CATALOG_ORGANIZATIONS\` are mirrored together. Every key may be left out:

`;

const OTHERS = `
## Other variables

- \`NO_COLOR\` and \`FORCE_COLOR\` decide about colours where the terminal should not.
- \`NODE_EXTRA_CA_CERTS\` is Node's own: the path of certificates to trust, for a catalog behind a private authority.
- \`CATALOG_MIRROR_DEBUG=1\` adds stack traces to errors, for a report of a defect.
`;

test('docs/settings.md says what the code says (vitest -u writes it anew)', async () => {
  const settings = settingsHelp().map(({ name, sentence, default: assumed, alsoFromFile, howToWrite }) =>
    [
      `### ${name}\n\n${sentence} ${howToWrite}\n\n`,
      assumed === null ? 'No default.' : `Default: \`${assumed}\`.`,
      alsoFromFile ? ` Also from the file that \`${name}_FILE\` names.\n` : '\n',
    ].join(''),
  );
  const keys = schema.parse(configJsonSchema()).properties.organizations.additionalProperties.properties;
  const table = markdownTable(
    ['key', 'what it says'],
    Object.entries(keys).map(([key, { description }]) => [`\`${key}\``, description]),
  );
  const page = `${INTRODUCTION}## From the environment\n\n${settings.join('\n')}${FILE}${table}${OTHERS}`;
  await expect(page).toMatchFileSnapshot('../../docs/settings.md');
});
