import { countOf, formatList } from '../../terminal/format.ts';
import { visible } from '../../terminal/safe-text.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { openDatabase } from '../parts/database.ts';
import type { Context } from '../shell.ts';

/** `migrate`: brings the database to this version. Every other command does so too; this one says what it did. */
export async function migrateDatabase(context: Context): Promise<ExitCode> {
  const database = await openDatabase(context, 0, { tellsOfReaders: false });
  try {
    const { applied, readerRole } = database.migration;
    if (context.output.json) {
      context.printJson({ applied, readerRole });
      return EXIT.ok;
    }
    context.print(
      applied.length === 0
        ? 'The database is up to date.\n'
        : `${countOf(applied.length, 'migration')} applied: ${formatList(applied)}.\n`,
    );
    if (readerRole.status === 'ready')
      context.print('The role catalog_reader may read the schemas mirror and report.\n');
    else {
      context.print(
        `The role catalog_reader could not be set up: ${visible(readerRole.reason)}.\nLet a DBA run:\n` +
          readerRole.forDba.map((statement) => `  ${statement};\n`).join(''),
      );
    }
    return EXIT.ok;
  } finally {
    await database.close();
  }
}
