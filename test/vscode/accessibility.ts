// What a machine can tell of a page's accessibility: names, roles, states, keyboard, contrast. A person with a screen reader
// finds more. https://github.com/dequelabs/axe-core/blob/develop/doc/rule-descriptions.md

import assert from 'node:assert/strict';
import axe from 'axe-core';
import type { FrameLocator } from 'playwright-core';

/** @returns a line for each element that breaks a rule */
export async function accessibilityFaults(page: FrameLocator): Promise<string[]> {
  const handle = await page.locator('body').elementHandle();
  const frame = await handle?.ownerFrame();
  assert.ok(frame, 'the page is in a frame');
  await frame.evaluate(axe.source);
  const { violations } = await frame.evaluate(() => {
    const { axe: checker } = globalThis as unknown as { axe: typeof axe };
    return checker.run(document, { resultTypes: ['violations'] });
  });
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(
      ({ html, any }) => `${id}: ${help}: ${html.slice(0, 200)} (${any.map(({ message }) => message).join('; ')})`,
    ),
  );
}
