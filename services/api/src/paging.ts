import type { PageMeta } from '@kuraxx/contracts';

/** `meta` of a page-numbered list; a page past the end changes nothing in it. */
export const metaOf = ({ page, limit }: { page: number; limit: number }, total: number): PageMeta => ({
  page,
  limit,
  total,
  totalPages: Math.ceil(total / limit),
});
