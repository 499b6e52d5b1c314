import { randomBytes } from 'node:crypto';
import { appendFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { packageRoot } from '../../src/package-root.ts';
import { type ComposeClient, docker, runCompose } from '../support/docker.ts';

/** The digests of an image's layers, those of its base first. */
export async function layersOf(image: string): Promise<readonly string[]> {
  const [inspected] = z
    .array(z.object({ RootFS: z.object({ Layers: z.array(z.string()) }) }))
    .parse(JSON.parse(await docker('image', 'inspect', image)));
  return inspected?.RootFS.Layers ?? [];
}

/** The sizes of the layers that this project adds to its base, in bytes, the newest first. */
export async function ourLayersOf(image: string): Promise<readonly number[]> {
  const history = await docker('history', '--no-trunc', '--human=false', '--format', '{{.Size}} {{.CreatedBy}}', image);
  const lines = history.split('\n');
  const first = lines.findIndex((line) => line.includes('WORKDIR /app'));
  if (first < 0) throw new Error('the image has no folder /app');
  return lines.slice(0, first).map((line) => Number(line.split(' ')[0]));
}

/** Runs a program in a new container of an image; resolves to what it printed. */
export function runIn(image: string, program: string, ...args: readonly string[]): Promise<string> {
  return docker('run', '--rm', '--entrypoint', program, image, ...args);
}

/** Removes an image, but not its parents: the next one is built from them in a moment. */
export async function removeImage(image: string): Promise<void> {
  await docker('rmi', '--no-prune', image);
}

/** An image of the project as it would be after a change. */
export interface ChangedImage {
  readonly image: string;
  remove(): Promise<void>;
}

/**
 * Builds the image from a copy of what it is built from.
 *
 * @param additions what to add to files, by their paths; one that does not exist is made
 */
export async function buildChanged(
  client: ComposeClient,
  additions: Readonly<Record<string, string>>,
): Promise<ChangedImage> {
  const name = `catalog-mirror-test-${randomBytes(4).toString('hex')}`;
  const image = `catalog-mirror:${name}`;
  const folder = await mkdtemp(join(tmpdir(), `${name}-`));
  const context = join(folder, 'context');
  const remove = async () => {
    await removeImage(image).catch(() => undefined);
    await rm(folder, { recursive: true });
  };
  try {
    const ignore = await readFile(join(packageRoot(), '.dockerignore'), 'utf8');
    const copied = [...ignore.matchAll(/^!(.+)$/gm)].map(([, path = '']) => path);
    for (const path of ['Dockerfile', '.dockerignore', ...copied]) {
      await cp(join(packageRoot(), path), join(context, path), { recursive: true });
    }
    for (const [path, text] of Object.entries(additions)) await appendFile(join(context, path), text);
    const file = join(folder, 'compose.json');
    await writeFile(file, JSON.stringify({ services: { worker: { image, build: { context, network: 'host' } } } }));
    await runCompose(client, ['-p', name, '-f', file, 'build']);
    return { image, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
