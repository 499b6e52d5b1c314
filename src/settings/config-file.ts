import { z } from 'zod';
import { KINDS } from '../catalog/kinds.ts';
import { cron, organizationSlug, timeZone } from './parsers.ts';

const variableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'is not the name of an environment variable');

const organization = z.strictObject({
  tokenVariable: variableName.optional().meta({
    description:
      'The environment variable with the bearer token of this organization (or, with _FILE after its name, the path of a file with it). Without it CATALOG_TOKEN or CATALOG_API_KEY is used.',
  }),
  apiKeyVariable: variableName.optional().meta({
    description: 'The same for a key that is sent as X-API-Key.',
  }),
  includePublic: z.boolean('is neither true nor false').optional().meta({
    description: 'Whether public artifacts of other organizations are mirrored too. Default: CATALOG_INCLUDE_PUBLIC.',
  }),
  cron: cron.optional().meta({
    description: 'When it is mirrored: five fields, or six with seconds first. Default: MIRROR_CRON.',
  }),
  timeZone: timeZone.optional().meta({
    description: 'The IANA time zone of its schedule and of its days. Default: MIRROR_TIMEZONE.',
  }),
  kinds: z
    .array(z.enum(KINDS.map((kind) => kind.name)))
    .min(1, 'names no kind')
    .optional()
    .meta({
      description: 'Which listings are mirrored. Default: models.',
      default: ['models'],
    }),
});

/** `catalog-mirror.config.json`: what differs from one organization to another. Unknown keys are mistakes. */
export const configFile = z.strictObject({
  $schema: z.string().optional().meta({ description: 'Where an editor finds the schema of this file.' }),
  organizations: z.record(organizationSlug, organization).optional().meta({
    description: 'The organizations to mirror, by slug, in addition to those of CATALOG_ORGANIZATIONS.',
  }),
});

export type ConfigFile = z.output<typeof configFile>;
export type ConfiguredOrganization = z.output<typeof organization>;

/** The published JSON Schema of the settings file, for editors; kept as catalog-mirror.config.schema.json. */
export function configJsonSchema(): object {
  return {
    ...z.toJSONSchema(configFile, { io: 'input', unrepresentable: 'any' }),
    title: 'catalog-mirror.config.json',
    description: 'The settings of catalog-mirror that differ from one organization to another.',
  };
}
