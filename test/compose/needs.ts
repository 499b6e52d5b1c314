import { type ComposeClient, findCompose, whyNoDocker } from '../support/docker.ts';

/**
 * The client that brings the stack up; null where this machine has none or no engine, and a line says so.
 *
 * @throws in CI, which must test it
 */
export async function needCompose(): Promise<ComposeClient | null> {
  const noDocker = await whyNoDocker();
  const client = noDocker === null ? await findCompose() : null;
  if (client !== null) return client;
  const why = noDocker ?? 'neither `docker compose` nor `docker-compose` was found';
  if (process.env['CI'] === 'true') throw new Error(`CI must test docker-compose.yml, and cannot: ${why}`);
  process.stderr.write(`docker-compose.yml is not tested: ${why}\n`);
  return null;
}
