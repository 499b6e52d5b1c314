import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { QUEUE_SCHEMA } from '../../src/queue/backend.ts';
import { prepareQueueSchema } from '../../src/queue/prepare-schema.ts';
import { migrate } from '../../src/store/migrate.ts';
import { type Provider, providePostgres } from './postgres-provider.ts';
import type { ProvidedPostgres } from './provided.ts';
import { provideRedis } from './redis-provider.ts';

/**
 * Starts a real PostgreSQL and a real Redis for the run, says which, and makes the template database that tests clone.
 * In CI a missing one fails the run; elsewhere the tests that need it are skipped, and one line says so.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [postgres, redis] = await Promise.all([providePostgres(), provideRedis()]);
  const providers = [postgres.provider, redis.provider].filter((provider) => provider !== null);
  const stop = async () => {
    await Promise.all(providers.map((provider) => provider.stop()));
  };
  try {
    tell('PostgreSQL', postgres);
    tell('Redis', redis);
    const templates = postgres.provider === null ? null : await makeTemplates(postgres.provider.url);
    project.provide(
      'postgres',
      postgres.provider === null || templates === null ? null : { adminUrl: postgres.provider.url, ...templates },
    );
    project.provide('redis', redis.provider === null ? null : { url: redis.provider.url });
    return async () => {
      // A server that was given to us outlives the run: the templates do not stay on it.
      if (postgres.provider !== null && templates !== null) await dropTemplates(postgres.provider.url, templates);
      await stop();
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function tell(part: string, found: { provider: Provider | null; reasons: readonly string[] }): void {
  const why = found.reasons.length === 0 ? '' : ` (${found.reasons.join('; ')})`;
  if (found.provider !== null) {
    process.stderr.write(`${part} for the tests: ${found.provider.description}${why}\n`);
    return;
  }
  if (process.env['CI'] === 'true') throw new Error(`CI must test with ${part}, and there is none${why}`);
  process.stderr.write(`${part} for the tests: none, so the tests that need it are skipped${why}\n`);
}

async function asAdmin<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

type Templates = Pick<ProvidedPostgres, 'template' | 'templateWithQueue'>;

async function makeTemplates(adminUrl: string): Promise<Templates> {
  const template = `catalog_mirror_template_${randomBytes(6).toString('hex')}`;
  await asAdmin(adminUrl, (client) =>
    client.query(`create database ${template} template template0 encoding 'UTF8' locale 'C.UTF-8'`),
  );
  const url = new URL(adminUrl);
  url.pathname = `/${template}`;
  const pool = new pg.Pool({ connectionString: url.href });
  try {
    await migrate(pool, {
      folder: fileURLToPath(new URL('../../drizzle', import.meta.url)),
      now: () => new Date('2025-01-01T00:00:00Z'),
    });
  } finally {
    await pool.end();
  }
  const templateWithQueue = `${template}_queue`;
  await asAdmin(adminUrl, (client) => client.query(`create database ${templateWithQueue} template ${template}`));
  url.pathname = `/${templateWithQueue}`;
  await prepareQueueSchema(url.href, QUEUE_SCHEMA);
  return { template, templateWithQueue };
}

async function dropTemplates(adminUrl: string, { template, templateWithQueue }: Templates): Promise<void> {
  for (const name of [template, templateWithQueue]) {
    await asAdmin(adminUrl, (client) => client.query(`drop database if exists ${name} with (force)`));
  }
}
