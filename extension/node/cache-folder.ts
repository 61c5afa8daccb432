// Where the user's things lie that can be made again, as each system has it.
// https://specifications.freedesktop.org/basedir-spec/latest

import { homedir } from 'node:os';
import { join } from 'node:path';

export function cacheFolder(env = process.env): string {
  if (env.NATMOD_CACHE) return env.NATMOD_CACHE;
  if (process.platform === 'win32') return join(env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'natmod');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'natmod');
  return join(env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'natmod');
}
