import type { LinkRequest, LinkResult } from './request.ts';

export function link(_request: LinkRequest): LinkResult {
  throw new Error('link: in the making');
}
