// Which mirrors of Debian this machine uses, as its apt sources say. Both of their formats are read:
// https://manpages.debian.org/bookworm/apt/sources.list.5.en.html

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** @returns the URIs of the sources that have Debian's main component, in apt's order, each once */
export async function debianMirrors(aptFolder = '/etc/apt'): Promise<readonly string[]> {
  const parts = (await readdir(join(aptFolder, 'sources.list.d')).catch(() => [])).sort();
  const uris = new Set<string>();
  for (const name of ['sources.list', ...parts.map((part) => join('sources.list.d', part))]) {
    const read = name.endsWith('.sources') ? fromStanzas : name.endsWith('.list') ? fromLines : undefined;
    if (!read) continue;
    const text = await readFile(join(aptFolder, name), 'utf8').catch(() => '');
    for (const uri of read(text)) uris.add(uri);
  }
  return [...uris];
}

/** One-line format: `deb [option=value ...] URI suite component ...`. */
export function fromLines(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb(?:-src)?\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+([^#]*)/.exec(line);
    return match && isDebianMain(match[1], [match[2]], match[3].split(/\s+/)) ? [match[1]] : [];
  });
}

/** deb822 format: stanzas of `Field: value`, values going on in indented lines. */
export function fromStanzas(text: string): readonly string[] {
  const uncommented = text.replace(/^#.*\n?/gm, '');
  return uncommented.split(/\n\s*\n/).flatMap((stanza) => {
    const field = (name: string) =>
      new RegExp(`^${name}:(.*(?:\\n[ \\t].*)*)`, 'im').exec(stanza)?.[1].trim().split(/\s+/) ?? [];
    if (field('Enabled')[0]?.toLowerCase() === 'no') return [];
    return field('URIs').filter((uri) => isDebianMain(uri, field('Suites'), field('Components')));
  });
}

const SUITES = /^(bookworm|trixie|forky|sid|oldstable|stable|testing|unstable)\b/;

/** The security archive has no source of MicroPython. A mirror's address need not say that it is one; its suites do. */
function isDebianMain(uri: string, suites: readonly string[], components: readonly string[]): boolean {
  const isSecurity = /security/.test(uri) || suites.every((suite) => /security/.test(suite));
  return suites.some((s) => SUITES.test(s)) && components.includes('main') && !isSecurity && !/^cdrom:/.test(uri);
}
