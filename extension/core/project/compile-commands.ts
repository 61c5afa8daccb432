// What an editor's C support wants to know: the command of each source. Both clangd and Microsoft's C/C++ extension read it.
// https://clang.llvm.org/docs/JSONCompilationDatabase.html

import type { CompileStep } from '../compile/plan.ts';
import type { Files } from '../ports.ts';
import type { ConfigHeader } from './build-folder.ts';

/** Where clangd looks by itself, relative to the project folder. */
export const compileCommandsFile = 'build/compile_commands.json';

export async function writeCompileCommands(
  dir: string,
  steps: readonly CompileStep[],
  header: ConfigHeader,
  files: Files,
): Promise<void> {
  const rows = steps.map((step) => ({
    directory: dir,
    file: files.resolve(dir, step.source),
    arguments: step.argv.map((word) => word.replace(header.named, header.stable)),
  }));
  const path = files.resolve(dir, compileCommandsFile);
  const bytes = new TextEncoder().encode(`${JSON.stringify(rows, null, 1)}\n`);
  const old = await files.read(path);
  if (old && new TextDecoder().decode(old) === new TextDecoder().decode(bytes)) return;
  await files.writeAtomic(path, bytes, { disposable: true });
}
