import type { Files, Processes } from '../ports.ts';
import type { BuildRequest, BuildResult } from './build-result.ts';

export async function build(
  _request: BuildRequest,
  _ports: { files: Files; processes: Processes },
): Promise<BuildResult> {
  throw new Error('in the making');
}
